package dev.graft.network.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;
import ai.djl.util.PairList;
import dev.graft.network.Layer;

/** Standardization of features {@code (N, F)}: {@code (x - mean) / deviation} per feature. */
final class StandardizationBlock extends AbstractBlock {
  private final Parameter mean;
  private final Parameter deviation;

  StandardizationBlock(Layer.Standardize layer) {
    mean = parameter("mean", layer.width(), Initializer.ZEROS);
    deviation = parameter("deviation", layer.width(), Initializer.ONES);
  }

  private Parameter parameter(String name, int width, Initializer initializer) {
    return addParameter(
        Parameter.builder()
            .setName(name)
            .setType(Parameter.Type.OTHER)
            .optShape(new Shape(width))
            .optInitializer(initializer)
            .optRequiresGrad(false)
            .build());
  }

  @Override
  protected NDList forwardInternal(
      ParameterStore parameters,
      NDList inputs,
      boolean training,
      PairList<String, Object> arguments) {
    NDArray values = inputs.singletonOrThrow();
    NDArray center = parameters.getValue(mean, values.getDevice(), training);
    NDArray spread = parameters.getValue(deviation, values.getDevice(), training);
    return new NDList(values.sub(center).div(spread));
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return inputShapes;
  }
}
