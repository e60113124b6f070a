package dev.graft.inference;

import ai.djl.Device;
import dev.graft.engine.OnnxSession;
import dev.graft.network.Typicality;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.stream.IntStream;

/** Inference in ONNX Runtime, on the CPU. */
final class OnnxBackend implements InferenceBackend {
  private final OnnxSession session;
  private final int batch;

  /** Index of the typicality output; -1 if there is none. */
  private final int typicality;

  private ByteBuffer pixels = ByteBuffer.allocateDirect(0);

  /**
   * @param session computes probabilities, and typicality if it has that output, from pixels, 0 to
   *     255; closed with this backend
   */
  OnnxBackend(OnnxSession session) {
    this.session = session;
    typicality = session.outputs().indexOf(Typicality.NAME);
    batch = OnnxSession.batch(session.side());
  }

  /** Returns whether ONNX Runtime is available and faster than DJL on a device: on CPUs. */
  static boolean suits(Device device) {
    return !device.isGpu() && OnnxSession.isAvailable();
  }

  @Override
  public boolean hasTypicality() {
    return typicality >= 0;
  }

  @Override
  public int batch() {
    return batch;
  }

  @Override
  public List<Output> outputs(List<ModelRunner.Prepared> images) {
    int bytes =
        images.stream().mapToInt(each -> each.pixels().remaining()).sum()
            * (session.takesFloats() ? Float.BYTES : 1);
    if (pixels.capacity() < bytes) {
      pixels = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }
    pixels.clear();
    images.forEach(each -> put(each.pixels().duplicate()));
    List<FloatBuffer> results = session.run(pixels.flip(), images.size());
    FloatBuffer rows = results.get(0);
    int classes = rows.remaining() / images.size();
    return IntStream.range(0, images.size())
        .mapToObj(
            row -> {
              float[] probabilities = new float[classes];
              rows.get(row * classes, probabilities);
              return typicality < 0
                  ? Output.of(probabilities)
                  : Output.of(probabilities, results.get(typicality).get(row));
            })
        .toList();
  }

  private void put(ByteBuffer image) {
    if (session.takesFloats()) {
      while (image.hasRemaining()) {
        pixels.putFloat(Byte.toUnsignedInt(image.get()));
      }
    } else {
      pixels.put(image);
    }
  }

  @Override
  public void close() {
    session.close();
  }
}
