package dev.graft.command;

import dev.graft.GraftException;
import dev.graft.run.Cluster;
import picocli.CommandLine.Option;

/** Who gives out the work, where it is for more than this machine. */
final class MasterOption {
  @Option(
      names = "--master",
      paramLabel = "URL",
      description =
          "Let Apache Spark do it: local[2], spark://host:7077, yarn, … (with Maven's profile"
              + " spark).")
  private String url;

  boolean isGiven() {
    return url != null;
  }

  String url() {
    return url;
  }

  /**
   * What hears to it.
   *
   * @throws GraftException without Spark
   */
  Cluster cluster() {
    return Cluster.find()
        .orElseThrow(
            () ->
                new GraftException(
                    "--master: Spark is not here; it comes with the profile spark: mvn -q -Pspark"
                        + " compile exec:java -Dexec.args=\"…\"."));
  }
}
