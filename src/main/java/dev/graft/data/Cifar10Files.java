package dev.graft.data;

import ai.djl.Application.CV;
import ai.djl.Device;
import ai.djl.basicdataset.BasicDatasets;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.repository.AbstractRepository;
import ai.djl.repository.Artifact;
import ai.djl.repository.MRL;
import ai.djl.repository.Metadata;
import ai.djl.training.dataset.Batch;
import ai.djl.util.Progress;
import dev.graft.GraftException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * CIFAR-10's binary files: records of a label and a picture, {@code (1 + 3 * 32 * 32)} bytes, the
 * picture as {@code (3, 32, 32)}. They are checked here, since DJL's reader takes a file of any
 * length and any label, and read by DJL, since that is where a user of DJL expects them to come
 * from; some records at a time, since DJL holds what it reads as float32.
 */
final class Cifar10Files {
  private static final List<String> TRAIN =
      IntStream.rangeClosed(1, 5).mapToObj("data_batch_%d.bin"::formatted).toList();
  private static final String MERGED_TRAIN = "data_batch.bin";
  private static final String TEST = "test_batch.bin";
  private static final String CLASS_NAMES = "batches.meta.txt";

  private static final int RECORD_BYTES = 1 + Cifar10.PICTURE_BYTES;

  /** As many as an official file has; 123 MB as float32. */
  private static final int RECORDS_AT_ONCE = 10_000;

  /** Between DJL's array and ours; 3 MB a copy. */
  private static final int RECORDS_A_COPY = 1_000;

  private Cifar10Files() {}

  /** Whether a folder is, or was meant to be, that of the official files. */
  static boolean areIn(Path folder) {
    return Files.isDirectory(folder)
        && (folder.endsWith(Cifar10.FOLDER)
            || Stream.concat(TRAIN.stream(), Stream.of(TEST))
                .anyMatch(file -> Files.exists(folder.resolve(file))));
  }

  /** Reads the six official files of a folder. */
  static DataSet read(Path folder) {
    for (String file : Stream.concat(TRAIN.stream(), Stream.of(TEST)).toList()) {
      if (!Files.isRegularFile(folder.resolve(file))) {
        throw new GraftException(
            "%s lacks %s; the binary version of CIFAR-10 has %s to %s and %s."
                .formatted(folder, file, TRAIN.get(0), TRAIN.get(4), TEST));
      }
    }
    List<String> classes = readClassNames(folder.resolve(CLASS_NAMES));
    countRecords(folder.resolve(TEST)); // before the training files take their time
    return read(
        TRAIN.stream().map(folder::resolve).toList(),
        folder.resolve(TEST),
        classes,
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
        "CIFAR-10 downloaded by DJL to %s (%s)".formatted(folder, why));
  }

  private static DataSet read(List<Path> train, Path test, List<String> classes, String origin) {
    List<Path> files = Stream.concat(train.stream(), Stream.of(test)).toList();
    Cifar10 all = read(files, classes);
    int testPictures = countRecords(test);
    int trainPictures = all.size() - testPictures;
    return DataSet.trainThenTest(
        Cifar10.NAME,
        all,
        trainPictures,
        "%s: %d training and %d test pictures".formatted(origin, trainPictures, testPictures));
  }

  private static List<String> readClassNames(Path file) {
    if (!Files.exists(file)) {
      return Cifar10.CLASSES;
    }
    try {
      List<String> names = Files.readAllLines(file).stream().filter(s -> !s.isBlank()).toList();
      if (names.size() != Cifar10.CLASSES.size()) {
        throw new GraftException(
            "%s must name %d classes, a line each, has %d."
                .formatted(file, Cifar10.CLASSES.size(), names.size()));
      }
      return names;
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static Cifar10 read(List<Path> files, List<String> classes) {
    int records = files.stream().mapToInt(Cifar10Files::countRecords).sum();
    byte[] labels = new byte[records];
    byte[] pixels = new byte[Math.multiplyExact(records, Cifar10.PICTURE_BYTES)];
    int done = 0;
    for (Path file : files) {
      int end = done + countRecords(file);
      int start = done;
      try (InputStream in = Files.newInputStream(file)) {
        while (done < end) {
          byte[] some = in.readNBytes(Math.min(RECORDS_AT_ONCE, end - done) * RECORD_BYTES);
          checkLabels(some, file, done - start, classes.size());
          done += copy(some, labels, pixels, done);
        }
      } catch (IOException e) {
        throw unreadable(file, e);
      }
    }
    return new Cifar10(classes, labels, pixels);
  }

  private static int countRecords(Path file) {
    try {
      long size = Files.size(file);
      if (size == 0) {
        throw new GraftException(file + " is empty.");
      }
      if (size % RECORD_BYTES != 0) {
        throw new GraftException(
            "%s is damaged or cut off: %d bytes are %d records of %d bytes and %d bytes left over."
                .formatted(file, size, size / RECORD_BYTES, RECORD_BYTES, size % RECORD_BYTES));
      }
      return Math.toIntExact(size / RECORD_BYTES);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static void checkLabels(byte[] records, Path file, int firstRecord, int classes) {
    for (int i = 0; i * RECORD_BYTES < records.length; i++) {
      int label = records[i * RECORD_BYTES] & 0xff;
      if (label >= classes) {
        throw new GraftException(
            "%s is damaged: record %d (from 0) has label %d; labels are 0 to %d."
                .formatted(file, firstRecord + i, label, classes - 1));
      }
    }
  }

  /** Has DJL read some records, copies them to their place, and says how many they were. */
  private static int copy(byte[] records, byte[] labels, byte[] pixels, int at) throws IOException {
    int count = records.length / RECORD_BYTES;
    try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      var dataset =
          ai.djl.basicdataset.cv.classification.Cifar10.builder()
              .optManager(manager)
              .optRepository(new RecordsInMemory(records))
              .setSampling(RECORDS_A_COPY, false)
              .build();
      dataset.prepare(null);
      for (int from = 0; from < count; from += RECORDS_A_COPY) {
        int to = Math.min(count, from + RECORDS_A_COPY);
        try (Batch batch = dataset.getByRange(manager.newSubManager(), from, to)) {
          // (to - from, 32, 32, 3), float32 with whole values
          byte[] some =
              batch.getData().singletonOrThrow().toType(DataType.UINT8, false).toByteArray();
          float[] someLabels = batch.getLabels().singletonOrThrow().toFloatArray();
          System.arraycopy(some, 0, pixels, (at + from) * Cifar10.PICTURE_BYTES, some.length);
          for (int i = 0; i < someLabels.length; i++) {
            labels[at + from + i] = (byte) someLabels[i];
          }
        }
      }
    }
    return count;
  }

  private static GraftException unreadable(Path file, IOException e) {
    return new GraftException(file + " cannot be read: " + e.getMessage() + ".", e);
  }

  /**
   * What DJL's data set takes for its repository: one file of records, nothing to prepare, nothing
   * copied into DJL's cache.
   */
  private static final class RecordsInMemory extends AbstractRepository {
    private final byte[] records;

    RecordsInMemory(byte[] records) {
      super("graft", URI.create("memory:cifar10"));
      this.records = records;
    }

    @Override
    public boolean isRemote() {
      return false;
    }

    @Override
    public Metadata locate(MRL mrl) {
      Artifact.Item item = new Artifact.Item();
      item.setName(MERGED_TRAIN);
      Artifact artifact = new Artifact();
      artifact.setFiles(Map.of(MERGED_TRAIN, item));
      Metadata metadata = new Metadata();
      metadata.setArtifacts(List.of(artifact));
      return metadata;
    }

    @Override
    public Artifact resolve(MRL mrl, Map<String, String> filter) {
      return locate(mrl).getArtifacts().get(0);
    }

    @Override
    public void prepare(Artifact artifact, Progress progress) {}

    @Override
    public InputStream openStream(Artifact.Item item, String path) {
      return new ByteArrayInputStream(records);
    }

    @Override
    public List<MRL> getResources() {
      return List.of(dataset(CV.ANY, BasicDatasets.GROUP_ID, "cifar10"));
    }
  }
}
