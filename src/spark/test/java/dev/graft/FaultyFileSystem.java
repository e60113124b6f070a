package dev.graft;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/**
 * This machine's files under {@code faulty:/}, with a fault that a file describes, for all
 * processes of a job: its first line says how the names of new files end that are touched, its
 * second what happens to them.
 */
public final class FaultyFileSystem extends RawLocalFileSystem {
  private static final String FAULT = "graft.fault";

  /** What happens, and where. */
  enum Fault {
    /** The disk is full. */
    FULL,
    /** The first write ends half-way, and only that. */
    ONCE,
    /** A write takes a second. */
    SLOW;

    /** From now on; for jobs that begin later, too. */
    void at(String pattern, Path file) throws IOException {
      Files.writeString(file, pattern + "\n" + this);
      System.setProperty("spark.hadoop." + FAULT, file.toString());
      System.setProperty("spark.hadoop.fs.faulty.impl", FaultyFileSystem.class.getName());
      System.setProperty("spark.hadoop.fs.faulty.impl.disable.cache", "true");
    }
  }

  @Override
  public URI getUri() {
    return URI.create("faulty:///");
  }

  @Override
  public String getScheme() {
    return "faulty";
  }

  @Override
  public FSDataOutputStream create(
      org.apache.hadoop.fs.Path file,
      boolean overwrite,
      int buffer,
      short replication,
      long block,
      Progressable progress)
      throws IOException {
    return faulty(file, super.create(file, overwrite, buffer, replication, block, progress));
  }

  @Override
  public FSDataOutputStream create(
      org.apache.hadoop.fs.Path file,
      FsPermission permission,
      boolean overwrite,
      int buffer,
      short replication,
      long block,
      Progressable progress)
      throws IOException {
    return faulty(
        file, super.create(file, permission, overwrite, buffer, replication, block, progress));
  }

  private FSDataOutputStream faulty(org.apache.hadoop.fs.Path file, OutputStream out)
      throws IOException {
    return new FSDataOutputStream(
        new FilterOutputStream(out) {
          @Override
          public void write(byte[] bytes, int offset, int length) throws IOException {
            Path fault = Path.of(getConf().get(FAULT));
            String[] lines = Files.exists(fault) ? Files.readString(fault).split("\n") : null;
            if (lines == null || !file.toString().matches(lines[0])) {
              out.write(bytes, offset, length);
              return;
            }
            switch (Fault.valueOf(lines[1])) {
              case FULL -> throw new IOException("No space left on device");
              case ONCE -> {
                out.write(bytes, offset, length / 2);
                Files.delete(fault);
                throw new IOException("once");
              }
              case SLOW -> {
                try {
                  Thread.sleep(1000);
                } catch (InterruptedException e) {
                  throw new IOException(e);
                }
                out.write(bytes, offset, length);
              }
            }
          }
        },
        null);
  }
}
