package dev.graft.run;

import dev.graft.inference.PortableModel;
import dev.graft.recipe.Recipe;
import dev.graft.tuning.RunEvents;
import dev.graft.util.Progress;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.function.Supplier;

/** Machines or processes that share the work on many images. */
public interface Cluster {
  /** Returns the cluster on the class path; only the Maven profile {@code spark} has one. */
  static Optional<Cluster> find() {
    return ServiceLoader.load(Cluster.class).findFirst();
  }

  /**
   * Computes the missing features of a recipe's images, and caches them for later runs.
   *
   * @param master URL of the scheduler, such as {@code local[2]}
   * @param output an output folder, on any file system that the cluster can reach
   */
  Featurizer.Featurized featurize(String master, Recipe asked, String output, RunEvents events)
      throws IOException;

  /**
   * Numbers of images by outcome.
   *
   * @param model its name, for people
   * @param failed images that could not be read; the table has the reasons
   */
  record Classified(String model, long classified, long failed) {}

  /**
   * Classifies images and writes the predictions as a table.
   *
   * @param model called once the table's folder is known to be usable
   * @param images folders, patterns, files and manifests, on any file system that the cluster can
   *     reach
   * @param to the table's folder, on a file system that the cluster can reach; must not exist, and
   *     appears whole
   * @param top number of classes per image
   */
  Classified infer(
      String master,
      Supplier<PortableModel> model,
      List<String> images,
      String to,
      int top,
      Progress.Display display)
      throws IOException;
}
