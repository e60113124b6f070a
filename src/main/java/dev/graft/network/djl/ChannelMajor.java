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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;

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

  /** The batch normalization and the activation that are computed with each convolution. */
  private final Map<String, List<Step>> followers = new HashMap<>();

  /** Names of the steps that are computed with a convolution. */
  private final Set<String> absorbed = new HashSet<>();

  /** Names of the convolutions whose result, after its activation, only products read. */
  private final Set<String> rounded = new HashSet<>();

  /**
   * Chooses the layout of each step.
   *
   * @param from index of the first trained step; the steps before it keep {@code (N, C, H, W)}
   * @param to index after the last step that is computed
   */
  ChannelMajor(Graph graph, int from, int to, Arithmetic arithmetic) {
    this.arithmetic = arithmetic;
    shapes = graph.shapes();
    for (Step step : graph.steps().subList(from, graph.size())) {
      if (isChannelMajor(step)) {
        outputs.add(step.name());
      }
    }
    List<Step> computed = graph.steps().subList(Math.min(from, to), to);
    computed.stream()
        .filter(step -> step.layer() instanceof Layer.Conv2d && contains(step.name()))
        .forEach(step -> followers.put(step.name(), followers(step, graph, computed)));
    followers.values().forEach(steps -> steps.forEach(step -> absorbed.add(step.name())));
    computed.stream()
        .filter(step -> isProduct(step) && onlyProductsRead(step, graph, computed))
        .forEach(step -> rounded.add(step.name()));
  }

  /** Returns whether an activation follows a convolution, and its result goes to products only. */
  private boolean onlyProductsRead(Step convolution, Graph graph, List<Step> computed) {
    List<Step> after = followers.get(convolution.name());
    if (after.isEmpty() || after.get(after.size() - 1).layer() instanceof Layer.BatchNorm) {
      return false;
    }
    List<Step> readers = graph.readers(after.get(after.size() - 1).name());
    return !readers.isEmpty()
        && readers.stream().allMatch(each -> computed.contains(each) && isProduct(each));
  }

  private boolean isProduct(Step step) {
    return step.layer() instanceof Layer.Conv2d conv
        && contains(step.name())
        && ConvolutionMethod.of(conv, input(step)).isOneProduct();
  }

  /** Returns the normalization and the activation after a convolution that nothing else reads. */
  private static List<Step> followers(Step convolution, Graph graph, List<Step> computed) {
    List<Step> followers = new ArrayList<>();
    Optional<Step> next = only(convolution, graph, computed);
    if (next.isPresent() && next.get().layer() instanceof Layer.BatchNorm) {
      followers.add(next.get());
      next = only(next.get(), graph, computed);
    }
    next.filter(step -> step.layer() instanceof Layer.Relu || step.layer() instanceof Layer.Relu6)
        .ifPresent(followers::add);
    return followers;
  }

  /** Returns the only step that reads the output of another, if it is one of those computed. */
  private static Optional<Step> only(Step step, Graph graph, List<Step> computed) {
    List<Step> readers = graph.readers(step.name());
    return readers.size() == 1 && computed.contains(readers.get(0))
        ? Optional.of(readers.get(0))
        : Optional.empty();
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
   * @param blocks returns the block of a step
   * @param inputs in the layouts of their steps
   * @return the output, in the layout of this step
   */
  NDArray forward(
      Step step,
      Function<Step, Block> blocks,
      ParameterStore parameters,
      NDList inputs,
      boolean training) {
    Layer layer = step.layer();
    NDArray x = inputs.get(0);
    if (absorbed.contains(step.name())) {
      return x;
    }
    Block block = blocks.apply(step);
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
        Function<Step, List<NDArray>> weights =
            each -> values(blocks.apply(each), parameters, first, training);
        return ((PaddedConv2d) block)
            .matrices(input(step))
            .forward(first, weights.apply(step).get(0), epilogue(step, first, weights), arithmetic);
      }
      if (layer instanceof Layer.BatchNorm norm) {
        Scaling scaling = Scaling.of(norm, first, values(block, parameters, x, training));
        return first.mul(scaling.factor().reshape(-1, 1, 1)).add(scaling.shift().reshape(-1, 1, 1));
      }
      if (block instanceof ImageDropout dropout && training) {
        return dropout.masked(first, 1);
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

  /** Converts a value to the given layout, unless it already has it. */
  NDArray laidOut(NDArray value, String name, boolean channelMajor) {
    Shape shape = shapes.get(name);
    if (shape.dimension() != 3 || contains(name) == channelMajor) {
      return value;
    }
    return channelMajor
        ? value.transpose(1, 0, 2, 3).reshape(shape.get(0), -1, shape.get(1) * shape.get(2))
        : value.reshape(shape.get(0), -1, shape.get(1), shape.get(2)).transpose(1, 0, 2, 3);
  }

  private MatrixConvolution.Epilogue epilogue(
      Step convolution, NDArray x, Function<Step, List<NDArray>> weights) {
    Optional<NDArray> factor = Optional.empty();
    Optional<NDArray> shift =
        ((Layer.Conv2d) convolution.layer()).bias()
            ? Optional.of(MatrixConvolution.view(weights.apply(convolution).get(1), x, -1))
            : Optional.empty();
    UnaryOperator<NDArray> activation = UnaryOperator.identity();
    for (Step follower : followers.get(convolution.name())) {
      if (follower.layer() instanceof Layer.BatchNorm norm) {
        Scaling scaling = Scaling.of(norm, x, weights.apply(follower));
        factor = Optional.of(scaling.factor());
        shift =
            Optional.of(
                shift
                    .map(bias -> bias.mul(scaling.factor()).add(scaling.shift()))
                    .orElse(scaling.shift()));
      } else {
        activation = follower.layer() instanceof Layer.Relu6 ? arithmetic::relu6 : arithmetic::relu;
      }
    }
    return new MatrixConvolution.Epilogue(
        factor, shift, activation, rounded.contains(convolution.name()));
  }

  /**
   * Batch normalization by measured values: {@code factor * x + shift}.
   *
   * @param factor of each channel, {@code (C)}
   * @param shift of each channel, {@code (C)}
   */
  private record Scaling(NDArray factor, NDArray shift) {
    /**
     * @param weights gamma, beta, mean and variance
     */
    static Scaling of(Layer.BatchNorm layer, NDArray x, List<NDArray> weights) {
      List<NDArray> views =
          weights.stream().map(each -> MatrixConvolution.view(each, x, -1)).toList();
      NDArray factor = views.get(0).div(views.get(3).add(layer.epsilon()).sqrt());
      return new Scaling(factor, views.get(1).sub(views.get(2).mul(factor)));
    }
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
