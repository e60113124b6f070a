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
 * A model that the driver sends to every executor process, which opens it once for all its tasks.
 *
 * @param name of the file in Spark's working folder
 */
record DistributedModel(String name) implements Serializable {
  /** The open models of this process, by file name. */
  private static final Map<String, AutoCloseable> OPEN = new ConcurrentHashMap<>();

  /** The tasks of this process that use a model, and the thread that frees the models. */
  private static final Phaser USERS = new Phaser(1);

  /** The driver's copy, which executors download when they start. */
  static final class DriverCopy implements AutoCloseable {
    private final Path file;

    DriverCopy(SparkContext context, byte[] model) throws IOException {
      file = Files.createTempDirectory("graft-").resolve(UUID.randomUUID() + ".onnx");
      Files.write(file, model);
      context.addFile(file.toUri().toString());
    }

    DistributedModel sent() {
      return new DistributedModel(file.getFileName().toString());
    }

    @Override
    public void close() throws IOException {
      Files.deleteIfExists(file);
      Files.deleteIfExists(file.getParent());
    }
  }

  /** Opens a model from its file. */
  interface Opening<T extends AutoCloseable> {
    T open(Path file) throws IOException;
  }

  /** Returns this process's model for the current task; it stays open until the task has ended. */
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
   * Frees the models of this process after its last task has ended. Tasks of a failed job may still
   * run, and would crash the JVM if their native memory were freed.
   */
  static void closeAll() {
    try {
      USERS.awaitAdvanceInterruptibly(USERS.arrive(), 1, TimeUnit.MINUTES);
      for (AutoCloseable each : OPEN.values()) {
        each.close();
      }
      OPEN.clear();
    } catch (TimeoutException | InterruptedException e) {
      // The exit of the process frees them.
    } catch (Exception e) {
      throw new IllegalStateException("a model cannot be closed", e);
    }
  }
}
