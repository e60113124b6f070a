package dev.graft.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.graft.GraftException;
import dev.graft.data.ImageMaker;
import dev.graft.inference.FakeModel;
import dev.graft.inference.ModelRunner;
import dev.graft.serve.ServeSettings.Access;
import dev.graft.serve.ServeSettings.RequestLimits;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server with the ImageNet classifier, with the requests of programs and browsers. */
@Tag("engine")
class ServerTest {
  private static final int IMAGES = 12;
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  @TempDir static Path folder;
  private static Server server;
  private static ModelRunner direct;
  private static final List<Path> images = new ArrayList<>();

  @BeforeAll
  static void start() throws IOException {
    for (int i = 0; i < IMAGES; i++) {
      Path file = folder.resolve(i + ".png");
      ImageMaker.write(file, i, 64);
      images.add(file);
    }
    direct = ModelRunner.imageNet(Device.cpu());
    server = server(settings(8, false));
  }

  private static ServeSettings settings(int underWay, boolean swappable) {
    return new ServeSettings(
        "127.0.0.1",
        0,
        new RequestLimits(1, 4, underWay, Duration.ofSeconds(20)),
        new Access(List.of(), List.of(), swappable));
  }

  private static Server server(ServeSettings settings) {
    return new Server(
        settings,
        "pets",
        ModelRunner.imageNet(Device.cpu()),
        path -> ModelRunner.imageNet(Device.cpu()));
  }

  @AfterAll
  static void stop() {
    server.close();
    direct.close();
  }

  private static HttpRequest.Builder request(Server of, String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + of.port() + path))
        .timeout(Duration.ofSeconds(30));
  }

  private static HttpResponse<String> get(String path) throws Exception {
    return CLIENT.send(request(server, path).build(), BodyHandlers.ofString());
  }

  private static HttpResponse<String> post(String path, BodyPublisher body) throws Exception {
    return CLIENT.send(request(server, path).POST(body).build(), BodyHandlers.ofString());
  }

  private static HttpResponse<String> post(String path, byte[] body) throws Exception {
    return post(path, BodyPublishers.ofByteArray(body));
  }

  private static void assertProblem(HttpResponse<String> answer, int status) throws IOException {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    JsonNode problem = JSON.readTree(answer.body());
    assertThat(problem.path("code").asInt()).isEqualTo(status);
    assertThat(problem.path("message").asText())
        .endsWith(".")
        .doesNotContain("Exception", "dev.graft", "\tat ", folder.toString());
  }

  @Test
  void concurrentRequestsAreAnsweredAsEachAlone() throws Exception {
    List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
    for (Path image : images.subList(0, 8)) {
      HttpRequest request =
          request(server, "/predictions/pets?topk=3").POST(BodyPublishers.ofFile(image)).build();
      answers.add(CLIENT.sendAsync(request, BodyHandlers.ofString()));
    }
    for (int i = 0; i < answers.size(); i++) {
      HttpResponse<String> answer = answers.get(i).get(30, TimeUnit.SECONDS);
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      JsonNode classes = JSON.readTree(answer.body());
      assertThat(classes).hasSize(3);
      var alone = direct.classify(images.get(i), 3);
      for (int k = 0; k < 3; k++) {
        assertThat(classes.get(k).path("className").asText()).isEqualTo(alone.get(k).name());
        assertThat(classes.get(k).path("probability").asDouble())
            .isCloseTo(alone.get(k).probability(), within(1e-5));
      }
    }
  }

  @Test
  void aFormsFirstFileIsTheImage() throws Exception {
    ByteArrayOutputStream form = new ByteArrayOutputStream();
    form.write(
        "--x\r\nContent-Disposition: form-data; name=\"data\"; filename=\"a.png\"\r\n\r\n"
            .getBytes(StandardCharsets.UTF_8));
    form.write(Files.readAllBytes(images.get(0)));
    form.write("\r\n--x--\r\n".getBytes(StandardCharsets.UTF_8));
    HttpResponse<String> answer =
        CLIENT.send(
            request(server, "/predictions/pets")
                .header("Content-Type", "multipart/form-data; boundary=x")
                .POST(BodyPublishers.ofByteArray(form.toByteArray()))
                .build(),
            BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(JSON.readTree(answer.body())).hasSize(5);
  }

  @Test
  void anInvalidBodyIsReportedInASentence() throws Exception {
    assertProblem(post("/predictions/pets", new byte[] {1, 2, 3}), 422);
    assertProblem(post("/predictions/pets", new byte[0]), 400);
    assertProblem(
        CLIENT.send(
            request(server, "/predictions/pets")
                .header("Content-Type", "multipart/form-data; boundary=x")
                .POST(BodyPublishers.ofString("--x\r\nnonsense"))
                .build(),
            BodyHandlers.ofString()),
        400);
  }

  @Test
  void anImageOfTooManyPixelsIsNotDecoded() throws Exception {
    ByteArrayOutputStream large = new ByteArrayOutputStream();
    ImageIO.write(new BufferedImage(2100, 2100, BufferedImage.TYPE_BYTE_BINARY), "png", large);
    assertProblem(post("/predictions/pets", large.toByteArray()), 413);
    assertProblem(post("/predictions/pets", bomb(60_000)), 422);
  }

  /** Returns the header of a PNG of this width and height. */
  private static byte[] bomb(int side) {
    return ByteBuffer.allocate(63)
        .put(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13})
        .put(new byte[] {'I', 'H', 'D', 'R'})
        .putInt(side)
        .putInt(side)
        .put(new byte[] {8, 2})
        .array();
  }

  @Test
  void aBodyThatIsTooLargeIsRefusedWithALengthAndWithout() throws Exception {
    byte[] large = new byte[(1 << 20) + 1];
    assertProblem(post("/predictions/pets", large), 413);
    assertProblem(
        post(
            "/predictions/pets",
            BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(large))),
        413);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/predictions/nobody", "/nothing"})
  void unknownAddressesAreNotFound(String path) throws Exception {
    assertProblem(post(path, Files.readAllBytes(images.get(0))), 404);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "many", "99999999999"})
  void topkIsAWholeNumber(String topk) throws Exception {
    assertProblem(post("/predictions/pets?topk=" + topk, new byte[] {1}), 400);
  }

  @Test
  void tooManyConcurrentImagesAreRefusedWithRetryAfter() throws Exception {
    try (Server small = server(settings(1, false));
        Socket slow = new Socket(InetAddress.getLoopbackAddress(), small.port())) {
      slow.getOutputStream()
          .write(
              ("POST /predictions/pets HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\n"
                      + "1".repeat(9000))
                  .getBytes(StandardCharsets.UTF_8));
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
      HttpRequest measures = request(small, "/metrics").build();
      while (!CLIENT.send(measures, BodyHandlers.ofString()).body().contains("in_progress_images 1")
          && System.nanoTime() < end) {
        Thread.onSpinWait();
      }
      HttpResponse<String> refused =
          CLIENT.send(
              request(small, "/predictions/pets").POST(BodyPublishers.ofString("x")).build(),
              BodyHandlers.ofString());
      assertProblem(refused, 429);
      assertThat(refused.headers().firstValue("Retry-After")).contains("1");
    }
  }

  @Test
  void aClosingServerAnswersRequestsInProgress() throws Exception {
    Server ending = server(settings(8, false));
    List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
    for (Path image : images.subList(0, 6)) {
      answers.add(
          CLIENT.sendAsync(
              request(ending, "/predictions/pets").POST(BodyPublishers.ofFile(image)).build(),
              BodyHandlers.ofString()));
    }
    answers.get(0).get(30, TimeUnit.SECONDS);
    long start = System.nanoTime();
    ending.close();
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
    for (var answer : answers) {
      assertThat(answer.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void thePageLoadsNothingFromElsewhereAndItsPolicySaysSo() throws Exception {
    HttpResponse<String> page = get("/");
    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.body()).doesNotContainPattern(Pattern.compile("(src|href)=\"(https?:)?//"));
    assertThat(page.headers().firstValue("Content-Security-Policy"))
        .hasValueSatisfying(policy -> assertThat(policy).startsWith("default-src 'none'"));
    assertThat(page.headers().firstValue("Access-Control-Allow-Origin")).isEmpty();
    assertThat(page.headers().firstValue("Server")).isEmpty();
    for (String part : List.of("/page.js", "/page.css", "/example.png")) {
      assertThat(get(part).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void addressesAreDescribedAndRequestsAreCounted() throws Exception {
    JsonNode paths = JSON.readTree(get("/openapi.json").body()).path("paths");
    assertThat(paths.fieldNames())
        .toIterable()
        .contains("/ping", "/models", "/predictions/{model}", "/heatmaps/{model}", "/metrics");
    assertThat(JSON.readTree(get("/models").body()).at("/models/0/modelName").asText())
        .isEqualTo("pets");
    post("/predictions/pets", new byte[] {1});
    assertThat(get("/metrics").body())
        .contains("# TYPE graft_requests_total counter", "graft_requests_total{status=\"422\"}")
        .contains("graft_prediction_seconds_bucket", "jvm_memory_used_bytes");
  }

  @Test
  void aPortInUseIsReportedInASentence() {
    ServeSettings taken =
        new ServeSettings("127.0.0.1", server.port(), RequestLimits.DEFAULT, Access.OWN_PAGE);
    assertThatThrownBy(() -> server(taken))
        .isInstanceOf(GraftException.class)
        .hasMessageStartingWith("Cannot listen on 127.0.0.1:" + server.port());
  }

  @Test
  void aHeatMapIsTheImageWithColorsOverIt() throws Exception {
    HttpResponse<byte[]> answer =
        CLIENT.send(
            request(server, "/heatmaps/pets").POST(BodyPublishers.ofFile(images.get(0))).build(),
            BodyHandlers.ofByteArray());
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Content-Type")).contains("image/png");
    BufferedImage map = ImageIO.read(new ByteArrayInputStream(answer.body()));
    BufferedImage image = ImageIO.read(images.get(0).toFile());
    assertThat(map.getWidth()).isEqualTo(image.getWidth());
    assertThat(map.getHeight()).isEqualTo(image.getHeight());
    assertThat(map.getRGB(0, 0))
        .as("outside of what the network saw")
        .isEqualTo(image.getRGB(0, 0));
    int colored = 0;
    for (int i = 0; i < 64 * 64; i++) {
      colored += map.getRGB(i % 64, i / 64) == image.getRGB(i % 64, i / 64) ? 0 : 1;
    }
    assertThat(colored).isGreaterThan(100);

    assertProblem(post("/heatmaps/pets", new byte[] {1, 2, 3}), 422);
    assertProblem(post("/heatmaps/nobody", new byte[] {1, 2, 3}), 404);
  }

  @Test
  void aHeatMapHasTheDeadlineOfItsRequestToo() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    FakeModel model = new FakeModel("cat");
    ModelRunner slow =
        model.classifier(
            () -> {
              try {
                gate.await();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
              throw new GraftException("There is no model in " + folder + ".");
            });
    ServeSettings hasty = Requests.settings(Duration.ofSeconds(1), Access.OWN_PAGE);
    try (Server of = Requests.server(hasty, slow, path -> null)) {
      long start = System.nanoTime();
      String late = Requests.send(of, Requests.png(), "POST /heatmaps/model");
      assertThat(Requests.status(late)).isEqualTo(503);
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
      String prediction = Requests.send(of, Requests.png(), "POST /predictions/model");
      assertThat(Requests.status(prediction)).isEqualTo(200);
      gate.countDown();
      String failed = Requests.send(of, Requests.png(), "POST /heatmaps/model");
      assertThat(Requests.status(failed)).isEqualTo(500);
      assertThat(failed).doesNotContain(folder.toString());
    } finally {
      gate.countDown();
    }
    assertThat(model.isMisused()).isFalse();
  }

  /** The page in a browser, with the answer and the heat map of the example. */
  @Test
  void aBrowserShowsTheExamplesClassesAndWhereTheyWereSeen() throws Exception {
    assertThat(browsed("#example"))
        .contains(
            "<h2>car.png</h2>", "beach wagon", "Images classified: 1.", "aria-pressed=\"false\"")
        .doesNotContain("with the evidence for");
    post("/heatmaps/pets", Files.readAllBytes(images.get(0))); // the browser's clock runs ahead
    assertThat(browsed("#heatmap"))
        .contains("aria-pressed=\"true\"", "alt=\"The image with the evidence for n02814533 beach");
  }

  /** Returns the page after some time, as HTML. */
  private static String browsed(String hash) throws Exception {
    Optional<Path> browser =
        List.of("chromium", "chromium-browser", "google-chrome").stream()
            .map(name -> Path.of("/usr/bin", name))
            .filter(Files::isExecutable)
            .findFirst();
    assumeTrue(browser.isPresent(), "no Chromium here");
    Path dom = folder.resolve("dom.html");
    Process process =
        new ProcessBuilder(
                browser.get().toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--user-data-dir=" + folder.resolve("browser" + hash.substring(1)),
                "--virtual-time-budget=20000",
                "--dump-dom",
                "http://127.0.0.1:" + server.port() + "/" + hash)
            .redirectOutput(dom.toFile())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    return Files.readString(dom);
  }
}
