package dev.graft.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.graft.command.Console;
import dev.graft.util.Progress;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
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

  /** The response of the server, which may fail. */
  private interface Answer {
    void to(HttpExchange exchange) throws IOException;
  }

  @TempDir Path cache;
  private final AtomicInteger requests = new AtomicInteger();
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
          requests.incrementAndGet();
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
  void fileIsDownloadedOnceAfterItsSizeIsPrinted() throws IOException {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    PrintStream stream = new PrintStream(err, true, StandardCharsets.UTF_8);
    Path file = cache.resolve("new/w.h5");

    published().to(file, new Console(stream, stream, false));
    assertThat(file).hasBinaryContent(CONTENT);
    assertThat(err.toString(StandardCharsets.UTF_8).lines())
        .containsExactly("Downloading " + uri() + " (100,000 bytes) to " + file);

    published().to(file, Progress.Display.NONE);
    assertThat(requests).hasValue(1);
  }

  @Test
  void damagedFileIsReplaced() throws IOException {
    byte[] damaged = CONTENT.clone();
    damaged[77]++;
    Files.write(file(), damaged);

    published().to(file(), Progress.Display.NONE);
    assertThat(file()).hasBinaryContent(CONTENT);
  }

  @Test
  void fileOfUnknownLengthAndHashIsDownloaded() throws IOException {
    answer =
        exchange -> {
          exchange.sendResponseHeaders(200, 0); // chunked
          exchange.getResponseBody().write(CONTENT);
        };
    new Download(uri(), -1, Optional.empty()).to(file(), Progress.Display.NONE);
    assertThat(file()).hasBinaryContent(CONTENT);
  }

  @Test
  void redirectsAreFollowed() throws IOException {
    answer =
        exchange -> {
          if (exchange.getRequestURI().getPath().equals("/w.h5")) {
            exchange.getResponseHeaders().set("Location", "/elsewhere");
            exchange.sendResponseHeaders(302, -1);
          } else {
            serve(exchange);
          }
        };
    published().to(file(), Progress.Display.NONE);
    assertThat(file()).hasBinaryContent(CONTENT);
  }

  @Test
  void brokenDownloadLeavesNoFile() throws IOException {
    answer = exchange -> send(exchange, Arrays.copyOf(CONTENT, 40_000), CONTENT.length);

    assertFails(published(), "the connection broke after 40000 of 100000 bytes");
    assertThat(files()).isEmpty();
  }

  @Test
  void failedDownloadKeepsTheExistingFile() throws IOException {
    Files.writeString(file(), "old");
    answer = exchange -> exchange.sendResponseHeaders(503, -1);

    assertFails(published(), "the server answers with the HTTP status 503");
    assertThat(file()).hasContent("old");
  }

  @Test
  void wrongHashIsRejected() throws IOException {
    byte[] other = CONTENT.clone();
    other[99_999]++;
    answer = exchange -> send(exchange, other, other.length);

    assertFails(
        published(),
        "it has the " + Hash.Algorithm.MD5.of(ByteBuffer.wrap(other)) + " instead of " + MD5.hex());
    assertThat(files()).isEmpty();
  }

  @Test
  void wrongSizeIsRejectedBeforeTheDownload() throws IOException {
    answer = promising(1L << 40);

    assertFails(published(), "it has 1099511627776 bytes instead of 100000");
    assertThat(files()).isEmpty();
  }

  @Test
  void tooLargeFileIsRejectedBeforeTheDownload() throws IOException {
    answer = promising(1L << 40);

    assertFails(
        new Download(uri(), -1, Optional.empty()),
        "it has 1099511627776 bytes, but the limit is 2147483647");
  }

  @Test
  void fullDiskIsReportedBeforeTheDownload() throws IOException {
    answer = promising(1L << 60);
    Download file = new Download(uri(), -1, Optional.empty());

    assertThatIOException()
        .isThrownBy(
            () -> file.to(file(), Progress.Display.NONE, Duration.ofSeconds(20), Long.MAX_VALUE))
        .withMessageStartingWith(
            "it has 1152921504606846976 bytes, but " + cache.toAbsolutePath() + " has only ");
    assertThat(files()).isEmpty();
  }

  @Test
  void downloadOfUnknownLengthStopsAtTheLimit() throws IOException {
    answer =
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          while (true) {
            exchange.getResponseBody().write(CONTENT);
          }
        };
    Download file = new Download(uri(), -1, Optional.empty());

    assertThatIOException()
        .isThrownBy(() -> file.to(file(), Progress.Display.NONE, Duration.ofSeconds(20), 1_000_000))
        .withMessage("it has more than 1000000 bytes");
    assertThat(files()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {204, 206, 403, 404, 416, 500})
  void httpStatusIsReported(int status) throws IOException {
    answer = exchange -> exchange.sendResponseHeaders(status, -1);

    assertFails(published(), "the server answers with the HTTP status " + status);
    assertThat(files()).isEmpty();
  }

  @Test
  void unreachableServerIsReported() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    URI closedPort = URI.create("http://127.0.0.1:" + port + "/w.h5");
    assertFails(new Download(closedPort, -1, Optional.empty()), "cannot connect to 127.0.0.1");

    URI unknown = URI.create("http://nobody.invalid/w.h5");
    assertFails(new Download(unknown, -1, Optional.empty()), "the host nobody.invalid is unknown");
  }

  @Test
  void silentServerIsReportedAfterTheTimeout() throws IOException {
    answer = exchange -> await(end);
    assertSilent();

    answer =
        exchange -> {
          exchange.sendResponseHeaders(200, CONTENT.length);
          exchange.getResponseBody().write(CONTENT, 0, 10_000);
          exchange.getResponseBody().flush();
          await(end);
        };
    assertSilent();
    assertThat(files()).isEmpty();
  }

  private void assertSilent() {
    assertThatIOException()
        .isThrownBy(
            () ->
                published()
                    .to(file(), Progress.Display.NONE, Duration.ofMillis(300), Long.MAX_VALUE))
        .withMessage("127.0.0.1 did not respond within 0 s");
  }

  @Test
  void concurrentDownloadsOfOneFileDoNotDisturbEachOther() throws Exception {
    CountDownLatch allAsk = new CountDownLatch(4);
    answer =
        exchange -> {
          allAsk.countDown();
          await(allAsk);
          serve(exchange);
        };
    List<Future<?>> downloads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      downloads.add(
          threads.submit(
              () -> {
                published().to(file(), Progress.Display.NONE);
                return null;
              }));
    }
    for (Future<?> download : downloads) {
      download.get();
    }
    assertThat(file()).hasBinaryContent(CONTENT);
    assertThat(files()).containsExactly("w.h5");
  }

  @Test
  void offlineModeSendsNoRequest() throws IOException {
    String before = System.getProperty("ai.djl.offline");
    System.setProperty("ai.djl.offline", "true");
    try {
      assertFails(published(), "downloads are switched off by DJL_OFFLINE or -Dai.djl.offline");
      assertThat(requests).hasValue(0);

      Files.write(file(), CONTENT);
      published().to(file(), Progress.Display.NONE);
    } finally {
      if (before == null) {
        System.clearProperty("ai.djl.offline");
      } else {
        System.setProperty("ai.djl.offline", before);
      }
    }
  }

  @Test
  void unusableTargetIsReported() throws IOException {
    Path file = Files.createFile(cache.resolve("a-file")).resolve("weights/w.h5");

    assertThatIOException()
        .isThrownBy(() -> published().to(file, Progress.Display.NONE))
        .withMessageStartingWith(file + " cannot be written (");
  }

  private void assertFails(Download download, String clause) {
    assertThatIOException()
        .isThrownBy(() -> download.to(file(), Progress.Display.NONE))
        .withMessage(clause);
  }

  private Path file() {
    return cache.resolve("w.h5");
  }

  private URI uri() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/w.h5");
  }

  private Download published() {
    return new Download(uri(), CONTENT.length, Optional.of(MD5));
  }

  /** Announces a number of bytes, and sends some. */
  private Answer promising(long bytes) {
    return exchange -> {
      exchange.sendResponseHeaders(200, bytes);
      exchange.getResponseBody().write(CONTENT);
      exchange.getResponseBody().flush();
      await(end);
    };
  }

  private static void serve(HttpExchange exchange) throws IOException {
    send(exchange, CONTENT, CONTENT.length);
  }

  private static void send(HttpExchange exchange, byte[] body, long promised) throws IOException {
    exchange.sendResponseHeaders(200, promised);
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

  private List<String> files() throws IOException {
    try (Stream<Path> list = Files.list(cache)) {
      return list.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void aBodyLongerThanAnnouncedIsCutOffAndDiscarded() throws IOException {
    answer =
        exchange -> {
          exchange.sendResponseHeaders(200, 0); // chunked
          for (int i = 0; i < 1000; i++) {
            exchange.getResponseBody().write(CONTENT);
          }
        };
    assertThatIOException()
        .isThrownBy(() -> published().resume(file(), Progress.Display.NONE))
        .withMessage("the server sends more bytes than were announced");
    assertThat(file()).doesNotExist();
    assertThat(Path.of(file() + ".part")).isEmptyFile();
    assertThatIOException()
        .isThrownBy(() -> new Download(uri(), -1, Optional.empty()).again(file(), 150_000))
        .withMessage("it has more than 150000 bytes");
  }
}
