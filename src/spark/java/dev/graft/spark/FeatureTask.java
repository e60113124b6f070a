package dev.graft.spark;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.graft.data.duplicates.Fingerprint;
import dev.graft.data.duplicates.Fingerprints;
import dev.graft.feature.FeatureExtractor;
import dev.graft.feature.FrozenPart;
import dev.graft.feature.OnnxFrozenPart;
import dev.graft.feature.RecordLayout;
import dev.graft.image.Framing;
import dev.graft.image.ImageFileReader;
import dev.graft.image.RgbImage;
import dev.graft.image.UnreadableImage;
import dev.graft.io.Hash;
import dev.graft.io.RecordLog;
import dev.graft.run.PortableFrozenPart;
import java.io.IOException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.Row;
import org.apache.spark.util.LongAccumulator;
import org.apache.spark.util.SerializableConfiguration;

/**
 * A task that reads a partition of the images, computes their features, and writes features and
 * fingerprints to temporary files.
 *
 * @param job the job's id, with which the names of temporary files begin
 * @param model the ONNX file of the frozen part
 * @param features folder of the cached features
 * @param key of the cached features
 * @param shapes of the cached activations, without the batch, see {@link RecordLayout}
 * @param types of the cached activations, in the same order
 * @param framing the part of an image that is resized to the input
 * @param side of the input, in pixels
 * @param fingerprints folder of the cached fingerprints
 * @param counter of processed images
 * @param hadoop configuration of the file systems
 */
@SuppressWarnings("ArrayRecordComponent") // tasks are never compared
record FeatureTask(
    String job,
    DistributedModel model,
    DataPath features,
    String key,
    long[][] shapes,
    DataType[] types,
    Framing framing,
    int side,
    DataPath fingerprints,
    LongAccumulator counter,
    SerializableConfiguration hadoop)
    implements Serializable {
  /** Images per batch. */
  private static final int BATCH = 64;

  /** An image whose header is readable, but whose pixels are not, or have no finite features. */
  record Unreadable(String hash, String reason) implements Serializable {}

  /**
   * The result of a task. The driver accepts only one attempt per partition.
   *
   * @param files to be renamed
   * @param computed number of images whose features were computed
   * @param bad unusable images
   */
  record Result(List<TemporaryFile> files, long computed, List<Unreadable> bad)
      implements Serializable {}

  static FeatureTask of(
      String job,
      DistributedModel model,
      PortableFrozenPart frozen,
      DataPath features,
      DataPath fingerprints,
      LongAccumulator counter,
      SerializableConfiguration hadoop) {
    List<RecordLayout.Field> fields = frozen.layout().fields();
    return new FeatureTask(
        job,
        model,
        features,
        frozen.key().text(),
        fields.stream().map(field -> field.shape().getShape()).toArray(long[][]::new),
        fields.stream().map(RecordLayout.Field::type).toArray(DataType[]::new),
        frozen.framing(),
        frozen.side(),
        fingerprints,
        counter,
        hadoop);
  }

  private RecordLayout layout() {
    List<RecordLayout.Field> fields = new ArrayList<>();
    for (int k = 0; k < types.length; k++) {
      fields.add(new RecordLayout.Field(new Shape(shapes[k]), types[k]));
    }
    return new RecordLayout(fields);
  }

  /**
   * Runs the task.
   *
   * @param images hash, path, and whether the fingerprint is cached; each hash at most once
   */
  Result compute(Iterator<Row> images) throws IOException {
    TaskContext task = TaskContext.get();
    String name = job + "-" + task.partitionId() + "-" + task.taskAttemptId() + RecordLog.SUFFIX;
    RecordLayout layout = layout();
    TemporaryFile featureFile = new TemporaryFile(features, name);
    TemporaryFile fingerprintFile = new TemporaryFile(fingerprints, name);
    Configuration configuration = hadoop.value();
    List<Unreadable> bad = new ArrayList<>();
    long computed = 0;
    try (RecordLog.Writer records =
            new RecordLog.Writer(() -> featureFile.create(configuration), key, layout.bytes());
        RecordLog.Writer prints =
            new RecordLog.Writer(
                () -> fingerprintFile.create(configuration), Fingerprints.KEY, Fingerprint.BYTES)) {
      FrozenPart frozen =
          model.open(
              FrozenPart.class, file -> new OnnxFrozenPart(Files.readAllBytes(file), side, layout));
      ByteBuffer batch = ByteBuffer.allocate(BATCH * 3 * side * side);
      List<String> hashes = new ArrayList<>();
      while (images.hasNext()) {
        Row row = images.next();
        String hash = row.getString(0);
        try {
          List<RgbImage> read = read(hash, new DataPath(row.getString(1)), configuration);
          batch.put(framing.planes(read.get(0), side));
          hashes.add(hash);
          if (row.isNullAt(2)) {
            ByteBuffer print = ByteBuffer.allocate(Fingerprint.BYTES);
            Fingerprint.of(read.get(1)).writeTo(print);
            prints.add(List.of(hash), print.flip());
          }
        } catch (UnreadableImage e) {
          bad.add(new Unreadable(hash, e.reason()));
          counter.add(1);
        }
        if (hashes.size() == BATCH || (!images.hasNext() && !hashes.isEmpty())) {
          ByteBuffer kept;
          synchronized (frozen) {
            kept = frozen.forward(batch.flip(), hashes.size());
          }
          List<String> usable =
              layout.keepFinite(kept, hashes.size()).stream().map(hashes::get).toList();
          if (!usable.isEmpty()) {
            records.add(usable, kept);
          }
          computed += usable.size();
          hashes.stream()
              .filter(each -> !usable.contains(each))
              .forEach(each -> bad.add(new Unreadable(each, FeatureExtractor.NOT_FINITE)));
          counter.add(hashes.size());
          hashes.clear();
          batch.clear();
        }
      }
      List<TemporaryFile> files = new ArrayList<>();
      if (records.hasWritten()) {
        files.add(featureFile);
      }
      if (prints.hasWritten()) {
        files.add(fingerprintFile);
      }
      return new Result(files, computed, bad);
    }
  }

  private List<RgbImage> read(String hash, DataPath place, Configuration configuration)
      throws IOException {
    Hash content = new Hash(Hash.Algorithm.SHA256, hash);
    return place.withLocalFile(
        configuration,
        file -> ImageFileReader.read(file, content, Framing.minSide(side), Fingerprint.MIN_SIDE));
  }
}
