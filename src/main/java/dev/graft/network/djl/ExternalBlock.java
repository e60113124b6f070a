package dev.graft.network.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.graft.network.Layer;

/**
 * An external network as a DJL block without parameters: pixels {@code (N, 3, H, W)} to features
 * {@code (N, F)}. The file is opened at the first forward pass.
 */
final class ExternalBlock extends AbstractBlock {
  private final Layer.External layer;
  private ExternalNetwork opened;

  ExternalBlock(Layer.External layer) {
    this.layer = layer;
  }

  @Override
  protected NDList forwardInternal(
      ParameterStore parameters,
      NDList inputs,
      boolean training,
      PairList<String, Object> arguments) {
    NDArray pixels = inputs.singletonOrThrow();
    return new NDList(opened(pixels).features(pixels).stopGradient());
  }

  /** Opens the network once; it is never closed, because blocks are shared and DJL closes none. */
  private synchronized ExternalNetwork opened(NDArray pixels) {
    if (opened == null) {
      int side = Math.toIntExact(pixels.getShape().get(3));
      opened = ExternalNetwork.open(layer, side, pixels.getDevice());
    }
    return opened;
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return new Shape[] {inputShapes[0].slice(0, 1).addAll(layer.output(inputShapes[0].slice(1)))};
  }

  @Override
  protected void initializeChildBlocks(
      NDManager manager, DataType dataType, Shape... inputShapes) {}
}
