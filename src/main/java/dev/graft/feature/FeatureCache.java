package dev.graft.feature;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.graft.GraftException;
import dev.graft.GraftException.Code;
import dev.graft.data.ImageSet;
import dev.graft.io.FirstOccurrences;
import dev.graft.io.RecordLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Features on disk: one record per image, keyed by the image's content, so that an image that was
 * added, changed or removed costs its own forward pass and no other, and one that was moved or
 * copied costs none. There is a {@link RecordLog} for each {@link FeatureKey}.
 */
public final class FeatureCache implements AutoCloseable {
  private final Path features;
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
    this.features = features;
    this.folder = features.resolve(key.folderName());
    this.key = key;
    this.layout = layout;
    use = new CacheUse(folder);
    use.begin();
    log = RecordLog.open(folder, key.text(), layout.bytes());
  }

  /** Computes the records of images. */
  public interface Filler {
    /**
     * Computes records, in any order and number, of all images that can be read.
     *
     * @param rows of the images, each content once
     */
    void fill(List<Integer> rows, Sink sink) throws IOException;
  }

  /** Takes finished records; from then on they are cached, whatever happens. */
  public interface Sink {
    /**
     * Takes some.
     *
     * @param rows of their images
     * @param records one after the other
     */
    void keep(List<Integer> rows, ByteBuffer records) throws IOException;
  }

  /** The images of a set that are readable, as far as known, and not cached; each content once. */
  public List<Integer> missing(ImageSet images) {
    FirstOccurrences seen = new FirstOccurrences(images::hash);
    return images
        .readable()
        .filter(row -> log.find(images.hash(row)) < 0 && seen.isFirst(row))
        .boxed()
        .toList();
  }

  /** The number of images of a set whose features are cached. */
  public int kept(ImageSet images) {
    return (int)
        IntStream.range(0, images.size()).filter(row -> log.find(images.hash(row)) >= 0).count();
  }

  /**
   * Computes features and caches them.
   *
   * @param rows as {@link #missing} returns them
   * @return the number of images computed; fewer than given where images can't be read
   * @throws GraftException if the disk is full; the features written until then stay
   */
  public int fill(ImageSet images, List<Integer> rows, Filler filler) throws IOException {
    int[] kept = {0};
    Files.createDirectories(features);
    requireRoom((long) rows.size() * layout.bytes());
    Files.createDirectories(folder);
    use.begin();
    try (RecordLog.Writer writer = new RecordLog.Writer(folder, key.text(), layout.bytes())) {
      filler.fill(
          rows,
          (done, records) -> {
            List<String> hashes = done.stream().map(images::hash).toList();
            try {
              writer.add(hashes, records);
              kept[0] += hashes.size();
            } catch (IOException e) {
              throw new GraftException(
                      "The features can't be cached in "
                          + features
                          + ": "
                          + e.getMessage()
                          + ". Those cached so far stay; make room there, or train"
                          + " without the cache.",
                      e)
                  .withCode(Code.NO_CACHE);
            }
          });
    }
    log = RecordLog.open(folder, key.text(), layout.bytes());
    return kept[0];
  }

  private void requireRoom(long bytes) throws IOException {
    long free = Files.getFileStore(features).getUsableSpace();
    if (free < bytes) {
      throw new GraftException(
              String.format(
                  Locale.ROOT,
                  "The features need %,d MB in %s, where %,d MB are free; make room there, or train"
                      + " without the cache.",
                  bytes >> 20,
                  features,
                  free >> 20))
          .withCode(Code.NO_CACHE);
    }
  }

  /** Size on disk of all that is cached under this key. */
  public long bytes() {
    return log.bytes();
  }

  /** Ends the use of this cache: from now on it may be removed. */
  @Override
  public void close() throws IOException {
    use.end();
  }

  /**
   * Returns the features of images, as a network takes them; not for two threads at once.
   *
   * @param filler computes the record of an image again that turns out to be damaged when it is
   *     read
   * @throws GraftException if some are not cached, though the images can be read
   */
  public FeatureSource of(ImageSet images, Filler filler) {
    int gone = missing(images).size();
    if (gone > 0) {
      throw new GraftException(
          "The features of "
              + gone
              + " images are no longer in "
              + folder
              + "; was it deleted during the run? Run it again: they will be computed again.");
    }
    return new Rows(images, filler);
  }

  /** Copies records out of the mapped files and into the engine. */
  private final class Rows implements FeatureSource {
    private final ImageSet images;
    private final Filler filler;
    private final ByteBuffer[] batches; // of each field
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
            repair(row); // which opens the log again, where others may be damaged, too
            whole = false;
          }
        }
      }
      NDList list = new NDList();
      int at = 0;
      for (int k = 0; k < batches.length; k++) {
        RecordLayout.Field field = layout.fields().get(k);
        batches[k] = withRoom(batches[k], field.bytes(rows.length));
        for (int i = 0; i < rows.length; i++) {
          log.copy(slots[rows[i]], at, batches[k], i * field.bytes(), field.bytes());
        }
        Shape shape = new Shape(rows.length).addAll(field.shape());
        list.add(toEngine(manager, batches[k], shape, field.type()));
        at += field.bytes();
      }
      return list;
    }

    /** Another file may have the record, too; else it is computed again. */
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
                + " are damaged, and the image can't be read any more. Run it again without it.");
      }
    }
  }

  /**
   * Returns a float32 array of its own: an engine may share a direct buffer, which the next batch
   * overwrites. (DJL's {@code toType} does not copy if the type stays the same, even with {@code
   * copy} set.)
   */
  private static NDArray toEngine(NDManager manager, ByteBuffer bytes, Shape shape, DataType type) {
    try (NDArray shared =
        manager.create(bytes.duplicate().order(ByteOrder.nativeOrder()), shape, type)) {
      return type == DataType.FLOAT32 ? shared.duplicate() : shared.toType(DataType.FLOAT32, true);
    }
  }

  private static ByteBuffer withRoom(ByteBuffer buffer, int bytes) {
    ByteBuffer roomy =
        buffer.capacity() >= bytes
            ? buffer
            : ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    return roomy.limit(bytes).position(0);
  }
}
