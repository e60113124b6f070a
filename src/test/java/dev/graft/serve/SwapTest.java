package dev.graft.serve;

import static dev.graft.serve.Requests.send;
import static dev.graft.serve.Requests.status;
import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.inference.FakeModel;
import dev.graft.inference.ModelRunner;
import dev.graft.serve.ServeSettings.Access;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Models that are replaced or closed while requests use them. */
@Timeout(60)
class SwapTest {
  private static final Access SWAPPABLE = new Access(List.of(), List.of(), true);

  private static Server server(ModelRunner first, Function<Path, ModelRunner> loader) {
    return Requests.server(Requests.settings(Duration.ofSeconds(1), SWAPPABLE), first, loader);
  }

  private static String predict(Server server) throws Exception {
    return send(server, Requests.png(), "POST /predictions/model");
  }

  private static String swap(Server server, String path) throws Exception {
    byte[] body = ("{\"path\": \"" + path + "\"}").getBytes(StandardCharsets.UTF_8);
    return send(server, body, "POST /models/model", "Content-Type: application/json");
  }

  /** The last one begins as JSON in UTF-32, but has a character that does not exist. */
  @Test
  void aBodyWithoutAPathIsRefused() throws Exception {
    try (Server server = server(new FakeModel("first").classifier(), path -> null)) {
      for (byte[] body : new byte[][] {{'['}, {'{', '}'}, {0, 0, 0, '{', 127, 0, 0, 0}}) {
        String answer = send(server, body, "POST /models/model", "Content-Type: application/json");
        assertThat(status(answer)).as(answer).isEqualTo(400);
        assertThat(answer).contains("The body must be {");
      }
    }
  }

  private static void until(BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!condition.getAsBoolean() && System.nanoTime() < end) {
      Thread.sleep(5);
    }
    assertThat(condition.getAsBoolean()).isTrue();
  }

  @Test
  void aReplacedModelIsNotClosedWhileItComputesForARequestThatTimedOut() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    FakeModel slow = new FakeModel(gate, "slow");
    FakeModel next = new FakeModel("next");
    try (Server server = server(slow.classifier(), path -> next.classifier())) {
      assertThat(status(predict(server))).isEqualTo(503);
      assertThat(slow.isComputing()).isTrue();
      assertThat(status(swap(server, "next"))).isEqualTo(200);
      assertThat(slow.isClosed()).isFalse();
      gate.countDown();
      until(slow::isClosed);
      assertThat(slow.isMisused()).isFalse();
      assertThat(predict(server)).contains("\"next\"");
    } finally {
      gate.countDown();
    }
    assertThat(next.isClosed()).isTrue();
  }

  @Test
  void anImageWhoseClientGaveUpInTheQueueIsNotComputedAndKeepsNoModelOpen() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    FakeModel slow = new FakeModel(gate, "slow");
    try (Server server = server(slow.classifier(), path -> null)) {
      List<CompletableFuture<String>> answers = new ArrayList<>();
      for (int i = 0; i < 8; i++) { // two batches or more
        answers.add(async(() -> predict(server)));
      }
      for (CompletableFuture<String> each : answers) {
        assertThat(status(each.get())).isEqualTo(503);
      }
      gate.countDown();
      until(() -> !slow.isComputing());
      until(() -> slow.passes() > 0);
      assertThat(status(predict(server))).isEqualTo(200);
      assertThat(slow.passes()).isEqualTo(2);
    } finally {
      gate.countDown();
    }
    assertThat(slow.isClosed()).isTrue();
    assertThat(slow.isMisused()).isFalse();
  }

  @Test
  void aClosingServerClosesNoModelThatComputes() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    FakeModel slow = new FakeModel(gate, "slow");
    Server server = server(slow.classifier(), path -> null);
    assertThat(status(predict(server))).isEqualTo(503);
    CompletableFuture<Void> closed = CompletableFuture.runAsync(server::close);
    Thread.sleep(500);
    assertThat(slow.isClosed()).isFalse();
    gate.countDown();
    closed.get(10, TimeUnit.SECONDS);
    until(slow::isClosed);
    assertThat(slow.isMisused()).isFalse();
  }

  @Test
  void aServerThatWaitsNoLongerLeavesTheModelToTheComputation() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    FakeModel slow = new FakeModel(gate, "slow");
    Server server = server(slow.classifier(), path -> null);
    try {
      assertThat(status(predict(server))).isEqualTo(503);
      long start = System.nanoTime();
      server.close();
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
      assertThat(slow.isClosed()).isFalse();
    } finally {
      gate.countDown();
    }
    until(slow::isClosed);
    assertThat(slow.isMisused()).isFalse();
  }

  @Test
  void underLoadEveryRequestIsAnsweredByAModelThatWasInService() throws Exception {
    FakeModel first = new FakeModel("red", "other");
    ConcurrentLinkedQueue<FakeModel> loaded = new ConcurrentLinkedQueue<>(List.of(first));
    Function<Path, ModelRunner> loader =
        path -> {
          FakeModel model = new FakeModel(path.toString(), "a", "b");
          loaded.add(model);
          return model.classifier();
        };
    AtomicBoolean done = new AtomicBoolean();
    ConcurrentLinkedQueue<String> answers = new ConcurrentLinkedQueue<>();
    try (Server server = server(first.classifier(), loader)) {
      List<CompletableFuture<String>> clients = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        clients.add(
            async(
                () -> {
                  while (!done.get()) {
                    answers.add(predict(server));
                  }
                  return "";
                }));
      }
      for (int i = 0; i < 10; i++) {
        String name = i % 2 == 0 ? "green" : "blue";
        assertThat(status(swap(server, name))).isEqualTo(200);
        // From now on, the new model answers requests.
        assertThat(predict(server)).contains("\"className\":\"" + name + "\"");
        assertThat(send(server, "GET /models")).contains("\"" + name + "\"").doesNotContain("red");
      }
      done.set(true);
      for (CompletableFuture<String> each : clients) {
        each.get(20, TimeUnit.SECONDS);
      }
    }
    assertThat(answers).hasSizeGreaterThan(10);
    assertThat(answers).allMatch(each -> each.matches("(?s)HTTP/1.1 200.*\"(red|green|blue)\".*"));
    assertThat(String.join("", answers)).contains("\"green\"", "\"blue\"");
    assertThat(loaded).hasSize(11).allMatch(FakeModel::isClosed).noneMatch(FakeModel::isMisused);
  }

  @Test
  void onlyOneModelIsLoadedAtOnce() throws Exception {
    CountDownLatch loading = new CountDownLatch(1);
    CountDownLatch gate = new CountDownLatch(1);
    Function<Path, ModelRunner> loader =
        path -> {
          loading.countDown();
          await(gate);
          return new FakeModel("next").classifier();
        };
    try (Server server = server(new FakeModel("first").classifier(), loader)) {
      CompletableFuture<String> swapping = async(() -> swap(server, "a"));
      await(loading);
      assertThat(status(swap(server, "b"))).isEqualTo(409);
      assertThat(predict(server)).contains("\"first\"");
      gate.countDown();
      assertThat(status(swapping.get(10, TimeUnit.SECONDS))).isEqualTo(200);
    }
  }

  @Test
  void aModelThatRunsOutOfMemoryOrFailsIsAnswered() throws Exception {
    Runnable outOfMemory =
        () -> {
          throw new OutOfMemoryError("as a test");
        };
    Runnable failure =
        () -> {
          throw new IllegalStateException("in /home/someone/model");
        };
    try (Server full = server(new FakeModel(outOfMemory, "a").classifier(), path -> null);
        Server broken = server(new FakeModel(failure, "a").classifier(), path -> null)) {
      assertThat(status(predict(full))).isEqualTo(503);
      String answer = predict(broken);
      assertThat(status(answer)).isEqualTo(500);
      assertThat(answer).doesNotContain("/home", "IllegalState").contains("could not compute");
    }
  }

  @Test
  void theDeadlineIsOneForBodyAndAnswer() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    FakeModel slow = new FakeModel(gate, "slow");
    ServeSettings settings = Requests.settings(Duration.ofSeconds(2), SWAPPABLE);
    try (Server server = Requests.server(settings, slow.classifier(), path -> null);
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      byte[] png = Requests.png();
      long start = System.nanoTime();
      String head =
          "POST /predictions/model HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + png.length;
      socket.getOutputStream().write((head + "\r\n\r\n").getBytes(StandardCharsets.UTF_8));
      Thread.sleep(1200);
      socket.getOutputStream().write(png);
      String answer = new String(socket.getInputStream().readNBytes(12), StandardCharsets.UTF_8);
      assertThat(status(answer)).isEqualTo(503);
      assertThat(System.nanoTime() - start).isBetween(1_900_000_000L, 3_000_000_000L);
      gate.countDown();
    }
  }

  private interface Call {
    String call() throws Exception;
  }

  private static CompletableFuture<String> async(Call call) {
    CompletableFuture<String> result = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                result.complete(call.call());
              } catch (Exception e) {
                result.completeExceptionally(e);
              }
            });
    thread.setDaemon(true);
    thread.start();
    return result;
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
