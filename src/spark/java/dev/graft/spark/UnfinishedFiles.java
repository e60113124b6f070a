package dev.graft.spark;

import dev.graft.feature.CachedFeatures;
import dev.graft.io.AtomicFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.util.ShutdownHookManager;
import org.apache.spark.sql.SparkSession;

/**
 * Deletes the unfinished files of a job, which failed or duplicate tasks leave behind, when the job
 * ends or is interrupted. It also deletes those of earlier jobs that were killed, once they are
 * older than the longest job.
 */
final class UnfinishedFiles implements AutoCloseable {
  private static final Pattern OF_A_JOB =
      Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-.*" + AtomicFiles.UNFINISHED);

  private final String job = UUID.randomUUID().toString();
  private final Set<DataPath> folders = ConcurrentHashMap.newKeySet();
  private final Configuration configuration;

  /** Runs after Spark's shutdown hook and before that of Hadoop's file systems. */
  private final Runnable hook = this::delete;

  UnfinishedFiles(SparkSession session) {
    configuration = session.sparkContext().hadoopConfiguration();
    ShutdownHookManager.get().addShutdownHook(hook, FileSystem.SHUTDOWN_HOOK_PRIORITY + 1);
  }

  /** Returns the job's id, with which the names of its unfinished files begin. */
  String job() {
    return job;
  }

  /** Returns a new unfinished file or folder. */
  TemporaryFile in(DataPath folder, String name) {
    watch(folder);
    return new TemporaryFile(folder, job + "-" + name);
  }

  /** Adds a folder in which tasks write files. */
  void watch(DataPath folder) {
    folders.add(folder);
  }

  @Override
  public void close() {
    if (!ShutdownHookManager.get().isShutdownInProgress()) {
      ShutdownHookManager.get().removeShutdownHook(hook);
      delete();
    }
  }

  private void delete() {
    for (DataPath folder : folders) {
      try {
        delete(folder);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private void delete(DataPath folder) throws IOException {
    FileSystem system = folder.fileSystem(configuration);
    if (!system.exists(folder.hadoop())) {
      return;
    }
    for (FileStatus file : system.listStatus(folder.hadoop())) {
      String name = file.getPath().getName();
      long age = System.currentTimeMillis() - file.getModificationTime();
      boolean old = age > CachedFeatures.MAX_JOB_DURATION.toMillis();
      if (OF_A_JOB.matcher(name).matches() && (name.startsWith(job) || old)) {
        system.delete(file.getPath(), true);
      }
    }
  }
}
