package dev.graft.network.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.graft.network.Layer;

/**
 * A convolution. Padding of the same width on both sides is DJL's own; where TensorFlow's SAME is
 * lopsided (strides above 1), zeros are joined on first.
 */
final class PaddedConv2d extends Conv2d {
  private final Layer.Conv2d layer;
  private final boolean lopsided;

  PaddedConv2d(Layer.Conv2d layer) {
    super(builder(layer));
    this.layer = layer;
    lopsided = layer.padding() == Layer.Padding.SAME && layer.stride() > 1;
  }

  private static Builder builder(Layer.Conv2d layer) {
    boolean centred = layer.padding() == Layer.Padding.SAME && layer.stride() == 1;
    int half = centred ? layer.kernel() / 2 : 0;
    return Conv2d.builder()
        .setKernelShape(new Shape(layer.kernel(), layer.kernel()))
        .setFilters(layer.out())
        .optStride(new Shape(layer.stride(), layer.stride()))
        .optPadding(new Shape(half, half))
        .optGroups(layer.groups())
        .optBias(layer.bias());
  }

  @Override
  protected NDList forwardInternal(
      ParameterStore parameters,
      NDList inputs,
      boolean training,
      PairList<String, Object> arguments) {
    if (!lopsided) {
      return super.forwardInternal(parameters, inputs, training, arguments);
    }
    NDArray input = inputs.singletonOrThrow();
    NDArray padded = SamePadding.around(input, layer.kernel(), layer.stride(), 0);
    NDList output = super.forwardInternal(parameters, new NDList(padded), training, arguments);
    if (padded != input) {
      padded.close();
    }
    return output;
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape batch = inputShapes[0].slice(0, 1);
    return new Shape[] {batch.addAll(layer.output(inputShapes[0].slice(1)))};
  }
}
