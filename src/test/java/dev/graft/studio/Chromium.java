package dev.graft.studio;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.graft.io.AtomicFiles;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A headless Chromium with one page, driven by the DevTools protocol: no driver has to match the
 * version of the browser. The camera is Chromium's own test image.
 */
final class Chromium implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final long PATIENCE_SECONDS = 60;

  private final Process process;
  private final Path profile;
  private final WebSocket socket;
  private final AtomicInteger last = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonNode>> waiting = new ConcurrentHashMap<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final List<String> problems = new CopyOnWriteArrayList<>();

  /** Returns the browser of this machine: {@code $CHROMIUM}, or one on the path. */
  static Optional<Path> find() {
    String given = System.getenv("CHROMIUM");
    if (given != null) {
      return Optional.of(Path.of(given));
    }
    return Stream.of(String.valueOf(System.getenv("PATH")).split(File.pathSeparator))
        .flatMap(
            folder ->
                Stream.of("chromium", "chromium-browser", "google-chrome")
                    .map(name -> Path.of(folder, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  Chromium(Path binary) throws IOException {
    profile = Files.createTempDirectory("graft-chromium");
    process =
        new ProcessBuilder(
                binary.toString(),
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--hide-scrollbars",
                "--force-color-profile=srgb",
                "--lang=en-US",
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
                "--remote-debugging-port=0",
                "--user-data-dir=" + profile,
                "about:blank")
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    socket =
        HttpClient.newHttpClient()
            .newWebSocketBuilder()
            .buildAsync(URI.create(page(port())), new Answers())
            .join();
    call("Page.enable", Map.of());
    call("Network.enable", Map.of());
    call("Runtime.enable", Map.of());
    call("Log.enable", Map.of());
  }

  private String port() throws IOException {
    BufferedReader errors = process.errorReader(StandardCharsets.UTF_8);
    for (String line = errors.readLine(); line != null; line = errors.readLine()) {
      Matcher address = Pattern.compile("ws://127.0.0.1:(\\d+)/").matcher(line);
      if (address.find()) {
        Thread rest = new Thread(() -> errors.lines().forEach(each -> {}));
        rest.setDaemon(true);
        rest.start();
        return address.group(1);
      }
    }
    throw new IOException("Chromium does not start");
  }

  private static String page(String port) throws IOException {
    HttpRequest list =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/json/list")).build();
    try {
      HttpResponse<String> answer =
          HttpClient.newHttpClient().send(list, HttpResponse.BodyHandlers.ofString());
      for (JsonNode each : JSON.readTree(answer.body())) {
        if (each.path("type").asText().equals("page")) {
          return each.path("webSocketDebuggerUrl").asText();
        }
      }
      throw new IOException("Chromium has no page");
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  private final class Answers implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean isLast) {
      text.append(part);
      if (isLast) {
        receive(text.toString());
        text.setLength(0);
      }
      from.request(1);
      return null;
    }
  }

  private void receive(String text) {
    JsonNode message;
    try {
      message = JSON.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    JsonNode parameters = message.path("params");
    switch (message.path("method").asText()) {
      case "Network.requestWillBeSent" -> requests.add(parameters.at("/request/url").asText());
      case "Runtime.exceptionThrown" -> problems.add(parameters.toString());
      case "Log.entryAdded" -> {
        if (parameters.at("/entry/source").asText().matches("security|javascript")) {
          problems.add(parameters.toString());
        }
      }
      default -> {}
    }
    CompletableFuture<JsonNode> call = waiting.remove(message.path("id").asInt());
    if (call != null) {
      call.complete(message);
    }
  }

  /** Calls a method of the protocol. */
  JsonNode call(String method, Map<String, ?> parameters) {
    int id = last.incrementAndGet();
    ObjectNode message = JSON.createObjectNode().put("id", id).put("method", method);
    message.set("params", JSON.valueToTree(parameters));
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    waiting.put(id, answer);
    socket.sendText(message.toString(), true).join();
    JsonNode received = answer.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
    if (received.has("error")) {
      throw new AssertionError(method + ": " + received.path("error"));
    }
    return received.path("result");
  }

  void open(String address) {
    call("Page.navigate", Map.of("url", address));
  }

  /** Leaves the page, and forgets its requests and problems. */
  void leave() {
    open("about:blank");
    await("location.href === 'about:blank'");
    requests.clear();
    problems.clear();
  }

  /** Evaluates an expression in the page, and waits for a promise. */
  JsonNode evaluate(String script) {
    JsonNode answer =
        call(
            "Runtime.evaluate",
            Map.of("expression", script, "awaitPromise", true, "returnByValue", true));
    if (answer.has("exceptionDetails")) {
      throw new AssertionError(script + ": " + answer.path("exceptionDetails"));
    }
    return answer.at("/result/value");
  }

  /** Waits until an expression is true. */
  void await(String condition) {
    await(condition, PATIENCE_SECONDS);
  }

  void await(String condition, long seconds) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (!isTrue(condition)) {
      if (System.nanoTime() > end) {
        throw new AssertionError(
            "never: " + condition + "; the page says: " + evaluate("document.body.innerText"));
      }
      pause(50);
    }
  }

  private boolean isTrue(String condition) {
    try {
      return evaluate("Boolean(" + condition + ")").asBoolean();
    } catch (AssertionError e) {
      return false; // while the page is being loaded
    }
  }

  static void pause(long milliseconds) {
    try {
      Thread.sleep(milliseconds);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  void click(String selector) {
    await("document.querySelector('" + selector + "')");
    evaluate("document.querySelector('" + selector + "').click()");
  }

  /** Moves the pointer to the middle of an element. */
  void pointAt(String selector) {
    JsonNode box =
        evaluate("document.querySelector('" + selector + "').getBoundingClientRect().toJSON()");
    double x = box.path("x").asDouble() + box.path("width").asDouble() / 2;
    double y = box.path("y").asDouble() + box.path("height").asDouble() / 2;
    call("Input.dispatchMouseEvent", Map.of("type", "mouseMoved", "x", x, "y", y));
  }

  /** Types a text into the focused element. */
  void type(String text) {
    call("Input.insertText", Map.of("text", text));
  }

  /** Presses a key, such as {@code Enter} or {@code a}. */
  void press(String key) {
    String text = key.equals("Enter") ? "\r" : key.length() == 1 ? key : "";
    for (String type : List.of("keyDown", "keyUp")) {
      call(
          "Input.dispatchKeyEvent",
          Map.of(
              "type",
              type,
              "key",
              key,
              "text",
              type.equals("keyDown") ? text : "",
              "windowsVirtualKeyCode",
              key.equals("Enter") ? 13 : 0));
    }
  }

  /** Chooses files in a file input. */
  void choose(String selector, List<Path> files) {
    JsonNode root = call("DOM.getDocument", Map.of()).at("/root/nodeId");
    JsonNode node = call("DOM.querySelector", Map.of("nodeId", root.asInt(), "selector", selector));
    call(
        "DOM.setFileInputFiles",
        Map.of(
            "nodeId",
            node.path("nodeId").asInt(),
            "files",
            files.stream().map(file -> file.toAbsolutePath().toString()).toList()));
  }

  void resize(int width, int height) {
    call(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
  }

  void dark(boolean dark) {
    Map<String, String> scheme =
        Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light");
    call("Emulation.setEmulatedMedia", Map.of("features", List.of(scheme)));
  }

  /** Returns what is on the screen, as JPEG. */
  byte[] screenshot() {
    JsonNode data =
        call("Page.captureScreenshot", Map.of("format", "jpeg", "quality", 85)).path("data");
    return Base64.getDecoder().decode(data.asText());
  }

  /** Returns the addresses that the page has requested. */
  List<String> requests() {
    return new ArrayList<>(requests);
  }

  /** Returns uncaught exceptions and violations of the page's security policy. */
  List<String> problems() {
    return new ArrayList<>(problems);
  }

  @Override
  public void close() throws IOException {
    socket.abort();
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    try {
      process.waitFor();
      pause(300); // its child processes end, too
      AtomicFiles.delete(profile);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      return; // in the folder for temporary files
    }
  }
}
