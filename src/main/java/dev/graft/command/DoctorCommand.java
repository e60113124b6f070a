package dev.graft.command;

import ai.djl.engine.Engine;
import ai.djl.util.Utils;
import dev.graft.GraftException;
import dev.graft.data.Cifar10Images;
import dev.graft.engine.Engines;
import dev.graft.engine.OnnxLibraries;
import dev.graft.engine.OnnxSession;
import dev.graft.feature.CachedFeatures;
import dev.graft.output.OutputFolder;
import dev.graft.output.OutputFolder.LeftoverKind;
import dev.graft.recipe.RecipeReader;
import dev.graft.util.Names;
import dev.graft.zoo.BackboneInfo;
import dev.graft.zoo.Published;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** {@code doctor}: shows what is installed, what is missing, and how to get it. */
@Command(
    name = "doctor",
    description =
        "Show what is installed and what is missing: engine, device, caches, weights, data.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  doctor                       what is installed, and how to get what is missing",
      "  doctor --output elsewhere    the same for another output folder",
      "  doctor --clean               remove what killed or stopped runs left",
      "  doctor --clean-features 30d  remove features that no run used for 30 days"
    })
final class DoctorCommand implements Callable<Integer> {
  /** Maven's profiles that bring an engine. */
  static final List<String> ENGINE_PROFILES =
      List.of("pytorch", "pytorch-cuda", "pytorch-cu118", "mxnet");

  private final Console console;

  @Mixin private OutputOption output;

  @Option(
      names = "--clean",
      description =
          "Remove unfinished files of killed processes, and checkpoints of runs that did not finish"
              + " (if resumed, they start again); mark runs of killed processes as interrupted.")
  private boolean clean;

  @Option(
      names = "--clean-features",
      paramLabel = "OLDER",
      converter = Age.class,
      description =
          "Remove cached features that no run has used for this long, such as 30d or 12h; 0d: all."
              + " Features in use stay.")
  private Optional<Duration> cleanFeatures = Optional.empty();

  /** Days or hours. */
  private static final class Age implements ITypeConverter<Duration> {
    private static final Pattern TEXT = Pattern.compile("([0-9]{1,5})([dh])");

    @Override
    public Duration convert(String text) {
      Matcher matcher = TEXT.matcher(text);
      if (!matcher.matches()) {
        throw new TypeConversionException(
            "must be a number of days or hours, such as 30d or 12h, not " + text);
      }
      int count = Integer.parseInt(matcher.group(1));
      return matcher.group(2).equals("d") ? Duration.ofDays(count) : Duration.ofHours(count);
    }
  }

  DoctorCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    boolean engine = engine();
    line("inference", inference());
    line(
        "java",
        System.getProperty("java.version")
            + ", heap of at most "
            + Names.bytes(Runtime.getRuntime().maxMemory()));
    line("fonts", fonts());
    for (BackboneInfo entry : BackboneInfo.ALL) {
      line(
          "weights",
          entry.id()
              + ": "
              + entry
                  .pretrained()
                  .bundled()
                  .map(file -> "bundled")
                  .or(() -> entry.pretrained().keras().map(file -> "not bundled; --weights keras"))
                  .orElse("none; trained from scratch"));
    }
    line("data", data());
    line("DJL's cache", size(Utils.getCacheDir()));
    line("downloads", size(Published.cache()));
    features();
    line("runs", runs());
    leftovers();
    return engine ? 0 : 1;
  }

  private static String inference() {
    Optional<String> missing = OnnxSession.whyMissing();
    if (missing.isPresent()) {
      return OnnxSession.NAME
          + " is missing or broken: "
          + missing.get()
          + ". The engine computes everything, more slowly.";
    }
    return OnnxSession.NAME
        + " "
        + OnnxSession.version()
        + ", for everything but training"
        + OnnxLibraries.failure()
            .map(why -> "; unpacked at every start, since the cache can't be written: " + why)
            .orElse("");
  }

  private void features() throws IOException {
    line("features", size(output.folder().features()));
    long freed = 0;
    for (CachedFeatures each : CachedFeatures.all(output.folder().features())) {
      Duration unused = Duration.between(each.lastUsed(), Instant.now());
      boolean isOld = cleanFeatures.filter(limit -> unused.compareTo(limit) >= 0).isPresent();
      boolean removed = isOld && each.remove();
      freed += removed ? each.bytes() : 0;
      line(
          "",
          each.folder().getFileName()
              + ": "
              + Names.bytes(each.bytes())
              + each.keyField("input-size").map(side -> ", input " + side).orElse("")
              + each.view().map(view -> ", " + view).orElse("")
              + (", last used " + age(unused) + " ago")
              + (removed
                  ? "; removed"
                  : each.inUse() || isOld ? "; in use" + (isOld ? ", not removed" : "") : ""));
    }
    if (cleanFeatures.isPresent()) {
      line("", Names.bytes(freed) + " freed");
    }
  }

  private boolean engine() {
    if (!Engines.canTrain() && OnnxSession.isAvailable()) {
      line(
          "engine",
          "none that trains; predicting works (Maven's profiles pytorch and mxnet bring one)");
      return true;
    }
    try {
      Engine engine = Engines.engine();
      line(
          "engine",
          engine.getEngineName() + " " + engine.getVersion() + ", DJL " + Engine.getDjlVersion());
      int gpus = engine.getGpuCount();
      line(
          "device",
          gpus == 0
              ? "CPU; the engine finds no GPU"
              : Names.count(gpus, "GPU") + ", gpu0 will be used");
      return true;
    } catch (GraftException e) {
      line(
          "engine",
          "MISSING or broken: "
              + e.getMessage()
              + " (Maven's profiles bring one: "
              + String.join(", ", ENGINE_PROFILES)
              + "; the first is the default.)");
      return false;
    }
  }

  /** Draws a letter, which is the only way to find out whether Java finds fonts. */
  private static String fonts() {
    BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    try {
      graphics.drawString("M", 8, 24);
    } catch (LinkageError
        | InternalError
        | RuntimeException e) { // AWT reports missing fonts in any of these ways
      return "MISSING: runs will have no charts; install fontconfig and a font, such as DejaVu";
    } finally {
      graphics.dispose();
    }
    boolean drawn =
        IntStream.range(0, 32 * 32).anyMatch(i -> (image.getRGB(i % 32, i / 32) & 0xffffff) != 0);
    return drawn ? "found, for charts" : "found, but letters are blank: charts will lack text";
  }

  private static String data() {
    List<Path> folders = RecipeReader.defaults().data().folders().stream().map(Path::of).toList();
    Optional<Path> found = Cifar10Images.locate(folders);
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
      return "none yet; infer uses ImageNet's classes until there is one";
    }
    return runs + " in " + output.folder().runs() + latest();
  }

  private String latest() throws IOException {
    try {
      return output
          .latest("")
          .map(latest -> ", latest completed: " + latest.getFileName())
          .orElse(", none completed");
    } catch (GraftException e) {
      return ". " + Remedies.message(e);
    }
  }

  private void leftovers() throws IOException {
    List<OutputFolder.Leftover> leftovers = output.folder().leftovers();
    for (OutputFolder.Leftover each : leftovers) {
      String state =
          switch (each.kind()) {
            case RUN -> each.path() + ": its process was killed";
            case CHECKPOINTS -> size(each.path()) + ", from which its run can be resumed";
            case UNFINISHED -> each.path() + ": never finished";
          };
      String outcome = each.kind() == LeftoverKind.RUN ? "; marked as interrupted" : "; removed";
      if (clean) {
        output.folder().clean(each);
      }
      line("leftover", state + ", " + age(each.age()) + " old" + (clean ? outcome : ""));
    }
    if (!leftovers.isEmpty() && !clean) {
      line("", "doctor --clean removes unfinished files and checkpoints (resumed, such runs start");
      line("", "again), and marks runs of killed processes as interrupted");
    }
  }

  private static String age(Duration age) {
    return age.toDays() > 0
        ? Names.count(age.toDays(), "day")
        : age.toHours() > 0
            ? Names.count(age.toHours(), "hour")
            : Names.count(age.toMinutes(), "minute");
  }

  private static String size(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return folder + ": empty";
    }
    try (Stream<Path> files = Files.walk(folder)) {
      long bytes =
          files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
      return folder + ": " + Names.bytes(bytes);
    }
  }

  private void line(String what, String state) {
    console.answer(String.format(Locale.ROOT, "%-12s %s", what, state));
  }
}
