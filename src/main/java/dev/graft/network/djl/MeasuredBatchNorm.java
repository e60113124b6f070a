package dev.graft.network.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;
import ai.djl.util.PairList;
import dev.graft.network.Layer;

/**
 * Batch normalization by the stored mean and variance, also in training, as a Keras layer with
 * {@code training=False}. DJL's own block would measure each batch in training and update the
 * moving averages, even if it is frozen.
 */
final class MeasuredBatchNorm extends AbstractBlock {
  private final Layer.BatchNorm layer;
  private final Parameter gamma;
  private final Parameter beta;
  private final Parameter mean;
  private final Parameter variance;

  MeasuredBatchNorm(Layer.BatchNorm layer) {
    this.layer = layer;
    gamma = parameter("gamma", Initializer.ONES, true);
    beta = parameter("beta", Initializer.ZEROS, true);
    mean = parameter("mean", Initializer.ZEROS, false);
    variance = parameter("variance", Initializer.ONES, false);
  }

  private Parameter parameter(String name, Initializer initializer, boolean trained) {
    return addParameter(
        Parameter.builder()
            .setName(name)
            .setType(Parameter.Type.OTHER)
            .optShape(new Shape(layer.channels()))
            .optInitializer(initializer)
            .optRequiresGrad(trained)
            .build());
  }

  @Override
  protected NDList forwardInternal(
      ParameterStore parameters,
      NDList inputs,
      boolean training,
      PairList<String, Object> arguments) {
    NDArray values = inputs.singletonOrThrow();
    return BatchNorm.batchNorm(
        values,
        parameters.getValue(mean, values.getDevice(), training),
        parameters.getValue(variance, values.getDevice(), training),
        parameters.getValue(gamma, values.getDevice(), training),
        parameters.getValue(beta, values.getDevice(), training),
        1,
        0.9f, // momentum of the moving averages, which are not updated here
        (float) layer.epsilon(),
        false);
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return inputShapes;
  }
}
