package dev.graft.spark;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkFiles;
import org.apache.spark.TaskContext;

/**
 * A model that the driver sends to every process, which opens it once, however many tasks it has.
 *
 * @param name of the file
 */
record Sent(String name) implements Serializable {
  /** Of this process. */
  private static final Map<String, AutoCloseable> OPEN = new ConcurrentHashMap<>();

  /** Its tasks that use one, and the one that frees them. */
  private static final Phaser USERS = new Phaser(1);

  /** The driver's copy, which processes come for when they begin. */
  static final class Original implements AutoCloseable {
    private final Path file;

    Original(SparkContext context, byte[] model) throws IOException {
      file = Files.createTempDirectory("graft-").resolve(UUID.randomUUID() + ".onnx");
      Files.write(file, model);
      context.addFile(file.toUri().toString());
    }

    Sent sent() {
      return new Sent(file.getFileName().toString());
    }

    @Override
    public void close() throws IOException {
      Files.deleteIfExists(file);
      Files.deleteIfExists(file.getParent());
    }
  }

  /** Makes of the file what tasks ask. */
  interface Opening<T extends AutoCloseable> {
    T open(Path file) throws IOException;
  }

  /** What this process has made of it; for a task, and as long as that is at work. */
  <T extends AutoCloseable> T open(Class<T> type, Opening<T> opening) {
    USERS.register();
    TaskContext.get()
        .addTaskCompletionListener(
            task -> {
              USERS.arriveAndDeregister();
            });
    return type.cast(
        OPEN.computeIfAbsent(
            name,
            file -> {
              try {
                return opening.open(Path.of(SparkFiles.get(file)));
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            }));
  }

  /**
   * Frees the models of this process, when its last task has ended: of a job that failed, some are
   * still at work, and native code that is freed under them ends the JVM.
   */
  static void closeAll() {
    try {
      USERS.awaitAdvanceInterruptibly(USERS.arrive(), 1, TimeUnit.MINUTES);
      for (AutoCloseable each : OPEN.values()) {
        each.close();
      }
      OPEN.clear();
    } catch (TimeoutException | InterruptedException e) {
      // The end of the process frees them.
    } catch (Exception e) {
      throw new IllegalStateException("a model that can't be closed", e);
    }
  }
}
