package dev.graft.network.onnx;

import dev.graft.network.Rendering;
import java.util.Map;

/** In what numbers a model computes. */
public sealed interface Precision {
  /** Number of steps, from the first on, that are written in a way of their own. */
  int steps();

  /**
   * Writes such a step.
   *
   * @param passing whether its values are clipped next, and read by nobody else
   * @param scales of the steps before, as far as they are bytes
   */
  Rendering<String> rendering(
      OnnxRendering at, boolean passing, Map<String, Int8Rendering.Scale> scales);

  /** As the network is described. */
  record Float32() implements Precision {
    @Override
    public int steps() {
      return 0;
    }

    @Override
    public Rendering<String> rendering(
        OnnxRendering at, boolean passing, Map<String, Int8Rendering.Scale> scales) {
      return at;
    }
  }

  /**
   * Float32, and as further outputs what {@link Int8} needs to know of each value that it makes
   * bytes of, in each image, see {@link RangeObservingRendering}.
   *
   * @param steps number of steps, from the first on, that are to be in 8 bits
   */
  record Observed(int steps) implements Precision {
    @Override
    public Rendering<String> rendering(
        OnnxRendering at, boolean passing, Map<String, Int8Rendering.Scale> scales) {
      return new RangeObservingRendering(at, passing);
    }
  }

  /**
   * Convolutions in 8 bits, from bytes to bytes; what needs more, such as averages, in float32.
   *
   * @param steps number of steps, from the first on, for which this holds; all others, and all that
   *     comes out, are float32
   */
  record Int8(Ranges ranges, int steps) implements Precision {
    @Override
    public Rendering<String> rendering(
        OnnxRendering at, boolean passing, Map<String, Int8Rendering.Scale> scales) {
      return new Int8Rendering(at, passing, ranges, scales);
    }
  }
}
