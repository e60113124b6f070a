package dev.graft.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import java.util.List;
import java.util.function.Function;

/** The parts of the DJL rendering that are more than a line. */
public final class Blocks {
  private Blocks() {}

  /** The head as a plain DJL block, from features {@code (N, F)} to logits {@code (N, classes)}. */
  public static SequentialBlock sequential(List<Layer> layers) {
    SequentialBlock block = new SequentialBlock();
    layers.forEach(layer -> block.add(layer.block()));
    return block;
  }

  static Block lambda(String name, Function<NDArray, NDArray> function) {
    return LambdaBlock.singleton(function, name);
  }

  /**
   * A convolution. Symmetric padding is the convolution's own; where TensorFlow's SAME is lopsided
   * (stride 2), zeros are joined on first.
   */
  static Block convolution(Layer.Conv2d conv) {
    Conv2d.Builder builder =
        Conv2d.builder()
            .setKernelShape(new Shape(conv.kernel(), conv.kernel()))
            .setFilters(conv.out())
            .optStride(new Shape(conv.stride(), conv.stride()))
            .optGroups(conv.groups());
    if (conv.padding() == Layer.Padding.VALID) {
      return builder.build();
    }
    if (conv.stride() == 1) {
      int half = conv.kernel() / 2;
      return builder.optPadding(new Shape(half, half)).build();
    }
    return new SequentialBlock()
        .add(lambda("same", x -> pad(pad(x, 2, conv), 3, conv)))
        .add(builder.build());
  }

  /** The block that holds a layer's weights: the layer's own, or the one behind its padding. */
  static Block weighted(Block block) {
    if (block instanceof SequentialBlock padded) {
      List<Block> children = padded.getChildren().values();
      return children.get(children.size() - 1);
    }
    return block;
  }

  private static NDArray pad(NDArray x, int axis, Layer.Conv2d conv) {
    int length = Math.toIntExact(x.getShape().get(axis));
    int[] zeros = conv.padding().zeros(length, conv.kernel(), conv.stride());
    NDList parts = new NDList();
    if (zeros[0] > 0) {
      parts.add(zeros(x, axis, zeros[0]));
    }
    parts.add(x);
    if (zeros[1] > 0) {
      parts.add(zeros(x, axis, zeros[1]));
    }
    return parts.size() == 1 ? x : NDArrays.concat(parts, axis);
  }

  private static NDArray zeros(NDArray x, int axis, int count) {
    long[] shape = x.getShape().getShape().clone();
    shape[axis] = count;
    return x.getManager().zeros(new Shape(shape), DataType.FLOAT32);
  }
}
