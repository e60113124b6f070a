package dev.graft.run;

import dev.graft.GraftException;
import dev.graft.data.ImageSet;
import dev.graft.data.Quarantine;
import dev.graft.io.AtomicFiles;
import dev.graft.recipe.Recipe;
import dev.graft.tuning.Features;
import dev.graft.tuning.PreparedRun;
import dev.graft.tuning.RunEvents;
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
    try (PreparedRun beginning = output.prepare(asked, events)) {
      ImageSet images = beginning.data().images();
      output.mark();
      Path list = output.features().resolve("quarantine.csv");
      try (Features features = beginning.features(beginning.ranges())) {
        Quarantine bad = images.quarantine();
        return new Featurized(
            features.computed(),
            images.size() - bad.size() - features.computed(),
            bad.size(),
            list.toString());
      } finally {
        Files.createDirectories(list.getParent());
        AtomicFiles.write(list, images.quarantine().toCsv());
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
