package dev.graft.run;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.graft.GraftException;
import dev.graft.io.WholeFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A run's folder, {@code runs/<time>-<backbone>-<data>} below the output folder. It is made for one
 * run and never written to by another; each file appears whole; {@code latest} names the newest
 * completed run. A run that is neither completed nor failed when it ends was interrupted, and says
 * so.
 */
public final class RunFolder implements AutoCloseable {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT);

  /** A folder's name, and no way to another place. */
  private static final Pattern NAME = Pattern.compile("(?!\\.{1,2}$)[^/\\\\\\x00-\\x1f]+");

  /** In bytes; more than a file system allows. */
  private static final long LONGEST_NAME = 4096;

  /** Of {@code run.json}, which has a few hundred bytes a class. */
  private static final long MOST_BYTES = 64 << 20;

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private final Path output;
  private final Path folder;
  private final Thread onExit = new Thread(this::interrupted);
  private RunRecord record;

  private RunFolder(Path output, Path folder) {
    this.output = output;
    this.folder = folder;
  }

  /**
   * Makes the folder of a run that begins now.
   *
   * @throws GraftException if it can't be made
   */
  public static RunFolder create(Path output, String name, RunRecord record) {
    try {
      Path folder = make(output.resolve("runs"), name);
      Files.createDirectory(folder.resolve("plots"));
      RunFolder run = new RunFolder(output, folder);
      run.write(record);
      Runtime.getRuntime().addShutdownHook(run.onExit);
      return run;
    } catch (IOException e) {
      throw new GraftException(
          "The run's folder can't be made in " + output + ": " + reason(e) + ".", e);
    }
  }

  /** Makes a folder that was not there, whose name begins with the time. */
  static Path make(Path parent, String name) throws IOException {
    Files.createDirectories(parent);
    String time = TIME.format(LocalDateTime.now(ZoneId.systemDefault()));
    Path folder = parent.resolve(time + "-" + name);
    for (int i = 2; !made(folder); i++) {
      folder = parent.resolve(time + "-" + name + "-" + i);
    }
    return folder;
  }

  private static boolean made(Path folder) throws IOException {
    try {
      Files.createDirectory(folder);
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    }
  }

  private static String reason(IOException e) {
    return e.getClass().getSimpleName() + " " + e.getMessage();
  }

  public Path path() {
    return folder;
  }

  public Path plots() {
    return folder.resolve("plots");
  }

  public Path model() {
    return folder.resolve("model");
  }

  /** Writes a text file of the run. */
  public void write(String name, String text) throws IOException {
    WholeFile.write(folder.resolve(name), text);
  }

  /** Writes down what is known of the run by now. */
  public synchronized void write(RunRecord next) throws IOException {
    record = next;
    write("run.json", JSON.writeValueAsString(next) + "\n");
  }

  /** Ends the run; from now on it is the latest. */
  public void complete(RunRecord completed) throws IOException {
    write(completed);
    WholeFile.write(output.resolve("latest"), folder.getFileName() + "\n");
  }

  /** Ends the run with what went wrong, unless it was stopped from outside before that. */
  public synchronized void fail(String message) {
    if (record.status() != RunRecord.Status.RUNNING) {
      return;
    }
    try {
      write(record.with(RunRecord.Status.FAILED, message));
    } catch (IOException e) {
      // Why the run failed is the better story; the record goes on saying that it was running.
      return;
    }
  }

  public RunRecord record() {
    return record;
  }

  private synchronized void interrupted() {
    if (record.status() == RunRecord.Status.RUNNING) {
      try {
        write(record.with(RunRecord.Status.INTERRUPTED, null));
      } catch (IOException e) {
        return; // nobody is left to be told
      }
    }
  }

  @Override
  public void close() {
    interrupted();
    try {
      Runtime.getRuntime().removeShutdownHook(onExit);
    } catch (IllegalStateException e) {
      // The machine is going down already, and the hook with it.
      return;
    }
  }

  /** The folder of the newest completed run, if there is one. */
  public static Optional<Path> latest(Path output) throws IOException {
    Path latest = output.resolve("latest");
    if (!Files.isRegularFile(latest)) {
      return Optional.empty();
    }
    // Bytes that are no UTF-8 are no folder's name either.
    String name =
        Files.size(latest) > LONGEST_NAME
            ? ""
            : new String(Files.readAllBytes(latest), StandardCharsets.UTF_8).strip();
    Path runs = output.resolve("runs");
    if (!NAME.matcher(name).matches() || !Files.isDirectory(runs.resolve(name))) {
      String named = name.lines().findFirst().map(line -> "the run " + line).orElse("no run");
      throw new GraftException(
          latest + " names " + named + ", which is not there; name one with --model FOLDER.");
    }
    return Optional.of(runs.resolve(name));
  }

  /** The folder of the model, where a run's folder or that of the model itself is given. */
  public static Path modelOf(Path runOrModel) {
    Path model = runOrModel.resolve("model");
    return Files.isDirectory(model) ? model : runOrModel;
  }

  /**
   * What is known of a run.
   *
   * @param run its folder
   * @throws GraftException if there is no {@code run.json}, or a damaged one
   */
  public static RunRecord recordOf(Path run) {
    Path file = run.resolve("run.json");
    try {
      if (Files.isRegularFile(file) && Files.size(file) <= MOST_BYTES) {
        RunRecord record = JSON.readValue(Files.readAllBytes(file), RunRecord.class);
        if (record != null && record.data() != null) {
          return record;
        }
      }
    } catch (IOException e) {
      throw new GraftException(file + " can't be read as that of a run.", e);
    }
    throw new GraftException(file + " can't be read as that of a run.");
  }

  /**
   * Makes the folder of an evaluation, {@code evaluations/<time>-<name>} below the output folder;
   * it appears whole or not at all.
   *
   * @param summary becomes {@code evaluation.json}
   */
  public static Path evaluation(
      Path output, String name, Object summary, WholeFile.FolderContent content)
      throws IOException {
    Path folder = make(output.resolve("evaluations"), name);
    try {
      WholeFile.folder(
          folder,
          unfinished -> {
            content.writeTo(unfinished);
            WholeFile.write(
                unfinished.resolve("evaluation.json"), JSON.writeValueAsString(summary) + "\n");
          });
    } catch (IOException | RuntimeException e) {
      Files.delete(folder);
      throw e;
    }
    return folder;
  }
}
