package dev.graft.tuning;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.graft.data.Split;
import dev.graft.network.Typicality;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.network.djl.TypicalityArrays;
import dev.graft.training.TrainedStages;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Fits {@link Typicality} to a trained network: stores training images, and measures how far
 * held-out images are from them. The held-out images are the validation images. If there are none,
 * or if they are few and the backbone is frozen, each stored training image is also compared with
 * the others. A trained backbone has seen the training images, so these look nearer than new
 * images.
 */
final class TypicalityFit {
  /** Validation images that are enough alone: steps of 1 %. */
  private static final int ENOUGH = 100;

  private final DjlNetwork network;
  private final TrainedStages stages;
  private final NDManager manager;
  private final int width;

  /**
   * @param stages compute the features
   * @param manager creates the arrays of the batches
   */
  TypicalityFit(DjlNetwork network, TrainedStages stages, NDManager manager) {
    this.network = network;
    this.stages = stages;
    this.manager = manager;
    width = network.design().lastFeatureWidth();
  }

  /**
   * Stores training images and measures the similarity of held-out images to them.
   *
   * @param groups a number for each image, the same for near-duplicates, which are not compared
   */
  Typicality fit(Features features, Split split, int[] groups, long seed) {
    int[] stored = sample(split.train(), Typicality.Bank.maxRows(width), seed);
    Typicality.Bank bank = bank(features, stored);
    int[] validation = sample(split.validation(), Typicality.MAX_HELD_OUT, seed);
    boolean others =
        validation.length == 0
            || (validation.length < ENOUGH && !network.design().trainsBackbone());
    int neighbors = Typicality.neighbors(bank.rows() - 1);
    FloatBuffer heldOut = FloatBuffer.allocate(validation.length + (others ? bank.rows() : 0));
    int rows = bank.rows();
    if (validation.length > 0) {
      stages.forEach(
          features.inOrder(validation),
          manager,
          (batch, found) -> {
            float[] all = TypicalityArrays.similarities(bank, found);
            for (int from = 0; from < all.length; from += rows) {
              heldOut.put(Typicality.similarity(all, from, from + rows, neighbors));
            }
          });
    }
    if (others) {
      putOthers(bank, IntStream.of(stored).map(i -> groups[i]).toArray(), neighbors, heldOut);
    }
    // If all images are near-duplicates, every image counts as typical: every cosine is above -2.
    return new Typicality(
        bank,
        neighbors,
        heldOut.position() == 0
            ? new float[] {-2}
            : Arrays.copyOf(heldOut.array(), heldOut.position()));
  }

  private Typicality.Bank bank(Features features, int[] rows) {
    FloatBuffer vectors = FloatBuffer.allocate(rows.length * width);
    stages.forEach(
        features.inOrder(rows),
        manager,
        (batch, found) -> vectors.put(TypicalityArrays.last(found, width).toFloatArray()));
    return Typicality.Bank.of(vectors.array(), width);
  }

  /** Compares each stored image with the others, its near-duplicates excepted. */
  private void putOthers(Typicality.Bank bank, int[] groups, int neighbors, FloatBuffer heldOut) {
    for (int first = 0; first < bank.rows(); first += Features.EVALUATION_BATCH) {
      int rows = Math.min(Features.EVALUATION_BATCH, bank.rows() - first);
      float[] vectors = new float[rows * width];
      for (int i = 0; i < vectors.length; i++) {
        vectors[i] = bank.values()[first * width + i];
      }
      try (NDManager some = manager.newSubManager();
          NDArray array = some.create(vectors, new Shape(rows, width))) {
        float[] similarities = TypicalityArrays.similarities(bank, array);
        heldOut.put(Typicality.leaveOneOut(similarities, groups, first, neighbors));
      }
    }
  }

  /** Returns at most {@code max} rows, sampled, in their order. */
  private static int[] sample(int[] rows, int max, long seed) {
    return Tuning.sample(rows.length, max, seed).stream().map(place -> rows[place]).toArray();
  }
}
