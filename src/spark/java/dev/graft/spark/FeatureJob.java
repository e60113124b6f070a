package dev.graft.spark;

import dev.graft.GraftException;
import dev.graft.data.OwnOutput;
import dev.graft.data.duplicates.Fingerprint;
import dev.graft.data.duplicates.Fingerprints;
import dev.graft.feature.View;
import dev.graft.image.ImageFileReader;
import dev.graft.image.UnreadableImage;
import dev.graft.io.AtomicFiles;
import dev.graft.io.Hash;
import dev.graft.io.RecordLog;
import dev.graft.recipe.Recipe;
import dev.graft.run.Featurizer;
import dev.graft.run.PortableFrozenPart;
import dev.graft.tuning.RunEvents;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;
import org.apache.spark.util.LongAccumulator;
import org.apache.spark.util.SerializableConfiguration;
import scala.Function1;
import scala.Function2;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag$;
import scala.runtime.BoxedUnit;

/**
 * Computes features on a cluster: lists and hashes the images, looks for cached features, and
 * assigns each missing content to one task. The files of a task get their final names when the task
 * has succeeded.
 */
final class FeatureJob {
  private static final String PATH = ImageTable.PATH;
  private static final String HASH = "hash";
  private static final String SIDE = "side";
  private static final String REASON = "reason";

  /** A scanned image: its hash and shorter side in pixels, or the reason why it is unreadable. */
  private static final StructType SCANNED =
      StructType.fromDDL("path STRING, hash STRING, side INT, reason STRING");

  private static final StructType BAD = StructType.fromDDL("hash STRING, reason STRING");

  private final SparkSession session;
  private final SparkContext context;
  private final Configuration configuration;
  private final Recipe asked;
  private final DataPath output;
  private final UnfinishedFiles unfinished;
  private final RunEvents events;

  FeatureJob(
      SparkSession session,
      Recipe asked,
      DataPath output,
      UnfinishedFiles unfinished,
      RunEvents events) {
    this.session = session;
    context = session.sparkContext();
    configuration = context.hadoopConfiguration();
    this.asked = asked;
    this.output = output;
    this.unfinished = unfinished;
    this.events = events;
  }

  Featurizer.Featurized run() throws IOException {
    PortableFrozenPart.check(asked);
    mark();
    TemporaryFile list = unfinished.in(output.resolve("features"), "images");
    ImageTable.Listed listed =
        new ImageTable(session).of(List.of(DataPath.of(asked.data().source())), list.place());
    return run(scan(listed), listed.count());
  }

  private Featurizer.Featurized run(Dataset<Row> scanned, long images) throws IOException {
    Dataset<Row> bad = scanned.filter(functions.col(REASON).isNotNull()).select(PATH, REASON);
    long unreadable = bad.count();
    requireFew(unreadable, images, bad);
    PortableFrozenPart frozen = frozenPart(scanned);
    DataPath features = output.resolve("features").resolve(frozen.key().folderName());
    DataPath fingerprints = output.resolve("fingerprints");
    unfinished.watch(features);
    unfinished.watch(fingerprints);
    Dataset<Row> missing =
        missing(
                scanned,
                cached(features, frozen.key().text(), frozen.layout().bytes()),
                cached(fingerprints, Fingerprints.KEY, Fingerprint.BYTES))
            .persist(StorageLevel.DISK_ONLY());
    long count = missing.count();
    List<FeatureTask.Unreadable> failed = new ArrayList<>();
    long computed = 0;
    if (count == 0) {
      events.cached(View.IMAGE);
    } else {
      events.computing(
          (int) count,
          (int) (images - unreadable - count),
          frozen.layout(),
          View.IMAGE,
          features.name());
      computed = compute(missing, count, frozen, features, fingerprints, failed);
    }
    return finished(scanned, bad, failed, computed, images);
  }

  /** Marks the output folder, so that its images are never taken for training data. */
  private void mark() throws IOException {
    DataPath mark = output.resolve(OwnOutput.MARKER);
    FileSystem system = mark.fileSystem(configuration);
    system.mkdirs(output.hadoop());
    system.createNewFile(mark.hadoop());
  }

  // Scanning the images.

  /** Hashes all images, and stores the result on the disks of the executors. */
  private Dataset<Row> scan(ImageTable.Listed images) {
    SerializableConfiguration hadoop = new SerializableConfiguration(configuration);
    try (TaskProgress tally =
        new TaskProgress(context, events.progress("scan", "images", images.count()))) {
      LongAccumulator counter = tally.counter();
      Dataset<Row> scanned =
          images
              .paths()
              .map(
                  (MapFunction<String, Row>)
                      path -> {
                        Row row = scan(path, hadoop.value());
                        counter.add(1);
                        return row;
                      },
                  Encoders.row(SCANNED))
              .persist(StorageLevel.DISK_ONLY());
      scanned.count();
      return scanned;
    }
  }

  private static Row scan(String path, Configuration configuration) {
    try {
      return new DataPath(path)
          .withLocalFile(
              configuration,
              file -> {
                ImageFileReader.Header header = ImageFileReader.header(file);
                String hash = Hash.Algorithm.SHA256.of(file).hex();
                return RowFactory.create(
                    path, hash, Math.min(header.width(), header.height()), null);
              });
    } catch (UnreadableImage e) {
      return RowFactory.create(path, null, null, e.reason());
    } catch (IOException e) {
      return RowFactory.create(path, null, null, DataPath.reason(e));
    }
  }

  /** Returns the frozen part; its input size may depend on the median side of the images. */
  private PortableFrozenPart frozenPart(Dataset<Row> scanned) throws IOException {
    if (output.isLocal()) {
      return PortableFrozenPart.of(asked, output.local(), () -> medianSide(scanned), events);
    }
    Path local = Files.createTempDirectory("graft-");
    try {
      return PortableFrozenPart.of(asked, local, () -> medianSide(scanned), events);
    } finally {
      AtomicFiles.delete(local);
    }
  }

  /** Returns the median of the images' shorter sides, in pixels; 0 without images. */
  private static int medianSide(Dataset<Row> scanned) {
    Dataset<Row> sides = scanned.filter(functions.col(SIDE).isNotNull());
    long rest = sides.count() / 2;
    for (Row each : sides.groupBy(SIDE).count().orderBy(SIDE).collectAsList()) {
      rest -= each.getLong(1);
      if (rest < 0) {
        return each.getInt(0);
      }
    }
    return 0;
  }

  // Finding what is cached.

  /** Returns the hashes of a record log on any file system. */
  private Dataset<Row> cached(DataPath folder, String key, int bytes) throws IOException {
    FileSystem system = folder.fileSystem(configuration);
    List<String> files = new ArrayList<>();
    if (system.exists(folder.hadoop())) {
      for (FileStatus file : system.listStatus(folder.hadoop())) {
        if (file.getPath().getName().endsWith(RecordLog.SUFFIX)) {
          files.add(folder.resolve(file.getPath().getName()).name());
        }
      }
    }
    SerializableConfiguration hadoop = new SerializableConfiguration(configuration);
    return session
        .createDataset(files, Encoders.STRING())
        .repartition(Math.max(1, Math.min(files.size(), 1000)))
        .flatMap(
            (FlatMapFunction<String, String>)
                file -> hashes(new DataPath(file), key, bytes, hadoop.value()).iterator(),
            Encoders.STRING())
        .toDF(HASH)
        .distinct();
  }

  private static List<String> hashes(
      DataPath file, String key, int bytes, Configuration configuration) throws IOException {
    try (InputStream in = file.fileSystem(configuration).open(file.hadoop(), 1 << 16)) {
      return RecordLog.hashes(in, key, bytes);
    }
  }

  /**
   * Returns hash, path, and whether the fingerprint is cached, of each content without features.
   */
  private static Dataset<Row> missing(
      Dataset<Row> scanned, Dataset<Row> features, Dataset<Row> fingerprints) {
    return scanned
        .filter(functions.col(HASH).isNotNull())
        .groupBy(HASH)
        .agg(functions.min(PATH).as(PATH))
        .join(features, CollectionConverters.asScala(List.of(HASH)).toSeq(), "left_anti")
        .join(
            fingerprints.withColumn("known", functions.lit(true)),
            CollectionConverters.asScala(List.of(HASH)).toSeq(),
            "left_outer")
        .select(HASH, PATH, "known");
  }

  // Computing what is missing.

  private long compute(
      Dataset<Row> missing,
      long count,
      PortableFrozenPart frozen,
      DataPath features,
      DataPath fingerprints,
      List<FeatureTask.Unreadable> failed)
      throws IOException {
    features.fileSystem(configuration).mkdirs(features.hadoop());
    fingerprints.fileSystem(configuration).mkdirs(fingerprints.hadoop());
    long[] done = {0};
    long start = System.nanoTime();
    try (DistributedModel.DriverCopy model =
            new DistributedModel.DriverCopy(context, frozen.model());
        TaskProgress tally =
            new TaskProgress(context, events.progress("features", "images", count))) {
      FeatureTask task =
          FeatureTask.of(
              unfinished.job(),
              model.sent(),
              frozen,
              features,
              fingerprints,
              tally.counter(),
              new SerializableConfiguration(configuration));
      Dataset<Row> partitions =
          missing.repartition(ImageTable.tasks(session, count), functions.col(HASH));
      context.runJob(
          partitions.rdd(),
          (Function1<Iterator<Row>, FeatureTask.Result> & Serializable) rows -> result(task, rows),
          (Function2<Object, FeatureTask.Result, BoxedUnit>)
              (partition, written) -> {
                finish(written, failed);
                done[0] += written.computed();
                return BoxedUnit.UNIT;
              },
          ClassTag$.MODULE$.apply(FeatureTask.Result.class));
    }
    events.computed(
        (int) done[0],
        (System.nanoTime() - start) / 1e9,
        done[0] * frozen.layout().bytes(),
        View.IMAGE);
    return done[0];
  }

  private static FeatureTask.Result result(FeatureTask task, Iterator<Row> rows) {
    try {
      return task.compute(CollectionConverters.asJava(rows));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void finish(FeatureTask.Result written, List<FeatureTask.Unreadable> failed) {
    try {
      for (TemporaryFile file : written.files()) {
        file.finish(configuration);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    failed.addAll(written.bad());
  }

  // Unreadable images.

  private Featurizer.Featurized finished(
      Dataset<Row> scanned,
      Dataset<Row> bad,
      List<FeatureTask.Unreadable> failed,
      long computed,
      long images) {
    List<Row> rows =
        failed.stream().map(each -> RowFactory.create(each.hash(), each.reason())).toList();
    Dataset<Row> damaged =
        scanned
            .select(PATH, HASH)
            .join(session.createDataFrame(rows, BAD), HASH)
            .select(PATH, REASON);
    Dataset<Row> all = rows.isEmpty() ? bad : bad.union(damaged);
    long quarantined = all.count();
    requireFew(quarantined, images, all);
    write(all);
    return new Featurizer.Featurized(
        computed, 0, images - quarantined - computed, quarantined, quarantine().name());
  }

  private DataPath quarantine() {
    return output.resolve("features").resolve("quarantine");
  }

  private void write(Dataset<Row> bad) {
    bad.orderBy(PATH)
        .coalesce(1)
        .write()
        .mode(SaveMode.Overwrite)
        .option("header", true)
        .csv(quarantine().hadoop().toString());
  }

  private void requireFew(long count, long images, Dataset<Row> bad) {
    if (count > asked.data().maxBad() * images) {
      write(bad);
      throw GraftException.of(
          "max-bad: %,d of %,d images are unreadable, more than the share of %s; they are listed in"
              + " %s. Repair or remove them, or raise max-bad.",
          count, images, asked.data().maxBad(), quarantine().name());
    }
  }
}
