package dev.graft.feature;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.ParameterStore;
import dev.graft.Console;
import dev.graft.network.Trunk;
import java.nio.ByteBuffer;
import java.util.stream.IntStream;

/** The frozen root's forward pass over all pictures, a batch at a time. */
public final class FeatureExtractor implements FeatureCache.Filler {
  /** The fastest on two cores; a GPU would like more, but has this done in no time either. */
  public static final int BATCH = 64;

  private final Trunk root;
  private final PixelSource pixels;
  private final RecordLayout layout;
  private final NDManager manager;
  private final Console.Progress progress;

  /**
   * @param manager on the device of the root's weights; nothing is left on it
   */
  public FeatureExtractor(
      Trunk root,
      PixelSource pixels,
      RecordLayout layout,
      NDManager manager,
      Console.Progress progress) {
    this.root = root;
    this.pixels = pixels;
    this.layout = layout;
    this.manager = manager;
    this.progress = progress;
  }

  @Override
  public ByteBuffer records(int from, int to) {
    int[] rows = IntStream.range(from, to).toArray();
    ByteBuffer records = layout.type() == DataType.UINT8 ? pixels.pixels(rows) : forward(rows);
    progress.stepTo(to);
    return records;
  }

  private ByteBuffer forward(int[] rows) {
    try (NDManager batch = manager.newSubManager()) {
      NDList out = root.forward(new ParameterStore(batch, false), pixels.read(batch, rows), false);
      ByteBuffer crossing =
          layout.hasCrossing() ? bytes(out.get(0), layout.type()) : ByteBuffer.allocate(0);
      ByteBuffer averages =
          layout.averages() > 0
              ? bytes(out.get(out.size() - 1), DataType.FLOAT32)
              : ByteBuffer.allocate(0);
      ByteBuffer records = ByteBuffer.allocate(rows.length * layout.bytes());
      for (int i = 0; i < rows.length; i++) {
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
