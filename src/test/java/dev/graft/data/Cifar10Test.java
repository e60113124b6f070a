package dev.graft.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.repository.AbstractRepository;
import ai.djl.repository.Artifact;
import ai.djl.repository.MRL;
import ai.djl.repository.Metadata;
import ai.djl.training.dataset.Batch;
import ai.djl.util.Progress;
import com.sun.net.httpserver.HttpServer;
import dev.graft.Console;
import dev.graft.GraftException;
import dev.graft.io.Download;
import dev.graft.picture.Picture;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
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

  @Test
  void allRecordsOfDjlsMergedFileAreReadToTheLast() throws IOException {
    byte[] records = records(2_003, 1);
    Path merged = writeMerged(records, records(2, 2));

    DataSet data = Cifar10.find(List.of(folder), () -> merged);

    assertThat(train(data)).hasSize(2_003);
    for (int i : new int[] {0, 999, 1_000, 1_999, 2_000, 2_002}) {
      assertSameAsRecord(data.pictures(), i, records, i);
    }
    assertThat(data.origin())
        .isEqualTo(
            String.format(
                Locale.ROOT,
                "CIFAR-10 downloaded from DJL's repository to %s (no cifar-10-batches-bin in %s): 2003 training and 2 test pictures",
                merged,
                folder));
  }

  /** Two readers that know nothing of each other. */
  @Tag("engine")
  @Test
  void picturesAndLabelsAreThoseThatDjlsCifar10Reads() throws Exception {
    Path merged = writeMerged(records(12, 3), records(1, 4));
    DataSet ours = Cifar10.find(List.of(folder), () -> merged);
    try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      var theirs =
          ai.djl.basicdataset.cv.classification.Cifar10.builder()
              .optManager(manager)
              .optRepository(new FolderRepository(merged))
              .setSampling(12, false)
              .build();
      theirs.prepare(null);
      try (Batch batch = theirs.getByRange(manager.newSubManager(), 0, 12)) {
        float[] pixels = batch.getData().singletonOrThrow().toFloatArray(); // (12, 32, 32, 3)
        float[] labels = batch.getLabels().singletonOrThrow().toFloatArray();
        for (int i = 0; i < 12; i++) {
          assertThat(ours.pictures().label(i)).isEqualTo((int) labels[i]);
          byte[] rgb = ours.pictures().read(i, 0).orElseThrow().rgb();
          for (int at = 0; at < rgb.length; at++) {
            assertThat(rgb[at] & 0xff).isEqualTo((int) pixels[i * 3072 + at]);
          }
        }
      }
    }
  }

  /** A repository of DJL's that copies nothing into DJL's cache, as its own local one does. */
  private static final class FolderRepository extends AbstractRepository {
    private final Path folder;
    private final Metadata metadata = new Metadata.MatchAllMetadata();

    FolderRepository(Path folder) {
      super("test", folder.toUri());
      this.folder = folder;
      Artifact.Item item = new Artifact.Item();
      item.setName("data_batch.bin");
      Artifact artifact = new Artifact();
      artifact.setFiles(Map.of("data_batch.bin", item));
      metadata.setArtifacts(List.of(artifact));
    }

    @Override
    public boolean isRemote() {
      return false;
    }

    @Override
    public Metadata locate(MRL mrl) {
      return metadata;
    }

    @Override
    public Artifact resolve(MRL mrl, Map<String, String> filter) {
      return metadata.getArtifacts().get(0);
    }

    @Override
    public void prepare(Artifact artifact, Progress progress) {}

    @Override
    public InputStream openStream(Artifact.Item item, String path) throws IOException {
      return Files.newInputStream(folder.resolve(item.getName()));
    }

    @Override
    public List<MRL> getResources() {
      return List.of();
    }
  }

  /** In a Java of its own, for names are made when a class is loaded. */
  @Test
  void theFilesAreFoundWhereDigitsAreNotAsciis() throws Exception {
    writeFiles(1);
    Process java =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Duser.language=ar",
                "-Duser.country=EG",
                "-cp",
                System.getProperty("java.class.path"),
                Elsewhere.class.getName(),
                folder.toString())
            .redirectErrorStream(true)
            .start();

    assertThat(new String(java.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
        .contains("cifar-10-batches-bin: 5 training and 1 test pictures");
    assertThat(java.waitFor()).isZero();
  }

  /** Its program. */
  static final class Elsewhere {
    private Elsewhere() {}

    public static void main(String[] arguments) {
      System.out.println(
          Cifar10.find(List.of(Path.of(arguments[0])), Cifar10Test::noDownload).origin());
    }
  }

  @Test
  void theFirstFolderThatHasTheFilesIsTakenAndMayBeNamedItself() throws IOException {
    Path files = writeFiles(2);
    Path other = Files.createDirectory(folder.resolve("other"));

    assertThat(Cifar10.find(List.of(other, folder), Cifar10Test::noDownload).origin())
        .contains(files.toString());
    assertThat(train(Cifar10.find(List.of(files), Cifar10Test::noDownload))).hasSize(10);
  }

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
  @Test
  void anEarlierDownloadInDjlsCacheIsFoundWithoutANetwork() throws IOException {
    assumeTrue(System.getenv("DJL_CACHE_DIR") == null, "DJL_CACHE_DIR wins over a property");
    Path cached =
        Files.createDirectories(
            folder.resolve("cache/repo/dataset/cv/ai/djl/basicdataset/cifar10/1.0"));
    String before = System.getProperty("DJL_CACHE_DIR");
    System.setProperty("DJL_CACHE_DIR", folder.toString());
    try {
      assertThat(Cifar10Download.fetch(Console.silent())).isEqualTo(cached);
    } finally {
      if (before == null) {
        System.clearProperty("DJL_CACHE_DIR");
      } else {
        System.setProperty("DJL_CACHE_DIR", before);
      }
    }
  }

  @Test
  void aDownloadIsAnnouncedUnpackedAndKeptWholeOrNotAtAll() throws IOException {
    HttpServer server = serve(() -> {});
    server.start();
    try {
      Path target = folder.resolve("cifar10/1.0");
      ByteArrayOutputStream said = new ByteArrayOutputStream();
      PrintStream stream = new PrintStream(said, true, StandardCharsets.UTF_8);
      try (Console console = new Console(stream, stream, false)) {
        assertThatIOException()
            .isThrownBy(
                () -> Cifar10Download.fetch(target, files(server, "test_batch", "gone"), console))
            .withMessage("the server answers with the HTTP status 404");
        assertThat(target.getParent()).isEmptyDirectory();

        Cifar10Download.fetch(target, files(server, "test_batch", "data_batch"), console);
      }
      assertThat(said.toString(StandardCharsets.UTF_8))
          .startsWith("CIFAR-10 is not here: ")
          .contains("170 MB from 127.0.0.1 to " + target, "--data cifar10-sample")
          .containsPattern("Downloading http://127.0.0.1:\\d+/data_batch.bin.gz \\(");
      assertThat(target.resolve("data_batch.bin")).hasBinaryContent(records(3, 1));
      assertThat(target.toFile().list())
          .containsExactlyInAnyOrder("data_batch.bin", "test_batch.bin");
    } finally {
      server.stop(0);
    }
  }

  @Test
  @Timeout(60)
  void twoDownloadsAtOnceEndInOneFolder() throws Exception {
    CountDownLatch bothAsk = new CountDownLatch(2);
    HttpServer server =
        serve(
            () -> {
              bothAsk.countDown();
              bothAsk.await();
            });
    ExecutorService threads = Executors.newFixedThreadPool(4);
    server.setExecutor(threads);
    server.start();
    try {
      Path target = folder.resolve("cifar10/1.0");
      List<Download> files = files(server, "data_batch");
      Callable<Path> fetch = () -> Cifar10Download.fetch(target, files, Console.silent());
      for (Future<Path> each : threads.invokeAll(List.of(fetch, fetch))) {
        assertThat(each.get().resolve("data_batch.bin")).hasBinaryContent(records(3, 1));
      }
      assertThat(target.getParent().toFile().list()).containsExactly("1.0");
    } finally {
      server.stop(0);
      threads.shutdownNow();
    }
  }

  private interface Wait {
    void once() throws InterruptedException;
  }

  /** A server that has both files and nothing else. */
  private static HttpServer serve(Wait wait) throws IOException {
    Map<String, byte[]> served =
        Map.of("/data_batch.bin.gz", gzip(records(3, 1)), "/test_batch.bin.gz", gzip(new byte[0]));
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            wait.once();
            byte[] body = served.getOrDefault(exchange.getRequestURI().getPath(), new byte[0]);
            exchange.sendResponseHeaders(body.length == 0 ? 404 : 200, body.length);
            exchange.getResponseBody().write(body);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    return server;
  }

  private static List<Download> files(HttpServer server, String... names) {
    String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/";
    return Stream.of(names)
        .map(name -> new Download(URI.create(url + name + ".bin.gz"), -1, Optional.empty()))
        .toList();
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write(bytes);
    }
    return packed.toByteArray();
  }

  /** No test asks the network. */
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
