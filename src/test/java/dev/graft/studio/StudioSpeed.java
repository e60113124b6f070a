package dev.graft.studio;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.errorprone.annotations.FormatMethod;
import dev.graft.io.AtomicFiles;
import dev.graft.output.OutputFolder;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Measures studio. The argument is {@code train} (seconds from the 200th image to a trained model),
 * {@code live} (images/s of the page's live camera, in Chromium) or {@code memory} (with 20,000
 * images); the next one, the number of runs.
 */
public final class StudioSpeed {
  private static final List<String> CLASSES = List.of("cat", "ship", "automobile", "horse");

  private static final int IMAGES_PER_CLASS = 50;

  private StudioSpeed() {}

  private interface Measurement {
    double measure(Studio studio, Path folder) throws IOException;
  }

  /** Prints one line per figure. */
  public static void main(String[] arguments) throws IOException {
    int runs = arguments.length < 2 ? 1 : Integer.parseInt(arguments[1]);
    switch (arguments[0]) {
      case "train" -> {
        repeat(runs, "s from the 200th image", (studio, folder) -> train(studio, false));
        repeat(runs, "s with the features ready", (studio, folder) -> train(studio, true));
      }
      case "live" -> repeat(runs, "images/s live", (studio, folder) -> live(studio));
      case "memory" -> repeat(runs, "MB of heap at most", StudioSpeed::memory);
      default -> throw new IllegalArgumentException(arguments[0]);
    }
  }

  private static void repeat(int runs, String unit, Measurement measurement) throws IOException {
    double[] values = new double[runs];
    for (int i = 0; i < runs; i++) {
      Path temporary = Files.createTempDirectory("graft-studio-speed");
      Path folder = temporary.resolve("taught");
      try (Studio studio = new Studio(folder, new OutputFolder(temporary.resolve("output")), 0)) {
        values[i] = measurement.measure(studio, folder);
      }
      AtomicFiles.delete(temporary);
    }
    Arrays.sort(values);
    print("%.1f ← %.1f → %.1f %s", values[0], values[runs / 2], values[runs - 1], unit);
  }

  @FormatMethod
  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }

  private static StudioClient taught(Studio studio) throws IOException {
    StudioClient client = new StudioClient(studio.address());
    for (String label : CLASSES) {
      client.post("/api/classes", "{\"name\": \"" + label + "\"}");
      int i = 0;
      for (byte[] image : TestImages.sample(label, IMAGES_PER_CLASS)) {
        client.add(label, i++ + ".png", image);
      }
    }
    return client;
  }

  /** Returns the seconds of a training. */
  private static double train(Studio studio, boolean prepared) throws IOException {
    StudioClient client = taught(studio);
    if (prepared) {
      awaitPreparation(client);
    }
    long start = System.nanoTime();
    client.post("/api/train", "");
    JsonNode state = client.trained();
    double seconds = (System.nanoTime() - start) / 1e9;
    print(
        "accuracy %.3f of %d images, run %.1f s",
        state.at("/result/accuracy").asDouble(),
        state.at("/result/images").asInt(),
        state.at("/result/seconds").asDouble());
    return seconds;
  }

  /** Waits until the features are computed and nothing else is running. */
  private static void awaitPreparation(StudioClient client) throws IOException {
    while (client.state().at("/preparation/task").asText().isEmpty()) {
      Chromium.pause(100);
    }
    while (!client.state().at("/preparation/task").asText().isEmpty()) {
      Chromium.pause(100);
    }
  }

  /** Returns the rate that the page shows after ten seconds. */
  private static double live(Studio studio) throws IOException {
    StudioClient client = taught(studio);
    client.post("/api/train", "");
    client.trained();
    try (Chromium chromium = new Chromium(Chromium.find().orElseThrow())) {
      chromium.resize(1280, 900);
      chromium.open(studio.address());
      chromium.await("!document.getElementById('result').hidden");
      chromium.click("#live");
      Chromium.pause(10_000);
      return Double.parseDouble(
          chromium
              .evaluate("document.getElementById('speed').textContent")
              .asText()
              .split(" ", -1)[0]);
    }
  }

  /** Returns the maximum heap in use from the first listing to the end of a training. */
  private static double memory(Studio studio, Path folder) throws IOException {
    StudioClient client = new StudioClient(studio.address());
    for (int label = 0; label < 20; label++) {
      Path home = Files.createDirectories(folder.resolve("class " + label));
      for (int i = 0; i < 1000; i++) {
        Files.write(home.resolve(i + ".png"), TestImages.png(1000L * label + i, 0x0d0d0d * label));
      }
    }
    try (Chromium chromium = new Chromium(Chromium.find().orElseThrow())) {
      chromium.resize(1280, 900);
      chromium.open(studio.address());
      chromium.await("document.getElementById('note').textContent.includes('20000')");
      for (int i = 1; i <= 20; i++) {
        chromium.evaluate("gallery.scrollTop = canvas.clientHeight * " + i / 20.0);
        chromium.await("[...document.querySelectorAll('.cell img')].some(i => i.naturalWidth)");
      }
      print("the page: %.1f MB of heap in use, %s", used(), resident());
      client.post("/api/train", "");
      client.trained();
      JsonNode state = client.state();
      print("trained: %s, %s", state.path("training").toString(), resident());
    }
    double peak = 0;
    for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
      peak += pool.getType() == MemoryType.HEAP ? pool.getPeakUsage().getUsed() : 0;
    }
    return peak / (1 << 20);
  }

  private static double used() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / (double) (1 << 20);
  }

  /** Returns the memory of the process as reported by Linux. */
  private static String resident() throws IOException {
    List<String> lines = new ArrayList<>();
    Path status = Path.of("/proc/self/status");
    if (Files.exists(status)) {
      Files.readAllLines(status).stream()
          .filter(line -> line.startsWith("VmHWM") || line.startsWith("VmRSS"))
          .forEach(line -> lines.add(line.replaceAll("\\s+", " ")));
    }
    return String.join(", ", lines);
  }
}
