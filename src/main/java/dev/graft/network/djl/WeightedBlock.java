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
import dev.graft.network.Weight;
import java.util.List;
import java.util.function.BiFunction;

/** A layer with one weight per channel or value, which leaves the shape of its input unchanged. */
final class WeightedBlock extends AbstractBlock {
  private final BiFunction<NDArray, List<NDArray>, NDArray> function;

  /**
   * @param function of the input and the layer's weights, in their order
   */
  WeightedBlock(Layer layer, BiFunction<NDArray, List<NDArray>, NDArray> function) {
    this.function = function;
    layer.weights().forEach(weight -> addParameter(parameter(weight)));
  }

  /** Returns a parameter whose initial value leaves inputs unchanged. */
  private static Parameter parameter(Weight weight) {
    return Parameter.builder()
        .setName(weight.role().suffix())
        .setType(Parameter.Type.OTHER)
        .optShape(new Shape(weight.shape()))
        .optInitializer(
            switch (weight.role()) {
              case BETA, MEAN -> Initializer.ZEROS;
              default -> Initializer.ONES;
            })
        .optRequiresGrad(!weight.role().isMeasured())
        .build();
  }

  @Override
  protected NDList forwardInternal(
      ParameterStore parameters,
      NDList inputs,
      boolean training,
      PairList<String, Object> arguments) {
    NDArray values = inputs.singletonOrThrow();
    List<NDArray> weights =
        getDirectParameters().values().stream()
            .map(each -> parameters.getValue(each, values.getDevice(), training))
            .toList();
    return new NDList(function.apply(values, weights));
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return inputShapes;
  }
}
