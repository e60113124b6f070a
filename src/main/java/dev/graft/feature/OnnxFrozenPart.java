package dev.graft.feature;

import ai.djl.ndarray.types.DataType;
import dev.graft.engine.OnnxSession;
import dev.graft.network.Graph;
import dev.graft.network.NetworkDesign;
import dev.graft.network.Weights;
import dev.graft.network.onnx.OnnxFile;
import dev.graft.network.onnx.PixelType;
import dev.graft.network.onnx.Precision;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;

/**
 * In ONNX Runtime, on the CPU. Every pass is over the same number of images, so that what comes of
 * an image does not depend on how many others there are, nor on which, to the last bit.
 */
public final class OnnxFrozenPart implements FrozenPart {
  /** Changes whenever something here, or in the rendering, changes what comes of an image. */
  public static final int VERSION = 3;

  private final OnnxSession session;
  private final RecordLayout layout;

  /** Size of an image. */
  private final int bytes;

  private final int images;
  private final ByteBuffer batch;

  /** Renders the frozen part of a network. */
  public OnnxFrozenPart(
      NetworkDesign design, Weights weights, Precision precision, RecordLayout layout) {
    this(file(design, weights, precision).open(), design.inputSize(), layout);
  }

  /**
   * Opens what {@link #model} gave.
   *
   * @param side of the input, in pixels
   */
  public OnnxFrozenPart(byte[] model, int side, RecordLayout layout) {
    this(OnnxSession.open(model), side, layout);
  }

  private OnnxFrozenPart(OnnxSession session, int side, RecordLayout layout) {
    this.session = session;
    this.layout = layout;
    bytes = 3 * side * side;
    images = OnnxSession.batch(side);
    batch = ByteBuffer.allocateDirect(images * bytes);
  }

  /** The frozen part of a network as an ONNX file's bytes. */
  public static byte[] model(NetworkDesign design, Weights weights, Precision precision) {
    return file(design, weights, precision).bytes();
  }

  private static OnnxFile file(NetworkDesign design, Weights weights, Precision precision) {
    Graph graph = design.graph();
    List<String> outputs = graph.crossing(design.cut());
    return OnnxFile.of(graph, outputs, weights, precision, PixelType.UINT8, Map.of());
  }

  @Override
  public ByteBuffer forward(ByteBuffer pixels, int count) {
    ByteBuffer records = ByteBuffer.allocate(count * layout.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (int from = 0; from < count; from += images) {
      int some = Math.min(images, count - from);
      // Where there are fewer, images from before stand behind them, and are not looked at.
      batch.put(0, pixels, from * bytes, some * bytes);
      keep(session.run(batch, images), from, some, records);
    }
    return records;
  }

  private void keep(List<FloatBuffer> outputs, int from, int some, ByteBuffer records) {
    int at = 0;
    for (int k = 0; k < layout.fields().size(); k++) {
      RecordLayout.Field field = layout.fields().get(k);
      int size = Math.toIntExact(field.shape().size());
      for (int i = 0; i < some; i++) {
        records.position((from + i) * layout.bytes() + at);
        FloatBuffer values = outputs.get(k).slice(i * size, size);
        if (field.type() == DataType.FLOAT16) {
          while (values.hasRemaining()) {
            records.putShort(half(values.get()));
          }
        } else {
          records.asFloatBuffer().put(values);
        }
      }
      at += field.bytes();
    }
    records.rewind();
  }

  /** The nearest number in IEEE 754 binary16, of two the even one; infinite from 65520 on. */
  static short half(float value) {
    int sign = Float.floatToRawIntBits(value) >>> 16 & 0x8000;
    float size = Math.abs(value);
    int bits = Float.floatToRawIntBits(size);
    if (Float.isNaN(value)) {
      bits = 0x7e00;
    } else if (size >= 65520) {
      bits = 0x7c00;
    } else if (size < 0x1p-14f) {
      bits = (int) Math.rint(size * 0x1p24f); // no leading 1 here
    } else {
      bits = ((bits + 0xfff + (bits >>> 13 & 1)) >>> 13) - ((127 - 15) << 10);
    }
    return (short) (sign | bits);
  }

  @Override
  public void close() {
    session.close();
  }
}
