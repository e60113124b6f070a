package dev.graft.feature;

import ai.djl.Device;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import java.nio.ByteBuffer;

/** The frozen part in DJL, computed by the engine that trains the other stages. */
public final class EngineFrozenPart implements FrozenPart {
  private final Block frozenPart;
  private final PixelSource pixels;
  private final RecordLayout layout;
  private final NDManager manager;

  /**
   * @param frozenPart computes the values of records from pixels
   * @param device of its weights
   */
  public EngineFrozenPart(
      Block frozenPart, PixelSource pixels, RecordLayout layout, Device device) {
    this.frozenPart = frozenPart;
    this.pixels = pixels;
    this.layout = layout;
    manager = NDManager.newBaseManager(device);
  }

  @Override
  public ByteBuffer forward(ByteBuffer input, int count) {
    try (NDManager batch = manager.newSubManager()) {
      NDList out =
          frozenPart.forward(
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
