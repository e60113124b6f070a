package dev.graft.serve;

import static dev.graft.serve.Requests.send;
import static dev.graft.serve.Requests.status;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.inference.FakeModel;
import dev.graft.serve.ServeSettings.Access;
import dev.graft.web.MemoryBudget;
import io.javalin.http.HttpResponseException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestBodiesTest {
  private static Server server;

  @BeforeAll
  static void start() {
    server =
        Requests.server(
            Requests.settings(Duration.ofSeconds(10), Access.OWN_PAGE),
            new FakeModel("cat", "dog").classifier(),
            path -> null);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static byte[] form(String boundary, String disposition) throws IOException {
    ByteArrayOutputStream form = new ByteArrayOutputStream();
    write(form, "--" + boundary + "\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\ny\r\n");
    write(form, "--" + boundary + "\r\n" + disposition + "\r\nContent-Type: image/png\r\n\r\n");
    form.write(Requests.png());
    write(form, "\r\n--" + boundary + "--\r\n");
    return form.toByteArray();
  }

  private static void write(OutputStream to, String text) throws IOException {
    to.write(text.getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @CsvSource({
    "abc, multipart/form-data; boundary=abc",
    "abc, Multipart/Form-Data; Boundary=abc",
    "abc, multipart/form-data ; boundary = abc",
    "a ; b, multipart/form-data ; charset = utf-8 ; boundary = \"a ; b\"",
    "abc, MULTIPART/FORM-DATA;BOUNDARY=\"abc\"",
    "a b c, multipart/form-data; boundary=\"a b c\"",
    "a=b:c?d, multipart/form-data; boundary=\"a=b:c?d\"",
    "abc, multipart/form-data; charset=utf-8; bOUNDARY=abc",
    "abc, multipart/form-data ; boundary=abc ; charset=utf-8",
    "abc, 'multipart/form-data;  charset=\"a;boundary=no\"; Boundary=\"abc\"'",
    "----WebKitFormBoundary7MA4YWxk, multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxk",
    "'(),/', 'multipart/form-data; boundary=\"(),/\"'"
  })
  void aFormIsReadWhateverTheSpellingOfItsBoundary(String boundary, String type)
      throws IOException {
    String disposition = "Content-Disposition: form-data; name=\"data\"; filename=\"x.png\"";
    String answer =
        send(
            server,
            form(boundary, disposition),
            "POST /predictions/model",
            "Content-Type: " + type);
    assertThat(status(answer)).as(answer).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "content-disposition: Form-Data; Name=data; FileName=x.png",
        "CONTENT-DISPOSITION:form-data;name=\"data\";filename=\"x y;z.png\"",
        "Content-Disposition: form-data; filename=\"\u5199\u771f.png\"; name=\"data\""
      })
  void aFormsFirstFileIsTheImage(String disposition) throws IOException {
    String answer =
        send(
            server,
            form("abc", disposition),
            "POST /predictions/model",
            "Content-Type: multipart/form-data; boundary=abc");
    assertThat(status(answer)).as(answer).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "multipart/form-data",
        "multipart/form-data; boundary",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=other",
        "multipart/form-data; boundary=\"ab\\\"c\""
      })
  void aFormWithoutItsBoundaryIsRefused(String type) throws IOException {
    String disposition = "Content-Disposition: form-data; name=\"data\"; filename=\"x.png\"";
    String answer =
        send(server, form("abc", disposition), "POST /predictions/model", "Content-Type: " + type);
    assertThat(status(answer)).as(answer).isEqualTo(400);
  }

  @Test
  void aFormMayBeAsLargeAsABody() throws IOException {
    ServeSettings settings =
        new ServeSettings("127.0.0.1", 0, ServeSettings.RequestLimits.DEFAULT, Access.OWN_PAGE);
    byte[] large = Arrays.copyOf(Requests.png(), 20 << 20);
    try (Server server = Requests.server(settings, new FakeModel("a").classifier(), path -> null)) {
      ByteArrayOutputStream form = new ByteArrayOutputStream();
      write(form, "--abc\r\nContent-Disposition: form-data; name=\"x\"; filename=\"y\"\r\n\r\n");
      form.write(large);
      write(form, "\r\n--abc--\r\n");
      String type = "Content-Type: multipart/form-data; boundary=abc";
      String answer = send(server, form.toByteArray(), "POST /predictions/model", type);
      assertThat(status(answer)).as(answer).isEqualTo(200);
    }
  }

  @Test
  void aCharsetThatNoImageHasIsIgnored() throws IOException {
    for (String type : new String[] {"image/png; charset=nonsense", "image/png; charset=\"a;b\""}) {
      String answer =
          send(server, Requests.png(), "POST /predictions/model?topk=1", "Content-Type: " + type);
      assertThat(status(answer)).as(answer).isEqualTo(200);
    }
    assertThat(status(send(server, Requests.png(), "POST /predictions/model?topk=%zz")))
        .isEqualTo(400);
  }

  @Test
  void aBodyThatStopsIsGivenUpAtTheDeadlineOfTheRequest() throws IOException {
    try (Server hasty =
            Requests.server(
                Requests.settings(Duration.ofSeconds(2), Access.OWN_PAGE),
                new FakeModel("cat").classifier(),
                path -> null);
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), hasty.port())) {
      socket.setSoTimeout(20_000);
      long start = System.nanoTime();
      write(
          socket.getOutputStream(),
          "POST /predictions/model HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n1");
      sleep(1500);
      write(socket.getOutputStream(), "2"); // a timeout of the body alone would start here
      String answer = new String(socket.getInputStream().readNBytes(12), StandardCharsets.UTF_8);
      assertThat(status(answer)).isEqualTo(408);
      assertThat(System.nanoTime() - start).isBetween(1_900_000_000L, 3_000_000_000L);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1_100_000, 5_000_000, 40_000_000})
  void aClientThatSendsTooMuchGetsAnAnswer(int length) throws IOException {
    String answer = send(server, new byte[length], "POST /predictions/model");
    assertThat(status(answer)).isEqualTo(413);
    assertThat(answer).contains("at most 1 MB");
  }

  @Test
  @Timeout(60)
  void bodiesInProgressMayNotExhaustTheMemory() throws IOException {
    MemoryBudget budget = new MemoryBudget(900_000);
    try (Server small =
        new Server(
            Requests.settings(Duration.ofSeconds(10), Access.OWN_PAGE),
            "model",
            new FakeModel("cat").classifier(),
            path -> null,
            budget)) {
      byte[] large = new byte[500_000];
      assertThat(status(send(small, large, "POST /predictions/model"))).isEqualTo(422);
      assertThat(status(send(small, new byte[950_000], "POST /predictions/model"))).isEqualTo(413);
      try (Socket slow = new Socket(InetAddress.getLoopbackAddress(), small.port())) {
        write(
            slow.getOutputStream(),
            "POST /predictions/model HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500000\r\n\r\n");
        slow.getOutputStream().write(large, 0, 499_999);
        while (budget.reserved() < 499_999) { // otherwise either of the two may be refused
          sleep(20);
        }
        String answer = send(small, large, "POST /predictions/model");
        assertThat(status(answer)).isEqualTo(429);
        assertThat(answer).contains("Retry-After: 1");
        assertThat(status(send(small, "GET /ping"))).isEqualTo(200);
        assertThat(status(send(small, Requests.png(), "POST /predictions/model"))).isEqualTo(200);
        slow.getOutputStream().write(1);
        String own = new String(slow.getInputStream().readNBytes(12), StandardCharsets.UTF_8);
        assertThat(status(own)).isEqualTo(422);
      }
      assertThat(status(send(small, large, "POST /predictions/model"))).isEqualTo(422);
    }
  }

  private static void sleep(long milliseconds) {
    try {
      Thread.sleep(milliseconds);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void bodiesShareABudget() {
    MemoryBudget budget = new MemoryBudget(100);
    try (MemoryBudget.Reservation first = budget.reservation();
        MemoryBudget.Reservation second = budget.reservation()) {
      first.resize(60);
      second.resize(40);
      assertThatThrownBy(() -> second.resize(41))
          .isInstanceOfSatisfying(
              HttpResponseException.class, e -> assertThat(e.getStatus()).isEqualTo(429));
      first.resize(59);
      second.resize(41);
      second.resize(0);
      first.resize(100);
      assertThatThrownBy(() -> first.resize(101))
          .isInstanceOfSatisfying(
              HttpResponseException.class, e -> assertThat(e.getStatus()).isEqualTo(413));
    }
    budget.reservation().resize(100);
  }
}
