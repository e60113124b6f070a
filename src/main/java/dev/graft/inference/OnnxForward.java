package dev.graft.inference;

import ai.djl.Device;
import dev.graft.engine.OnnxSession;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.stream.IntStream;

/** In ONNX Runtime, on the CPU. */
final class OnnxForward implements Forward {
  private final OnnxSession session;
  private final int batch;
  private ByteBuffer pixels = ByteBuffer.allocateDirect(0);

  /**
   * Takes a session over.
   *
   * @param session pixels, 0 to 255, to probabilities
   */
  OnnxForward(OnnxSession session) {
    this.session = session;
    batch = OnnxSession.batch(session.side());
  }

  /** Whether a network on that device is better computed here. */
  static boolean suits(Device device) {
    return !device.isGpu() && OnnxSession.isThere();
  }

  @Override
  public int batch() {
    return batch;
  }

  @Override
  public List<float[]> probabilities(List<Classifier.Prepared> pictures) {
    int bytes =
        pictures.stream().mapToInt(each -> each.pixels().remaining()).sum()
            * (session.takesFloats() ? Float.BYTES : 1);
    if (pixels.capacity() < bytes) {
      pixels = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }
    pixels.clear();
    pictures.forEach(each -> put(each.pixels().duplicate()));
    FloatBuffer rows = session.run(pixels.flip(), pictures.size()).get(0);
    int classes = rows.remaining() / pictures.size();
    return IntStream.range(0, pictures.size())
        .mapToObj(
            row -> {
              float[] probabilities = new float[classes];
              rows.get(row * classes, probabilities);
              return probabilities;
            })
        .toList();
  }

  private void put(ByteBuffer picture) {
    if (session.takesFloats()) {
      while (picture.hasRemaining()) {
        pixels.putFloat(Byte.toUnsignedInt(picture.get()));
      }
    } else {
      pixels.put(picture);
    }
  }

  @Override
  public void close() {
    session.close();
  }
}
