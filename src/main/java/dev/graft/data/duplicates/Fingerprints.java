package dev.graft.data.duplicates;

import dev.graft.data.ImageSet;
import dev.graft.image.ImageFileReader;
import dev.graft.io.RecordLog;
import dev.graft.util.Text;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The fingerprints of all image files that were ever decoded, stored on disk by content hash. An
 * image with a fingerprint is readable, and is compared with others without reading it again. Those
 * of other images, and of all images if the disk is full, stay in memory. Thread-safe.
 */
public final class Fingerprints implements AutoCloseable {
  /** The key of the records; it changes when fingerprints, decoding or reduction change. */
  public static final String KEY =
      Text.of(
          "fingerprints 2 of %s bytes\nreduction to %s\nreader %s\n",
          Fingerprint.BYTES, Fingerprint.MIN_SIDE, ImageFileReader.VERSION);

  private final Path folder;
  private volatile RecordLog stored;
  private final RecordLog.Writer writer;

  /** Those of images that are not files, and those that could not be written. */
  private final Map<String, Fingerprint> inMemory = new ConcurrentHashMap<>();

  private volatile boolean writeFailed;

  /** Whether records were written since {@link #stored} was opened. */
  private volatile boolean added;

  /** Opens the log in a folder, which need not exist. */
  public Fingerprints(Path folder) throws IOException {
    this.folder = folder;
    stored = RecordLog.open(folder, KEY, Fingerprint.BYTES);
    writer = new RecordLog.Writer(folder, KEY, Fingerprint.BYTES);
  }

  /**
   * Returns the fingerprint of an image, which is decoded unless that was done before.
   *
   * @return empty if it is unreadable
   */
  public Optional<Fingerprint> of(ImageSet images, int index) {
    if (images.quarantine().contains(index)) {
      return Optional.empty();
    }
    String hash = images.hash(index);
    Optional<Fingerprint> known = known(hash);
    if (known.isPresent()) {
      return known;
    }
    Optional<Fingerprint> made = images.read(index, Fingerprint.MIN_SIDE).map(Fingerprint::of);
    if (images.areFiles()) {
      made.ifPresent(fingerprint -> store(hash, fingerprint));
    } else {
      made.ifPresent(fingerprint -> inMemory.put(hash, fingerprint));
    }
    return made;
  }

  /**
   * Returns the same images; decoding one also stores its fingerprint, so that it need not be
   * decoded a second time.
   */
  public ImageSet storingFrom(ImageSet images) {
    return images.areFiles() ? new FingerprintingImageSet(images, this) : images;
  }

  /** Makes records visible to {@link #known} that were written since the log was opened. */
  void refresh() {
    if (!added) {
      return;
    }
    added = false;
    try {
      stored = RecordLog.open(folder, KEY, Fingerprint.BYTES);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the fingerprint of an image with this content, if it is stored. */
  public Optional<Fingerprint> known(String sha256) {
    RecordLog log = stored;
    int slot = log.slot(sha256);
    if (slot < 0) {
      return Optional.ofNullable(inMemory.get(sha256));
    }
    ByteBuffer record = ByteBuffer.allocate(Fingerprint.BYTES);
    log.copy(slot, 0, record, 0, Fingerprint.BYTES);
    return Optional.of(Fingerprint.readFrom(record));
  }

  void store(String sha256, Fingerprint fingerprint) {
    if (known(sha256).isPresent()) {
      return;
    }
    ByteBuffer record = ByteBuffer.allocate(Fingerprint.BYTES);
    fingerprint.writeTo(record);
    synchronized (writer) {
      if (!writeFailed) {
        try {
          writer.add(List.of(sha256), record.flip());
          added = true;
          return;
        } catch (IOException e) {
          writeFailed = true; // the rest stays in memory for this run
        }
      }
    }
    inMemory.put(sha256, fingerprint);
  }

  @Override
  public void close() throws IOException {
    writer.close();
  }
}
