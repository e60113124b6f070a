package dev.graft.run;

import dev.graft.GraftException;
import dev.graft.data.ImageSet;
import dev.graft.data.Quarantine;
import dev.graft.io.WholeFile;
import dev.graft.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a run does first, and nothing else: the features that its pictures lack. */
public final class Featurizer {
  private Featurizer() {}

  /**
   * What has become of the pictures of some data.
   *
   * @param computed contents whose features are new
   * @param kept pictures whose features were there, or are those of another one with its content
   * @param quarantined pictures that can't be read
   * @param quarantine where they are listed with the reasons, a file or a folder
   */
  public record Featurized(long computed, long kept, long quarantined, String quarantine) {}

  /**
   * Computes what is missing of a recipe's data, on this machine.
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
