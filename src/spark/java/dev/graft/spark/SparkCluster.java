package dev.graft.spark;

import dev.graft.GraftException;
import dev.graft.inference.PortableModel;
import dev.graft.recipe.Recipe;
import dev.graft.run.Cluster;
import dev.graft.run.Featurizer;
import dev.graft.tuning.RunEvents;
import dev.graft.util.Messages;
import dev.graft.util.Progress;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.spark.SparkException;
import org.apache.spark.sql.SparkSession;

/** Apache Spark, on one machine or many. */
public final class SparkCluster implements Cluster {
  /** Defaults that {@code -Dspark.…=} and spark-submit override. */
  private static final Map<String, String> DEFAULTS =
      Map.of(
          "spark.app.name", "graft",
          "spark.ui.showConsoleProgress", "false",
          // Otherwise tables are computed in isolated sessions, which do not get added files.
          "spark.sql.artifact.isolation.enabled", "false");

  /** Defaults for a master in this process, which needs no port that others can reach. */
  private static final Map<String, String> LOCAL_DEFAULTS =
      Map.of(
          "spark.ui.enabled", "false",
          "spark.driver.host", "localhost",
          "spark.driver.bindAddress", "127.0.0.1");

  private interface Job<T> {
    T run(SparkSession session, UnfinishedFiles unfinished)
        throws IOException, InterruptedException;
  }

  @Override
  public Featurizer.Featurized featurize(
      String master, Recipe asked, String output, RunEvents events) throws IOException {
    return on(
        master,
        (session, unfinished) ->
            new FeatureJob(session, asked, DataPath.of(output), unfinished, events).run());
  }

  @Override
  public Classified infer(
      String master,
      Supplier<PortableModel> model,
      List<String> images,
      String to,
      int top,
      Progress.Display display)
      throws IOException {
    return on(
        master,
        (session, unfinished) ->
            new ClassificationJob(session, DataPath.of(to), unfinished, display)
                .run(model, images.stream().map(DataPath::of).toList(), top));
  }

  private static <T> T on(String master, Job<T> job) throws IOException {
    long begun = System.currentTimeMillis();
    SparkSession.Builder builder = SparkSession.builder().master(master);
    DEFAULTS.forEach((key, value) -> setUnlessSet(builder, key, value));
    if (master.matches("local(\\[.*)?")) {
      LOCAL_DEFAULTS.forEach((key, value) -> setUnlessSet(builder, key, value));
    }
    try {
      SparkSession session = builder.getOrCreate();
      try (UnfinishedFiles unfinished = new UnfinishedFiles(session)) {
        try {
          return job.run(session, unfinished);
        } finally {
          // A context that is older than this job is the caller's, and stays open.
          if (session.sparkContext().startTime() >= begun) {
            session.close();
          }
          // Waits for this process's last tasks, which leave files, too.
          DistributedModel.closeAll();
        }
      }
    } catch (GraftException e) {
      throw e;
    } catch (Exception e) {
      throw failed(e);
    }
  }

  private static void setUnlessSet(SparkSession.Builder builder, String key, String value) {
    if (System.getProperty(key) == null) {
      builder.config(key, value);
    }
  }

  /** Returns an exception with the root cause, which Spark wraps several times. */
  private static GraftException failed(Exception failure) {
    Throwable cause = failure;
    while (cause.getCause() != null && !(cause instanceof GraftException)) {
      cause = cause.getCause();
    }
    if (cause instanceof GraftException known) {
      return known;
    }
    String why =
        cause instanceof SparkException ? cause.getMessage().lines().findFirst().orElse("") : "";
    return new GraftException(
        "Spark's job failed: "
            + (why.isEmpty() ? Messages.of(cause, cause.getClass().getSimpleName()) : why)
            + ". Finished parts are stored; run the same command again to continue.",
        failure);
  }
}
