package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.FaultyFileSystem.Fault;
import dev.graft.SmallRun.Images;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is left by jobs that something befalls, and what the same command makes of it. */
@Tag("engine")
class SparkDrillsTest {
  private static final int IMAGES = 200;

  @TempDir private Path folder;
  private Path photos;
  private Path data;
  private Path fault;

  @BeforeEach
  void makeImages() throws IOException {
    photos = folder.resolve("photos");
    fault = folder.resolve("fault");
    new Images(photos).add(IMAGES / 2, 20, 120, "dark", "").add(IMAGES / 2, 121, 230, "light", "");
    data = photos.resolve("pictures.csv");
  }

  @AfterEach
  void forgetFaults() {
    System.getProperties().keySet().removeIf(key -> key.toString().startsWith("spark."));
  }

  private CommandRun featurize(String output, String... more) {
    String[] arguments = {
      "featurize",
      data.toString(),
      "--backbone=small-cnn",
      "--weights=random",
      "--set=input-size=12",
      "--output=" + output
    };
    return CommandRun.of(
        Stream.concat(Stream.of(arguments), Stream.of(more)).toArray(String[]::new));
  }

  /** Computes the features into a folder whose file system has faults. */
  private CommandRun featurizeMany(String master) {
    return featurize("faulty:" + folder.resolve("many"), "--master=" + master);
  }

  /** Nothing half, nothing twice, and every byte as it is where nothing happens. */
  private void requireWhole() throws IOException {
    assertThat(featurize(folder.resolve("one").toString()).code()).isZero();
    for (String kind : List.of("features", "fingerprints")) {
      assertThat(records(folder.resolve("many").resolve(kind)))
          .isEqualTo(records(folder.resolve("one").resolve(kind)))
          .hasSize(IMAGES);
    }
    assertThat(files(folder)).noneMatch(name -> name.endsWith(".unfinished"));
  }

  /** The records of a log, by the hashes that they are under; none of which it has twice. */
  private static Map<String, String> records(Path log) throws IOException {
    int header = 8192;
    List<byte[]> files =
        files(log).stream()
            .filter(name -> name.endsWith(".records"))
            .map(name -> bytes(Path.of(name)))
            .toList();
    int size = files.stream().mapToInt(file -> file.length - header).sum() / IMAGES;
    Map<String, String> records = new TreeMap<>();
    for (byte[] file : files) {
      assertThat((file.length - header) % size).isZero();
      for (int at = header; at < file.length; at += size) {
        String hash = HexFormat.of().formatHex(file, at, at + 32);
        assertThat(records.put(hash, HexFormat.of().formatHex(file, at + 32, at + size))).isNull();
      }
    }
    return records;
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).map(Path::toString).sorted().toList();
    }
  }

  @Test
  void aTaskThatDiesAndIsTriedAgainLeavesNoHalfAndNoDouble() throws IOException {
    Fault.ONCE.at(".*-1-.*records.*", fault);

    CommandRun run = featurizeMany("local[2,3]");

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out()).contains("200 images computed, 0 already cached, 0 ");
    assertThat(fault).doesNotExist();
    requireWhole();
  }

  /**
   * With processes of their own, as on a cluster of machines; no distribution of Spark's is needed.
   */
  @Test
  void aProcessThatIsKilledInTheMiddleLeavesNoHalfAndNoDouble() throws Exception {
    Files.createDirectories(Path.of(System.getenv("SPARK_HOME"), "jars"));
    System.setProperty("spark.executor.extraClassPath", System.getProperty("java.class.path"));
    System.setProperty("spark.executor.memory", "512m");
    System.setProperty("spark.ui.enabled", "false");
    System.setProperty("spark.shuffle.io.maxRetries", "0"); // the dead are not waited for
    Fault.SLOW.at(".*/features/.*records.*", fault);

    CompletableFuture<CommandRun> job =
        CompletableFuture.supplyAsync(() -> featurizeMany("local-cluster[2,1,512]"));
    Path features = folder.resolve("many/features");
    while (!job.isDone() && !isBeingWritten(features)) {
      Thread.sleep(20);
    }
    ProcessHandle process =
        ProcessHandle.current()
            .descendants()
            .filter(each -> each.info().command().orElse("").endsWith("java"))
            .findFirst()
            .orElseThrow(() -> new AssertionError(job.join().err()));
    assertThat(process.destroyForcibly()).isTrue();
    assertThat(isBeingWritten(features)).isTrue();

    CommandRun run = job.get(5, TimeUnit.MINUTES);
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out()).contains("200 images computed, 0 already cached, 0 ");
    requireWhole();
  }

  private static boolean isBeingWritten(Path features) throws IOException {
    return Files.exists(features)
        && files(features).stream().anyMatch(name -> name.endsWith(".records.unfinished"));
  }

  @Test
  void aFullDiskIsASentenceAndTheSameCommandGoesOnFromThere() throws IOException {
    Fault.FULL.at(".*-1-.*records.*", fault);

    CommandRun full = featurizeMany("local[1]");

    assertThat(full.code()).isEqualTo(1);
    assertThat(full.err().lines().toList())
        .last()
        .asString()
        .startsWith("Spark's job failed: No space left on device.");
    List<String> kept =
        files(folder.resolve("many")).stream().filter(name -> name.endsWith(".records")).toList();
    assertThat(kept).hasSize(2);
    assertThat(files(folder)).noneMatch(name -> name.endsWith(".unfinished"));

    Files.delete(fault);
    CommandRun again = featurizeMany("local[1]");
    assertThat(again.code()).as(again.err()).isZero();
    assertThat(again.out()).doesNotContain("200 images computed").contains(", 0 unreadable");
    assertThat(files(folder.resolve("many"))).containsAll(kept);
    requireWhole();
  }

  @Test
  void aJobThatFailsLeavesNoAnswers() throws IOException {
    Fault.FULL.at(".*[.]parquet", fault);
    String[] arguments = {
      "infer",
      "--imagenet",
      photos.resolve("1.png").toString(),
      "--master=local[1]",
      "--to=faulty:" + folder.resolve("answers")
    };
    List<String> before = files(folder);

    CommandRun run = CommandRun.of(arguments);

    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).contains("No space left on device");
    assertThat(files(folder)).isEqualTo(before);
    assertThat(folder.resolve("answers")).doesNotExist();
  }

  @Test
  void aRemoteOutputLeavesNoFolderOnThisMachine() throws IOException {
    Fault.SLOW.at("none", fault);
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    List<Path> before = foldersOfGraft(temporary);

    CommandRun run = featurizeMany("local[2]");

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(foldersOfGraft(temporary)).isEqualTo(before);
  }

  private static List<Path> foldersOfGraft(Path parent) throws IOException {
    try (Stream<Path> all = Files.list(parent)) {
      return all.filter(each -> each.getFileName().toString().startsWith("graft-"))
          .filter(Files::isDirectory)
          .sorted()
          .toList();
    }
  }

  @Test
  void aPatternOfAnyDepthIsRefusedForARemoteFolder() throws IOException {
    Fault.SLOW.at("none", fault);

    CommandRun run =
        CommandRun.of(
            "infer",
            "--imagenet",
            "faulty:" + photos + "/**/*.png",
            "--master=local[1]",
            "--to=" + folder.resolve("answers"));

    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).contains("/**/*.png: ** is only possible for files on this machine");
    assertThat(folder.resolve("answers")).doesNotExist();
  }

  /** A file of 3 MB whose decoder wants a gigabyte. */
  @Test
  void aImageThatTakesAllMemoryIsPutInQuarantine() throws IOException {
    ByteBuffer greedy = ByteBuffer.allocate(3_000_020).order(ByteOrder.LITTLE_ENDIAN);
    greedy.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(greedy.capacity() - 8);
    greedy.put("WEBPVP8L".getBytes(StandardCharsets.US_ASCII)).putInt(greedy.capacity() - 20);
    greedy.put((byte) 0x2f).putInt(15_999 | 15_999 << 14); // 16,000 pixels wide and high
    Files.write(photos.resolve("greedy.webp"), greedy.array());
    Files.writeString(data, "greedy.webp,dark,train\n", StandardOpenOption.APPEND);
    Fault.SLOW.at("none", fault);

    CommandRun run = featurizeMany("local[2]");

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out()).contains("200 images computed, 0 already cached, 1 unreadable");
    String quarantine =
        files(folder.resolve("many/features/quarantine")).stream()
            .filter(name -> name.endsWith(".csv"))
            .map(name -> new String(bytes(Path.of(name)), StandardCharsets.UTF_8))
            .findAny()
            .orElseThrow();
    assertThat(quarantine).contains("greedy.webp,\"does not fit into memory");
    requireWhole();
  }
}
