package dev.graft.network.onnx;

import dev.graft.engine.OnnxSession;
import dev.graft.network.Graph;
import dev.graft.network.Weights;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Measures the ranges of a network's values over images, for {@link Precision.Int8}. */
public final class RangeCalibrator {
  /** Statistics of the values of a step, over all images so far. */
  private static final class Statistics {
    /** Infinite if the minimum is not measured, as after a ReLU. */
    float min = Float.POSITIVE_INFINITY;

    float max = Float.NEGATIVE_INFINITY;
    double[] sums = {};

    /** Negative minimum and maximum of each channel of a value that matrices multiply. */
    float[] negativeMinima = {};

    float[] maxima = {};

    Ranges.Range range(int images) {
      List<Float> means = new ArrayList<>();
      for (double sum : sums) {
        means.add((float) (sum / images));
      }
      float from = Float.isInfinite(min) ? Math.min(0, max) : min;
      return new Ranges.Range(from, max, means, list(negativeMinima, -1), list(maxima, 1));
    }

    private static List<Float> list(float[] values, int sign) {
      List<Float> list = new ArrayList<>();
      for (float value : values) {
        list.add(sign * value);
      }
      return list;
    }
  }

  private final Map<String, Statistics> byStep = new TreeMap<>();

  private RangeCalibrator() {}

  /**
   * Measures the ranges that {@link Precision.Int8} needs.
   *
   * @param outputs names of the network's outputs
   * @param steps number of steps, from the first on, that will be int8
   * @param batches of pixels, {@code (n, 3, H, W)} each, R, G, B, one byte per value, in direct
   *     buffers; at least one image in total
   */
  public static Ranges ranges(
      Graph graph, List<String> outputs, Weights weights, int steps, Iterator<ByteBuffer> batches) {
    RangeCalibrator calibrator = new RangeCalibrator();
    OnnxFile model =
        OnnxFile.of(
            graph, outputs, weights, new Precision.Observed(steps), PixelType.UINT8, Map.of());
    int size = Math.toIntExact(graph.pixels().size());
    // In an external network, the first axis of a value need not be the batch.
    boolean single = graph.steps().stream().anyMatch(OnnxFile::isExternal);
    int images = 0;
    try (OnnxSession session = model.open()) {
      List<String> names = session.outputs();
      while (batches.hasNext()) {
        ByteBuffer batch = batches.next();
        int all = batch.remaining() / size;
        int each = single ? 1 : all;
        for (int from = 0; from < all; from += each) {
          List<FloatBuffer> values = session.run(batch.slice(from * size, each * size), each);
          for (int k = 0; k < names.size(); k++) {
            calibrator.add(names.get(k), values.get(k), each);
          }
        }
        images += all;
      }
    }
    Map<String, Ranges.Range> ranges = new TreeMap<>();
    for (Map.Entry<String, Statistics> each : calibrator.byStep.entrySet()) {
      ranges.put(each.getKey(), each.getValue().range(images));
    }
    return new Ranges(ranges);
  }

  /**
   * Adds an output of a batch of {@code n} images: minima {@code (n)}, maxima or means {@code (n,
   * C)}; other outputs are ignored.
   */
  private void add(String output, FloatBuffer values, int n) {
    if (output.endsWith(RangeObservingRendering.MIN)) {
      Statistics step = of(output, RangeObservingRendering.MIN);
      while (values.hasRemaining()) {
        step.min = Math.min(step.min, values.get());
      }
    } else if (output.endsWith(RangeObservingRendering.MAX)) {
      Statistics step = of(output, RangeObservingRendering.MAX);
      while (values.hasRemaining()) {
        step.max = Math.max(step.max, values.get());
      }
    } else if (output.endsWith(RangeObservingRendering.MEANS)) {
      Statistics step = of(output, RangeObservingRendering.MEANS);
      int channels = values.remaining() / n;
      step.sums = step.sums.length == 0 ? new double[channels] : step.sums;
      for (int i = 0; values.hasRemaining(); i++) {
        step.sums[i % channels] += values.get();
      }
    } else if (output.endsWith(RangeObservingRendering.MAXIMA)) {
      Statistics step = of(output, RangeObservingRendering.MAXIMA);
      step.maxima = step.maxima.length == 0 ? infinite(values.remaining()) : step.maxima;
      for (int i = 0; values.hasRemaining(); i++) {
        step.maxima[i] = Math.max(step.maxima[i], values.get());
        step.max = Math.max(step.max, step.maxima[i]);
      }
    } else if (output.endsWith(RangeObservingRendering.NEGATIVE_MINIMA)) {
      Statistics step = of(output, RangeObservingRendering.NEGATIVE_MINIMA);
      step.negativeMinima =
          step.negativeMinima.length == 0 ? infinite(values.remaining()) : step.negativeMinima;
      for (int i = 0; values.hasRemaining(); i++) {
        step.negativeMinima[i] = Math.max(step.negativeMinima[i], values.get());
        step.min = Math.min(step.min, -step.negativeMinima[i]);
      }
    }
  }

  private static float[] infinite(int length) {
    float[] values = new float[length];
    Arrays.fill(values, Float.NEGATIVE_INFINITY);
    return values;
  }

  private Statistics of(String output, String suffix) {
    String step = output.substring(0, output.length() - suffix.length());
    return byStep.computeIfAbsent(step, name -> new Statistics());
  }
}
