package dev.graft.run;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import dev.graft.GraftException;
import dev.graft.io.Claim;
import dev.graft.io.WholeFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A run's folder. It is made for one run and never written to by another; each file appears whole.
 * A run that is neither completed nor failed when it ends was interrupted, and says so.
 */
public final class RunFolder implements AutoCloseable {
  /** Of {@code run.json}, which has a few hundred bytes a class. */
  private static final long MOST_BYTES = 64 << 20;

  private static final String RECORD = "run.json";

  /** Is there while the run's process lives. */
  private static final String CLAIM = ".running";

  private static final ObjectReader READER =
      RunRecord.JSON
          .readerFor(RunRecord.class)
          .without(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  private final OutputFolder output;
  private final Path folder;
  private final Claim claim;
  private final Thread onExit = new Thread(this::stopped);
  private Runnable whenStopped = () -> {};
  private RunRecord record;

  /**
   * @param folder is there, and empty
   */
  RunFolder(OutputFolder output, Path folder, RunRecord record) throws IOException {
    this.output = output;
    this.folder = folder;
    claim = Claim.on(folder.resolve(CLAIM));
    Files.createDirectory(plots());
    write(record);
    Runtime.getRuntime().addShutdownHook(onExit);
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

  /** Likewise, line by line. */
  public void write(String name, Stream<String> lines) throws IOException {
    WholeFile.write(folder.resolve(name), lines);
  }

  /** Writes down what is known of the run by now. */
  public synchronized void write(RunRecord next) throws IOException {
    record = next;
    write(folder, next);
  }

  private static void write(Path folder, RunRecord record) throws IOException {
    WholeFile.write(folder.resolve(RECORD), RunRecord.JSON.writeValueAsString(record) + "\n");
  }

  /** Ends the run; from now on it is the latest. */
  public void complete(RunRecord completed) throws IOException {
    write(completed);
    output.completed(folder);
  }

  /** Ends the run with what went wrong, unless it was stopped from outside before that. */
  public void fail(String message) {
    end(RunRecord.Status.FAILED, message);
  }

  /** What is to be done where the run is stopped from outside, once its record says so. */
  public synchronized void whenStopped(Runnable action) {
    whenStopped = action;
  }

  private void stopped() {
    if (end(RunRecord.Status.INTERRUPTED, null)) {
      whenStopped.run();
    }
  }

  /** Whether it had not ended before. */
  private synchronized boolean end(RunRecord.Status how, String why) {
    if (record.status() != RunRecord.Status.RUNNING) {
      return false;
    }
    claim.giveRoom();
    try {
      write(record.with(how, why));
    } catch (IOException e) {
      // Why the run ended is the better story, and is told by who ends it.
      return true;
    }
    return true;
  }

  public RunRecord record() {
    return record;
  }

  @Override
  public void close() throws IOException {
    end(RunRecord.Status.INTERRUPTED, null);
    claim.close();
    try {
      Runtime.getRuntime().removeShutdownHook(onExit);
    } catch (IllegalStateException e) {
      // The machine is going down already, and the hook with it.
      return;
    }
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
    Path file = run.resolve(RECORD);
    try {
      if (Files.isRegularFile(file) && Files.size(file) <= MOST_BYTES) {
        RunRecord record = READER.readValue(Files.readAllBytes(file));
        if (record != null && record.data() != null) {
          return record;
        }
      }
    } catch (IOException e) {
      throw new GraftException(file + " can't be read as that of a run.", e);
    }
    throw new GraftException(file + " can't be read as that of a run.");
  }

  /** The folders of all runs, by name and so by time. */
  static List<Path> all(Path runs) throws IOException {
    if (!Files.isDirectory(runs)) {
      return List.of();
    }
    try (Stream<Path> folders = Files.list(runs)) {
      return folders.filter(Files::isDirectory).sorted().toList();
    }
  }

  static boolean isAlive(Path run) {
    return Claim.isHeld(run.resolve(CLAIM));
  }

  static boolean saysItRuns(Path run) {
    try {
      return recordOf(run).status() == RunRecord.Status.RUNNING;
    } catch (GraftException e) {
      return false;
    }
  }

  /** Puts right what a run says of itself whose process is gone. */
  static void callInterrupted(Path run) throws IOException {
    write(run, recordOf(run).with(RunRecord.Status.INTERRUPTED, null));
    Files.deleteIfExists(run.resolve(CLAIM));
  }
}
