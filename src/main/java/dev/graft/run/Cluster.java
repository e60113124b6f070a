package dev.graft.run;

import dev.graft.Progress;
import dev.graft.inference.PortableModel;
import dev.graft.recipe.Recipe;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.function.Supplier;

/** Many machines, or many processes, that share the work on many pictures. */
public interface Cluster {
  /** The one that is on the class path; there is none but with the profile {@code spark}. */
  static Optional<Cluster> find() {
    return ServiceLoader.load(Cluster.class).findFirst();
  }

  /**
   * Computes the features that the pictures of a recipe's data lack, and keeps them where runs look
   * for them.
   *
   * @param master what gives out the work, such as {@code local[2]}
   * @param output an output folder, on any file system that the cluster knows
   */
  Featurizer.Featurized featurize(String master, Recipe asked, String output, RunEvents events)
      throws IOException;

  /**
   * What has become of pictures that a model was asked about.
   *
   * @param model its name, for people
   * @param failed pictures that have a reason instead of an answer
   */
  record Answered(String model, long answered, long failed) {}

  /**
   * Asks a model what is in pictures, and writes the answers as a table.
   *
   * @param model is asked for when it is known that there is a place for the answers
   * @param pictures folders, patterns, files and manifests, on any file system that the cluster
   *     knows
   * @param to the table's folder, likewise; it appears whole, and must not be there
   * @param top how many classes an answer names
   */
  Answered infer(
      String master,
      Supplier<PortableModel> model,
      List<String> pictures,
      String to,
      int top,
      Progress.Display display)
      throws IOException;
}
