package dev.graft.network.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.pooling.Pool;
import dev.graft.network.Layer;
import dev.graft.network.Preprocessing.ChannelOrder;
import dev.graft.network.Rendering;
import java.util.List;
import java.util.function.Function;

/**
 * Creates the DJL block of each kind of layer. Inputs and outputs are {@code (N, C, H, W)} or
 * {@code (N, values)}, float32. The block's own parameters are the layer's weights, in their order.
 */
final class LayerBlocks implements Rendering<Block> {
  @Override
  public Block normalize(Layer.Normalize layer) {
    float[] mean = floats(layer.mean());
    float[] deviation = floats(layer.deviation());
    Shape perChannel = new Shape(1, 3, 1, 1);
    return lambda(
        layer,
        pixels -> {
          NDArray center = pixels.getManager().create(mean, perChannel);
          NDArray spread = pixels.getManager().create(deviation, perChannel);
          return ordered(pixels, layer.order()).sub(center).div(spread);
        });
  }

  private static NDArray ordered(NDArray pixels, ChannelOrder order) {
    return switch (order) {
      case RGB -> pixels;
      case BGR ->
          NDArrays.concat(
              new NDList(pixels.get(":, 2:3"), pixels.get(":, 1:2"), pixels.get(":, 0:1")), 1);
    };
  }

  private static float[] floats(List<Float> values) {
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = values.get(i);
    }
    return floats;
  }

  @Override
  public Block conv2d(Layer.Conv2d layer) {
    return new PaddedConv2d(layer);
  }

  /**
   * Normalizes by the stored mean and variance, also in training, as a Keras layer with {@code
   * training=False}. DJL's own block would measure each batch in training and update the moving
   * averages, even if it is frozen.
   */
  @Override
  public Block batchNorm(Layer.BatchNorm layer) {
    return new WeightedBlock(
        layer,
        (x, weights) ->
            BatchNorm.batchNorm(
                    x,
                    weights.get(2), // mean
                    weights.get(3), // variance
                    weights.get(0), // gamma
                    weights.get(1), // beta
                    1,
                    0.9f, // momentum of the moving averages, which are not updated here
                    (float) layer.epsilon(),
                    false)
                .singletonOrThrow());
  }

  @Override
  public Block relu(Layer.Relu layer) {
    return Activation.reluBlock();
  }

  @Override
  public Block relu6(Layer.Relu6 layer) {
    return lambda(layer, x -> x.clip(0, 6));
  }

  @Override
  public Block maxPool(Layer.MaxPool layer) {
    Shape size = new Shape(layer.size(), layer.size());
    Shape stride = new Shape(layer.stride(), layer.stride());
    if (layer.padding() == Layer.Padding.VALID) {
      return Pool.maxPool2dBlock(size, stride);
    }
    return lambda(
        layer,
        x ->
            Pool.maxPool2d(
                SamePadding.pad(x, layer.size(), layer.stride(), Float.NEGATIVE_INFINITY),
                size,
                stride,
                new Shape(0, 0),
                false));
  }

  @Override
  public Block globalAveragePool(Layer.GlobalAveragePool layer) {
    return lambda(layer, x -> x.reshape(x.size(0), x.size(1), -1).mean(new int[] {2}));
  }

  @Override
  public Block dropout(Layer.Dropout layer) {
    return layer.ofImages() ? new ImageDropout(layer) : new MaskPoolDropout(layer);
  }

  @Override
  public Block flatten(Layer.Flatten layer) {
    return lambda(layer, x -> x.reshape(x.size(0), -1));
  }

  @Override
  public Block dense(Layer.Dense layer) {
    return Linear.builder().setUnits(layer.out()).build();
  }

  @Override
  public Block external(Layer.External layer) {
    return new ExternalBlock(layer);
  }

  @Override
  public Block add(Layer.Add layer) {
    return new LambdaBlock(list -> new NDList(list.get(0).add(list.get(1))), layer.name());
  }

  @Override
  public Block concatenate(Layer.Concatenate layer) {
    return new LambdaBlock(list -> new NDList(NDArrays.concat(list, 1)), layer.name());
  }

  @Override
  public Block power(Layer.Power layer) {
    double atZero = Math.pow(Layer.Power.AT_ZERO, layer.exponent());
    return lambda(
        layer,
        x ->
            x.abs()
                .add(Layer.Power.AT_ZERO)
                .pow(scalar(x, layer.exponent()))
                .sub(atZero)
                .mul(x.sign()));
  }

  /**
   * Returns a number in the engine's memory, {@code (1)}, for operations whose backward pass reads
   * it. DJL keeps a {@link Number} that is an operand in Java's memory, which the garbage collector
   * may free before that: the gradients of {@code pow} are then zero.
   */
  private static NDArray scalar(NDArray like, double value) {
    return like.getManager().ones(new Shape(1)).mul(value);
  }

  @Override
  public Block standardize(Layer.Standardize layer) {
    return new WeightedBlock(
        layer, (x, weights) -> x.sub(weights.get(0)).div(weights.get(1))); // mean, deviation
  }

  @Override
  public Block l2Normalize(Layer.L2Normalize layer) {
    long[] bounds = new long[layer.widths().size() - 1];
    for (int i = 0, at = 0; i < bounds.length; i++) {
      at += layer.widths().get(i);
      bounds[i] = at;
    }
    return lambda(
        layer,
        x -> {
          NDList parts = bounds.length == 0 ? new NDList(x) : x.split(bounds, 1);
          NDList scaled = new NDList(parts.size());
          for (NDArray part : parts) {
            NDArray squares = part.square().sum(new int[] {1}, true);
            scaled.add(part.div(squares.add(Layer.L2Normalize.EPSILON).sqrt()));
          }
          return NDArrays.concat(scaled, 1);
        });
  }

  @Override
  public Block temperature(Layer.Temperature layer) {
    return lambda(layer, x -> x.div(scalar(x, layer.value())));
  }

  @Override
  public Block softmax(Layer.Softmax layer) {
    return lambda(layer, x -> x.softmax(1));
  }

  private static Block lambda(Layer layer, Function<NDArray, NDArray> function) {
    return LambdaBlock.singleton(function, layer.name());
  }
}
