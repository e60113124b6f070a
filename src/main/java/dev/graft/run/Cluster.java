package dev.graft.run;

import dev.graft.recipe.Recipe;
import java.io.IOException;
import java.util.Optional;
import java.util.ServiceLoader;

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
}
