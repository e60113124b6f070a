package dev.graft.data;

import dev.graft.io.RecordLog;
import dev.graft.picture.PictureReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The fingerprints of all pictures that were ever read in full, kept on disk by content: a picture
 * that is in here is known to be readable, and need not be read again to be compared with others.
 * Several threads may use it.
 */
public final class FingerprintLog implements AutoCloseable {
  /** Other fingerprints, or pictures read in another way, are other records. */
  private static final String KEY =
      "fingerprints 1 of %d bytes\nreader %d\n".formatted(Fingerprint.BYTES, PictureReader.VERSION);

  private final RecordLog earlier;
  private final RecordLog.Writer writer;
  private final Map<String, Fingerprint> fresh = new ConcurrentHashMap<>();

  /**
   * Opens a log.
   *
   * @param folder need not be there
   */
  public FingerprintLog(Path folder) throws IOException {
    earlier = RecordLog.open(folder, KEY, Fingerprint.BYTES);
    writer = new RecordLog.Writer(folder, KEY, Fingerprint.BYTES);
  }

  /**
   * The fingerprint of a picture's file.
   *
   * @param sha256 of its bytes, in hexadecimal digits
   */
  Optional<Fingerprint> of(String sha256) {
    int slot = earlier.slot(sha256);
    if (slot < 0) {
      return Optional.ofNullable(fresh.get(sha256));
    }
    ByteBuffer record = ByteBuffer.allocate(Fingerprint.BYTES);
    earlier.copy(slot, 0, record, 0, Fingerprint.BYTES);
    return Optional.of(Fingerprint.readFrom(record));
  }

  /** Keeps a fingerprint, unless it is there. */
  void keep(String sha256, Fingerprint fingerprint) throws IOException {
    if (earlier.slot(sha256) < 0 && fresh.putIfAbsent(sha256, fingerprint) == null) {
      ByteBuffer record = ByteBuffer.allocate(Fingerprint.BYTES);
      fingerprint.writeTo(record);
      synchronized (writer) {
        writer.add(List.of(sha256), record.flip());
      }
    }
  }

  @Override
  public void close() throws IOException {
    writer.close();
  }
}
