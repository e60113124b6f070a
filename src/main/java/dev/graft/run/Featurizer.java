package dev.graft.run;

import dev.graft.GraftException;
import dev.graft.GraftException.Code;
import dev.graft.data.ImageSet;
import dev.graft.data.Quarantine;
import dev.graft.io.AtomicFiles;
import dev.graft.output.OutputFolder;
import dev.graft.recipe.Recipe;
import dev.graft.tuning.Features;
import dev.graft.tuning.PreparedRun;
import dev.graft.tuning.RunEvents;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Computes the missing features of a recipe's images, as a run does before training. */
public final class Featurizer {
  private Featurizer() {}

  /**
   * Numbers of images by outcome.
   *
   * @param computed distinct images whose features are new
   * @param computedOthers mirror images and random crops whose features are new
   * @param cached images whose features were cached before, or which are copies of a computed image
   * @param quarantined unreadable images
   * @param quarantine the file or folder that lists them, with reasons
   */
  public record Featurized(
      long computed, long computedOthers, long cached, long quarantined, String quarantine) {}

  /**
   * Computes the missing features on this machine.
   *
   * @throws GraftException if data, weights or recipe don't allow it
   */
  public static Featurized run(Recipe asked, OutputFolder output, RunEvents events)
      throws IOException {
    requireCache(asked);
    try (PreparedRun prepared = output.prepare(asked, events)) {
      ImageSet images = prepared.data().images();
      output.mark();
      Path list = output.features().resolve("quarantine.csv");
      try (Features features = prepared.features(prepared.ranges())) {
        Quarantine bad = images.quarantine();
        return new Featurized(
            features.computed(),
            features.computedOthers(),
            images.size() - bad.size() - features.computed(),
            bad.size(),
            list.toString());
      } finally {
        Files.createDirectories(list.getParent());
        AtomicFiles.write(list, images.quarantine().toCsv(images::path));
      }
    }
  }

  static void requireCache(Recipe recipe) {
    if (!recipe.execution().cache()) {
      throw new GraftException("cache: must be true, since featurize fills the cache.")
          .withCode(Code.CACHE);
    }
  }
}
