package dev.graft.feature;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.graft.GraftException;
import dev.graft.GraftException.Code;
import dev.graft.data.ImageSet;
import dev.graft.io.AtomicFiles;
import dev.graft.io.FirstOccurrences;
import dev.graft.io.RecordLog;
import dev.graft.util.Messages;
import dev.graft.util.Names;
import dev.graft.util.Text;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Cache of features on disk: one record per image, keyed by a hash of the image file. An image that
 * was added or changed costs one forward pass; one that was moved or copied costs none. Each {@link
 * FeatureKey} has a {@link RecordLog} of its own.
 */
public final class FeatureCache implements AutoCloseable {
  private final Path folder;
  private final FeatureKey key;
  private final RecordLayout layout;
  private final CacheUse use;
  private RecordLog log;

  /**
   * Opens the cache of a key.
   *
   * @param features the folder of all caches; need not exist
   */
  public FeatureCache(Path features, FeatureKey key, RecordLayout layout) throws IOException {
    folder = features.resolve(key.folderName());
    this.key = key;
    this.layout = layout;
    use = new CacheUse(folder);
    use.begin();
    log = RecordLog.open(folder, key.text(), layout.bytes());
  }

  /** Computes the records of images and passes them to a sink. */
  public interface Filler {
    /**
     * Computes the records of all images that can be read, in any order, in one or more portions.
     *
     * @param rows of the images, without duplicates
     */
    void fill(List<Integer> rows, Sink sink) throws IOException;
  }

  /** Writes records to the cache; they stay there if the run fails later. */
  public interface Sink {
    /**
     * Writes records.
     *
     * @param rows of their images
     * @param records one after the other
     */
    void store(List<Integer> rows, ByteBuffer records) throws IOException;
  }

  /**
   * Returns the rows of wanted images that are not cached and not known to be unreadable, without
   * duplicates.
   */
  public List<Integer> missing(ImageSet images, IntPredicate wanted) {
    FirstOccurrences seen = new FirstOccurrences(images::hash);
    return images
        .readable()
        .filter(wanted)
        .filter(row -> log.find(images.hash(row)) < 0 && seen.isFirst(row))
        .boxed()
        .toList();
  }

  /** Reads again what is cached, which another process may have added to. */
  public void refresh() throws IOException {
    log = RecordLog.open(folder, key.text(), layout.bytes());
  }

  /** Returns the number of images of a set whose features are cached. */
  public int cached(ImageSet images) {
    return (int)
        IntStream.range(0, images.size()).filter(row -> log.find(images.hash(row)) >= 0).count();
  }

  /**
   * Computes features and caches them.
   *
   * @param rows as {@link #missing} returns them
   * @return the number of images computed, which excludes unreadable ones
   * @throws GraftException if the disk is full; the features written until then stay
   */
  public int fill(ImageSet images, List<Integer> rows, Filler filler) throws IOException {
    int[] computed = {0};
    Files.createDirectories(folder);
    use.begin();
    try (RecordLog.Writer writer = new RecordLog.Writer(folder, key.text(), layout.bytes())) {
      filler.fill(
          rows,
          (done, records) -> {
            List<String> hashes = done.stream().map(images::hash).toList();
            try {
              writer.add(hashes, records);
              computed[0] += hashes.size();
            } catch (IOException e) {
              throw new GraftException(
                      "The features can't be cached in "
                          + folder
                          + ": "
                          + Messages.of(e)
                          + ". Those cached so far stay; make room there, or train"
                          + " without the cache.",
                      e)
                  .withCode(Code.NO_CACHE);
            }
          });
    }
    refresh();
    return computed[0];
  }

  /**
   * Checks the space for features that are to be computed.
   *
   * @param features the folder of all caches; created if it is missing
   * @param bytes of all caches together, so that not each of them fails in turn
   * @throws GraftException if there is less
   */
  public static void requireSpace(Path features, long bytes) throws IOException {
    AtomicFiles.createFolders(features);
    long free = Files.getFileStore(features).getUsableSpace();
    if (free < bytes) {
      throw new GraftException(
              Text.of(
                  "The features need %s in %s, where %s are free; make room there, or train"
                      + " without the cache.",
                  Names.bytes(bytes), features, Names.bytes(free)))
          .withCode(Code.NO_CACHE);
    }
  }

  /** Returns the size on disk of all features of this key, in bytes. */
  public long bytes() {
    return log.bytes();
  }

  /** Ends the use of this cache, so that it may be deleted. */
  @Override
  public void close() throws IOException {
    use.end();
  }

  /**
   * Returns the features of images as input of a network. The result is not thread-safe.
   *
   * @param filler computes a record again if it is found to be damaged
   * @param wanted the rows that may be read
   * @throws GraftException if features of wanted, readable images are not cached
   */
  public FeatureSource of(ImageSet images, Filler filler, IntPredicate wanted) {
    int lost = missing(images, wanted).size();
    if (lost > 0) {
      throw new GraftException(
          "The features of "
              + Names.count(lost, "image")
              + " are missing in "
              + folder
              + ", which was probably deleted during the run. Start the run again to compute them.");
    }
    return new Rows(images, filler);
  }

  /** Copies records out of the mapped files and into the engine. */
  private final class Rows implements FeatureSource {
    private final ImageSet images;
    private final Filler filler;
    private final ByteBuffer[] batches; // one per field
    private int[] slots;

    Rows(ImageSet images, Filler filler) {
      this.images = images;
      this.filler = filler;
      batches = new ByteBuffer[layout.fields().size()];
      Arrays.fill(batches, ByteBuffer.allocateDirect(0));
      locate();
    }

    private void locate() {
      slots = IntStream.range(0, images.size()).map(row -> log.find(images.hash(row))).toArray();
    }

    @Override
    public NDList read(NDManager manager, int[] rows) {
      for (boolean whole = false; !whole; ) {
        whole = true;
        for (int row : rows) {
          if (slots[row] < 0) {
            throw new IllegalStateException("no features of image " + row);
          }
          if (!log.isWhole(slots[row])) {
            repair(row); // opens the log again, in which other records may be damaged
            whole = false;
          }
        }
      }
      NDList list = new NDList();
      int at = 0;
      for (int k = 0; k < batches.length; k++) {
        RecordLayout.Field field = layout.fields().get(k);
        batches[k] = withCapacity(batches[k], field.bytes(rows.length));
        for (int i = 0; i < rows.length; i++) {
          log.copy(slots[rows[i]], at, batches[k], i * field.bytes(), field.bytes());
        }
        Shape shape = new Shape(rows.length).addAll(field.shape());
        list.add(toEngine(manager, batches[k], shape, field.type()));
        at += field.bytes();
      }
      return list;
    }

    /** Finds the record in another file of the log, or computes it again. */
    private void repair(int row) {
      slots[row] = log.slot(images.hash(row));
      if (slots[row] >= 0) {
        return;
      }
      try {
        fill(images, List.of(row), filler);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      locate();
      slots[row] = log.slot(images.hash(row));
      if (slots[row] < 0) {
        throw new GraftException(
            "The features of "
                + images.place(row)
                + " in "
                + folder
                + " are damaged, and the image can't be read any more. Start the run again without it.");
      }
    }
  }

  /**
   * Returns a float32 array with a copy of the values, because an engine may share a direct buffer,
   * which the next batch overwrites. (DJL's {@code toType} does not copy if the type stays the
   * same, even with {@code copy} set.)
   */
  private static NDArray toEngine(NDManager manager, ByteBuffer bytes, Shape shape, DataType type) {
    try (NDArray shared =
        manager.create(bytes.duplicate().order(ByteOrder.nativeOrder()), shape, type)) {
      return type == DataType.FLOAT32 ? shared.duplicate() : shared.toType(DataType.FLOAT32, true);
    }
  }

  private static ByteBuffer withCapacity(ByteBuffer buffer, int bytes) {
    ByteBuffer large =
        buffer.capacity() >= bytes
            ? buffer
            : ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    return large.limit(bytes).position(0);
  }
}
