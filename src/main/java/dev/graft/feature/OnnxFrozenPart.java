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
 * The frozen part in ONNX Runtime, on the CPU. Every pass has the same batch size, so that the
 * record of an image does not depend on the other images, to the last bit.
 */
public final class OnnxFrozenPart implements FrozenPart {
  /** Version of the records; changes when this class or the ONNX rendering changes their values. */
  public static final int VERSION = 3;

  private final OnnxSession session;
  private final RecordLayout layout;

  /** Size of the pixels of an image, in bytes. */
  private final int bytes;

  /** Batch size of every pass. */
  private final int batchSize;

  private final ByteBuffer batch;

  /**
   * Opens the frozen part of a network.
   *
   * @param precision of the frozen part
   * @param layout of the records
   */
  public OnnxFrozenPart(
      NetworkDesign design, Weights weights, Precision precision, RecordLayout layout) {
    this(file(design, weights, precision).open(), design.inputSize(), layout);
  }

  /**
   * Opens a frozen part from its ONNX file.
   *
   * @param model as {@link #model} returns it
   * @param side of the input in pixels
   */
  public OnnxFrozenPart(byte[] model, int side, RecordLayout layout) {
    this(OnnxSession.open(model), side, layout);
  }

  private OnnxFrozenPart(OnnxSession session, int side, RecordLayout layout) {
    this.session = session;
    this.layout = layout;
    bytes = 3 * side * side;
    batchSize = OnnxSession.batch(side);
    batch = ByteBuffer.allocateDirect(batchSize * bytes);
  }

  /** Returns the frozen part of a network as the content of an ONNX file. */
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
    for (int from = 0; from < count; from += batchSize) {
      int inBatch = Math.min(batchSize, count - from);
      // The rest of a smaller batch holds earlier images, whose outputs are ignored.
      batch.put(0, pixels, from * bytes, inBatch * bytes);
      int computed = session.isImageByImage() ? inBatch : batchSize;
      store(session.run(batch, computed), from, inBatch, records);
    }
    return records;
  }

  private void store(List<FloatBuffer> outputs, int from, int inBatch, ByteBuffer records) {
    int at = 0;
    for (int k = 0; k < layout.fields().size(); k++) {
      RecordLayout.Field field = layout.fields().get(k);
      int size = Math.toIntExact(field.shape().size());
      for (int i = 0; i < inBatch; i++) {
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

  /**
   * Converts a number to IEEE 754 binary16, rounding to the nearest and ties to even; infinite from
   * 65520 on.
   */
  static short half(float value) {
    int sign = Float.floatToRawIntBits(value) >>> 16 & 0x8000;
    float size = Math.abs(value);
    int bits = Float.floatToRawIntBits(size);
    if (Float.isNaN(value)) {
      bits = 0x7e00;
    } else if (size >= 65520) {
      bits = 0x7c00;
    } else if (size < 0x1p-14f) {
      bits = (int) Math.rint(size * 0x1p24f); // subnormal: no implicit leading 1
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
