package dev.graft.serve;

import static dev.graft.serve.Requests.send;
import static dev.graft.serve.Requests.status;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.GraftException;
import dev.graft.inference.FakeModel;
import dev.graft.inference.ModelRunner;
import dev.graft.serve.ServeSettings.Access;
import dev.graft.serve.ServeSettings.RequestLimits;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestGuardTest {
  private static final String PAGE = "http://localhost:3000";

  private static final byte[] SWAP = "{\"path\": \"other\"}".getBytes(StandardCharsets.UTF_8);

  private static Server server;

  @BeforeAll
  static void start() {
    Access access =
        new Access(
            List.of("Images.example.org"), List.of(PAGE, "HTTPS://other.example:443/"), true);
    server =
        Requests.server(
            Requests.settings(Duration.ofSeconds(10), access),
            new FakeModel("cat", "dog").classifier(),
            RequestGuardTest::load);
  }

  private static ModelRunner load(Path path) {
    if (path.endsWith("missing")) {
      throw new GraftException("There is no model in /home/someone/missing.");
    }
    return new FakeModel("cat", "dog").classifier();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @ParameterizedTest
  @CsvSource({
    "/predictions/model, POST",
    "/heatmaps/model, POST",
    "/models, 'GET, HEAD'",
    "/ping, 'GET, HEAD'",
    "/openapi.json, 'GET, HEAD'"
  })
  void aPreflightSaysWhatAnAllowedPageMaySend(String path, String methods) throws IOException {
    String answer =
        send(
            server,
            "OPTIONS " + path,
            "Origin: " + PAGE,
            "Access-Control-Request-Method: POST",
            "Access-Control-Request-Headers: content-type, x-requested-with");
    assertThat(status(answer)).isEqualTo(204);
    assertThat(answer.lines())
        .contains(
            "Access-Control-Allow-Origin: " + PAGE,
            "Access-Control-Allow-Methods: " + methods,
            "Access-Control-Allow-Headers: content-type, x-requested-with",
            "Access-Control-Max-Age: 3600",
            "Vary: Origin, Access-Control-Request-Headers");
  }

  @ParameterizedTest
  @ValueSource(strings = {"https://evil.example", "http://localhost:3001", "null"})
  void aPreflightAllowsNothingToOtherPages(String origin) throws IOException {
    String answer = send(server, "OPTIONS /predictions/model", "Origin: " + origin);
    assertThat(status(answer)).isEqualTo(204);
    assertThat(answer).doesNotContain("Access-Control-").contains("Vary: Origin");
  }

  @ParameterizedTest
  @CsvSource({
    "POST /predictions/model, 200",
    "POST /predictions/model?topk=0, 400",
    "POST /predictions/nobody, 404",
    "GET /nothing, 404",
    "GET /predictions/model, 405"
  })
  void anAllowedPageReadsAnswersAndErrors(String line, int status) throws IOException {
    for (String origin : List.of(PAGE, "https://other.example")) {
      String answer = send(server, Requests.png(), line, "Origin: " + origin);
      assertThat(status(answer)).as(answer).isEqualTo(status);
      assertThat(answer.lines()).contains("Access-Control-Allow-Origin: " + origin, "Vary: Origin");
    }
  }

  @Test
  void everyOriginIsAllowedByAStar() throws IOException {
    Access all = new Access(List.of(), List.of("*"), false);
    try (Server open =
        Requests.server(
            Requests.settings(Duration.ofSeconds(10), all),
            new FakeModel("cat").classifier(),
            path -> null)) {
      assertThat(send(open, "GET /models", "Origin: https://any.example"))
          .contains("Access-Control-Allow-Origin: https://any.example");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"example.org", "https://example.org/page", "https://a, https://b", ""})
  void anInvalidOriginIsReportedInASentence(String origin) {
    assertThatThrownBy(() -> new Access(List.of(), List.of(origin), false))
        .isInstanceOf(GraftException.class)
        .hasMessageStartingWith("origins: must be an origin such as https://example.org");
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://images.example.org", "images.example.org:80", "a b", "*", ""})
  void anInvalidHostNameIsReportedInASentence(String name) {
    assertThatThrownBy(() -> new Access(List.of(name), List.of(), false))
        .isInstanceOf(GraftException.class)
        .hasMessageStartingWith("hostNames: must be a name without scheme and port");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "evil.example",
        "evil.example:8080",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "127.999.1.1",
        "127.0.0.256",
        "192.168.0.7",
        "[2001:db8::1]",
        "xlocalhost",
        "intranet",
        "localhost@evil.example"
      })
  void onLoopbackNoRouteAnswersToAForeignHost(String host) throws IOException {
    for (String line :
        List.of(
            "GET /",
            "GET /ping",
            "GET /metrics",
            "GET /page.js",
            "GET /nothing",
            "OPTIONS /predictions/model",
            "POST /predictions/model",
            "PUT /ping",
            "POST /models/model")) {
      String answer = send(server, Requests.png(), line, "Host: " + host);
      assertThat(status(answer)).as(line + "\n" + answer).isIn(400, 421);
      assertThat(answer).doesNotContain("Healthy", "className");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost",
        "LocalHost:1234",
        "localhost.",
        "127.0.0.1",
        "127.1.2.3:80",
        "[::1]:9000",
        "app.localhost",
        "images.example.org",
        "IMAGES.example.org:443"
      })
  void onLoopbackItAnswersToLoopbackNamesAndThoseGiven(String host) throws IOException {
    assertThat(status(send(server, "GET /ping", "Host: " + host))).isEqualTo(200);
  }

  @Test
  void aHealthCheckNeedsNoHost() throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      String request = "GET /ping HTTP/1.0\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(answer).contains("Healthy");
    }
    assertThat(status(send(server, "GET /ping", "Host: "))).isIn(400, 421);
  }

  @Test
  void onAllAddressesItAnswersToNamesThatNoPublicNameServerHas() throws IOException {
    Access access = new Access(List.of("images.example.org"), List.of(), false);
    ServeSettings settings = new ServeSettings("0.0.0.0", 0, RequestLimits.DEFAULT, access);
    try (Server open = Requests.server(settings, new FakeModel("a").classifier(), path -> null)) {
      for (String host :
          List.of(
              "192.168.0.7:8080",
              "[2001:db8::1]",
              "localhost",
              "graft:8080",
              "nas.local",
              "images.example.org")) {
        assertThat(status(send(open, "GET /ping", "Host: " + host))).as(host).isEqualTo(200);
      }
      for (String host :
          List.of("evil.example", "192.168.0.7.evil.example", "local.evil.example")) {
        String answer = send(open, "GET /ping", "Host: " + host);
        assertThat(status(answer)).as(host).isEqualTo(421);
        assertThat(answer).contains("Its operator can allow the name.");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "text/plain, , 415",
    "application/x-www-form-urlencoded, , 415",
    "application/jsonp, , 415",
    "'', , 415",
    "application/json, http://localhost:3000, 403",
    "application/json, https://other.example, 403",
    "application/json, null, 403",
    "application/json, http://localhost.evil.example, 403",
    "application/json, http://localhost, 200",
    "Application/JSON; charset=utf-8, , 200"
  })
  void aModelIsReplacedOnlyByJsonOfThisServersOwnPage(String type, String origin, int status)
      throws IOException {
    String answer =
        send(
            server,
            SWAP,
            "POST /models/model",
            type.isEmpty() ? "X: y" : "Content-Type: " + type,
            origin == null ? "X: y" : "Origin: " + origin);
    assertThat(status(answer)).as(answer).isEqualTo(status);
  }

  @Test
  void noOtherPageMayReplaceAModel() throws IOException {
    assertThat(send(server, "OPTIONS /models/model", "Origin: " + PAGE))
        .contains("Allow: POST, OPTIONS")
        .doesNotContain("Access-Control-Allow-Methods", "Access-Control-Allow-Headers");
  }

  @Test
  void answersDoNotRevealWhatIsWrongWithAPath() throws IOException {
    String answer =
        send(
            server,
            "{\"path\": \"missing\"}".getBytes(StandardCharsets.UTF_8),
            "POST /models/model",
            "Content-Type: application/json");
    assertThat(status(answer)).isEqualTo(422);
    assertThat(answer).doesNotContain("There is no", "/home", "missing").contains("console");
    for (String body : List.of("{}", "[]", "{\"path\": 7}", "nonsense", "", "[".repeat(60_000))) {
      answer =
          send(
              server,
              body.getBytes(StandardCharsets.UTF_8),
              "POST /models/model",
              "Content-Type: application/json");
      assertThat(status(answer)).as(body).isEqualTo(400);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "PUT /predictions/model, 'POST, OPTIONS'",
    "GET /predictions/model, 'POST, OPTIONS'",
    "DELETE /heatmaps/model, 'POST, OPTIONS'",
    "GET /models/model, 'POST, OPTIONS'",
    "PUT /ping, 'GET, HEAD, OPTIONS'",
    "POST /models, 'GET, HEAD, OPTIONS'",
    "PATCH /, 'GET, HEAD, OPTIONS'"
  })
  void aKnownAddressNamesTheMethodsThatItTakes(String line, String allowed) throws IOException {
    String answer = send(server, line);
    assertThat(status(answer)).as(answer).isEqualTo(405);
    assertThat(answer.lines()).contains("Allow: " + allowed);
    assertThat(answer).contains("\"code\":405");
  }

  @Test
  void headersAreAnsweredWithoutABody() throws IOException {
    String answer = send(server, "HEAD /ping");
    assertThat(status(answer)).isEqualTo(200);
    assertThat(answer).doesNotContain("Healthy");
  }
}
