package dev.graft.command;

import dev.graft.GraftException;
import dev.graft.run.Cluster;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The Spark master, for the commands that can run on a cluster. */
final class MasterOption {
  private static final String SPARK = "org.apache.spark.sql.SparkSession";

  @Option(
      names = "--master",
      paramLabel = "URL",
      description =
          "Compute with Apache Spark: local[2], spark://host:7077, yarn, … (built with Maven's"
              + " profile spark).")
  private String url;

  boolean isGiven() {
    return url != null;
  }

  String url() {
    return url;
  }

  /**
   * Returns the cluster at the URL.
   *
   * @throws GraftException if Spark is missing: the default jar does not have it, and the jar of
   *     the profile spark expects Spark's classes from a cluster
   */
  Cluster cluster() {
    return Optional.of(SPARK)
        .filter(MasterOption::isLoadable)
        .flatMap(spark -> Cluster.find())
        .orElseThrow(
            () ->
                new GraftException(
                    "--master: Spark is not on the class path. Start Graft with Maven: mvn -q -Pspark"
                        + " compile exec:java -Dexec.args=\"…\", or on a cluster, spark-submit"
                        + " --class dev.graft.Main target-spark/graft.jar …."));
  }

  private static boolean isLoadable(String name) {
    try {
      Class.forName(name, false, Thread.currentThread().getContextClassLoader());
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }
}
