package dev.graft.spark;

import dev.graft.io.AtomicFiles;
import java.io.IOException;
import java.io.Serializable;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;

/**
 * A temporary file or folder. Each task attempt writes its own, and the driver renames those of the
 * attempts that it accepts.
 *
 * @param folder that contains it
 * @param name its final name, which begins with the job's id
 */
record TemporaryFile(DataPath folder, String name) implements Serializable {
  WritableByteChannel create(Configuration configuration) throws IOException {
    DataPath place = place();
    return Channels.newChannel(place.fileSystem(configuration).create(place.hadoop(), true));
  }

  /** Returns its temporary path. */
  DataPath place() {
    return folder.resolve(name + AtomicFiles.UNFINISHED);
  }

  /** Renames it to its final name. */
  void finish(Configuration configuration) throws IOException {
    finishAs(folder.resolve(name), configuration);
  }

  /** Renames it to another path on the same file system. */
  void finishAs(DataPath whole, Configuration configuration) throws IOException {
    FileSystem system = folder.fileSystem(configuration);
    if (!system.rename(place().hadoop(), whole.hadoop())) {
      throw new IOException(place().name() + " cannot be renamed to " + whole.name());
    }
  }
}
