package dev.graft.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.engine.Engine;
import dev.graft.GraftException;
import dev.graft.data.Cifar10Download.Outcome;
import dev.graft.picture.Picture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Cifar10Test {
  private static final int RECORD = 3073;
  private static final List<String> FILES =
      List.of(
          "data_batch_1.bin",
          "data_batch_2.bin",
          "data_batch_3.bin",
          "data_batch_4.bin",
          "data_batch_5.bin",
          "test_batch.bin");

  private static final Path SHARED = Path.of("../shared");
  private static final Path ALL = SHARED.resolve("cifar-10-batches-bin");

  @TempDir Path folder;

  @Tag("engine")
  @Test
  void labelsAndPixelsAreThoseOfTheOfficialFilesInTheirOrder() throws IOException {
    Path files = writeFiles(7);

    DataSet data = Cifar10.find(List.of(folder), Cifar10Test::noDownload);

    assertThat(data.name()).isEqualTo("cifar10");
    assertThat(data.origin())
        .isEqualTo(
            String.format(Locale.ROOT, "CIFAR-10 from %s: 35 training and 7 test pictures", files));
    assertThat(train(data)).containsExactly(IntStream.range(0, 35).toArray());
    assertThat(test(data)).containsExactly(IntStream.range(35, 42).toArray());
    assertThat(data.pictures().size()).isEqualTo(42);
    assertThat(data.has(Part.VALIDATION)).isFalse();
    for (int i = 0; i < 35; i++) {
      byte[] bytes = Files.readAllBytes(files.resolve(FILES.get(i / 7)));
      assertSameAsRecord(data.pictures(), i, bytes, i % 7);
    }
    assertSameAsRecord(
        data.pictures(), 35 + 6, Files.readAllBytes(files.resolve("test_batch.bin")), 6);
  }

  @Tag("engine")
  @Test
  void moreRecordsThanDjlIsGivenAtOnceAreReadToTheLast() throws IOException {
    byte[] records = records(10_003, 1);
    Path merged = Files.createDirectory(folder.resolve("1.0"));
    Files.write(merged.resolve("data_batch.bin"), records);
    Files.write(merged.resolve("test_batch.bin"), records(2, 2));

    DataSet data = Cifar10.find(List.of(folder), () -> Outcome.at(merged));

    assertThat(train(data)).hasSize(10_003);
    for (int i : new int[] {0, 999, 1_000, 9_999, 10_000, 10_002}) {
      assertSameAsRecord(data.pictures(), i, records, i);
    }
    assertThat(data.origin())
        .isEqualTo(
            String.format(
                Locale.ROOT,
                "CIFAR-10 downloaded by DJL to %s (no cifar-10-batches-bin in %s): 10003 training and 2 test pictures",
                merged,
                folder));
  }

  @Tag("engine")
  @Test
  void theFirstFolderThatHasTheFilesIsTakenAndMayBeNamedItself() throws IOException {
    Path files = writeFiles(2);
    Path other = Files.createDirectory(folder.resolve("other"));

    assertThat(Cifar10.find(List.of(other, folder), Cifar10Test::noDownload).origin())
        .contains(files.toString());
    assertThat(train(Cifar10.find(List.of(files), Cifar10Test::noDownload))).hasSize(10);
  }

  @Tag("engine")
  @Test
  void classNamesComeFromTheFileBesideTheData() throws IOException {
    Path files = writeFiles(1);
    assertThat(Cifar10.find(List.of(folder), Cifar10Test::noDownload).classes())
        .startsWith("airplane");

    Files.writeString(files.resolve("batches.meta.txt"), "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n");
    assertThat(Cifar10.find(List.of(folder), Cifar10Test::noDownload).classes())
        .containsExactly("a", "b", "c", "d", "e", "f", "g", "h", "i", "j");
  }

  @Test
  void aListOfOtherThanTenClassesIsRefused() throws IOException {
    Path names = Files.writeString(writeFiles(1).resolve("batches.meta.txt"), "a\nb\n");

    assertRefused(names + " must name 10 classes, a line each, has 2.");
  }

  @Test
  void aMissingFileIsNamed() throws IOException {
    Path files = writeFiles(1);
    Files.delete(files.resolve("data_batch_3.bin"));

    assertRefused(
        files
            + " lacks data_batch_3.bin; the binary version of CIFAR-10 has data_batch_1.bin to"
            + " data_batch_5.bin and test_batch.bin.");
  }

  @Test
  void aFolderMadeForTheDataButEmptyIsNotPassedOver() throws IOException {
    Path files = Files.createDirectory(folder.resolve("cifar-10-batches-bin"));

    assertRefused(
        files
            + " lacks data_batch_1.bin; the binary version of CIFAR-10 has data_batch_1.bin to"
            + " data_batch_5.bin and test_batch.bin.");
  }

  @Test
  void aCutOffFileIsNamedWithTheBytesLeftOver() throws IOException {
    Path file = writeFiles(3).resolve("data_batch_2.bin");
    Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 2 * RECORD + 100));

    assertRefused(
        file
            + " is damaged or cut off: 6246 bytes are 2 records of 3073 bytes and 100 bytes left over.");
  }

  @Test
  void anEmptyFileIsNamed() throws IOException {
    Path file = writeFiles(1).resolve("test_batch.bin");
    Files.write(file, new byte[0]);

    assertRefused(file + " is empty.");
  }

  @Test
  void aLabelThatIsNoClassIsNamedWithItsRecord() throws IOException {
    Path file = writeFiles(3).resolve("data_batch_1.bin");
    byte[] bytes = Files.readAllBytes(file);
    bytes[RECORD] = (byte) 200;
    Files.write(file, bytes);

    assertRefused(file + " is damaged: record 1 (from 0) has label 200; labels are 0 to 9.");
  }

  @Test
  void withoutFilesAndDownloadTheSampleStepsInAndSaysSo() {
    DataSet data = Cifar10.find(List.of(folder, Path.of("nowhere")), Cifar10Test::noDownload);

    assertThat(data.name()).isEqualTo("cifar10-sample");
    assertThat(data.origin())
        .isEqualTo(
            String.format(
                Locale.ROOT,
                "the bundled sample of CIFAR-10 (no cifar-10-batches-bin in %s, nowhere, and no download: no network): 4000 training and 1000 test pictures",
                folder));
  }

  @Test
  void theSampleHasAsManyPicturesOfEachClass() {
    DataSet data = Cifar10Sample.read("test");

    assertThat(countsOfLabels(data, train(data))).containsOnly(400).hasSize(10);
    assertThat(countsOfLabels(data, test(data))).containsOnly(100).hasSize(10);
    assertThat(data.classes()).isEqualTo(Cifar10.CLASSES);
  }

  @Test
  void everyPictureOfTheSampleIsOneOfTheOfficialFilesWithItsLabel() throws IOException {
    assumeTrue(Files.isDirectory(ALL), "no " + ALL);
    DataSet sample = Cifar10Sample.read("test");

    assertThat(withoutRecordsOf(FILES.subList(0, 5), labelsByPicture(sample, train(sample))))
        .isEmpty();
    assertThat(withoutRecordsOf(FILES.subList(5, 6), labelsByPicture(sample, test(sample))))
        .isEmpty();
  }

  @Test
  void theHashTellsPixelsLabelsAndClassNamesApart() {
    byte[] pixels = new byte[2 * 3072];
    byte[] otherPixels = pixels.clone();
    otherPixels[6143] = 1;
    List<String> classes = List.of("cat", "dog");
    String hash = sha256("x", classes, new byte[] {0, 1}, pixels, 1);

    assertThat(hash)
        .matches("[0-9a-f]{64}")
        .isEqualTo(sha256("y", classes, new byte[] {0, 1}, pixels.clone(), 1))
        .isNotEqualTo(sha256("x", classes, new byte[] {1, 0}, pixels, 1))
        .isNotEqualTo(sha256("x", classes, new byte[] {0, 1}, otherPixels, 1))
        .isNotEqualTo(sha256("x", List.of("cat", "cow"), new byte[] {0, 1}, pixels, 1))
        .isNotEqualTo(sha256("x", classes, new byte[] {0, 1}, pixels, 2));
  }

  private static String sha256(
      String name, List<String> classes, byte[] labels, byte[] pixels, int train) {
    return DataSet.trainThenTest(name, new Cifar10(classes, labels, pixels), train, "here")
        .sha256();
  }

  @Test
  void aPictureIsKnownByItsPixelsAlone() {
    byte[] pixels = new byte[3 * 3072];
    pixels[3072] = 1;
    Cifar10 pictures = new Cifar10(List.of("cat", "dog"), new byte[] {0, 0, 1}, pixels);

    // head -c 3072 /dev/zero | sha256sum
    assertThat(pictures.hash(0))
        .isEqualTo("e80232b4d18d0bb7e794be263ba937626f383f9917d4b8a737ba893a8f752293")
        .isEqualTo(pictures.hash(2))
        .isNotEqualTo(pictures.hash(1));
  }

  @Tag("engine")
  @Test
  void allOfCifar10IsReadWhereItIsThere() throws IOException {
    assumeTrue(Files.isDirectory(ALL), "no " + ALL);

    DataSet data =
        Cifar10.find(List.of(Path.of("data-that-is-not-there"), SHARED), Cifar10Test::noDownload);

    assertThat(countsOfLabels(data, train(data))).containsOnly(5_000).hasSize(10);
    assertThat(countsOfLabels(data, test(data))).containsOnly(1_000).hasSize(10);
    byte[] last = Files.readAllBytes(ALL.resolve("data_batch_5.bin"));
    assertSameAsRecord(data.pictures(), 49_999, last, 9_999);
  }

  /** The folder where DJL puts it, so that a second run, offline or not, asks no network. */
  @Tag("engine")
  @Test
  void anEarlierDownloadInDjlsCacheIsFoundWithoutANetwork() throws IOException {
    assumeTrue(System.getenv("DJL_CACHE_DIR") == null, "DJL_CACHE_DIR wins over a property");
    Engine.getInstance(); // before the cache moves, for its libraries lie there
    Path cached =
        Files.createDirectories(
            folder.resolve("cache/repo/dataset/cv/ai/djl/basicdataset/cifar10/1.0"));
    String before = System.getProperty("DJL_CACHE_DIR");
    System.setProperty("DJL_CACHE_DIR", folder.toString());
    try {
      assertThat(Cifar10Download.fetch().folder()).contains(cached);
    } finally {
      if (before == null) {
        System.clearProperty("DJL_CACHE_DIR");
      } else {
        System.setProperty("DJL_CACHE_DIR", before);
      }
    }
  }

  /** No test asks the network. */
  private static Outcome noDownload() {
    return Outcome.none("no network");
  }

  /** Six files of a few records, in the folder that the official archive has. */
  private Path writeFiles(int records) throws IOException {
    Path files = Files.createDirectory(folder.resolve("cifar-10-batches-bin"));
    for (String file : FILES) {
      Files.write(files.resolve(file), records(records, FILES.indexOf(file)));
    }
    return files;
  }

  private static byte[] records(int count, int seed) {
    byte[] bytes = new byte[count * RECORD];
    new Random(seed).nextBytes(bytes);
    for (int i = 0; i < count; i++) {
      bytes[i * RECORD] = (byte) ((i + seed) % 10);
    }
    return bytes;
  }

  private static void assertSameAsRecord(ImageSet set, int index, byte[] file, int record) {
    assertThat(set.label(index)).as("label %d", index).isEqualTo(file[record * RECORD]);
    assertThat(set.read(index, 0)).as("picture %d", index).contains(picture(file, record));
  }

  private static int[] train(DataSet data) {
    return data.indices(Optional.of(Part.TRAIN));
  }

  private static int[] test(DataSet data) {
    return data.indices(Optional.of(Part.TEST));
  }

  private static Map<Picture, Integer> labelsByPicture(DataSet data, int[] indices) {
    Map<Picture, Integer> labels = new HashMap<>();
    for (int i : indices) {
      labels.put(data.pictures().read(i, 0).orElseThrow(), data.pictures().label(i));
    }
    return labels;
  }

  /** Takes out of the pictures those that are in the official files with the same label. */
  private static Map<Picture, Integer> withoutRecordsOf(
      List<String> files, Map<Picture, Integer> pictures) throws IOException {
    for (String file : files) {
      byte[] bytes = Files.readAllBytes(ALL.resolve(file));
      for (int record = 0; record < bytes.length / RECORD; record++) {
        pictures.remove(picture(bytes, record), (int) bytes[record * RECORD]);
      }
    }
    return pictures;
  }

  /** A record's picture, from {@code (3, 32, 32)} to {@code (32, 32, 3)}. */
  private static Picture picture(byte[] file, int record) {
    byte[] rgb = new byte[3072];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = file[record * RECORD + 1 + i % 3 * 1024 + i / 3];
    }
    return new Picture(32, 32, rgb);
  }

  private static int[] countsOfLabels(DataSet data, int[] indices) {
    int[] counts = new int[10];
    for (int i : indices) {
      counts[data.pictures().label(i)]++;
    }
    return counts;
  }

  private void assertRefused(String message) {
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> Cifar10.find(List.of(folder), Cifar10Test::noDownload))
        .withMessage(message);
  }
}
