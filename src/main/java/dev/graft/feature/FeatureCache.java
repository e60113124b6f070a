package dev.graft.feature;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.graft.GraftException;
import dev.graft.WholeFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Features on disk, a record of fixed size a picture, mapped into memory. The file begins with a
 * header of {@value #HEADER_BYTES} bytes that holds the whole {@link FeatureKey}, so that a reader
 * checks what it reads. It gets its name when it is complete.
 */
public final class FeatureCache implements FeatureSource {
  private static final String MAGIC = "graft features\n";
  private static final int HEADER_BYTES = 8192;

  /** A mapping can't be larger than 2 GB. */
  private static final long SEGMENT_BYTES = 1L << 30;

  private final Path file;
  private final RecordLayout layout;
  private final int recordsPerSegment;
  private final List<MappedByteBuffer> segments;
  private final int size;

  private ByteBuffer crossings = ByteBuffer.allocateDirect(0);
  private ByteBuffer averages = ByteBuffer.allocateDirect(0);

  private FeatureCache(Path file, RecordLayout layout, int size) throws IOException {
    this(file, layout, size, SEGMENT_BYTES);
  }

  /**
   * Maps a file that was found to be whole.
   *
   * @param segmentBytes the most that one mapping holds
   */
  FeatureCache(Path file, RecordLayout layout, int size, long segmentBytes) throws IOException {
    this.file = file;
    this.layout = layout;
    this.size = size;
    recordsPerSegment = Math.toIntExact(Math.max(1, segmentBytes / layout.bytes()));
    segments = new ArrayList<>();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      for (long first = 0; first < size; first += recordsPerSegment) {
        long records = Math.min(recordsPerSegment, size - first);
        segments.add(
            channel.map(
                FileChannel.MapMode.READ_ONLY,
                HEADER_BYTES + first * layout.bytes(),
                records * layout.bytes()));
      }
    }
  }

  /** What fills a cache: gives the records of pictures, one range after the other. */
  public interface Filler {
    /** The records of pictures {@code from} (from 0) up to but without {@code to}. */
    ByteBuffer records(int from, int to);
  }

  /**
   * The features of a key, if a file of them is there and whole.
   *
   * @param size number of pictures
   */
  public static Optional<FeatureCache> find(
      Path folder, FeatureKey key, RecordLayout layout, int size) throws IOException {
    Path file = folder.resolve(key.fileName());
    if (!Files.isRegularFile(file)
        || Files.size(file) != HEADER_BYTES + (long) size * layout.bytes()) {
      return Optional.empty();
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer there = ByteBuffer.allocate(HEADER_BYTES);
      while (there.hasRemaining() && channel.read(there) >= 0) {}
      if (!there.flip().equals(header(key))) {
        return Optional.empty();
      }
    }
    return Optional.of(new FeatureCache(file, layout, size));
  }

  /**
   * Computes the features of a key and keeps them.
   *
   * @param size number of pictures
   * @param step how many pictures the filler is asked for at a time
   * @throws GraftException if the disk has no room for them
   */
  public static FeatureCache create(
      Path folder, FeatureKey key, RecordLayout layout, int size, int step, Filler filler)
      throws IOException {
    Files.createDirectories(folder);
    long bytes = HEADER_BYTES + (long) size * layout.bytes();
    long free = Files.getFileStore(folder).getUsableSpace();
    if (free < bytes) {
      throw new GraftException(
          String.format(
              Locale.ROOT,
              "The features need %,d MB in %s, where %,d MB are free; make room there, or train"
                  + " with --no-cache.",
              bytes >> 20,
              folder,
              free >> 20));
    }
    Path file = folder.resolve(key.fileName());
    WholeFile.write(
        file,
        channel -> {
          WholeFile.writeFully(channel, header(key));
          for (int from = 0; from < size; from += step) {
            int to = Math.min(size, from + step);
            ByteBuffer records = filler.records(from, to);
            if (records.remaining() != (to - from) * layout.bytes()) {
              throw new IllegalStateException(
                  records.remaining() + " bytes for " + (to - from) + " records of " + layout);
            }
            WholeFile.writeFully(channel, records);
          }
        });
    return new FeatureCache(file, layout, size);
  }

  private static ByteBuffer header(FeatureKey key) {
    byte[] text = (MAGIC + key.text()).getBytes(StandardCharsets.UTF_8);
    if (text.length > HEADER_BYTES) {
      throw new IllegalStateException("a key of " + text.length + " bytes does not fit the header");
    }
    return ByteBuffer.allocate(HEADER_BYTES).put(text).rewind();
  }

  /** Size of the file. */
  public long bytes() throws IOException {
    return Files.size(file);
  }

  /** Copies the rows out of the mapped file and into the engine; not for two threads at once. */
  @Override
  public NDList read(NDManager manager, int[] rows) {
    int crossingBytes = layout.crossingBytes();
    int averagesBytes = layout.averagesBytes();
    crossings = withRoom(crossings, rows.length * crossingBytes);
    averages = withRoom(averages, rows.length * averagesBytes);
    for (int i = 0; i < rows.length; i++) {
      if (rows[i] < 0 || rows[i] >= size) {
        throw new IndexOutOfBoundsException("row " + rows[i] + " of " + size);
      }
      MappedByteBuffer segment = segments.get(rows[i] / recordsPerSegment);
      int at = rows[i] % recordsPerSegment * layout.bytes();
      crossings.put(i * crossingBytes, segment, at, crossingBytes);
      averages.put(i * averagesBytes, segment, at + crossingBytes, averagesBytes);
    }
    NDList list = new NDList();
    if (layout.hasCrossing()) {
      list.add(
          toEngine(
              manager, crossings, new Shape(rows.length).addAll(layout.crossing()), layout.type()));
    }
    if (layout.averages() > 0) {
      list.add(
          toEngine(manager, averages, new Shape(rows.length, layout.averages()), DataType.FLOAT32));
    }
    return list;
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
