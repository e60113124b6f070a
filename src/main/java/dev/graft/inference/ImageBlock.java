package dev.graft.inference;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.graft.image.RgbImage;
import dev.graft.network.NetworkDesign;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.network.djl.GraphBlock;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A whole network that also takes images of any size. DJL's translator for image classification
 * resizes bilinearly, by its engine; the saved model configures it to pass images on unchanged, and
 * this block prepares them as the weights require, identically in every engine.
 *
 * <p>Inputs are pixels {@code (N, 3, side, side)}, R, G, B from 0 to 255, float32, or one image
 * {@code (height, width, 3)} of any type. Outputs are logits {@code (N, classes)}, or {@code
 * (classes)} for one image.
 */
final class ImageBlock extends AbstractBlock {
  private final NetworkDesign design;
  private final DjlNetwork parts;
  private final GraphBlock network;

  ImageBlock(DjlNetwork network) {
    design = network.design();
    parts = network;
    this.network = addChildBlock("network", network.logits(true));
  }

  /**
   * Returns a block with the weights of this one, from pixels {@code (N, 3, side, side)} to logits
   * {@code (N, classes)} and features {@code (N, F)}.
   */
  Block withFeatures() {
    return new WithFeatures(
        parts.block(0, design.featuresEnd()),
        parts.block(design.featuresEnd(), design.logitsEnd()));
  }

  private static final class WithFeatures extends AbstractBlock {
    private final GraphBlock features;
    private final GraphBlock head;

    WithFeatures(GraphBlock features, GraphBlock head) {
      this.features = addChildBlock("features", features);
      this.head = addChildBlock("head", head);
    }

    @Override
    protected NDList forwardInternal(
        ParameterStore parameters,
        NDList inputs,
        boolean training,
        PairList<String, Object> arguments) {
      NDList found = features.forward(parameters, inputs, training);
      NDList logits = head.forward(parameters, found, training);
      return new NDList(logits.singletonOrThrow(), found.singletonOrThrow());
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
      Shape[] found = features.getOutputShapes(inputShapes);
      return new Shape[] {head.getOutputShapes(found)[0], found[0]};
    }
  }

  /** Reads the weights through {@link SavedWeights}, which checks what DJL would not. */
  @Override
  public void loadParameters(NDManager manager, DataInputStream file) throws IOException {
    SavedWeights.fill(new BufferedInputStream(file), network.byWeight(), manager);
  }

  @Override
  protected NDList forwardInternal(
      ParameterStore parameters,
      NDList inputs,
      boolean training,
      PairList<String, Object> arguments) {
    NDArray input = inputs.singletonOrThrow();
    if (input.getShape().dimension() != 3) {
      return network.forward(parameters, inputs, training);
    }
    NDList pixels = new NDList(pixels(input));
    NDArray logits = network.forward(parameters, pixels, training).singletonOrThrow();
    return new NDList(logits.squeeze(0));
  }

  /**
   * Prepares an image as input of the network.
   *
   * @param image {@code (height, width, 3)}, R, G, B from 0 to 255, of any type
   * @return {@code (1, 3, side, side)}, float32
   */
  private NDArray pixels(NDArray image) {
    int side = design.inputSize();
    int height = Math.toIntExact(image.getShape().get(0));
    int width = Math.toIntExact(image.getShape().get(1));
    byte[] rgb = image.toType(DataType.UINT8, false).toByteArray();
    ByteBuffer planes =
        ByteBuffer.wrap(
            design.preprocessing().framing().planes(new RgbImage(width, height, rgb), side));
    return image
        .getManager()
        .create(planes, new Shape(1, 3, side, side), DataType.UINT8)
        .toType(DataType.FLOAT32, false);
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return network.getOutputShapes(inputShapes);
  }

  @Override
  protected void initializeChildBlocks(NDManager manager, DataType dataType, Shape... inputShapes) {
    network.initialize(manager, dataType, inputShapes);
  }
}
