package dev.graft.feature;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.graft.GraftException;
import dev.graft.data.ImageSet;
import dev.graft.io.Firsts;
import dev.graft.io.RecordLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Features on disk: a record a picture, kept by the picture's content, so that a picture that was
 * added, changed or removed costs its own forward pass and no other, and one that was moved or is
 * there twice costs none. There is a {@link RecordLog} for each {@link FeatureKey}.
 */
public final class FeatureCache {
  private final Path features;
  private final Path folder;
  private final FeatureKey key;
  private final RecordLayout layout;
  private RecordLog log;

  /**
   * Opens the cache of a key.
   *
   * @param features the folder of all caches; need not be there
   */
  public FeatureCache(Path features, FeatureKey key, RecordLayout layout) throws IOException {
    this.features = features;
    this.folder = features.resolve(key.folderName());
    this.key = key;
    this.layout = layout;
    log = RecordLog.open(folder, key.text(), layout.bytes());
  }

  /** What makes the records of pictures. */
  public interface Filler {
    /**
     * Makes records, in any order and number, until all are made that can be.
     *
     * @param rows of the pictures that are wanted, no content twice
     */
    void fill(List<Integer> rows, Sink sink) throws IOException;
  }

  /** Takes finished records; from then on they are kept, whatever happens. */
  public interface Sink {
    /**
     * Takes some.
     *
     * @param rows of their pictures
     * @param records one after the other
     */
    void keep(List<Integer> rows, ByteBuffer records) throws IOException;
  }

  /**
   * The pictures of a set that are readable, as far as known, and not in here; each content once.
   */
  public List<Integer> missing(ImageSet pictures) {
    Firsts seen = new Firsts(pictures::hash);
    return pictures
        .readable()
        .filter(row -> log.slot(pictures.hash(row)) < 0 && seen.isFirst(row))
        .boxed()
        .toList();
  }

  /** How many pictures of a set have their features in here. */
  public int kept(ImageSet pictures) {
    return (int)
        IntStream.range(0, pictures.size())
            .filter(row -> log.slot(pictures.hash(row)) >= 0)
            .count();
  }

  /**
   * Computes features and keeps them.
   *
   * @param rows what {@link #missing} gave
   * @return how many were computed; fewer than were asked for where pictures can't be read
   * @throws GraftException if the disk has no room for them; those that it had room for are kept
   */
  public int fill(ImageSet pictures, List<Integer> rows, Filler filler) throws IOException {
    int[] kept = {0};
    Files.createDirectories(features);
    requireRoom((long) rows.size() * layout.bytes());
    try (RecordLog.Writer writer = new RecordLog.Writer(folder, key.text(), layout.bytes())) {
      filler.fill(
          rows,
          (done, records) -> {
            List<String> hashes = done.stream().map(pictures::hash).toList();
            try {
              writer.add(hashes, records);
              kept[0] += hashes.size();
            } catch (IOException e) {
              throw new GraftException(
                  "The features can't be kept in "
                      + features
                      + ": "
                      + e.getMessage()
                      + "; make room there, or train with --no-cache. Those kept so far stay.",
                  e);
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
                  + " with --no-cache.",
              bytes >> 20,
              features,
              free >> 20));
    }
  }

  /** Size on disk of all that is kept under this key. */
  public long bytes() {
    return log.bytes();
  }

  /**
   * The features of pictures, as a network takes them; not for two threads at once.
   *
   * @throws GraftException if some are not in here, though the pictures can be read
   */
  public FeatureSource of(ImageSet pictures) {
    int gone = missing(pictures).size();
    if (gone > 0) {
      throw new GraftException(
          "The features of "
              + gone
              + " pictures are no longer in "
              + folder
              + "; was it deleted while the run was on? Run it again: they will be computed anew.");
    }
    int[] slots =
        IntStream.range(0, pictures.size()).map(row -> log.slot(pictures.hash(row))).toArray();
    return new Rows(log, layout, slots);
  }

  /** Copies records out of the mapped files and into the engine. */
  private static final class Rows implements FeatureSource {
    private final RecordLog log;
    private final RecordLayout layout;
    private final int[] slots;
    private final ByteBuffer[] batches; // of each field

    Rows(RecordLog log, RecordLayout layout, int[] slots) {
      this.log = log;
      this.layout = layout;
      this.slots = slots;
      batches = new ByteBuffer[layout.fields().size()];
      Arrays.fill(batches, ByteBuffer.allocateDirect(0));
    }

    @Override
    public NDList read(NDManager manager, int[] rows) {
      NDList list = new NDList();
      int at = 0;
      for (int k = 0; k < batches.length; k++) {
        RecordLayout.Field field = layout.fields().get(k);
        batches[k] = withRoom(batches[k], field.bytes(rows.length));
        for (int i = 0; i < rows.length; i++) {
          int slot = slots[rows[i]];
          if (slot < 0) {
            throw new IllegalStateException("no features of picture " + rows[i]);
          }
          log.copy(slot, at, batches[k], i * field.bytes(), field.bytes());
        }
        Shape shape = new Shape(rows.length).addAll(field.shape());
        list.add(toEngine(manager, batches[k], shape, field.type()));
        at += field.bytes();
      }
      return list;
    }
  }

  /**
   * A float32 array of its own: an engine may share a direct buffer, which the next batch fills.
   * (DJL's {@code toType} does not copy where the type stays, though it be told to.)
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
