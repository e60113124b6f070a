package dev.graft.network.djl;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
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
 * {@code (N, F)}. Outputs {@code (N, C, H, W)} are averaged over H and W, and all outputs are
 * concatenated. The file is opened at the first forward pass.
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
    NDList averages = new NDList();
    for (NDArray output : opened(pixels.getDevice()).outputs(pixels)) {
      Shape shape = output.getShape();
      averages.add(
          shape.dimension() == 2
              ? output
              : output.reshape(shape.get(0), shape.get(1), -1).mean(new int[] {2}));
    }
    NDArray values = averages.size() == 1 ? averages.head() : NDArrays.concat(averages, 1);
    return new NDList(values.stopGradient());
  }

  /** Opens the network once; it is never closed, because blocks are shared and DJL closes none. */
  private synchronized ExternalNetwork opened(Device device) {
    if (opened == null) {
      opened = ExternalNetwork.open(layer.file(), layer.format(), device);
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
