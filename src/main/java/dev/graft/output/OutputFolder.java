package dev.graft.output;

import dev.graft.GraftException;
import dev.graft.GraftException.Code;
import dev.graft.data.Cifar10Images;
import dev.graft.data.OwnOutput;
import dev.graft.feature.CachedFeatures;
import dev.graft.files.FolderWalk;
import dev.graft.files.FolderWalk.Entry;
import dev.graft.io.AtomicFiles;
import dev.graft.recipe.Recipe;
import dev.graft.tuning.DataSets;
import dev.graft.tuning.PreparedRun;
import dev.graft.tuning.RecipeResolver;
import dev.graft.tuning.RunEvents;
import dev.graft.util.Messages;
import dev.graft.util.Text;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The folder that Graft writes to:
 *
 * <pre>
 * runs/&lt;time&gt;-&lt;backbone&gt;-&lt;data&gt;/   one per run, see {@link RunFolder}
 * latest                           names the newest completed run
 * features/                        cached features, and a list of unreadable images
 * fingerprints/                    hashes that near-duplicates are found by
 * evaluations/&lt;time&gt;-&lt;data&gt;/       a saved model evaluated on other images
 * inspections/&lt;time&gt;-&lt;data&gt;/       which images of a data set are duplicates or unreadable
 * sweeps/&lt;time&gt;-&lt;data&gt;/        trainings with a grid of settings, and learning-rate range tests
 * exports/&lt;run&gt;.onnx              a saved model in ONNX
 * </pre>
 *
 * @param path need not exist
 */
public record OutputFolder(Path path) {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT);

  /** A single folder name, not a path. */
  private static final Pattern NAME = Pattern.compile("(?!\\.{1,2}$)[^/\\\\\\x00-\\x1f]+");

  /** Maximum size of {@code latest} in bytes, above any file system's limit for a name. */
  private static final long MAX_NAME = 4096;

  public Path runs() {
    return path.resolve("runs");
  }

  public Path features() {
    return path.resolve("features");
  }

  public Path fingerprints() {
    return path.resolve("fingerprints");
  }

  public Path evaluations() {
    return path.resolve("evaluations");
  }

  public Path inspections() {
    return path.resolve("inspections");
  }

  public Path sweeps() {
    return path.resolve("sweeps");
  }

  public Path exports() {
    return path.resolve("exports");
  }

  /**
   * Checks that output does not hide images from later runs, which skip an output folder.
   *
   * @param source the data
   * @throws GraftException if this folder has images of the data, or is in a folder that has some
   */
  public void requireOutsideOfClasses(String source) throws IOException {
    if (Cifar10Images.isNamed(source)
        || !Files.isDirectory(Path.of(source))
        || Files.exists(path.resolve(OwnOutput.MARKER))) {
      return;
    }
    Path there = path.toAbsolutePath().normalize();
    while (!Files.isDirectory(there)) {
      there = there.getParent();
    }
    // By their names as well, because a class folder may be a link.
    requireOutside(Path.of(source).toAbsolutePath().normalize(), there);
    requireOutside(Path.of(source).toRealPath(), there.toRealPath());
  }

  private void requireOutside(Path data, Path there) throws IOException {
    for (Path each = there; each.startsWith(data) && !each.equals(data); each = each.getParent()) {
      boolean isOutput = each.equals(path.toAbsolutePath().normalize());
      if (isOutput ? hasImages(each) : hasImagesItself(each)) {
        throw GraftException.of(
            "The output folder %s is in %s, which has images of the data, and output is never read"
                + " as data: choose an output folder outside of the class folders.",
            path, each);
      }
    }
  }

  private static boolean hasImagesItself(Path folder) throws IOException {
    return FolderWalk.entries(Entry.folder(folder)).stream().anyMatch(Entry::isImage);
  }

  /** Returns whether there are images in a folder or its subfolders, Graft's own excepted. */
  private static boolean hasImages(Path folder) throws IOException {
    boolean[] found = {false};
    FolderWalk.through(
        Entry.folder(folder),
        new FolderWalk.Visitor() {
          @Override
          public boolean enters(Entry each) {
            boolean own =
                each.path().getParent().equals(folder) && OwnOutput.FOLDERS.contains(each.name());
            return !found[0] && !own;
          }

          @Override
          public void file(Entry each) {
            found[0] |= each.isImage();
          }

          @Override
          public void failed(Path each, IOException failure) {
            // The data is read afterwards, and names it.
          }
        });
    return found[0];
  }

  /**
   * Prepares a run with the caches of this folder; writes nothing.
   *
   * @throws GraftException if data, weights or recipe don't allow the run
   */
  public PreparedRun prepare(Recipe asked, RunEvents events) throws IOException {
    RecipeResolver.check(asked);
    requireOutsideOfClasses(asked.data().source());
    return PreparedRun.of(
        asked, () -> DataSets.open(asked, events), features(), fingerprints(), events);
  }

  private Path latestFile() {
    return path.resolve("latest");
  }

  /**
   * Returns the folder of the newest completed run, if there is one.
   *
   * @throws GraftException if {@code latest} does not name a run
   */
  public Optional<Path> latest() throws IOException {
    Path latest = latestFile();
    if (!Files.isRegularFile(latest)) {
      return Optional.empty();
    }
    // Invalid UTF-8 becomes replacement characters, which name no folder.
    String name =
        Files.size(latest) > MAX_NAME
            ? ""
            : new String(Files.readAllBytes(latest), StandardCharsets.UTF_8).strip();
    if (!NAME.matcher(name).matches() || !Files.isDirectory(runs().resolve(name))) {
      String named = name.lines().findFirst().map(line -> "the run " + line).orElse("no run");
      throw new GraftException(
              latest + " names " + named + ", which does not exist; name another run.")
          .withCode(Code.RUN);
    }
    return Optional.of(runs().resolve(name));
  }

  /** Returns the number of runs, completed or not. */
  public int count() throws IOException {
    return RunFolder.all(runs()).size();
  }

  /** Makes a run the latest, unless its folder is not among those of the runs. */
  void completed(Path run) throws IOException {
    Path real = run.toRealPath();
    if (real.getParent().equals(runs().toRealPath())) {
      AtomicFiles.write(latestFile(), real.getFileName() + "\n");
    }
  }

  /**
   * Returns the folder of a run that {@code --resume} names.
   *
   * @param run its folder or its name; empty for the newest run that did not complete
   * @throws GraftException if the run is missing
   */
  public Path resumable(String run) throws IOException {
    if (run.isEmpty()) {
      return newest(status -> status != RunRecord.Status.COMPLETED)
          .orElseThrow(
              () ->
                  GraftException.of(
                      "Found no run in %s that did not complete; start one with fine-tune.", path));
    }
    Path folder = Path.of(run);
    if (!Files.isDirectory(folder) && NAME.matcher(run).matches()) {
      folder = runs().resolve(run);
    }
    if (!Files.isDirectory(folder)) {
      throw new GraftException(
          "Found no run " + run + ", neither a folder nor a name in " + runs() + ".");
    }
    return folder;
  }

  /** Returns the runs whose record is damaged, so that they can't be resumed. */
  public List<Path> damaged() throws IOException {
    return RunFolder.all(runs()).stream().filter(RunFolder::isDamaged).toList();
  }

  /** Returns the newest run whose process died before it could record how the run ended. */
  public Optional<Path> died() throws IOException {
    return newest(status -> status == RunRecord.Status.RUNNING);
  }

  private Optional<Path> newest(Predicate<RunRecord.Status> wanted) throws IOException {
    return RunFolder.all(runs()).stream()
        .filter(run -> RunFolder.status(run).filter(wanted).isPresent() && !RunFolder.isAlive(run))
        .reduce((older, newer) -> newer);
  }

  /** Returns the output folder that a run's folder belongs to; this one for a folder elsewhere. */
  public OutputFolder of(Path run) {
    Path runs = run.toAbsolutePath().normalize().getParent();
    boolean isOutput =
        runs != null && runs.getParent() != null && runs.endsWith(runs().getFileName());
    return isOutput ? new OutputFolder(runs.getParent()) : this;
  }

  /**
   * Creates the folder of a run that begins now.
   *
   * @param recipe content of {@code recipe.yaml}
   * @throws GraftException if it can't be created
   */
  public RunFolder begin(String name, RunRecord record, String recipe) {
    try {
      return new RunFolder(this, make(runs(), name, ""), record, recipe);
    } catch (IOException e) {
      throw new GraftException(
          Text.of(
              "The run's folder can't be created in %s (%s); choose another output folder.",
              path, Messages.of(e)),
          e);
    }
  }

  /**
   * Creates the folder of an evaluation; it appears whole or not at all.
   *
   * @param summary becomes {@code evaluation.json}
   */
  public Path evaluation(String name, Object summary, AtomicFiles.FolderContent content)
      throws IOException {
    return fill(
        evaluations(),
        name,
        into -> {
          content.writeTo(into);
          AtomicFiles.write(
              into.resolve("evaluation.json"), RunRecord.JSON.writeValueAsString(summary) + "\n");
        });
  }

  /** Creates the folder of an inspection; it appears whole or not at all. */
  public Path inspection(String name, AtomicFiles.FolderContent content) throws IOException {
    return fill(inspections(), name, content);
  }

  /** Creates the folder of a sweep that begins now. */
  public Path sweep(String name) throws IOException {
    return make(sweeps(), name, "");
  }

  private Path fill(Path parent, String name, AtomicFiles.FolderContent content)
      throws IOException {
    Path unfinished = make(parent, name, AtomicFiles.UNFINISHED);
    String made = unfinished.getFileName().toString();
    Path folder =
        unfinished.resolveSibling(
            made.substring(0, made.length() - AtomicFiles.UNFINISHED.length()));
    AtomicFiles.fill(unfinished, folder, content);
    return folder;
  }

  /** Creates the folder, with a marker so that its images are never used as training images. */
  public void mark() throws IOException {
    AtomicFiles.createFolders(path);
    Path marker = path.resolve(OwnOutput.MARKER);
    if (!Files.exists(marker)) {
      AtomicFiles.write(marker, "");
    }
  }

  /** Creates a new folder whose name begins with the time. */
  private Path make(Path parent, String name, String suffix) throws IOException {
    AtomicFiles.createFolders(parent);
    mark();
    String time = TIME.format(LocalDateTime.now(ZoneId.systemDefault()));
    Path folder = parent.resolve(time + "-" + name);
    for (int i = 2; !made(folder, suffix); i++) {
      folder = parent.resolve(time + "-" + name + "-" + i);
    }
    return folder.resolveSibling(folder.getFileName() + suffix);
  }

  private static boolean made(Path folder, String suffix) throws IOException {
    if (Files.exists(folder)) {
      return false;
    }
    try {
      Files.createDirectory(folder.resolveSibling(folder.getFileName() + suffix));
      return true;
    } catch (FileAlreadyExistsException e) {
      return false; // another process created it in the same second
    }
  }

  /**
   * What a process left that was killed or stopped.
   *
   * @param path a run's folder, the folder of its checkpoints, or an unfinished file or folder
   * @param age the time since it was last written to
   */
  public record Leftover(Path path, LeftoverKind kind, Duration age) {}

  /** What was left. */
  public enum LeftoverKind {
    /** A run whose status is still {@code running}. */
    RUN,
    /** The checkpoints of a run that can be resumed. */
    CHECKPOINTS,
    UNFINISHED
  }

  /** Lists runs, checkpoints and unfinished files that no live process uses. */
  public List<Leftover> leftovers() throws IOException {
    List<Leftover> found = new ArrayList<>();
    for (Path run : RunFolder.all(runs())) {
      if (!RunFolder.isAlive(run)) {
        if (RunFolder.status(run).filter(RunRecord.Status.RUNNING::equals).isPresent()) {
          found.add(leftover(run, LeftoverKind.RUN));
        }
        List<Leftover> unfinished = new ArrayList<>();
        collect(run, Integer.MAX_VALUE, unfinished);
        Path checkpoints = RunFolder.checkpoints(run);
        if (Files.isDirectory(checkpoints)) {
          unfinished.removeIf(each -> each.path().startsWith(checkpoints)); // a part of them
          found.add(leftover(checkpoints, LeftoverKind.CHECKPOINTS));
        }
        found.addAll(unfinished);
      }
    }
    collect(path, 1, found);
    for (Path folder : List.of(evaluations(), inspections(), sweeps(), exports())) {
      collect(folder, Integer.MAX_VALUE, found);
    }
    List<Leftover> kept = new ArrayList<>();
    for (Path folder : List.of(features(), fingerprints())) {
      collect(folder, Integer.MAX_VALUE, kept); // one folder per key
    }
    kept.stream()
        .filter(each -> each.age().compareTo(CachedFeatures.MAX_JOB_DURATION) > 0)
        .forEach(found::add);
    found.sort(Comparator.comparing(Leftover::path));
    return found;
  }

  private static void collect(Path folder, int depth, List<Leftover> found) throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        if (file.getFileName().toString().endsWith(AtomicFiles.UNFINISHED)) {
          if (!AtomicFiles.isBeingWritten(file)) {
            found.add(leftover(file, LeftoverKind.UNFINISHED)); // with all that it holds
          }
        } else if (depth > 1 && Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
          collect(file, depth - 1, found);
        }
      }
    }
  }

  private static Leftover leftover(Path path, LeftoverKind kind) throws IOException {
    Instant written = Files.getLastModifiedTime(path).toInstant();
    return new Leftover(path, kind, Duration.between(written, Instant.now()));
  }

  /** Marks a dead run as interrupted, or deletes the file or folder. */
  public void clean(Leftover leftover) throws IOException {
    if (leftover.kind() == LeftoverKind.RUN) {
      RunFolder.markInterrupted(leftover.path());
    } else {
      AtomicFiles.delete(leftover.path());
    }
  }
}
