package dev.graft.data;

import dev.graft.GraftException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * CIFAR-10's binary files: records of a label and a picture, {@code (1 + 3 * 32 * 32)} bytes, the
 * picture as planes of red, green and blue, {@code (3, 32, 32)}.
 */
final class Cifar10Files {
  static final String MERGED_TRAIN = "data_batch.bin";
  static final String TEST = "test_batch.bin";

  private static final List<String> TRAIN =
      IntStream.rangeClosed(1, 5).mapToObj(i -> "data_batch_" + i + ".bin").toList();
  private static final List<String> ALL = Stream.concat(TRAIN.stream(), Stream.of(TEST)).toList();
  private static final String CLASS_NAMES = "batches.meta.txt";

  private static final int PLANE = Cifar10.SIDE * Cifar10.SIDE; // bytes
  private static final int RECORD = 1 + Cifar10.PICTURE_BYTES; // bytes
  private static final int RECORDS_AT_ONCE = 1_000;

  /** Of training and of test pictures each: what an array holds. */
  private static final int MOST_RECORDS = Integer.MAX_VALUE / Cifar10.PICTURE_BYTES / 2;

  private Cifar10Files() {}

  /** Whether a folder is, or was meant to be, that of the official files. */
  static boolean areIn(Path folder) {
    return Files.isDirectory(folder)
        && (folder.endsWith(Cifar10.FOLDER)
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
   * @param why it is this copy
   */
  static DataSet readMerged(Path folder, String why) {
    return read(
        List.of(folder.resolve(MERGED_TRAIN)),
        folder.resolve(TEST),
        Cifar10.CLASSES,
        "CIFAR-10 downloaded from DJL's repository to " + folder + " (" + why + ")");
  }

  private static DataSet read(List<Path> train, Path test, List<String> classes, String origin) {
    int testPictures = countRecords(List.of(test)); // before the training files take their time
    int trainPictures = countRecords(train);
    byte[] labels = new byte[trainPictures + testPictures];
    byte[] pixels = new byte[labels.length * Cifar10.PICTURE_BYTES];
    int first = 0;
    for (Path file : Stream.concat(train.stream(), Stream.of(test)).toList()) {
      int count = countRecords(List.of(file));
      read(file, first, count, classes.size(), labels, pixels);
      first += count;
    }
    return DataSet.trainThenTest(
        Cifar10.NAME,
        new Cifar10(classes, labels, pixels),
        trainPictures,
        origin + ": " + trainPictures + " training and " + testPictures + " test pictures");
  }

  private static List<String> readClassNames(Path file) {
    if (!Files.exists(file)) {
      return Cifar10.CLASSES;
    }
    try {
      List<String> names = Files.readAllLines(file).stream().filter(s -> !s.isBlank()).toList();
      if (names.size() != Cifar10.CLASSES.size()) {
        throw GraftException.of(
            "%s must name %d classes, a line each, has %d.",
            file, Cifar10.CLASSES.size(), names.size());
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
    if (records > MOST_RECORDS) {
      throw new GraftException(
          files.get(0).getParent() + " has " + records + " records, where CIFAR-10 has 60000.");
    }
    return (int) records;
  }

  /** Puts a file's records from the {@code first}th picture on. */
  private static void read(
      Path file, int first, int count, int classes, byte[] labels, byte[] pixels) {
    byte[] some = new byte[RECORDS_AT_ONCE * RECORD];
    try (InputStream in = Files.newInputStream(file)) {
      for (int record = 0; record < count; record++) {
        int at = record % RECORDS_AT_ONCE * RECORD;
        if (at == 0) {
          int wanted = Math.min(RECORDS_AT_ONCE, count - record) * RECORD;
          if (in.readNBytes(some, 0, wanted) < wanted) {
            throw new EOFException("it was cut off meanwhile");
          }
        }
        int label = some[at] & 0xff;
        if (label >= classes) {
          throw GraftException.of(
              "%s is damaged: record %d (from 0) has label %d; labels are 0 to %d.",
              file, record, label, classes - 1);
        }
        labels[first + record] = (byte) label;
        int to = (first + record) * Cifar10.PICTURE_BYTES;
        for (int from = at + 1; from <= at + PLANE; from++) {
          pixels[to++] = some[from];
          pixels[to++] = some[from + PLANE];
          pixels[to++] = some[from + 2 * PLANE];
        }
      }
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static GraftException unreadable(Path file, IOException e) {
    return new GraftException(file + " cannot be read: " + e.getMessage() + ".", e);
  }
}
