package dev.graft.network.onnx;

import dev.graft.engine.OnnxSession;
import dev.graft.network.Graph;
import dev.graft.network.Weights;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Looks at what images make of a network, so that bytes can be made of that. */
public final class RangeCalibrator {
  /** Values of a step, of all images so far. */
  private static final class Seen {
    /** Stays infinite where nothing is below 0, and where it is not asked for. */
    float least = Float.POSITIVE_INFINITY;

    float greatest = Float.NEGATIVE_INFINITY;
    double[] sums = {};

    Ranges.Range range(int images) {
      List<Float> means = new ArrayList<>();
      for (double sum : sums) {
        means.add((float) (sum / images));
      }
      float from = Float.isInfinite(least) ? Math.min(0, greatest) : least;
      return new Ranges.Range(from, greatest, means);
    }
  }

  private final Map<String, Seen> byStep = new TreeMap<>();

  private RangeCalibrator() {}

  /**
   * The ranges that {@link Precision.Int8} needs, over all images.
   *
   * @param outputs what the network is to give
   * @param steps number of steps that are to be in 8 bits
   * @param batches of pixels, {@code (n, 3, H, W)} each, R, G, B, a byte each, in direct buffers;
   *     of at least one image in all
   */
  public static Ranges ranges(
      Graph graph, List<String> outputs, Weights weights, int steps, Iterator<ByteBuffer> batches) {
    RangeCalibrator calibration = new RangeCalibrator();
    OnnxFile model =
        OnnxFile.of(
            graph, outputs, weights, new Precision.Observed(steps), PixelType.UINT8, Map.of());
    int images = 0;
    try (OnnxSession session = model.open()) {
      List<String> names = session.outputs();
      while (batches.hasNext()) {
        ByteBuffer batch = batches.next();
        int n = batch.remaining() / Math.toIntExact(graph.pixels().size());
        List<FloatBuffer> values = session.run(batch, n);
        for (int k = 0; k < names.size(); k++) {
          calibration.see(names.get(k), values.get(k), n);
        }
        images += n;
      }
    }
    Map<String, Ranges.Range> ranges = new TreeMap<>();
    for (Map.Entry<String, Seen> each : calibration.byStep.entrySet()) {
      ranges.put(each.getKey(), each.getValue().range(images));
    }
    return new Ranges(ranges);
  }

  /**
   * An output of a batch of {@code n}: least {@code (n)}, greatest and means {@code (n, C)}, or
   * others.
   */
  private void see(String output, FloatBuffer values, int n) {
    if (output.endsWith(RangeObservingRendering.MIN)) {
      Seen seen = of(output, RangeObservingRendering.MIN);
      while (values.hasRemaining()) {
        seen.least = Math.min(seen.least, values.get());
      }
    } else if (output.endsWith(RangeObservingRendering.MAX)) {
      Seen seen = of(output, RangeObservingRendering.MAX);
      while (values.hasRemaining()) {
        seen.greatest = Math.max(seen.greatest, values.get());
      }
    } else if (output.endsWith(RangeObservingRendering.MEANS)) {
      Seen seen = of(output, RangeObservingRendering.MEANS);
      int channels = values.remaining() / n;
      seen.sums = seen.sums.length == 0 ? new double[channels] : seen.sums;
      for (int i = 0; values.hasRemaining(); i++) {
        seen.sums[i % channels] += values.get();
      }
    }
  }

  private Seen of(String output, String end) {
    String step = output.substring(0, output.length() - end.length());
    return byStep.computeIfAbsent(step, name -> new Seen());
  }
}
