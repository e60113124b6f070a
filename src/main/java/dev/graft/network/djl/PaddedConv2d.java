package dev.graft.network.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.graft.network.Layer;

/**
 * A convolution with TensorFlow's SAME or VALID padding. Equal padding on both sides is left to
 * DJL; where SAME is asymmetric (strides above 1), the input is padded with zeros first.
 */
final class PaddedConv2d extends Conv2d {
  private final Layer.Conv2d layer;
  private final boolean asymmetric;
  private MatrixConvolution matrices;

  PaddedConv2d(Layer.Conv2d layer) {
    super(builder(layer));
    this.layer = layer;
    asymmetric = layer.padding() == Layer.Padding.SAME && layer.stride() > 1;
  }

  private static Builder builder(Layer.Conv2d layer) {
    boolean symmetric = layer.padding() == Layer.Padding.SAME && layer.stride() == 1;
    int half = symmetric ? layer.kernel() / 2 : 0;
    return Conv2d.builder()
        .setKernelShape(new Shape(layer.kernel(), layer.kernel()))
        .setFilters(layer.out())
        .optStride(new Shape(layer.stride(), layer.stride()))
        .optPadding(new Shape(half, half))
        .optGroups(layer.groups())
        .optBias(layer.bias());
  }

  /**
   * Returns this convolution as matrix products.
   *
   * @param input {@code (C, H, W)}
   */
  MatrixConvolution matrices(Shape input) {
    if (matrices == null || !matrices.takes(input)) {
      matrices = new MatrixConvolution(layer, input);
    }
    return matrices;
  }

  @Override
  protected NDList forwardInternal(
      ParameterStore parameters,
      NDList inputs,
      boolean training,
      PairList<String, Object> arguments) {
    if (!asymmetric) {
      return super.forwardInternal(parameters, inputs, training, arguments);
    }
    NDArray input = inputs.singletonOrThrow();
    NDArray padded = SamePadding.pad(input, layer.kernel(), layer.stride(), 0);
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
