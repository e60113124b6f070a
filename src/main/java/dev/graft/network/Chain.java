package dev.graft.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * Layers one after the other, each one's output given back as soon as the next has read it. A
 * {@code SequentialBlock} keeps them all until the batch is closed, which for VGG16 and 128
 * pictures of 32x32 is 300 MB of pages that the system must hand out anew for every batch. (Where
 * gradients are recorded the engine keeps what it needs by itself; this only gives back DJL's
 * handles.)
 */
final class Chain extends AbstractBlock {
  private final List<Layer> layers;
  private final boolean residual;

  /**
   * @param residual whether the input is added to the output
   */
  Chain(List<Layer> layers, boolean residual) {
    this.layers = List.copyOf(layers);
    this.residual = residual;
    for (Layer layer : layers) {
      addChildBlock(layer.name(), layer.block());
    }
  }

  /** Hands every layer that has weights to {@code action}, with the block that holds them. */
  void forEachWeighted(BiConsumer<Layer, Block> action) {
    for (int i = 0; i < layers.size(); i++) {
      Layer layer = layers.get(i);
      Block block = children.get(i).getValue();
      if (block instanceof Chain chain) {
        chain.forEachWeighted(action);
      } else if (!layer.weights().isEmpty()) {
        action.accept(layer, Blocks.weighted(block));
      }
    }
  }

  @Override
  protected NDList forwardInternal(
      ParameterStore parameters,
      NDList inputs,
      boolean training,
      PairList<String, Object> arguments) {
    NDList current = inputs;
    for (Block child : children.values()) {
      NDList next = child.forward(parameters, current, training);
      release(current, inputs, next);
      current = next;
    }
    if (residual) {
      NDArray body = current.singletonOrThrow();
      NDList sum = new NDList(inputs.singletonOrThrow().add(body));
      release(current, inputs, sum);
      return sum;
    }
    return current;
  }

  /** Closes arrays that were made on the way and are not part of what comes in or goes out. */
  static void release(NDList done, NDList inputs, NDList next) {
    for (NDArray array : done) {
      if (!holds(inputs, array) && !holds(next, array)) {
        array.close();
      }
    }
  }

  private static boolean holds(NDList list, NDArray array) {
    for (NDArray each : list) {
      if (each == array) {
        return true;
      }
    }
    return false;
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape[] shapes = inputShapes;
    for (Block child : children.values()) {
      shapes = child.getOutputShapes(shapes);
    }
    return shapes;
  }

  @Override
  protected void initializeChildBlocks(NDManager manager, DataType dataType, Shape... inputShapes) {
    Shape[] shapes = inputShapes;
    for (Block child : children.values()) {
      child.initialize(manager, dataType, shapes);
      shapes = child.getOutputShapes(shapes);
    }
  }
}
