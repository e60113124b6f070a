package dev.graft.run;

import dev.graft.GraftException;
import dev.graft.data.ImageSet;
import dev.graft.data.Quarantine;
import dev.graft.io.WholeFile;
import dev.graft.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Computes the missing features of a recipe's images, as a run does first. */
public final class Featurizer {
  private Featurizer() {}

  /**
   * Numbers of images by outcome.
   *
   * @param computed distinct images whose features are new
   * @param kept images whose features were cached, or are those of an identical image
   * @param quarantined images that can't be read
   * @param quarantine file or folder that lists them, with reasons
   */
  public record Featurized(long computed, long kept, long quarantined, String quarantine) {}

  /**
   * Computes the missing features on this machine.
   *
   * @throws GraftException if data, weights or recipe don't allow it
   */
  public static Featurized run(Recipe asked, OutputFolder output, RunEvents events)
      throws IOException {
    requireCache(asked);
    try (Beginning beginning = Beginning.of(asked, output, events)) {
      ImageSet pictures = beginning.data().pictures();
      output.mark();
      Path list = output.features().resolve("quarantine.csv");
      try (Features features = beginning.features(beginning.ranges())) {
        Quarantine bad = pictures.quarantine();
        return new Featurized(
            features.computed(),
            pictures.size() - bad.size() - features.computed(),
            bad.size(),
            list.toString());
      } finally {
        Files.createDirectories(list.getParent());
        WholeFile.write(list, pictures.quarantine().toCsv());
      }
    }
  }

  static void requireCache(Recipe recipe) {
    if (!recipe.cache()) {
      throw new GraftException(
          "cache: featurize fills the cache, which this recipe does without; leave out --no-cache.");
    }
  }
}
