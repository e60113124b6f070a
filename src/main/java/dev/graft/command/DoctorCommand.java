package dev.graft.command;

import ai.djl.engine.Engine;
import ai.djl.util.Utils;
import dev.graft.Console;
import dev.graft.GraftException;
import dev.graft.data.Cifar10;
import dev.graft.inference.Natives;
import dev.graft.recipe.RecipeReader;
import dev.graft.zoo.BackboneEntry;
import dev.graft.zoo.Download;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code doctor}: what is here, what is missing, what to do. */
@Command(
    name = "doctor",
    description = "Say what is here and what is missing: engine, device, caches, weights, data.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  doctor                     what is here, and what to do about what is not",
      "  doctor --output elsewhere  likewise, for runs kept in another folder"
    })
final class DoctorCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private OutputOption output;

  DoctorCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    boolean engine = engine();
    line(
        "java",
        System.getProperty("java.version")
            + ", heap of at most "
            + mb(Runtime.getRuntime().maxMemory()));
    for (BackboneEntry entry : BackboneEntry.ALL) {
      line(
          "weights",
          entry.id()
              + ": "
              + entry.resource().map(file -> "bundled").orElse("none, it is trained from scratch"));
    }
    line("data", data());
    line("DJL's cache", size(Utils.getCacheDir()));
    line("downloads", size(Download.toCache().folder()));
    line("features", size(output.folder().resolve("features")));
    line("runs", runs());
    return engine ? 0 : 1;
  }

  private boolean engine() {
    try {
      Engine engine = Natives.engine();
      line(
          "engine",
          engine.getEngineName()
              + " "
              + engine.getVersion()
              + ", DJL "
              + Engine.getDjlVersion()
              + (engine.getEngineName().equals("OnnxRuntime") ? " (can't train)" : ""));
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
    Path runs = output.folder().resolve("runs");
    if (!Files.isDirectory(runs)) {
      return "none yet; infer asks ImageNet's classes until there is one";
    }
    try (Stream<Path> list = Files.list(runs)) {
      Path latest = output.folder().resolve("latest");
      return list.count()
          + " in "
          + runs
          + (Files.isRegularFile(latest)
              ? ", latest completed: " + Files.readString(latest).strip()
              : ", none completed");
    }
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
