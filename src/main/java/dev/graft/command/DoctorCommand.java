package dev.graft.command;

import ai.djl.engine.Engine;
import ai.djl.util.Utils;
import dev.graft.Console;
import dev.graft.GraftException;
import dev.graft.data.Cifar10;
import dev.graft.engine.OnnxSession;
import dev.graft.inference.Natives;
import dev.graft.recipe.RecipeReader;
import dev.graft.run.OutputFolder;
import dev.graft.zoo.BackboneEntry;
import dev.graft.zoo.Published;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code doctor}: what is here, what is missing, what to do. */
@Command(
    name = "doctor",
    description = "Say what is here and what is missing: engine, device, caches, weights, data.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  doctor                     what is here, and what to do about what is not",
      "  doctor --output elsewhere  likewise, for runs kept in another folder",
      "  doctor --clean             remove what killed processes left unfinished"
    })
final class DoctorCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private OutputOption output;

  @Option(
      names = "--clean",
      description = "Remove what killed processes left unfinished; call their runs interrupted.")
  private boolean clean;

  DoctorCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    boolean engine = engine();
    line(
        "inference",
        OnnxSession.isThere()
            ? OnnxSession.NAME + " " + OnnxSession.version() + ", for all that is not trained"
            : OnnxSession.NAME
                + " is not there, or does not load here: all is computed by the engine, slower");
    line(
        "java",
        System.getProperty("java.version")
            + ", heap of at most "
            + mb(Runtime.getRuntime().maxMemory()));
    line("fonts", fonts());
    for (BackboneEntry entry : BackboneEntry.ALL) {
      line(
          "weights",
          entry.id()
              + ": "
              + entry
                  .resource()
                  .map(file -> "bundled")
                  .or(() -> entry.published().map(file -> "not bundled; --weights keras"))
                  .orElse("none, it is trained from scratch"));
    }
    line("data", data());
    line("DJL's cache", size(Utils.getCacheDir()));
    line("downloads", size(Published.cache()));
    line("features", size(output.folder().features()));
    line("runs", runs());
    leftovers();
    return engine ? 0 : 1;
  }

  private boolean engine() {
    if (!Natives.canTrain() && OnnxSession.isThere()) {
      line(
          "engine",
          "none that trains: what predicts works (Maven's profiles pytorch and mxnet bring one)");
      return true;
    }
    try {
      Engine engine = Natives.engine();
      line(
          "engine",
          engine.getEngineName() + " " + engine.getVersion() + ", DJL " + Engine.getDjlVersion());
      int gpus = engine.getGpuCount();
      line("device", gpus == 0 ? "CPU; the engine finds no GPU" : gpus + " GPU(s), gpu0 is taken");
      return true;
    } catch (GraftException e) {
      line(
          "engine",
          "MISSING or broken: "
              + e.getMessage()
              + " (Maven's profiles bring one: pytorch, the default, mxnet, pytorch-cu118.)");
      return false;
    }
  }

  /** Draws a letter, since only that shows whether Java finds fonts here. */
  private static String fonts() {
    BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    try {
      graphics.drawString("M", 8, 24);
    } catch (LinkageError | InternalError | RuntimeException e) { // AWT reports it in all ways
      return "MISSING: runs will have no charts; install fontconfig and a font, such as DejaVu";
    } finally {
      graphics.dispose();
    }
    boolean drawn =
        IntStream.range(0, 32 * 32).anyMatch(i -> (image.getRGB(i % 32, i / 32) & 0xffffff) != 0);
    return drawn ? "found, for charts" : "found, but letters are blank: charts will lack text";
  }

  private static String data() {
    List<Path> folders = RecipeReader.defaults().dataDir().stream().map(Path::of).toList();
    Optional<Path> found = Cifar10.locate(folders);
    return found
        .map(folder -> "CIFAR-10 in " + folder)
        .orElse(
            "no cifar-10-batches-bin in "
                + folders
                + ": fine-tune downloads CIFAR-10, or takes the bundled sample");
  }

  private String runs() throws IOException {
    int runs = output.folder().count();
    if (runs == 0) {
      return "none yet; infer asks ImageNet's classes until there is one";
    }
    return runs
        + " in "
        + output.folder().runs()
        + output
            .folder()
            .latest()
            .map(latest -> ", latest completed: " + latest.getFileName())
            .orElse(", none completed");
  }

  private void leftovers() throws IOException {
    List<OutputFolder.Leftover> leftovers = output.folder().leftovers();
    for (OutputFolder.Leftover each : leftovers) {
      if (clean) {
        output.folder().clean(each);
      }
      line(
          "leftover",
          each.path()
              + (each.isRun() ? ": its process was killed" : ": never finished")
              + ", "
              + age(each.age())
              + (clean ? each.isRun() ? "; called interrupted now" : "; removed" : ""));
    }
    if (!leftovers.isEmpty() && !clean) {
      line("", "doctor --clean removes what was never finished, and calls such runs interrupted");
    }
  }

  private static String age(Duration age) {
    return age.toDays() > 0
        ? age.toDays() + " days old"
        : age.toHours() > 0 ? age.toHours() + " hours old" : age.toMinutes() + " minutes old";
  }

  private static String size(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return folder + ": empty";
    }
    try (Stream<Path> files = Files.walk(folder)) {
      long bytes =
          files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
      return folder + ": " + mb(bytes);
    }
  }

  private static String mb(long bytes) {
    return String.format(Locale.ROOT, "%,d MB", bytes >> 20);
  }

  private void line(String what, String state) {
    console.answer(String.format(Locale.ROOT, "%-12s %s", what, state));
  }
}
