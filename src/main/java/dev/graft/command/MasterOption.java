package dev.graft.command;

import dev.graft.GraftException;
import dev.graft.run.Cluster;
import picocli.CommandLine.Option;

/** The Spark master, for the commands that can run on a cluster. */
final class MasterOption {
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
   * Returns the cluster behind the URL.
   *
   * @throws GraftException if Graft was built without Spark
   */
  Cluster cluster() {
    return Cluster.find()
        .orElseThrow(
            () ->
                new GraftException(
                    "--master: this build has no Spark; build with the profile spark: mvn -q"
                        + " -Pspark compile exec:java -Dexec.args=\"…\"."));
  }
}
