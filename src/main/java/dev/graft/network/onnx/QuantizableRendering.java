package dev.graft.network.onnx;

import dev.graft.network.Layer;
import dev.graft.network.Rendering;
import java.util.function.Function;

/**
 * A layer of the part that is, or will be, in 8 bits: as in float32, but for the values that are
 * measured. Averages and what comes after them are not: they are few, and bytes too coarse for
 * them.
 */
abstract class QuantizableRendering implements Rendering<String> {
  final OnnxRendering at;
  private final boolean passing;

  /**
   * @param at the layer's place
   * @param passing whether its values are clipped next, and read by nobody else
   */
  QuantizableRendering(OnnxRendering at, boolean passing) {
    this.at = at;
    this.passing = passing;
  }

  /**
   * A layer whose values have a range of their own.
   *
   * @param layer writes it in float32
   */
  final String measured(Function<OnnxRendering, String> layer) {
    return passing ? layer.apply(at) : ranged(layer);
  }

  abstract String ranged(Function<OnnxRendering, String> layer);

  /** Likewise; whatever its input, nothing below 0 comes out of it, nor above its range. */
  abstract String clipped(Function<OnnxRendering, String> layer);

  /** A layer whose values are among those of its input. */
  abstract String chosen(Function<OnnxRendering, String> layer);

  @Override
  public String normalize(Layer.Normalize layer) {
    return measured(to -> to.normalize(layer));
  }

  @Override
  public String conv2d(Layer.Conv2d layer) {
    return measured(to -> to.conv2d(layer));
  }

  @Override
  public String batchNorm(Layer.BatchNorm layer) {
    return measured(to -> to.batchNorm(layer));
  }

  @Override
  public String relu(Layer.Relu layer) {
    return clipped(to -> to.relu(layer));
  }

  @Override
  public String relu6(Layer.Relu6 layer) {
    return clipped(to -> to.relu6(layer));
  }

  @Override
  public String add(Layer.Add layer) {
    return measured(to -> to.add(layer));
  }

  @Override
  public String maxPool(Layer.MaxPool layer) {
    return chosen(to -> to.maxPool(layer));
  }

  @Override
  public String dropout(Layer.Dropout layer) {
    return chosen(to -> to.dropout(layer));
  }

  @Override
  public String globalAveragePool(Layer.GlobalAveragePool layer) {
    return at.globalAveragePool(layer);
  }

  @Override
  public String flatten(Layer.Flatten layer) {
    return at.flatten(layer);
  }

  @Override
  public String dense(Layer.Dense layer) {
    return at.dense(layer);
  }

  @Override
  public String foreign(Layer.External layer) {
    return at.foreign(layer);
  }

  @Override
  public String concatenate(Layer.Concatenate layer) {
    return at.concatenate(layer);
  }

  @Override
  public String power(Layer.Power layer) {
    return at.power(layer);
  }

  @Override
  public String standardize(Layer.Standardize layer) {
    return at.standardize(layer);
  }

  @Override
  public String temperature(Layer.Temperature layer) {
    return at.temperature(layer);
  }

  @Override
  public String softmax(Layer.Softmax layer) {
    return at.softmax(layer);
  }
}
