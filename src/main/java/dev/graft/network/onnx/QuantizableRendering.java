package dev.graft.network.onnx;

import dev.graft.network.Layer;
import java.util.function.Function;

/**
 * Writes a layer of the part that is, or will be, int8: as in float32, except for the values that
 * have a range. Averages and the layers after them stay float32: they are few, and 8 bits are too
 * coarse for them.
 */
abstract class QuantizableRendering extends OnnxRendering {
  private final boolean clippedNext;

  /**
   * @param float32 writes the layer in float32
   * @param clippedNext whether only a ReLU or ReLU6 reads the values
   */
  QuantizableRendering(OnnxRendering float32, boolean clippedNext) {
    super(
        float32.graph,
        float32.weights,
        float32.pixels,
        float32.shapes,
        float32.inputs,
        float32.output);
    this.clippedNext = clippedNext;
  }

  /**
   * Writes a layer with a range of its own, or in plain float32 if its values are clipped next.
   *
   * @param layer writes the layer in float32
   */
  final String unlessClippedNext(Function<OnnxRendering, String> layer) {
    return clippedNext ? layer.apply(to(output)) : withOwnRange(layer);
  }

  /** Writes a layer whose values have a range of their own. */
  abstract String withOwnRange(Function<OnnxRendering, String> layer);

  /** Writes a ReLU or ReLU6, whose values are from 0 to the maximum of their range. */
  abstract String withClippedRange(Function<OnnxRendering, String> layer);

  /** Writes a layer whose values are a selection of its input, as max pooling. */
  abstract String withInputRange(Function<OnnxRendering, String> layer);

  @Override
  public String normalize(Layer.Normalize layer) {
    return unlessClippedNext(to -> to.normalize(layer));
  }

  @Override
  public String conv2d(Layer.Conv2d layer) {
    return unlessClippedNext(to -> to.conv2d(layer));
  }

  @Override
  public String batchNorm(Layer.BatchNorm layer) {
    return unlessClippedNext(to -> to.batchNorm(layer));
  }

  @Override
  public String relu(Layer.Relu layer) {
    return withClippedRange(to -> to.relu(layer));
  }

  @Override
  public String relu6(Layer.Relu6 layer) {
    return withClippedRange(to -> to.relu6(layer));
  }

  @Override
  public String add(Layer.Add layer) {
    return unlessClippedNext(to -> to.add(layer));
  }

  @Override
  public String maxPool(Layer.MaxPool layer) {
    return withInputRange(to -> to.maxPool(layer));
  }

  @Override
  public String dropout(Layer.Dropout layer) {
    return withInputRange(to -> to.dropout(layer));
  }
}
