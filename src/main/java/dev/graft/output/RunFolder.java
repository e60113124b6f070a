package dev.graft.output;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import dev.graft.GraftException;
import dev.graft.io.AtomicFiles;
import dev.graft.io.LockFile;
import dev.graft.util.Messages;
import dev.graft.util.Text;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * A run's folder. It belongs to one run and is never written to by another; each file appears
 * whole. A run that is neither completed nor failed when it is closed was interrupted, and {@code
 * run.json} says so.
 */
public final class RunFolder implements AutoCloseable {
  /** Maximum size of {@code run.json}, which has a few hundred bytes per class. */
  private static final long MAX_BYTES = 64 << 20;

  /** The effective recipe. */
  public static final String RECIPE = "recipe.yaml";

  private static final String RECORD = "run.json";

  /** Exists while the run's process lives. */
  private static final String LOCK = ".running";

  private static final ObjectReader READER =
      RunRecord.JSON.reader().without(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  /** The values that are not unwrapped; the profile spark's Jackson can't unwrap while it reads. */
  private record Rest(
      RunRecord.Status status,
      String message,
      List<String> warnings,
      List<RunRecord.Resumed> resumed,
      RunRecord.Data data) {}

  private final OutputFolder output;
  private final Path folder;
  private final LockFile lock;
  private RunRecord record;

  /**
   * Begins a run.
   *
   * @param folder must exist and be empty; deleted if the run can't begin
   * @param recipe content of {@code recipe.yaml}, without which the run could not be resumed
   */
  RunFolder(OutputFolder output, Path folder, RunRecord record, String recipe) throws IOException {
    this(output, folder, record, locked(folder));
    try {
      Files.createDirectory(plots());
      write(RECIPE, recipe);
      write(folder, record);
    } catch (IOException | RuntimeException e) {
      lock.close();
      AtomicFiles.delete(folder);
      throw e;
    }
  }

  private static LockFile locked(Path folder) throws IOException {
    try {
      return LockFile.on(folder.resolve(LOCK));
    } catch (IOException e) {
      AtomicFiles.delete(folder);
      throw e;
    }
  }

  private RunFolder(OutputFolder output, Path folder, RunRecord record, LockFile lock) {
    this.output = output;
    this.folder = folder;
    this.record = record;
    this.lock = lock;
  }

  /**
   * Continues a run that did not complete.
   *
   * @param record of the run that goes on
   * @throws GraftException if its process is still alive
   */
  public static RunFolder resume(OutputFolder output, Path folder, RunRecord record)
      throws IOException {
    LockFile lock =
        LockFile.reclaim(folder.resolve(LOCK)).orElseThrow(() -> new GraftException(alive(folder)));
    try {
      requireNotCompleted(folder); // by another process, since the run was looked at
      RunFolder run = new RunFolder(output, folder, record, lock);
      AtomicFiles.deleteUnfinished(folder);
      run.repairModel();
      Files.createDirectories(run.plots());
      write(folder, record);
      return run;
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /** Undoes or completes a {@link #saveModel} during which the process was killed. */
  private void repairModel() throws IOException {
    if (Files.isDirectory(modelBefore())) {
      if (Files.isDirectory(model())) { // appeared whole
        AtomicFiles.delete(modelBefore());
      } else {
        Files.move(modelBefore(), model());
      }
    }
  }

  private static String alive(Path run) {
    return run + " is still running in another process; wait for its end, or stop it.";
  }

  /**
   * Checks whether a run can be resumed.
   *
   * @throws GraftException if it is completed, still running, or not a run
   */
  public static void requireResumable(Path run) {
    requireNotCompleted(run);
    if (isAlive(run)) {
      throw new GraftException(alive(run));
    }
    if (!RunImages.areKnown(run)) {
      throw new GraftException(
          run + " has no " + RECIPE + ", so it can't be resumed; start a new run.");
    }
  }

  private static void requireNotCompleted(Path run) {
    if (recordOf(run).status() == RunRecord.Status.COMPLETED) {
      throw new GraftException(run + " is completed, so there is nothing to resume.");
    }
  }

  public Path path() {
    return folder;
  }

  public Path plots() {
    return folder.resolve("plots");
  }

  public Path checkpoints() {
    return checkpoints(folder);
  }

  public static Path checkpoints(Path run) {
    return run.resolve("checkpoint");
  }

  public Path model() {
    return folder.resolve("model");
  }

  private Path modelBefore() {
    return folder.resolve("model.before");
  }

  /**
   * Saves the model, unless the run has ended. A resumed run may have one from before the
   * interruption, which stays if the new one can't be saved.
   *
   * @param content saves the model as the folder it receives; it appears whole or not at all
   */
  public void saveModel(AtomicFiles.FolderContent content) throws IOException {
    if (!isRunning()) {
      return; // a second signal ends the process while this thread goes on
    }
    boolean replaces = Files.exists(model());
    if (replaces) {
      Files.move(model(), modelBefore());
    }
    try {
      content.writeTo(model());
    } catch (IOException | RuntimeException | Error e) {
      if (replaces) {
        Files.move(modelBefore(), model());
      }
      if (e instanceof IOException failed) {
        throw new GraftException(
            Text.of(
                "The model can't be saved in %s: %s. Mend that, and resume the run.",
                model(), Messages.of(failed)),
            e);
      }
      throw e;
    }
    if (replaces) {
      AtomicFiles.delete(modelBefore());
    }
  }

  /** Writes a text file of the run. */
  public void write(String name, String text) throws IOException {
    AtomicFiles.write(folder.resolve(name), text);
  }

  /** Writes a text file of the run, line by line; each line ends with its own line break. */
  public void write(String name, Stream<String> lines) throws IOException {
    AtomicFiles.write(folder.resolve(name), lines);
  }

  /** Changes {@code run.json}, unless the run has ended. */
  public synchronized void update(UnaryOperator<RunRecord> change) throws IOException {
    if (isRunning()) {
      RunRecord next = change.apply(record);
      write(folder, next); // first: a run whose end could not be written is still running
      record = next;
    }
  }

  private synchronized boolean isRunning() {
    return record.status() == RunRecord.Status.RUNNING;
  }

  private static void write(Path folder, RunRecord record) throws IOException {
    AtomicFiles.write(folder.resolve(RECORD), RunRecord.JSON.writeValueAsString(record) + "\n");
  }

  /** Ends the run with its figures; if it is completed, it becomes the latest. */
  public synchronized void end(RunRecord ended) throws IOException {
    if (isRunning()) {
      lock.freeReservedSpace();
      update(running -> ended);
      if (ended.status() == RunRecord.Status.COMPLETED) {
        output.completed(folder);
      }
    }
  }

  /** Ends the run as failed, with a message, unless it has ended already. */
  public void fail(String message) {
    end(RunRecord.Status.FAILED, message);
  }

  /**
   * Ends the run without figures, because it was stopped from outside.
   *
   * @return false if it had ended before
   */
  public boolean interrupt() {
    return end(RunRecord.Status.INTERRUPTED, null);
  }

  private synchronized boolean end(RunRecord.Status how, String why) {
    if (!isRunning()) {
      return false;
    }
    lock.freeReservedSpace();
    try {
      update(running -> running.with(how, why));
    } catch (IOException e) {
      // The caller reports why the run ended, which is more important.
    }
    return true;
  }

  public RunRecord record() {
    return record;
  }

  @Override
  public void close() throws IOException {
    interrupt();
    lock.close();
  }

  /** Returns the model's folder, given a run's folder or the model's own. */
  public static Path modelOf(Path runOrModel) {
    Path model = runOrModel.resolve("model");
    return Files.isDirectory(model) ? model : runOrModel;
  }

  /**
   * Reads {@code run.json}.
   *
   * @param run its folder
   * @throws GraftException if there is no {@code run.json}, or a damaged one
   */
  public static RunRecord recordOf(Path run) {
    Path file = run.resolve(RECORD);
    if (!Files.exists(file)) {
      throw new GraftException(run + " is not the folder of a run: it has no run.json.");
    }
    try {
      if (Files.isRegularFile(file) && Files.size(file) <= MAX_BYTES) {
        byte[] json = Files.readAllBytes(file);
        Rest rest = READER.readValue(json, Rest.class);
        if (rest != null && rest.data() != null && rest.status() != null) {
          return new RunRecord(
              rest.status(),
              rest.message(),
              rest.warnings(),
              rest.resumed(),
              READER.readValue(json, RunRecord.Provenance.class),
              rest.data(),
              READER.readValue(json, RunRecord.Outcome.class));
        }
      }
    } catch (IOException e) {
      throw new GraftException(Messages.damagedRecord(file), e);
    }
    throw new GraftException(Messages.damagedRecord(file));
  }

  /** Lists the folders of all runs, by name and so by time. */
  public static List<Path> all(Path runs) throws IOException {
    if (!Files.isDirectory(runs)) {
      return List.of();
    }
    try (Stream<Path> folders = Files.list(runs)) {
      return folders.filter(Files::isDirectory).sorted().toList();
    }
  }

  public static boolean isAlive(Path run) {
    return LockFile.isHeld(run.resolve(LOCK));
  }

  /** Returns the recorded status of a run; empty if the record is missing or damaged. */
  public static Optional<RunRecord.Status> status(Path run) {
    try {
      return Optional.of(recordOf(run).status());
    } catch (GraftException e) {
      return Optional.empty();
    }
  }

  /** Returns whether a run has a record that can't be read. */
  static boolean isDamaged(Path run) {
    return Files.exists(run.resolve(RECORD)) && status(run).isEmpty();
  }

  /** Corrects the status of a run whose process is gone. */
  static void markInterrupted(Path run) throws IOException {
    write(run, recordOf(run).with(RunRecord.Status.INTERRUPTED, null));
    Files.deleteIfExists(run.resolve(LOCK));
  }
}
