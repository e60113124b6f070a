package dev.graft.spark;

import dev.graft.io.WholeFile;
import dev.graft.run.OutputFolder;
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
 * What a job's dead, superfluous and last tasks have not finished: deleted when nobody is at work
 * any more, and also where somebody interrupts it. So is what jobs have left that were themselves
 * killed, once it is so old that nobody can be at work on it.
 */
final class Leftovers implements AutoCloseable {
  private static final Pattern OF_A_JOB =
      Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-.*" + WholeFile.UNFINISHED);

  private final String job = UUID.randomUUID().toString();
  private final Set<Place> folders = ConcurrentHashMap.newKeySet();
  private final Configuration configuration;

  /** After Spark is gone, and before Hadoop's file systems are. */
  private final Runnable hook = this::delete;

  Leftovers(SparkSession session) {
    configuration = session.sparkContext().hadoopConfiguration();
    ShutdownHookManager.get().addShutdownHook(hook, FileSystem.SHUTDOWN_HOOK_PRIORITY + 1);
  }

  /** What the names of all files begin with that are not finished. */
  String job() {
    return job;
  }

  /** A file or folder that the driver writes or has written. */
  Unfinished in(Place folder, String name) {
    mayBeIn(folder);
    return new Unfinished(folder, job + "-" + name);
  }

  /** Tasks write there. */
  void mayBeIn(Place folder) {
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
    for (Place folder : folders) {
      try {
        delete(folder);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private void delete(Place folder) throws IOException {
    FileSystem system = folder.system(configuration);
    if (!system.exists(folder.hadoop())) {
      return;
    }
    for (FileStatus file : system.listStatus(folder.hadoop())) {
      String name = file.getPath().getName();
      long age = System.currentTimeMillis() - file.getModificationTime();
      boolean old = age > OutputFolder.LONGEST_JOB.toMillis();
      if (OF_A_JOB.matcher(name).matches() && (name.startsWith(job) || old)) {
        system.delete(file.getPath(), true);
      }
    }
  }
}
