package dev.graft.studio;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.graft.Classifier;
import dev.graft.JavaProcess;
import dev.graft.LabeledImages;
import dev.graft.output.OutputFolder;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The REST interface, without the page. */
@Tag("engine")
class StudioTest {
  private static final int RED = 0xc04040;
  private static final int BLUE = 0x4040c0;

  /** Blue images in the class of red ones. */
  private static final List<String> DOUBTFUL = List.of("red/a.png", "red/b.png", "red/c.png");

  @TempDir private Path temporary;

  private Studio open() throws IOException {
    return new Studio(
        temporary.resolve("taught"), new OutputFolder(temporary.resolve("output")), 0);
  }

  private static void teach(StudioClient client, int images) throws IOException {
    for (String label : List.of("red", "青")) {
      assertThat(client.post("/api/classes", "{\"name\": \"" + label + "\"}").statusCode())
          .isEqualTo(201);
      for (int i = 0; i < images; i++) {
        byte[] image = TestImages.png(i, label.equals("red") ? RED : BLUE);
        assertThat(client.add(label, i + ".png", image).statusCode()).isEqualTo(201);
      }
    }
  }

  @Test
  void fromTwoEmptyClassesToAnExportedModelThatAnswersRight() throws Exception {
    String command;
    try (Studio studio = open()) {
      StudioClient client = new StudioClient(studio.address());
      assertThat(client.post("/api/train", "").statusCode()).isEqualTo(422);
      assertThat(client.post("/api/predict", TestImages.png(1)).statusCode()).isEqualTo(409);
      assertThat(client.get("/api/export?format=onnx").statusCode()).isEqualTo(409);
      teach(client, 12);

      assertThat(client.post("/api/train", "").statusCode()).isEqualTo(202);
      JsonNode state = client.trained();
      assertThat(state.at("/training/status").asText()).as(state.toString()).isEqualTo("done");
      JsonNode result = state.path("result");
      assertThat(result.path("accuracy").asDouble()).isGreaterThan(0.9);
      assertThat(result.path("low").asDouble()).isLessThan(result.path("accuracy").asDouble());
      assertThat(result.path("folds").asInt()).isEqualTo(5);
      assertThat(result.path("images").asInt()).isEqualTo(24);
      // The convex head has no epochs.
      assertThat(state.at("/training/epochs").size()).isZero();

      byte[] unseen = TestImages.png(1000, BLUE);
      JsonNode answer = StudioClient.json(client.post("/api/predict", unseen));
      assertThat(answer.at("/predictions/0/className").asText()).isEqualTo("青");
      assertThat(client.post("/api/heatmap", unseen).headers().firstValue("Content-Type"))
          .hasValue("image/png");

      exports(client, unseen);
      command = StudioClient.json(client.get("/api/snippets")).path("command").asText();
    }
    try (Studio studio = open()) { // the model is there again
      StudioClient client = new StudioClient(studio.address());
      while (!client.state().at("/training/status").asText().equals("done")) {
        Chromium.pause(50);
      }
      assertThat(client.post("/api/predict", TestImages.png(7, RED)).statusCode()).isEqualTo(200);
    }
    assertThat(command).startsWith("fine-tune --data " + temporary.toRealPath());
  }

  private void exports(StudioClient client, byte[] unseen) throws Exception {
    Path onnx = temporary.resolve("exported.onnx");
    HttpResponse<byte[]> answer = client.get("/api/export?format=onnx");
    Files.write(onnx, answer.body());
    try (Classifier classifier = Classifier.load(onnx)) {
      assertThat(classifier.classify(new ByteArrayInputStream(unseen), "x", 1).get(0).name())
          .isEqualTo("青");
    }
    Path int8 = temporary.resolve("exported.int8.onnx");
    Files.write(int8, client.get("/api/export?format=int8").body());
    assertThat(Files.size(int8)).isBetween(1000L, Files.size(onnx) / 2);
    assertThat(new String(client.get("/api/export?format=report").body(), StandardCharsets.UTF_8))
        .startsWith("<!doctype html>");
    Path model = temporary.resolve("unpacked");
    try (ZipInputStream zip =
        new ZipInputStream(
            new ByteArrayInputStream(client.get("/api/export?format=model").body()))) {
      for (ZipEntry each = zip.getNextEntry(); each != null; each = zip.getNextEntry()) {
        Path file = model.resolve(each.getName());
        Files.createDirectories(file.getParent());
        Files.copy(zip, file);
      }
    }
    try (Classifier classifier = Classifier.load(model.resolve("model"))) {
      assertThat(classifier.classes()).containsExactly("red", "青");
    }
    assertThat(client.get("/api/export?format=exe").statusCode()).isEqualTo(400);
    checkThatEveryLineRuns(StudioClient.json(client.get("/api/snippets")), unseen);
  }

  /** Runs each of the commands that the page offers to copy, as a shell does. */
  private void checkThatEveryLineRuns(JsonNode lines, byte[] unseen) throws Exception {
    Files.write(temporary.resolve("image.jpg"), unseen);
    Files.writeString(temporary.resolve("Classify.java"), lines.path("java").asText());
    assertThat(shell("javac -proc:none Classify.java && java Classify image.jpg"))
        .contains("image.jpg: 青 ");
    assertThat(shell(lines.path("curl").asText())).contains("\"className\":\"青\"");
    String output = shell("graft " + lines.path("command").asText());
    assertThat(output).contains("Cross-validation of 24 images in 5 folds");
    Process serve = start("graft " + lines.path("serve").asText() + " --port 0");
    try {
      Matcher address = Pattern.compile("(http://[^ /]+)").matcher("");
      while (!address.find()) {
        address.reset(serve.inputReader(StandardCharsets.UTF_8).readLine());
      }
      String request =
          "curl -s --data-binary @image.jpg " + address.group(1) + "/predictions/model";
      assertThat(shell(request)).contains("青");
    } finally {
      serve.descendants().forEach(ProcessHandle::destroyForcibly);
      serve.destroyForcibly();
    }
  }

  private Process start(String line) throws IOException {
    String functions =
        "java() { command java "
            + String.join(" ", JavaProcess.OPTIONS)
            + " \"$@\"; }\ngraft() { java -Djava.awt.headless=true dev.graft.Main \"$@\"; }\n";
    ProcessBuilder shell = new ProcessBuilder("sh", "-c", functions + line);
    shell.directory(temporary.toFile()).redirectErrorStream(true);
    Map<String, String> environment = shell.environment();
    String classPath =
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .map(each -> Path.of(each).toAbsolutePath().toString())
            .collect(Collectors.joining(File.pathSeparator));
    environment.put("CLASSPATH", temporary + File.pathSeparator + classPath);
    environment.put("LC_ALL", "C.UTF-8");
    environment.merge(
        "PATH",
        System.getProperty("java.home") + "/bin",
        (path, java) -> java + File.pathSeparator + path);
    return shell.start();
  }

  private String shell(String line) throws Exception {
    Process process = start(line);
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(line + "\n" + output).isZero();
    return output;
  }

  @Test
  void doubtfulLabelsAreMovedKeptOrDeletedAndTheNextTrainingShowsTheDifference()
      throws IOException {
    try (Studio studio = open()) {
      StudioClient client = new StudioClient(studio.address());
      teach(client, 25);
      for (String name : List.of("a.png", "b.png", "c.png")) {
        byte[] blue = TestImages.png(name.hashCode(), BLUE);
        assertThat(client.add("red", name, blue).statusCode()).isEqualTo(201);
      }
      client.post("/api/train", "");
      JsonNode result = client.trained().path("result");
      assertThat(result.path("images").asInt()).isEqualTo(53);
      assertThat(sum(result.path("confusion"))).isEqualTo(53);
      assertThat(paths(client, "mistakes")).containsAll(DOUBTFUL);
      assertThat(paths(client, "suspects")).isNotEmpty().isSubsetOf(DOUBTFUL);
      assertThat(result.at("/suspects/0/predicted").asText()).isEqualTo("青");

      client.post("/api/images/move", "{\"path\": \"red/a.png\", \"class\": \"青\"}");
      client.post("/api/images/delete", "{\"path\": \"red/b.png\"}");
      client.post("/api/images/keep", "{\"path\": \"red/c.png\"}");
      assertThat(paths(client, "mistakes")).doesNotContainAnyElementsOf(DOUBTFUL);
      client.post("/api/undo", "");
      assertThat(paths(client, "mistakes"))
          .contains("red/c.png")
          .doesNotContain("red/a.png", "red/b.png");
      client.post("/api/redo", "");
    }
    try (Studio studio = open()) {
      StudioClient client = new StudioClient(studio.address());
      while (!client.state().has("result")) {
        Chromium.pause(50);
      }
      assertThat(paths(client, "mistakes")).doesNotContainAnyElementsOf(DOUBTFUL);
      double before = client.state().at("/result/accuracy").asDouble();
      client.post("/api/train", "");
      JsonNode state = client.trained();
      assertThat(paths(client, "mistakes")).doesNotContain("red/c.png"); // kept
      assertThat(paths(client, "suspects")).doesNotContain("red/c.png");
      assertThat(state.path("trainings").size()).isEqualTo(2);
      assertThat(state.at("/trainings/0/accuracy").asDouble()).isEqualTo(before);
      assertThat(state.at("/trainings/1/accuracy").asDouble()).isGreaterThan(before);
      assertThat(state.at("/trainings/1/images").asInt()).isEqualTo(52);
    }
  }

  private static int sum(JsonNode matrix) {
    int sum = 0;
    for (JsonNode row : matrix) {
      for (JsonNode count : row) {
        sum += count.asInt();
      }
    }
    return sum;
  }

  private static List<String> paths(StudioClient client, String list) throws IOException {
    return client.state().path("result").path(list).findValuesAsText("path");
  }

  @Test
  void labelsOfManyImagesAreCheckedAfterTheTraining() throws IOException {
    Path cats = Files.createDirectories(temporary.resolve("taught/cat"));
    Path ships = Files.createDirectories(temporary.resolve("taught/ship"));
    List<byte[]> cat = TestImages.sample("cat", 255);
    List<byte[]> ship = TestImages.sample("ship", 256);
    for (int i = 0; i < 255; i++) {
      Files.write(cats.resolve(i + ".png"), cat.get(i));
      Files.write(ships.resolve(i + ".png"), ship.get(i));
    }
    Files.write(cats.resolve("wrong.png"), ship.get(255));
    try (Studio studio = open()) {
      StudioClient client = new StudioClient(studio.address());
      client.post("/api/train", "");
      JsonNode result = client.trained().path("result");
      assertThat(result.path("folds").asInt()).isZero();
      assertThat(result.path("images").asInt()).isBetween(100, 104);
      while (!client.state().path("result").has("suspects")) {
        Chromium.pause(100);
      }
      assertThat(paths(client, "suspects")).contains("cat/wrong.png").hasSizeLessThan(50);
    }
  }

  @Test
  void onlyItsOwnPageChangesAnything() throws IOException {
    try (Studio studio = open()) {
      StudioClient client = new StudioClient(studio.address());
      String x = "{\"name\": \"x\"}";
      assertThat(client.post("/api/classes", x, "X-Graft-Token", "0").statusCode()).isEqualTo(403);
      assertThat(client.post("/api/classes", x, "Origin", "http://example.com").statusCode())
          .isEqualTo(403);
      assertThat(client.post("/api/predict", "x", "Origin", "http://example.com").statusCode())
          .isEqualTo(403);
      assertThat(client.raw("GET /api/state HTTP/1.1\r\nHost: example.com"))
          .startsWith("HTTP/1.1 403 ");
      assertThat(client.post("/api/classes", "[").statusCode()).isEqualTo(400);
      byte[] noCharacter = {0, 0, 0, '{', 127, 0, 0, 0}; // in UTF-32
      assertThat(client.post("/api/classes", noCharacter).statusCode()).isEqualTo(400);
      assertThat(client.post("/api/classes", "{}").statusCode()).isEqualTo(400);
      assertThat(client.get("/api/classes").statusCode()).isEqualTo(405);
      assertThat(client.state().path("classes").size()).isZero();
      String origin = studio.address().replaceFirst("/$", "");
      assertThat(client.post("/api/classes", x, "Origin", origin).statusCode()).isEqualTo(201);
      assertThat(client.get("/").headers().firstValue("Content-Security-Policy"))
          .hasValueSatisfying(policy -> assertThat(policy).contains("default-src 'none'"));
    }
  }

  @Test
  void unreadableAndSimilarImagesAreShownWhereTheyLie() throws IOException {
    try (Studio studio = open()) {
      StudioClient client = new StudioClient(studio.address());
      teach(client, 6);
      byte[] whole = TestImages.png(0, RED);
      assertThat(client.add("青", "same.png", whole).statusCode()).isEqualTo(201);
      byte[] cut = Arrays.copyOf(TestImages.png(99, RED), whole.length / 2);
      assertThat(client.add("red", "cut.png", cut).statusCode()).isEqualTo(201);
      while (client.state().path("conflicts").asInt() == 0) {
        Chromium.pause(200);
      }
      assertThat(client.state().path("unreadable").asInt()).isEqualTo(1);
      JsonNode bad = StudioClient.json(client.get("/api/images?show=unreadable"));
      assertThat(bad.at("/images/0/path").asText()).isEqualTo("red/cut.png");
      assertThat(bad.at("/images/0/problem").asText()).contains("damaged");
      JsonNode alike = StudioClient.json(client.get("/api/images?show=conflicts"));
      assertThat(alike.path("total").asInt()).isGreaterThanOrEqualTo(2);
      assertThat(alike.at("/images").findValuesAsText("path")).contains("青/same.png");
      String thumbnail = "/api/images/thumbnail?path=" + StudioClient.encoded("青/same.png");
      assertThat(client.get(thumbnail).headers().firstValue("Content-Type")).hasValue("image/jpeg");
      assertThat(client.get("/api/images/thumbnail?path=red/cut.png").statusCode()).isEqualTo(422);
      assertThat(client.get("/api/images/file?path=" + StudioClient.encoded("青/same.png")).body())
          .isEqualTo(whole);
    }
  }

  @Test
  void theFolderIsAnOrdinaryDataSet() throws IOException {
    try (Studio studio = open()) {
      StudioClient client = new StudioClient(studio.address());
      teach(client, 3);
    }
    try (Stream<Path> entries = Files.list(temporary.resolve("taught"))) {
      assertThat(entries.map(each -> each.getFileName().toString()))
          .containsExactlyInAnyOrder("red", "青", ImageStore.OWN);
    }
    assertThat(LabeledImages.at(temporary.resolve("taught")).size()).isEqualTo(6);
  }
}
