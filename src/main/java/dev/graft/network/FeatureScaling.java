package dev.graft.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;
import ai.djl.util.PairList;
import dev.graft.network.GraftedNetwork.Scaling;

/**
 * What is done to the features {@code (N, F)} before the head: power normalisation, then
 * standardising by mean and deviation, which are parameters that are never trained and are saved
 * with the model.
 */
public final class FeatureScaling extends AbstractBlock {
  /** Keeps the slope of a square root finite at 0: {@code sign(x) ((|x| + e)^p - e^p)}. */
  private static final double AT_ZERO = 1e-6;

  private final Scaling scaling;
  private final Parameter mean;
  private final Parameter deviation;

  public FeatureScaling(Scaling scaling, int width) {
    this.scaling = scaling;
    mean = parameter("mean", width, Initializer.ZEROS);
    deviation = parameter("deviation", width, Initializer.ONES);
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

  /** Sets what {@link #power}ed features are standardised by; arrays of F values each. */
  public void standardizeBy(float[] means, float[] deviations) {
    mean.getArray().set(means);
    deviation.getArray().set(deviations);
  }

  /** {@code sign(x) |x|^power}, smooth at 0. */
  public NDArray power(NDArray features) {
    if (scaling.power() == 1) {
      return features;
    }
    NDArray root = features.abs().add(AT_ZERO).pow(scaling.power());
    return root.sub(Math.pow(AT_ZERO, scaling.power())).mul(features.sign());
  }

  @Override
  protected NDList forwardInternal(
      ParameterStore parameters,
      NDList inputs,
      boolean training,
      PairList<String, Object> arguments) {
    NDArray features = power(inputs.singletonOrThrow());
    if (!scaling.standardize()) {
      return new NDList(features);
    }
    NDArray centre = parameters.getValue(mean, features.getDevice(), training);
    NDArray spread = parameters.getValue(deviation, features.getDevice(), training);
    return new NDList(features.sub(centre).div(spread));
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return inputShapes;
  }
}
