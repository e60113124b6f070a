package dev.graft.spark;

import dev.graft.io.WholeFile;
import java.io.IOException;
import java.io.Serializable;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;

/**
 * A file, or a folder, that appears whole or not at all: whoever writes it has one of his own, and
 * the driver gives those their names whose tasks it has heard.
 *
 * @param name that it is to have; it begins with the job's
 */
record Unfinished(Place folder, String name) implements Serializable {
  WritableByteChannel create(Configuration configuration) throws IOException {
    Place place = place();
    return Channels.newChannel(place.system(configuration).create(place.hadoop(), true));
  }

  /** Where it is, before it has its name. */
  Place place() {
    return folder.resolve(name + WholeFile.UNFINISHED);
  }

  /** Gives it its name. */
  void finish(Configuration configuration) throws IOException {
    finishAs(folder.resolve(name), configuration);
  }

  /** Gives it another one, on the same file system. */
  void finishAs(Place whole, Configuration configuration) throws IOException {
    FileSystem system = folder.system(configuration);
    if (!system.rename(place().hadoop(), whole.hadoop())) {
      throw new IOException(place().name() + " can't be given its name");
    }
  }
}
