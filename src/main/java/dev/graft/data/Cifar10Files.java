package dev.graft.data;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.dataset.Batch;
import ai.djl.training.dataset.Dataset;
import dev.graft.GraftException;
import dev.graft.util.Messages;
import dev.graft.util.Text;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * CIFAR-10's binary files: records of {@code 1 + 3 * 32 * 32} bytes, a label and the planes {@code
 * (3, 32, 32)} of an image. Graft checks them, and DJL's {@code Cifar10} reads them.
 */
final class Cifar10Files {
  static final String MERGED_TRAIN = "data_batch.bin";
  static final String TEST = "test_batch.bin";

  private static final List<String> TRAIN =
      IntStream.rangeClosed(1, 5).mapToObj(i -> "data_batch_" + i + ".bin").toList();
  private static final List<String> ALL = Stream.concat(TRAIN.stream(), Stream.of(TEST)).toList();
  private static final String CLASS_NAMES = "batches.meta.txt";

  private static final int RECORD = 1 + Cifar10Images.IMAGE_BYTES; // bytes

  /** Records that DJL reads at once, as many as an official file has; 120 MB in float32. */
  private static final int RECORDS_AT_ONCE = 10_000;

  /** Records that are copied from DJL's array at once. */
  private static final int COPIED_AT_ONCE = 1_000;

  /** Maximum number of images in one file set; twice as many fit into an array. */
  private static final int MAX_RECORDS = Integer.MAX_VALUE / Cifar10Images.IMAGE_BYTES / 2;

  private Cifar10Files() {}

  /** Returns whether a folder has, or should have, the official files. */
  static boolean areIn(Path folder) {
    return Files.isDirectory(folder)
        && (folder.endsWith(Cifar10Images.FOLDER)
            || ALL.stream().anyMatch(file -> Files.exists(folder.resolve(file))));
  }

  /** Reads the six official files of a folder. */
  static DataSet read(Path folder) {
    for (String file : ALL) {
      if (!Files.isRegularFile(folder.resolve(file))) {
        throw GraftException.of(
            "%s lacks %s; the binary version of CIFAR-10 has %s to %s and %s.",
            folder, file, TRAIN.get(0), TRAIN.get(4), TEST);
      }
    }
    return read(
        TRAIN.stream().map(folder::resolve).toList(),
        folder.resolve(TEST),
        readClassNames(folder.resolve(CLASS_NAMES)),
        "CIFAR-10 from " + folder);
  }

  /**
   * Reads DJL's copy: the official training files in one, and the test file.
   *
   * @param why the reason for using this copy
   */
  static DataSet readMerged(Path folder, String why) {
    return read(
        List.of(folder.resolve(MERGED_TRAIN)),
        folder.resolve(TEST),
        Cifar10Images.CLASSES,
        "CIFAR-10 downloaded from DJL's repository to " + folder + " (" + why + ")");
  }

  private static DataSet read(List<Path> train, Path test, List<String> classes, String origin) {
    int testImages =
        countRecords(List.of(test)); // first, since reading the training files takes long
    int trainImages = countRecords(train);
    byte[] labels = new byte[trainImages + testImages];
    byte[] pixels = new byte[labels.length * Cifar10Images.IMAGE_BYTES];
    int first = 0;
    for (Path file : Stream.concat(train.stream(), Stream.of(test)).toList()) {
      int count = countRecords(List.of(file));
      read(file, first, count, classes.size(), labels, pixels);
      first += count;
    }
    return DataSet.trainThenTest(
        Cifar10Images.NAME,
        new Cifar10Images(classes, labels, pixels),
        trainImages,
        Text.of("%s: %,d training and %,d test images", origin, trainImages, testImages));
  }

  private static List<String> readClassNames(Path file) {
    if (!Files.exists(file)) {
      return Cifar10Images.CLASSES;
    }
    try {
      List<String> names = Files.readAllLines(file).stream().filter(s -> !s.isBlank()).toList();
      if (names.size() != Cifar10Images.CLASSES.size()) {
        throw GraftException.of(
            "%s must name %d classes, one per line, but names %d.",
            file, Cifar10Images.CLASSES.size(), names.size());
      }
      return names;
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static int countRecords(List<Path> files) {
    long records = 0;
    for (Path file : files) {
      try {
        long size = Files.size(file);
        if (size == 0) {
          throw new GraftException(file + " is empty.");
        }
        if (size % RECORD != 0) {
          throw GraftException.of(
              "%s is damaged or cut off: %d bytes are %d records of %d bytes and %d bytes left"
                  + " over.",
              file, size, size / RECORD, RECORD, size % RECORD);
        }
        records += size / RECORD;
      } catch (IOException e) {
        throw unreadable(file, e);
      }
    }
    if (records > MAX_RECORDS) {
      throw new GraftException(
          files.get(0).getParent() + " has " + records + " records, where CIFAR-10 has 60000.");
    }
    return (int) records;
  }

  /** Reads a file's records into the images from {@code first} on. */
  private static void read(
      Path file, int first, int count, int classes, byte[] labels, byte[] pixels) {
    try {
      for (int from = 0; from < count; from += RECORDS_AT_ONCE) {
        int records = Math.min(RECORDS_AT_ONCE, count - from);
        copy(
            new Cifar10Repository(file, (long) from * RECORD, records * RECORD),
            records,
            ByteBuffer.wrap(labels, first + from, records),
            ByteBuffer.wrap(
                pixels,
                (first + from) * Cifar10Images.IMAGE_BYTES,
                records * Cifar10Images.IMAGE_BYTES));
      }
    } catch (IOException e) {
      throw unreadable(file, e);
    }
    for (int record = 0; record < count; record++) {
      int label = labels[first + record] & 0xff;
      if (label >= classes) {
        throw GraftException.of(
            "%s is damaged: record %d (from 0) has label %d; labels are 0 to %d.",
            file, record, label, classes - 1);
      }
    }
  }

  /** Copies the labels, and the images {@code (N, 32, 32, 3)}, 0 to 255, from DJL's dataset. */
  private static void copy(
      Cifar10Repository repository, int records, ByteBuffer labels, ByteBuffer pixels)
      throws IOException {
    if (Engine.getAllEngines().isEmpty()) {
      throw new GraftException(
          "CIFAR-10 is read by DJL's Cifar10, which needs an engine that trains, such as PyTorch;"
              + " the bundled sample, cifar10-sample, needs none.");
    }
    try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      var dataset =
          ai.djl.basicdataset.cv.classification.Cifar10.builder()
              .optManager(QuietManager.of(manager))
              .optRepository(repository)
              .optUsage(Dataset.Usage.TRAIN)
              .setSampling(COPIED_AT_ONCE, false)
              .build();
      dataset.prepare(null);
      for (int from = 0; from < records; from += COPIED_AT_ONCE) {
        int to = Math.min(from + COPIED_AT_ONCE, records);
        try (NDManager some = manager.newSubManager();
            Batch batch = dataset.getByRange(some, from, to)) {
          labels.put(bytes(batch.getLabels()));
          pixels.put(bytes(batch.getData()));
        }
      }
    }
  }

  private static byte[] bytes(NDList values) {
    return values.singletonOrThrow().toType(DataType.UINT8, false).toByteArray();
  }

  private static GraftException unreadable(Path file, IOException e) {
    return new GraftException(file + " cannot be read: " + Messages.reason(e) + ".", e);
  }
}
