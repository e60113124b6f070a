package dev.graft.data.duplicates;

import dev.graft.Text;
import dev.graft.data.ImageSet;
import dev.graft.io.RecordLog;
import dev.graft.picture.PictureReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The fingerprints of all picture files that were ever read in full, kept on disk by content: a
 * picture that is in here is known to be readable, and need not be read again to be compared with
 * others. Where they can't be kept, the next run makes them anew. Several threads may use it.
 */
public final class Fingerprints implements AutoCloseable {
  /** Other fingerprints, or pictures read or reduced in another way, are other records. */
  public static final String KEY =
      Text.of(
          "fingerprints 2 of %s bytes\nreduction to %s\nreader %s\n",
          Fingerprint.BYTES, Fingerprint.LEAST, PictureReader.VERSION);

  private final Path folder;
  private volatile RecordLog kept;
  private final RecordLog.Writer writer;

  /** Those that could not be written. */
  private final Map<String, Fingerprint> unwritten = new ConcurrentHashMap<>();

  private volatile boolean lost;

  /** Whether something was written since {@link #kept} was opened. */
  private volatile boolean added;

  /**
   * Opens a log.
   *
   * @param folder need not be there
   */
  public Fingerprints(Path folder) throws IOException {
    this.folder = folder;
    kept = RecordLog.open(folder, KEY, Fingerprint.BYTES);
    writer = new RecordLog.Writer(folder, KEY, Fingerprint.BYTES);
  }

  /**
   * The fingerprint of a picture, which is read, unless that was done before.
   *
   * @return empty if it can't be read
   */
  public Optional<Fingerprint> of(ImageSet pictures, int index) {
    if (pictures.quarantine().contains(index)) {
      return Optional.empty();
    }
    String hash = pictures.hash(index);
    Optional<Fingerprint> known = known(hash);
    if (known.isPresent()) {
      return known;
    }
    Optional<Fingerprint> made = pictures.read(index, Fingerprint.LEAST).map(Fingerprint::of);
    if (pictures.areFiles()) {
      made.ifPresent(fingerprint -> keep(hash, fingerprint));
    }
    return made;
  }

  /**
   * The same pictures; whoever reads one from here leaves its fingerprint behind, so that it need
   * not be decoded a second time for that.
   */
  public ImageSet gatheredFrom(ImageSet pictures) {
    return pictures.areFiles() ? new Gathering(pictures, this) : pictures;
  }

  /** Looks for what was kept since the last look, which {@link #known} does not see before. */
  void refresh() {
    if (!added) {
      return;
    }
    added = false;
    try {
      kept = RecordLog.open(folder, KEY, Fingerprint.BYTES);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Optional<Fingerprint> known(String sha256) {
    RecordLog log = kept;
    int slot = log.slot(sha256);
    if (slot < 0) {
      return Optional.ofNullable(unwritten.get(sha256));
    }
    ByteBuffer record = ByteBuffer.allocate(Fingerprint.BYTES);
    log.copy(slot, 0, record, 0, Fingerprint.BYTES);
    return Optional.of(Fingerprint.readFrom(record));
  }

  void keep(String sha256, Fingerprint fingerprint) {
    if (known(sha256).isPresent()) {
      return;
    }
    ByteBuffer record = ByteBuffer.allocate(Fingerprint.BYTES);
    fingerprint.writeTo(record);
    synchronized (writer) {
      if (!lost) {
        try {
          writer.add(List.of(sha256), record.flip());
          added = true;
          return;
        } catch (IOException e) {
          lost = true; // this run keeps the rest in memory
        }
      }
    }
    unwritten.put(sha256, fingerprint);
  }

  @Override
  public void close() throws IOException {
    writer.close();
  }
}
