package dev.graft.studio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.graft.JavaProcess;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A studio on a full disk of 2 MB, which only its process sees. Skipped if the system does not
 * support such namespaces.
 */
class StudioDiskTest {
  private static final String MOUNTED = "mount -t tmpfs -o size=2m tmpfs \"$0\" && ";

  /** Starts the second studio when the first one was killed, on the same disk. */
  private static final String STUDIOS = MOUNTED + "for i in 1 2; do \"$@\"; done";

  private static final int SIDE = 256;

  @TempDir private Path temporary;
  private Path disk;
  private Process process;
  private BufferedReader said;

  private static ProcessBuilder withDisk(Path disk, String script, List<String> command) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "unshare",
                "--user",
                "--map-root-user",
                "--mount",
                "sh",
                "-c",
                script,
                disk.toString()));
    all.addAll(command);
    return new ProcessBuilder(all).redirectErrorStream(true);
  }

  @BeforeEach
  void start() throws IOException, InterruptedException {
    disk = Files.createDirectory(temporary.resolve("disk"));
    assumeTrue(canMount(), "This system does not let tests mount a disk.");
    String classPath =
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .map(each -> Path.of(each).toAbsolutePath().toString())
            .collect(Collectors.joining(File.pathSeparator));
    process =
        withDisk(
                disk,
                STUDIOS,
                JavaProcess.command(
                    "-Xmx128m",
                    "-cp",
                    classPath,
                    "dev.graft.Main",
                    "studio",
                    disk.toString(),
                    "--port",
                    "0",
                    "--no-browser",
                    "--output",
                    temporary.resolve("output").toString()))
            .start();
    said = process.inputReader(StandardCharsets.UTF_8);
  }

  private boolean canMount() throws InterruptedException {
    try {
      return withDisk(disk, MOUNTED + "true", List.of()).start().waitFor() == 0;
    } catch (IOException e) {
      return false; // not Linux
    }
  }

  @AfterEach
  void end() {
    if (process != null) {
      List<ProcessHandle> studios = process.descendants().toList(); // while it has any
      process.destroyForcibly();
      studios.forEach(ProcessHandle::destroyForcibly);
    }
  }

  /** Returns the address of the studio that is starting. */
  private String address() throws IOException {
    for (String line = said.readLine(); line != null; line = said.readLine()) {
      Matcher address = Pattern.compile("Studio: (http://\\S+)").matcher(line);
      if (address.find()) {
        return address.group(1);
      }
    }
    throw new AssertionError("The studio does not start.");
  }

  private void kill() {
    process
        .descendants()
        .filter(each -> each.info().command().orElse("").endsWith("java"))
        .forEach(ProcessHandle::destroyForcibly);
  }

  private static List<String> paths(StudioClient client) throws IOException {
    return StudioClient.json(client.get("/api/images?class=cat")).findValuesAsText("path");
  }

  @Test
  void imagesStoredBeforeTheDiskWasFullAreSafe() throws IOException {
    StudioClient client = new StudioClient(address());
    client.post("/api/classes", "{\"name\": \"cat\"}");
    client.post("/api/classes", "{\"name\": \"dog\"}");
    List<String> stored = new ArrayList<>();
    int status = 201;
    for (int i = 0; i < 100 && status == 201; i++) {
      var answer = client.add("cat", i + ".png", TestImages.noise(i, SIDE));
      status = answer.statusCode();
      if (status == 201) {
        stored.add(StudioClient.json(answer).path("path").asText());
      } else {
        assertThat(StudioClient.json(answer).at("/details/reason").asText()).isEqualTo("DISK_FULL");
      }
    }
    assertThat(status).isEqualTo(507);
    assertThat(stored).hasSizeGreaterThan(3);
    assertThat(paths(client)).containsExactlyInAnyOrderElementsOf(stored);

    kill();
    client = new StudioClient(address());
    assertThat(paths(client)).containsExactlyInAnyOrderElementsOf(stored);
    for (String each : stored) { // complete files
      assertThat(client.get("/api/images/file?path=" + each).body().length).isGreaterThan(100_000);
    }

    String first = "{\"path\": \"" + stored.get(0) + "\"";
    assertThat(client.post("/api/images/move", first + ", \"class\": \"dog\"}").statusCode())
        .isEqualTo(200);
    assertThat(client.post("/api/undo", "").statusCode()).isEqualTo(200);
    assertThat(client.post("/api/images/delete", first + "}").statusCode()).isEqualTo(200);
    JsonNode state = StudioClient.json(client.post("/api/bin/empty", ""));
    assertThat(state.path("binned").asInt()).isZero();
    assertThat(client.add("cat", "again.png", TestImages.noise(0, SIDE)).statusCode())
        .isEqualTo(201); // there is room again
  }

  @Test
  void thePageSaysThatTheDiskIsFullAndGoesOn() throws IOException {
    Optional<Path> binary = Chromium.find();
    assumeTrue(binary.isPresent(), "There is no Chromium: apt-get install chromium");
    String address = address();
    StudioClient client = new StudioClient(address);
    client.post("/api/classes", "{\"name\": \"cat\"}");
    List<Path> files = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      Path file = temporary.resolve(i + ".png");
      files.add(Files.write(file, TestImages.noise(i, SIDE)));
    }
    try (Chromium chromium = new Chromium(binary.get())) {
      chromium.open(address);
      chromium.await("document.querySelector('[data-class=cat]')");
      chromium.choose("#files", files);
      chromium.await("document.getElementById('status').textContent.includes('disk is full')");
      chromium.await("document.getElementById('status').textContent.startsWith('Stored: ')");
      int stored = paths(client).size();
      assertThat(stored).isBetween(4, 19);
      String status = chromium.evaluate("document.getElementById('status').textContent").asText();
      assertThat(status).startsWith("Stored: " + stored + ". Not stored: " + (20 - stored) + ".");
      chromium.await(
          "document.querySelector('[data-class=cat] .count').textContent === '" + stored + "'");
      chromium.await("document.querySelectorAll('.cell img').length === " + stored);
      chromium.click("#undo"); // the whole drop
      chromium.await("document.querySelector('[data-class=cat] .count').textContent === '0'");
    }
  }
}
