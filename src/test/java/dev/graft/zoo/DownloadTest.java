package dev.graft.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.graft.GraftException;
import dev.graft.io.Hash;
import dev.graft.zoo.Download.Progress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class DownloadTest {
  private static final byte[] CONTENT = new byte[100_000];

  static {
    new Random(1).nextBytes(CONTENT);
  }

  private static final Hash MD5 = Hash.Algorithm.MD5.of(ByteBuffer.wrap(CONTENT));

  /** What the server does; may fail as servers do. */
  private interface Answer {
    void to(HttpExchange exchange) throws IOException;
  }

  @TempDir Path cache;
  private final List<String> ranges = new CopyOnWriteArrayList<>();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch end = new CountDownLatch(1);
  private HttpServer server;
  private volatile Answer answer = DownloadTest::serve;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext(
        "/",
        exchange -> {
          ranges.add(
              Optional.ofNullable(exchange.getRequestHeaders().getFirst("Range")).orElse("all"));
          try (exchange) {
            answer.to(exchange);
          }
        });
    server.start();
  }

  @AfterEach
  void stop() {
    end.countDown();
    server.stop(0);
    threads.shutdownNow();
  }

  @Test
  void downloadsOnceAndTellsProgress() throws IOException {
    List<Long> done = new ArrayList<>();
    List<Long> totals = new ArrayList<>();
    Path path =
        download()
            .fetch(
                published(),
                (bytes, total) -> {
                  done.add(bytes);
                  totals.add(total);
                });
    assertThat(path).isEqualTo(cache.resolve("w.h5")).hasBinaryContent(CONTENT);
    assertThat(done).isSorted().endsWith(100_000L);
    assertThat(totals).containsOnly(100_000L);
    assertThat(files()).containsExactly(".lock", "w.h5");

    download().fetch(published(), Progress.NONE);
    assertThat(ranges).containsExactly("all");
  }

  @Test
  void replacesADamagedFile() throws IOException {
    byte[] damaged = CONTENT.clone();
    damaged[77]++;
    Files.write(cache.resolve("w.h5"), damaged);
    assertThat(download().fetch(published(), Progress.NONE)).hasBinaryContent(CONTENT);
  }

  @Test
  void goesOnWhereTheConnectionBroke() throws IOException {
    breakAfter(40_000, "\"v1\"");
    answer = DownloadTest::serve;
    List<Long> done = new ArrayList<>();
    assertThat(download().fetch(published(), (bytes, total) -> done.add(bytes)))
        .hasBinaryContent(CONTENT);
    assertThat(ranges).containsExactly("all", "bytes=40000-");
    assertThat(done.get(0)).isGreaterThanOrEqualTo(40_000);
    assertThat(files()).containsExactly(".lock", "w.h5");
  }

  @Test
  void startsAgainWhereTheServerHasAnotherVersion() throws IOException {
    breakAfter(40_000, "\"v0\"");
    Files.write(cache.resolve("w.h5.part"), new byte[40_000]); // what version 0 began with
    answer = DownloadTest::serve;
    assertThat(download().fetch(published(), Progress.NONE)).hasBinaryContent(CONTENT);
    assertThat(ranges).containsExactly("all", "bytes=40000-");
  }

  @Test
  void startsAgainWhereTheServerIgnoresRanges() throws IOException {
    breakAfter(40_000, "\"v1\"");
    answer = exchange -> send(exchange, 200, CONTENT, CONTENT.length);
    assertThat(download().fetch(published(), Progress.NONE)).hasBinaryContent(CONTENT);
    assertThat(ranges).containsExactly("all", "bytes=40000-");
  }

  @Test
  void startsAgainWhereTheServerRefusesTheRange() throws IOException {
    breakAfter(40_000, "\"v1\"");
    answer =
        exchange -> {
          if (exchange.getRequestHeaders().containsKey("Range")) {
            exchange.sendResponseHeaders(416, -1);
          } else {
            serve(exchange);
          }
        };
    assertThat(download().fetch(published(), Progress.NONE)).hasBinaryContent(CONTENT);
    assertThat(ranges).containsExactly("all", "bytes=40000-", "all");
  }

  @Test
  void startsAgainWhereTheServerSendsAnotherRange() throws IOException {
    breakAfter(40_000, "\"v1\"");
    answer =
        exchange -> {
          if (exchange.getRequestHeaders().containsKey("Range")) {
            exchange.getResponseHeaders().set("Content-Range", "bytes 50000-99999/100000");
            send(exchange, 206, Arrays.copyOfRange(CONTENT, 50_000, 100_000), 50_000);
          } else {
            serve(exchange);
          }
        };
    assertThat(download().fetch(published(), Progress.NONE)).hasBinaryContent(CONTENT);
    assertThat(ranges).containsExactly("all", "bytes=40000-", "all");
  }

  @Test
  void keepsNoPartThatItCouldNotGoOnFrom() throws IOException {
    answer = exchange -> send(exchange, 200, Arrays.copyOf(CONTENT, 40_000), CONTENT.length);
    assertThatThrownBy(() -> download().fetch(published(), Progress.NONE))
        .isInstanceOf(GraftException.class)
        .hasMessageContaining("the connection broke after 40000 bytes")
        .hasMessageNotContaining("kept");
    assertThat(files()).containsExactly(".lock");
  }

  @Test
  void refusesAWrongHashAndKeepsNothing() throws IOException {
    byte[] other = CONTENT.clone();
    other[99_999]++;
    answer = exchange -> send(exchange, 200, other, other.length);
    assertThatThrownBy(() -> download().fetch(published(), Progress.NONE))
        .isInstanceOf(GraftException.class)
        .hasMessageContaining(uri().toString())
        .hasMessageContaining(MD5.hex())
        .hasMessageContaining(Hash.Algorithm.MD5.of(ByteBuffer.wrap(other)).hex());
    assertThat(files()).containsExactly(".lock");
  }

  @Test
  void refusesAWrongSizeBeforeTheBodyIsThere() throws IOException {
    answer =
        exchange -> {
          exchange.sendResponseHeaders(200, 1L << 40);
          exchange.getResponseBody().write(CONTENT);
          exchange.getResponseBody().flush();
          await(end);
        };
    assertThatThrownBy(() -> download().fetch(published(), Progress.NONE))
        .isInstanceOf(GraftException.class)
        .hasMessageContaining(uri() + " has 1099511627776 bytes instead of 100000");
    assertThat(files()).containsExactly(".lock");
  }

  @Test
  void refusesMoreThanWasPublishedWithoutALength() throws IOException {
    answer =
        exchange -> {
          exchange.sendResponseHeaders(200, 0); // chunked
          exchange.getResponseBody().write(CONTENT);
          exchange.getResponseBody().write(7);
        };
    assertThatThrownBy(() -> download().fetch(published(), Progress.NONE))
        .isInstanceOf(GraftException.class)
        .hasMessageContaining("has more than its 100000 bytes");
    assertThat(files()).containsExactly(".lock");
  }

  @Test
  void takesAFileOfUnknownLengthAndHash() {
    answer =
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          exchange.getResponseBody().write(CONTENT);
        };
    Published file = new Published("w.h5", uri(), -1, Optional.empty());
    assertThat(download().fetch(file, Progress.NONE)).hasBinaryContent(CONTENT);
  }

  @Test
  void followsRedirects() {
    answer =
        exchange -> {
          if (exchange.getRequestURI().getPath().equals("/w.h5")) {
            exchange.getResponseHeaders().set("Location", "/elsewhere");
            exchange.sendResponseHeaders(302, -1);
          } else {
            serve(exchange);
          }
        };
    assertThat(download().fetch(published(), Progress.NONE)).hasBinaryContent(CONTENT);
  }

  @ParameterizedTest
  @ValueSource(ints = {204, 206, 403, 404, 416, 500})
  void saysWhatTheServerAnsweredAndWhatToDo(int status) throws IOException {
    answer = exchange -> exchange.sendResponseHeaders(status, -1);
    assertThatThrownBy(() -> download().fetch(published(), Progress.NONE))
        .isInstanceOf(GraftException.class)
        .hasMessageContaining(uri() + ": the server answers with the HTTP status " + status)
        .hasMessageContaining("--weights FILE");
    assertThat(files()).containsExactly(".lock");
  }

  @Test
  void keepsThePartWhenTheServerIsDownForAWhile() throws IOException {
    breakAfter(40_000, "\"v1\"");
    answer = exchange -> exchange.sendResponseHeaders(503, -1);
    assertThatThrownBy(() -> download().fetch(published(), Progress.NONE))
        .isInstanceOf(GraftException.class)
        .hasMessageContaining("503; 40000 bytes are kept");
    assertThat(files()).contains("w.h5.part");
  }

  @Test
  void givesUpOnAServerThatIsNotThere() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    URI nobody = URI.create("http://127.0.0.1:" + port + "/w.h5");
    Published file = new Published("w.h5", nobody, -1, Optional.empty());
    assertThatThrownBy(() -> download().fetch(file, Progress.NONE))
        .isInstanceOf(GraftException.class)
        .hasMessageContaining("no connection to 127.0.0.1");
  }

  @Test
  void givesUpOnAServerThatFallsSilent() throws IOException {
    Download impatient = new Download(cache, Duration.ofMillis(300));
    answer = exchange -> await(end);
    assertThatThrownBy(() -> impatient.fetch(published(), Progress.NONE))
        .isInstanceOf(GraftException.class)
        .hasMessageContaining("127.0.0.1 was silent");
    answer =
        exchange -> {
          exchange.getResponseHeaders().set("ETag", "\"v1\"");
          exchange.sendResponseHeaders(200, CONTENT.length);
          exchange.getResponseBody().write(CONTENT, 0, 10_000);
          exchange.getResponseBody().flush();
          await(end);
        };
    assertThatThrownBy(() -> impatient.fetch(published(), Progress.NONE))
        .isInstanceOf(GraftException.class)
        .hasMessageContaining("127.0.0.1 was silent")
        .hasMessageContaining("10000 bytes are kept");
  }

  @Test
  void threadsShareOneDownload() throws Exception {
    List<Future<Path>> paths = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      paths.add(threads.submit(() -> download().fetch(published(), Progress.NONE)));
    }
    for (Future<Path> path : paths) {
      assertThat(path.get()).hasBinaryContent(CONTENT);
    }
    assertThat(ranges).containsExactly("all");
  }

  /** Two Java processes want the same file while the server dawdles. */
  @Test
  void processesShareOneDownload() throws Exception {
    answer =
        exchange -> {
          exchange.sendResponseHeaders(200, CONTENT.length);
          exchange.getResponseBody().write(CONTENT, 0, 50_000);
          exchange.getResponseBody().flush();
          // Long enough for the other one to come to the lock, or to this server if there is none.
          pause(Duration.ofMillis(1500));
          exchange.getResponseBody().write(CONTENT, 50_000, 50_000);
        };
    List<Process> processes = List.of(otherProcess(), otherProcess());
    for (Process process : processes) {
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
    }
    assertThat(cache.resolve("w.h5")).hasBinaryContent(CONTENT);
    assertThat(ranges).containsExactly("all");
  }

  private Process otherProcess() throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return new ProcessBuilder(
            java,
            "-cp",
            System.getProperty("java.class.path"),
            OtherProcess.class.getName(),
            cache.toString(),
            uri().toString(),
            MD5.hex())
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  /** Its program. */
  static final class OtherProcess {
    private OtherProcess() {}

    public static void main(String[] arguments) {
      new Download(Path.of(arguments[0]))
          .fetch(
              new Published(
                  "w.h5",
                  URI.create(arguments[1]),
                  -1,
                  Optional.of(new Hash(Hash.Algorithm.MD5, arguments[2]))),
              Progress.NONE);
    }
  }

  @Test
  void saysThatTheCacheIsNoUse() throws IOException {
    Path file = Files.createFile(cache.resolve("a-file"));
    Download nowhere = new Download(file.resolve("weights"));
    assertThatThrownBy(() -> nowhere.fetch(published(), Progress.NONE))
        .isInstanceOf(GraftException.class)
        .hasMessageContaining("Cannot use the weight cache " + file)
        .hasMessageContaining("-Dgraft.cache=FOLDER");
  }

  @Test
  void knowsWhereTheCacheIs() {
    Path absolute = cache.toAbsolutePath();
    assertThat(Download.cache(Optional.of("c"), Optional.of("x"), "h"))
        .isEqualTo(Path.of("c", "weights"));
    assertThat(Download.cache(Optional.empty(), Optional.of(absolute.toString()), "h"))
        .isEqualTo(absolute.resolve(Path.of("graft", "weights")));
    assertThat(Download.cache(Optional.of(" "), Optional.of("relative"), "h"))
        .isEqualTo(Path.of("h", ".cache", "graft", "weights"));
    assertThat(Download.cache(Optional.empty(), Optional.empty(), "h"))
        .isEqualTo(Path.of("h", ".cache", "graft", "weights"));
  }

  @Test
  void knowsKerassFilesWhereverTheyComeFrom() {
    String name = "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5";
    Published mirrored = Published.at("https://mirror.example/keras/" + name);
    assertThat(mirrored.size()).isEqualTo(58_889_256);
    assertThat(mirrored.hash()).contains(md5("6d6bbae143d832006294945121d1f1fc"));
    assertThat(mirrored.name()).isEqualTo(Published.VGG16_NO_TOP.name()).isEqualTo(name);
    assertThat(Published.VGG16_NO_TOP.uri())
        .hasToString("https://storage.googleapis.com/tensorflow/keras-applications/vgg16/" + name);
    assertThatThrownBy(
            () -> Published.at("https://mirror.example/" + name + "#md5=" + "0".repeat(32)))
        .isInstanceOf(GraftException.class)
        .hasMessageContaining("6d6bbae143d832006294945121d1f1fc");
  }

  @Test
  void takesHashesFromAUrl() {
    Published plain = Published.at("https://a.example/m/model.safetensors?x=1");
    assertThat(plain.hash()).isEmpty();
    assertThat(plain.size()).isEqualTo(-1);
    assertThat(plain.name()).matches("[0-9a-f]{8}-model\\.safetensors");
    assertThat(Published.at("https://b.example/m/model.safetensors").name())
        .isNotEqualTo(plain.name());

    Published hashed = Published.at("https://a.example/m.h5#sha256=" + "AB".repeat(32));
    assertThat(hashed.hash()).contains(new Hash(Hash.Algorithm.SHA256, "ab".repeat(32)));
    assertThat(hashed.uri()).hasToString("https://a.example/m.h5");
    assertThat(Published.at("https://a.example/m.h5#md5=" + "0".repeat(32)).hash())
        .contains(md5("0".repeat(32)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ftp://a.example/m.h5",
        "file:///etc/passwd",
        "m.h5",
        "https:///m.h5",
        "https://a.example/",
        "https://a.example",
        "https://a.example/..",
        "https://a.example/a%2F..%5Cb",
        "https://a.example/m h5",
        "https://a.example/m.h5#md5=123",
        "https://a.example/m.h5#sha1=" + "0000000000000000000000000000000000000000"
      })
  void refusesOtherUrls(String url) {
    assertThatThrownBy(() -> Published.at(url)).isInstanceOf(GraftException.class);
  }

  @Test
  void hashesAsEverybodyDoes() throws IOException {
    ByteBuffer abc = ByteBuffer.wrap(new byte[] {'a', 'b', 'c'});
    assertThat(Hash.Algorithm.MD5.of(abc).hex()).isEqualTo("900150983cd24fb0d6963f7d28e17f72");
    Path file = Files.writeString(cache.resolve("abc"), "abc");
    assertThat(Hash.Algorithm.SHA256.of(file))
        .isEqualTo(Hash.Algorithm.SHA256.of(abc))
        .hasToString("SHA-256 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    Path longer = Files.write(cache.resolve("longer"), CONTENT); // more than one piece
    assertThat(Hash.Algorithm.MD5.of(longer)).isEqualTo(MD5);
  }

  private Download download() {
    return new Download(cache, Duration.ofSeconds(20));
  }

  private URI uri() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/w.h5");
  }

  private Published published() {
    return new Published("w.h5", uri(), CONTENT.length, Optional.of(MD5));
  }

  private static Hash md5(String hex) {
    return new Hash(Hash.Algorithm.MD5, hex);
  }

  /** Leaves a part of that many bytes in the cache. */
  private void breakAfter(int bytes, String etag) throws IOException {
    answer =
        exchange -> {
          exchange.getResponseHeaders().set("ETag", etag);
          send(exchange, 200, Arrays.copyOf(CONTENT, bytes), CONTENT.length);
        };
    assertThatThrownBy(() -> download().fetch(published(), Progress.NONE))
        .isInstanceOf(GraftException.class)
        .hasMessageContaining("the connection broke after " + bytes + " bytes")
        .hasMessageContaining(bytes + " bytes are kept");
    assertThat(files()).containsExactly(".lock", "w.h5.part", "w.h5.part.version");
  }

  /** A server as it should be, which has version 1 of the file. */
  private static void serve(HttpExchange exchange) throws IOException {
    exchange.getResponseHeaders().set("ETag", "\"v1\"");
    String range = exchange.getRequestHeaders().getFirst("Range");
    String version = exchange.getRequestHeaders().getFirst("If-Range");
    if (range == null || (version != null && !version.equals("\"v1\""))) {
      send(exchange, 200, CONTENT, CONTENT.length);
      return;
    }
    int from = Integer.parseInt(range.substring("bytes=".length(), range.length() - 1));
    exchange
        .getResponseHeaders()
        .set("Content-Range", "bytes " + from + "-" + (CONTENT.length - 1) + "/" + CONTENT.length);
    send(exchange, 206, Arrays.copyOfRange(CONTENT, from, CONTENT.length), CONTENT.length - from);
  }

  private static void send(HttpExchange exchange, int status, byte[] body, long promised)
      throws IOException {
    exchange.sendResponseHeaders(status, promised);
    exchange.getResponseBody().write(body);
    exchange.getResponseBody().flush();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void pause(Duration duration) {
    try {
      Thread.sleep(duration.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private List<String> files() throws IOException {
    try (Stream<Path> list = Files.list(cache)) {
      return list.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }
}
