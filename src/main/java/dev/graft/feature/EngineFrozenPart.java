package dev.graft.feature;

import ai.djl.Device;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import java.nio.ByteBuffer;

/** In DJL, by the engine that trains the rest. */
public final class EngineFrozenPart implements FrozenPart {
  private final Block root;
  private final PixelSource pixels;
  private final RecordLayout layout;
  private final NDManager manager;

  /**
   * @param root gives a record's values
   * @param device of the root's weights
   */
  public EngineFrozenPart(Block root, PixelSource pixels, RecordLayout layout, Device device) {
    this.root = root;
    this.pixels = pixels;
    this.layout = layout;
    manager = NDManager.newBaseManager(device);
  }

  @Override
  public ByteBuffer forward(ByteBuffer input, int count) {
    try (NDManager batch = manager.newSubManager()) {
      NDList out =
          root.forward(
              new ParameterStore(batch, false), pixels.toEngine(batch, input, count), false);
      ByteBuffer records = ByteBuffer.allocate(count * layout.bytes());
      int at = 0;
      for (int k = 0; k < out.size(); k++) {
        RecordLayout.Field field = layout.fields().get(k);
        ByteBuffer values = out.get(k).toType(field.type(), false).toByteBuffer();
        for (int i = 0; i < count; i++) {
          int from = values.position() + i * field.bytes();
          records.put(i * layout.bytes() + at, values, from, field.bytes());
        }
        at += field.bytes();
      }
      return records;
    }
  }

  @Override
  public void close() {
    manager.close();
  }
}
