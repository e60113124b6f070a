package dev.graft.network.djl;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import dev.graft.engine.Bfloat16;
import dev.graft.network.Layer.Conv2d;
import dev.graft.network.Layer.Padding;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Measures the times on which {@link ConvolutionMethod} is based: the forward and backward pass of
 * convolutions of 128 images by each method, in milliseconds (the fastest of several runs).
 * Arguments: none.
 */
final class ConvolutionTimes {
  private static final int IMAGES = 128;
  private static final int RUNS = 6;

  private ConvolutionTimes() {}

  public static void main(String[] arguments) {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      for (int[] each :
          new int[][] {
            {3, 3, 1},
            {3, 5, 1},
            {6, 5, 2},
            {7, 3, 1},
            {7, 5, 1},
            {10, 3, 1},
            {10, 5, 1},
            {10, 5, 2},
            {14, 3, 1},
            {14, 5, 1},
            {14, 5, 2}
          }) {
        Conv2d layer = new Conv2d("c", 672, 672, each[1], each[2], Padding.SAME, 672);
        print(manager, layer, each[0], ConvolutionMethod.PER_CHANNEL);
      }
      for (int side : new int[] {3, 7, 14}) {
        print(
            manager,
            new Conv2d("c", 112, 672, 1, 1, Padding.SAME, 1),
            side,
            ConvolutionMethod.POINTWISE);
      }
      for (int side : new int[] {2, 4, 8}) {
        Conv2d layer = new Conv2d("c", 512, 512, 3, 1, Padding.SAME, 1);
        if (side < 4) {
          print(manager, layer, side, ConvolutionMethod.PER_PIXEL_PAIR);
        }
        print(manager, layer, side, ConvolutionMethod.UNFOLDED);
      }
    }
  }

  private static void print(NDManager manager, Conv2d layer, int side, ConvolutionMethod method) {
    Shape input = new Shape(layer.in(), side, side);
    PaddedConv2d block = new PaddedConv2d(layer);
    block.initialize(manager, DataType.FLOAT32, new Shape(1).addAll(input));
    NDArray images = manager.randomNormal(new Shape(IMAGES).addAll(input));
    NDArray channels = images.transpose(1, 0, 2, 3).reshape(layer.in(), IMAGES, -1);
    MatrixConvolution matrices = new MatrixConvolution(layer, input, method);
    NDArray kernel = block.getDirectParameters().valueAt(0).getArray();
    MatrixConvolution.Epilogue none =
        new MatrixConvolution.Epilogue(
            Optional.empty(), Optional.empty(), UnaryOperator.identity(), false);
    double engine =
        milliseconds(
            manager,
            images,
            x -> block.forward(new ParameterStore(manager, false), new NDList(x), true).head());
    double products =
        milliseconds(manager, channels, x -> matrices.forward(x, kernel, none, Arithmetic.ENGINE));
    double rounded = Double.NaN;
    if (Bfloat16.obstacle(Device.cpu()).isEmpty()) {
      try (Arithmetic arithmetic = Arithmetic.open(Device.cpu(), true)) {
        rounded =
            milliseconds(manager, channels, x -> matrices.forward(x, kernel, none, arithmetic));
      }
    }
    System.out.printf(
        Locale.ROOT,
        "%dx%d, stride %d, %d to %d channels in %d groups, at %dx%d: conv2d %.1f, %s %.1f,"
            + " in bfloat16 %.1f ms%n",
        layer.kernel(),
        layer.kernel(),
        layer.stride(),
        layer.in(),
        layer.out(),
        layer.groups(),
        side,
        side,
        engine,
        method,
        products,
        rounded);
  }

  private interface Pass {
    NDArray of(NDArray x);
  }

  private static double milliseconds(NDManager manager, NDArray x, Pass pass) {
    double best = Double.POSITIVE_INFINITY;
    for (int run = 0; run <= RUNS; run++) {
      long start = System.nanoTime();
      try (NDManager step = manager.newSubManager();
          GradientCollector gradients = manager.getEngine().newGradientCollector()) {
        NDArray copy = x.duplicate();
        copy.attach(step);
        copy.setRequiresGradient(true);
        gradients.backward(pass.of(copy).sum());
      }
      best = run == 0 ? best : Math.min(best, (System.nanoTime() - start) / 1e6);
    }
    return best;
  }
}
