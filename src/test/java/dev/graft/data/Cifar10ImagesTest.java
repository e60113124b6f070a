package dev.graft.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.repository.RemoteRepository;
import com.sun.net.httpserver.HttpServer;
import dev.graft.GraftException;
import dev.graft.JavaProcess;
import dev.graft.command.Console;
import dev.graft.image.RgbImage;
import dev.graft.util.Progress;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** DJL reads the files, so these tests need an engine. */
@Tag("engine")
class Cifar10ImagesTest {
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

  @Test
  void labelsAndPixelsAreThoseOfTheOfficialFilesInTheirOrder() throws IOException {
    Path files = writeFiles(7);

    DataSet data = Cifar10Images.find(List.of(folder), Cifar10ImagesTest::noDownload);

    assertThat(data.name()).isEqualTo("cifar10");
    assertThat(data.origin())
        .isEqualTo(
            String.format(Locale.ROOT, "CIFAR-10 from %s: 35 training and 7 test images", files));
    assertThat(train(data)).containsExactly(IntStream.range(0, 35).toArray());
    assertThat(test(data)).containsExactly(IntStream.range(35, 42).toArray());
    assertThat(data.images().size()).isEqualTo(42);
    assertThat(data.has(Part.VALIDATION)).isFalse();
    for (int i = 0; i < 35; i++) {
      byte[] bytes = Files.readAllBytes(files.resolve(FILES.get(i / 7)));
      assertSameAsRecord(data.images(), i, bytes, i % 7);
    }
    assertSameAsRecord(
        data.images(), 35 + 6, Files.readAllBytes(files.resolve("test_batch.bin")), 6);
  }

  @Test
  void allRecordsOfDjlsMergedFileAreReadToTheLast() throws IOException {
    byte[] records = records(2_003, 1);
    Path merged = writeMerged(records, records(2, 2));

    DataSet data = Cifar10Images.find(List.of(folder), () -> merged);

    assertThat(train(data)).hasSize(2_003);
    for (int i : new int[] {0, 999, 1_000, 1_999, 2_000, 2_002}) {
      assertSameAsRecord(data.images(), i, records, i);
    }
    assertThat(data.origin())
        .isEqualTo(
            String.format(
                Locale.ROOT,
                "CIFAR-10 downloaded from DJL's repository to %s (no cifar-10-batches-bin in %s): 2,003 training and 2 test images",
                merged,
                folder));
  }

  /** Runs a JVM of its own, since the names are created when a class is loaded. */
  @Test
  void theFilesAreFoundInALocaleWithOtherDigits() throws Exception {
    writeFiles(1);
    Process java =
        new ProcessBuilder(
                JavaProcess.command(
                    "-Duser.language=ar",
                    "-Duser.country=EG",
                    "-cp",
                    System.getProperty("java.class.path"),
                    Elsewhere.class.getName(),
                    folder.toString()))
            .redirectErrorStream(true)
            .start();

    assertThat(new String(java.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
        .contains("cifar-10-batches-bin: 5 training and 1 test images");
    assertThat(java.waitFor()).isZero();
  }

  /** The program of that JVM. */
  static final class Elsewhere {
    private Elsewhere() {}

    public static void main(String[] arguments) {
      System.out.println(
          Cifar10Images.find(List.of(Path.of(arguments[0])), Cifar10ImagesTest::noDownload)
              .origin());
    }
  }

  @Test
  void theFirstFolderThatHasTheFilesIsUsedAndMayBeNamedItself() throws IOException {
    Path files = writeFiles(2);
    Path other = Files.createDirectory(folder.resolve("other"));

    assertThat(Cifar10Images.find(List.of(other, folder), Cifar10ImagesTest::noDownload).origin())
        .contains(files.toString());
    assertThat(train(Cifar10Images.find(List.of(files), Cifar10ImagesTest::noDownload)))
        .hasSize(10);
  }

  @Test
  void classNamesComeFromTheFileBesideTheData() throws IOException {
    Path files = writeFiles(1);
    assertThat(Cifar10Images.find(List.of(folder), Cifar10ImagesTest::noDownload).classes())
        .startsWith("airplane");

    Files.writeString(files.resolve("batches.meta.txt"), "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n");
    assertThat(Cifar10Images.find(List.of(folder), Cifar10ImagesTest::noDownload).classes())
        .containsExactly("a", "b", "c", "d", "e", "f", "g", "h", "i", "j");
  }

  @Test
  void aListOfOtherThanTenClassesIsRefused() throws IOException {
    Path names = Files.writeString(writeFiles(1).resolve("batches.meta.txt"), "a\nb\n");

    assertRefused(names + " must name 10 classes, one per line, but names 2.");
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
  void anEmptyDataFolderIsNotSkipped() throws IOException {
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
  void withoutFilesAndDownloadTheSampleIsUsedAndSaysSo() {
    DataSet data =
        Cifar10Images.find(List.of(folder, Path.of("nowhere")), Cifar10ImagesTest::noDownload);

    assertThat(data.name()).isEqualTo("cifar10-sample");
    assertThat(data.origin())
        .isEqualTo(
            String.format(
                Locale.ROOT,
                "the bundled sample of CIFAR-10 (no cifar-10-batches-bin in %s, nowhere, and no download: no network): 4,000 training and 1,000 test images",
                folder));
  }

  @Test
  void theSampleHasEquallyManyImagesOfEachClass() {
    DataSet data = Cifar10Sample.read("test");

    assertThat(countsOfLabels(data, train(data))).containsOnly(400).hasSize(10);
    assertThat(countsOfLabels(data, test(data))).containsOnly(100).hasSize(10);
    assertThat(data.classes()).isEqualTo(Cifar10Images.CLASSES);
  }

  @Test
  void everyImageOfTheSampleIsOneOfTheOfficialFilesWithItsLabel() throws IOException {
    assumeTrue(Files.isDirectory(ALL), "no " + ALL);
    DataSet sample = Cifar10Sample.read("test");

    assertThat(withoutRecordsOf(FILES.subList(0, 5), labelsByImage(sample, train(sample))))
        .isEmpty();
    assertThat(withoutRecordsOf(FILES.subList(5, 6), labelsByImage(sample, test(sample))))
        .isEmpty();
  }

  @Test
  void theHashDependsOnPixelsLabelsAndClassNames() {
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
    return DataSet.trainThenTest(name, new Cifar10Images(classes, labels, pixels), train, "here")
        .sha256();
  }

  @Test
  void theHashOfAnImageDependsOnItsPixelsAlone() {
    byte[] pixels = new byte[3 * 3072];
    pixels[3072] = 1;
    Cifar10Images images = new Cifar10Images(List.of("cat", "dog"), new byte[] {0, 0, 1}, pixels);

    // head -c 3072 /dev/zero | sha256sum
    assertThat(images.hash(0))
        .isEqualTo("e80232b4d18d0bb7e794be263ba937626f383f9917d4b8a737ba893a8f752293")
        .isEqualTo(images.hash(2))
        .isNotEqualTo(images.hash(1));
  }

  @Test
  void allOfCifar10IsRead() throws IOException {
    assumeTrue(Files.isDirectory(ALL), "no " + ALL);

    DataSet data =
        Cifar10Images.find(
            List.of(Path.of("data-that-is-not-there"), SHARED), Cifar10ImagesTest::noDownload);

    assertThat(countsOfLabels(data, train(data))).containsOnly(5_000).hasSize(10);
    assertThat(countsOfLabels(data, test(data))).containsOnly(1_000).hasSize(10);
    byte[] last = Files.readAllBytes(ALL.resolve("data_batch_5.bin"));
    assertSameAsRecord(data.images(), 49_999, last, 9_999);
  }

  /** DJL's cache, so that a second run needs no network. */
  @Test
  void anEarlierDownloadInDjlsCacheIsFoundWithoutANetwork() throws IOException {
    Path cached = Files.createDirectories(folder.resolve(IN_CACHE));
    RemoteRepository nowhere = repository("http://127.0.0.1:1/");

    assertThat(Cifar10Download.fetch(nowhere, Duration.ofSeconds(1), Progress.Display.NONE))
        .isEqualTo(cached);
  }

  @Test
  @Timeout(60)
  void djlsDownloadIsAnnouncedAndStoredWholeOrNotAtAll() throws IOException {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream stream = new PrintStream(said, true, StandardCharsets.UTF_8);
    Path target = folder.resolve(IN_CACHE);
    HttpServer server = serve(Set.of(METADATA, TRAIN), () -> {});
    String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/";
    try (Console console = new Console(stream, stream, false)) {
      assertThatIOException()
          .isThrownBy(() -> Cifar10Download.fetch(repository(url), Duration.ofSeconds(9), console))
          .withMessage("the server does not have " + url + TEST);
    } finally {
      server.stop(0);
    }
    assertThat(said.toString(StandardCharsets.UTF_8))
        .startsWith("CIFAR-10 was not found. ")
        .contains("170 MB, from 127.0.0.1 to " + target, "use the bundled sample, cifar10-sample.");
    assertThat(target).doesNotExist();

    HttpServer complete = serve(Set.of(METADATA, TRAIN, TEST), () -> {});
    try {
      Path found =
          Cifar10Download.fetch(
              repository("http://127.0.0.1:" + complete.getAddress().getPort() + "/"),
              Duration.ofSeconds(9),
              Progress.Display.NONE);
      assertThat(found).isEqualTo(target);
      assertThat(train(Cifar10Images.find(List.of(), () -> found))).hasSize(3);
    } finally {
      complete.stop(0);
    }
    assertThat(target.toFile().list())
        .containsExactlyInAnyOrder("data_batch.bin", "test_batch.bin");
  }

  @Test
  @Timeout(60)
  void aServerThatStopsSendingIsGivenUp() throws IOException {
    CountDownLatch never = new CountDownLatch(1);
    HttpServer server = serve(Set.of(METADATA), never::await);
    String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/";
    try {
      assertThatIOException()
          .isThrownBy(
              () ->
                  Cifar10Download.fetch(
                      repository(url), Duration.ofSeconds(1), Progress.Display.NONE))
          .withMessage("the server sent nothing for 1 s");
    } finally {
      never.countDown();
      server.stop(0);
    }
    assertThat(folder.resolve(IN_CACHE)).doesNotExist();
  }

  private static final String PLACE = "dataset/cv/ai/djl/basicdataset/cifar10/";
  private static final String IN_CACHE = "cache/" + PLACE + "1.0";
  private static final String METADATA = PLACE + "metadata.json";
  private static final String TRAIN = PLACE + "1.0/data_batch.bin.gz";
  private static final String TEST = PLACE + "1.0/test_batch.bin.gz";

  /** DJL's repository at another address, with a cache of its own. */
  private RemoteRepository repository(String url) {
    return new RemoteRepository("test", URI.create(url)) {
      @Override
      public Path getCacheDirectory() {
        return folder.resolve("cache");
      }
    };
  }

  private interface Wait {
    void once() throws InterruptedException;
  }

  /** A server with some of the files that DJL's has. */
  private static HttpServer serve(Set<String> paths, Wait wait) throws IOException {
    Map<String, byte[]> all =
        Map.of(
            METADATA,
            metadata().getBytes(StandardCharsets.UTF_8),
            TRAIN,
            gzip(records(3, 1)),
            TEST,
            gzip(records(1, 2)));
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            wait.once();
            String path = exchange.getRequestURI().getPath().substring(1);
            byte[] body = paths.contains(path) ? all.get(path) : new byte[0];
            exchange.sendResponseHeaders(body.length == 0 ? 404 : 200, body.length);
            exchange.getResponseBody().write(body);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    server.start();
    return server;
  }

  /** Returns the data set's metadata of DJL's repository, with other sizes. */
  private static String metadata() {
    return """
        {"metadataVersion": "0.2", "resourceType": "dataset", "groupId": "ai.djl.basicdataset",
         "artifactId": "cifar10", "name": "cifar10", "artifacts": [{"version": "1.0", "files": {
           "data_batch.bin": {"uri": "1.0/data_batch.bin.gz", "size": 3, "name": "data_batch.bin"},
           "test_batch.bin": {"uri": "1.0/test_batch.bin.gz", "size": 3, "name": "test_batch.bin"}
         }}]}
        """;
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write(bytes);
    }
    return packed.toByteArray();
  }

  /** No test uses the network. */
  private static Path noDownload() throws IOException {
    throw new IOException("no network");
  }

  /** DJL's two files. */
  private Path writeMerged(byte[] train, byte[] test) throws IOException {
    Path merged = Files.createDirectory(folder.resolve("1.0"));
    Files.write(merged.resolve("data_batch.bin"), train);
    Files.write(merged.resolve("test_batch.bin"), test);
    return merged;
  }

  /** Writes six files of a few records into the folder of the official archive. */
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
    assertThat(set.read(index, 0)).as("image %d", index).contains(image(file, record));
  }

  private static int[] train(DataSet data) {
    return data.indices(Optional.of(Part.TRAIN));
  }

  private static int[] test(DataSet data) {
    return data.indices(Optional.of(Part.TEST));
  }

  private static Map<RgbImage, Integer> labelsByImage(DataSet data, int[] indices) {
    Map<RgbImage, Integer> labels = new HashMap<>();
    for (int i : indices) {
      labels.put(data.images().read(i, 0).orElseThrow(), data.images().label(i));
    }
    return labels;
  }

  /** Removes the images that are in the official files with the same label. */
  private static Map<RgbImage, Integer> withoutRecordsOf(
      List<String> files, Map<RgbImage, Integer> images) throws IOException {
    for (String file : files) {
      byte[] bytes = Files.readAllBytes(ALL.resolve(file));
      for (int record = 0; record < bytes.length / RECORD; record++) {
        images.remove(image(bytes, record), (int) bytes[record * RECORD]);
      }
    }
    return images;
  }

  /** A record's image, from {@code (3, 32, 32)} to {@code (32, 32, 3)}. */
  private static RgbImage image(byte[] file, int record) {
    byte[] rgb = new byte[3072];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = file[record * RECORD + 1 + i % 3 * 1024 + i / 3];
    }
    return new RgbImage(32, 32, rgb);
  }

  private static int[] countsOfLabels(DataSet data, int[] indices) {
    int[] counts = new int[10];
    for (int i : indices) {
      counts[data.images().label(i)]++;
    }
    return counts;
  }

  private void assertRefused(String message) {
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> Cifar10Images.find(List.of(folder), Cifar10ImagesTest::noDownload))
        .withMessage(message);
  }
}
