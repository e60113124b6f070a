package dev.graft.network.onnx;

import dev.graft.network.Rendering;
import java.util.Map;

/** Precision in which a model computes. */
public sealed interface Precision {
  /** Returns the number of steps, from the first on, that are not written in plain float32. */
  int steps();

  /**
   * Returns the rendering that writes one of these steps.
   *
   * @param float32 writes the step in float32
   * @param clippedNext whether only a ReLU or ReLU6 reads the step's values
   * @param scales of the quantized values of earlier steps
   */
  Rendering<String> rendering(
      OnnxRendering float32, boolean clippedNext, Map<String, Int8Rendering.Scale> scales);

  /** All steps in float32. */
  record Float32() implements Precision {
    @Override
    public int steps() {
      return 0;
    }

    @Override
    public Rendering<String> rendering(
        OnnxRendering float32, boolean clippedNext, Map<String, Int8Rendering.Scale> scales) {
      return float32;
    }
  }

  /**
   * All steps in float32, with the range of each value that {@link Int8} quantizes as additional
   * outputs, see {@link RangeObservingRendering}.
   *
   * @param steps number of steps, from the first on, that will be int8
   */
  record Observed(int steps) implements Precision {
    @Override
    public Rendering<String> rendering(
        OnnxRendering float32, boolean clippedNext, Map<String, Int8Rendering.Scale> scales) {
      return new RangeObservingRendering(float32, clippedNext);
    }
  }

  /**
   * Convolutions in int8, with uint8 activations; layers that need more precision, such as
   * averages, in float32.
   *
   * @param steps number of steps, from the first on, that are int8; all other steps, and all
   *     outputs, are float32
   */
  record Int8(Ranges ranges, int steps) implements Precision {
    @Override
    public Rendering<String> rendering(
        OnnxRendering float32, boolean clippedNext, Map<String, Int8Rendering.Scale> scales) {
      return new Int8Rendering(float32, clippedNext, ranges, scales);
    }
  }
}
