package dev.graft.spark;

import dev.graft.GraftException;
import dev.graft.inference.PortableModel;
import dev.graft.run.Cluster;
import dev.graft.util.Progress;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Observation;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Classifies images on a cluster. The predictions are written to a temporary folder next to the
 * requested one, and moved there when they are complete.
 */
final class ClassificationJob {
  private static final String IMAGES = "images";
  private static final String FAILED = "failed";

  private final SparkSession session;
  private final Configuration configuration;
  private final DataPath to;
  private final UnfinishedFiles unfinished;
  private final Progress.Display display;

  ClassificationJob(
      SparkSession session, DataPath to, UnfinishedFiles unfinished, Progress.Display display) {
    this.session = session;
    configuration = session.sparkContext().hadoopConfiguration();
    this.to = to;
    this.unfinished = unfinished;
    this.display = display;
  }

  Cluster.Classified run(Supplier<PortableModel> asked, List<DataPath> images, int top)
      throws IOException, InterruptedException {
    requireNew();
    TemporaryFile list = unfinished.in(to.parent(), IMAGES);
    TemporaryFile answers = unfinished.in(to.parent(), "answers");
    PortableModel model = asked.get();
    try (DistributedModel.DriverCopy original =
        new DistributedModel.DriverCopy(session.sparkContext(), model.file())) {
      ImageTable.Listed listed = new ImageTable(session).of(images, list.place());
      Observation seen = new Observation();
      try (TaskProgress tally =
          new TaskProgress(
              session.sparkContext(), display.progress("infer", IMAGES, listed.count()))) {
        ClassificationTask answering =
            new ClassificationTask(
                original.sent(),
                top,
                tally.counter(),
                new SerializableConfiguration(configuration));
        listed
            .paths()
            .mapPartitions(answering, Encoders.row(ClassificationTask.ROW))
            .observe(
                seen,
                functions.count(functions.lit(1)).as(IMAGES),
                functions.count(functions.col("error")).as(FAILED))
            .write()
            .parquet(answers.place().hadoop().toString());
      }
      requireNew();
      answers.finishAs(to, configuration);
      Map<String, Object> counted = seen.getAsJava();
      long failed = (Long) counted.get(FAILED);
      return new Cluster.Classified(model.name(), (Long) counted.get(IMAGES) - failed, failed);
    }
  }

  private void requireNew() throws IOException {
    if (to.fileSystem(configuration).exists(to.hadoop())) {
      throw new GraftException(
          to.name() + " exists already: name a new folder, or remove this one.");
    }
  }
}
