package dev.graft.feature;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.ParameterStore;
import dev.graft.Progress;
import dev.graft.io.ReadAhead;
import dev.graft.network.Trunk;
import dev.graft.picture.PictureReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The frozen root's forward pass over pictures, a batch at a time, while the pictures of the next
 * batch are read. A picture that can't be read is passed over.
 */
public final class FeatureExtractor implements FeatureCache.Filler {
  /** The fastest on two cores; a GPU would like more, but has this done in no time either. */
  public static final int BATCH = 64;

  private final Trunk root;
  private final PixelSource pixels;
  private final RecordLayout layout;
  private final NDManager manager;
  private final Runnable check;
  private final Progress progress;

  /** A row, and its pixels if it could be read. */
  private record Prepared(int row, Optional<byte[]> pixels) {}

  /**
   * @param manager on the device of the root's weights; nothing is left on it
   * @param check is run after each batch, and may end it all by an exception
   */
  public FeatureExtractor(
      Trunk root,
      PixelSource pixels,
      RecordLayout layout,
      NDManager manager,
      Runnable check,
      Progress progress) {
    this.root = root;
    this.pixels = pixels;
    this.layout = layout;
    this.manager = manager;
    this.check = check;
    this.progress = progress;
  }

  @Override
  public void fill(List<Integer> rows, FeatureCache.Sink sink) throws IOException {
    try (ReadAhead<Prepared> prepared =
        ReadAhead.of(
            PictureReader.threads(),
            2 * BATCH,
            rows.iterator(),
            row -> new Prepared(row, pixels.pixels(row)))) {
      ByteBuffer batch = ByteBuffer.allocate(BATCH * pixels.bytes());
      List<Integer> inBatch = new ArrayList<>();
      int done = 0;
      while (prepared.hasNext()) {
        Prepared next = prepared.next();
        done++;
        if (next.pixels().isPresent()) {
          batch.put(next.pixels().get());
          inBatch.add(next.row());
        }
        if (inBatch.size() == BATCH || (!prepared.hasNext() && !inBatch.isEmpty())) {
          batch.flip();
          sink.keep(
              inBatch, layout.type() == DataType.UINT8 ? batch : forward(batch, inBatch.size()));
          batch.clear();
          inBatch.clear();
          progress.stepTo(done);
          check.run();
        }
      }
      check.run();
    }
  }

  private ByteBuffer forward(ByteBuffer input, int count) {
    try (NDManager batch = manager.newSubManager()) {
      NDList out =
          root.forward(
              new ParameterStore(batch, false), pixels.toEngine(batch, input, count), false);
      ByteBuffer crossing =
          layout.hasCrossing() ? bytes(out.get(0), layout.type()) : ByteBuffer.allocate(0);
      ByteBuffer averages =
          layout.averages() > 0
              ? bytes(out.get(out.size() - 1), DataType.FLOAT32)
              : ByteBuffer.allocate(0);
      ByteBuffer records = ByteBuffer.allocate(count * layout.bytes());
      for (int i = 0; i < count; i++) {
        take(crossing, layout.crossingBytes(), records);
        take(averages, layout.averagesBytes(), records);
      }
      return records.flip();
    }
  }

  private static ByteBuffer bytes(NDArray array, DataType type) {
    return array.toType(type, false).toByteBuffer();
  }

  private static void take(ByteBuffer from, int bytes, ByteBuffer to) {
    to.put(from.slice(from.position(), bytes));
    from.position(from.position() + bytes);
  }
}
