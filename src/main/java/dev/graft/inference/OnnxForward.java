package dev.graft.inference;

import ai.djl.Device;
import dev.graft.engine.OnnxSession;
import dev.graft.network.GraftedNetwork;
import dev.graft.network.Weights;
import dev.graft.network.onnx.OnnxFile;
import dev.graft.network.onnx.PixelType;
import dev.graft.network.onnx.Precision;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** In ONNX Runtime, on the CPU. */
final class OnnxForward implements Forward {
  private final OnnxSession session;
  private final int batch;
  private ByteBuffer pixels = ByteBuffer.allocateDirect(0);

  OnnxForward(GraftedNetwork design, Weights weights, Precision precision) {
    List<String> outputs = List.of(GraftedNetwork.PROBABILITIES);
    session =
        OnnxSession.open(
            OnnxFile.of(design.graph(), outputs, weights, precision, PixelType.UINT8, Map.of()));
    batch = OnnxSession.batch(design.inputSize());
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
    int bytes = pictures.stream().mapToInt(each -> each.pixels().remaining()).sum();
    if (pixels.capacity() < bytes) {
      pixels = ByteBuffer.allocateDirect(bytes);
    }
    pixels.clear();
    pictures.forEach(each -> pixels.put(each.pixels().duplicate()));
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

  @Override
  public void close() {
    session.close();
  }
}
