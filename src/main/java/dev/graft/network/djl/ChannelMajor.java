package dev.graft.network.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.pooling.Pool;
import ai.djl.training.ParameterStore;
import dev.graft.network.Graph;
import dev.graft.network.Layer;
import dev.graft.network.Step;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Computes the steps of a trained part in the layout {@code (C, N, P)}, channels first and P = H *
 * W, in which most of its convolutions are matrix products. Convolutions of large maps and layers
 * that need rows and columns stay {@code (N, C, H, W)}. Weights are those of the layers' own
 * blocks, in the layers' own shapes.
 */
final class ChannelMajor {
  private final Map<String, Shape> shapes;
  private final Arithmetic arithmetic;

  /** Names of the steps whose output is {@code (C, N, P)}. */
  private final Set<String> outputs = new HashSet<>();

  /**
   * Chooses the layout of each step.
   *
   * @param from index of the first trained step; the steps before it keep {@code (N, C, H, W)}
   */
  ChannelMajor(Graph graph, int from, Arithmetic arithmetic) {
    this.arithmetic = arithmetic;
    shapes = graph.shapes();
    for (Step step : graph.steps().subList(from, graph.size())) {
      if (isChannelMajor(step)) {
        outputs.add(step.name());
      }
    }
  }

  private boolean isChannelMajor(Step step) {
    Layer layer = step.layer();
    if (layer instanceof Layer.Conv2d conv) {
      return ConvolutionMethod.of(conv, input(step)) != ConvolutionMethod.ENGINE;
    }
    boolean keepsLayout =
        layer instanceof Layer.BatchNorm
            || layer instanceof Layer.Relu
            || layer instanceof Layer.Relu6
            || layer instanceof Layer.Dropout
            || layer instanceof Layer.Add
            || (layer instanceof Layer.MaxPool pool && pool.padding() == Layer.Padding.VALID);
    return keepsLayout && step.inputs().stream().anyMatch(outputs::contains);
  }

  private Shape input(Step step) {
    return shapes.get(step.inputs().get(0));
  }

  /** Returns whether the output of a step is {@code (C, N, P)}. */
  boolean contains(String step) {
    return outputs.contains(step);
  }

  /**
   * Computes a step.
   *
   * @param block of its layer
   * @param inputs in the layouts of their steps
   * @return the output, in the layout of this step
   */
  NDArray forward(
      Step step, Block block, ParameterStore parameters, NDList inputs, boolean training) {
    Layer layer = step.layer();
    NDArray x = inputs.get(0);
    if (layer instanceof Layer.GlobalAveragePool && contains(step.inputs().get(0))) {
      return x.mean(new int[] {2}).transpose(1, 0);
    }
    if (layer instanceof Layer.Dense && !arithmetic.isFloat32()) {
      List<NDArray> weights = values(block, parameters, x, training);
      NDArray kernel =
          MatrixConvolution.view(weights.get(0), x, weights.get(0).getShape().getShape());
      return arithmetic.product(x, kernel.transpose(1, 0)).add(weights.get(1));
    }
    NDList laidOut = new NDList();
    for (int i = 0; i < inputs.size(); i++) {
      laidOut.add(laidOut(inputs.get(i), step.inputs().get(i), contains(step.name())));
    }
    if (contains(step.name())) {
      NDArray first = laidOut.get(0);
      if (layer instanceof Layer.Conv2d) {
        List<NDArray> weights = values(block, parameters, x, training);
        return ((PaddedConv2d) block).matrices(input(step)).forward(first, weights, arithmetic);
      }
      if (layer instanceof Layer.Relu6) {
        return arithmetic.relu6(first);
      }
      if (layer instanceof Layer.BatchNorm norm) {
        return normalized(norm, first, values(block, parameters, x, training));
      }
      if (layer instanceof Layer.MaxPool pool) {
        return pooled(pool, first, input(step));
      }
    }
    return block.forward(parameters, laidOut, training).singletonOrThrow();
  }

  private static List<NDArray> values(
      Block block, ParameterStore parameters, NDArray x, boolean training) {
    return block.getDirectParameters().values().stream()
        .map(parameter -> parameters.getValue(parameter, x.getDevice(), training))
        .toList();
  }

  /** Returns a value in the layout that a step computes in. */
  NDArray laidOut(NDArray value, String name, boolean channelMajor) {
    Shape shape = shapes.get(name);
    if (shape.dimension() != 3 || contains(name) == channelMajor) {
      return value;
    }
    return channelMajor
        ? value.transpose(1, 0, 2, 3).reshape(shape.get(0), -1, shape.get(1) * shape.get(2))
        : value.reshape(shape.get(0), -1, shape.get(1), shape.get(2)).transpose(1, 0, 2, 3);
  }

  private static NDArray normalized(Layer.BatchNorm layer, NDArray x, List<NDArray> weights) {
    List<NDArray> views =
        weights.stream().map(each -> MatrixConvolution.view(each, x, -1, 1, 1)).toList();
    NDArray factor = views.get(0).div(views.get(3).add(layer.epsilon()).sqrt());
    return x.mul(factor).add(views.get(1).sub(views.get(2).mul(factor)));
  }

  /** Pools each channel's images, whose order does not matter. */
  private static NDArray pooled(Layer.MaxPool layer, NDArray x, Shape input) {
    NDArray maps = x.reshape(input.get(0), -1, input.get(1), input.get(2));
    Shape size = new Shape(layer.size(), layer.size());
    Shape stride = new Shape(layer.stride(), layer.stride());
    Shape output = layer.output(input);
    return Pool.maxPool2d(maps, size, stride, new Shape(0, 0), false)
        .reshape(output.get(0), -1, output.get(1) * output.get(2));
  }
}
