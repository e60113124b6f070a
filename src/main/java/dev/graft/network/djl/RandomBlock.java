package dev.graft.network.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import java.util.SplittableRandom;

/**
 * A block that sets random values to 0 in training, and is the identity otherwise. Its random
 * numbers are its own: nothing else in the process changes them.
 */
public abstract class RandomBlock extends AbstractBlock {
  private SplittableRandom random = new SplittableRandom(0);

  /** Determines the next random numbers of all such blocks in a block. */
  public static void seed(Block block, long seed) {
    seed(block, new SplittableRandom(seed));
  }

  private static void seed(Block block, SplittableRandom seeds) {
    if (block instanceof RandomBlock each) {
      each.restart(seeds.split());
    }
    block.getChildren().values().forEach(child -> seed(child, seeds));
  }

  void restart(SplittableRandom random) {
    this.random = random;
  }

  final SplittableRandom random() {
    return random;
  }

  /** Returns the values as training sees them. */
  abstract NDArray masked(NDArray values);

  @Override
  protected NDList forwardInternal(
      ParameterStore parameters,
      NDList inputs,
      boolean training,
      PairList<String, Object> arguments) {
    return training ? new NDList(masked(inputs.singletonOrThrow())) : new NDList(inputs);
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return inputShapes;
  }
}
