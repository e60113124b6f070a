package dev.graft.tuning;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import ai.djl.training.dataset.Batch;
import dev.graft.data.Split;
import dev.graft.feature.FeatureBatches;
import dev.graft.network.Typicality;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.network.djl.GraphBlock;
import dev.graft.network.djl.TypicalityArrays;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.function.Consumer;
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
  private final boolean fromPixels;
  private final NDManager manager;
  private final int width;

  /**
   * @param fromPixels whether batches hold pixels; otherwise the activations at the freeze boundary
   * @param manager creates the arrays of the batches
   */
  TypicalityFit(DjlNetwork network, boolean fromPixels, NDManager manager) {
    this.network = network;
    this.fromPixels = fromPixels;
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
      forEach(
          features.inOrder(validation),
          batch -> {
            float[] all = TypicalityArrays.similarities(bank, batch);
            for (int from = 0; from < all.length; from += rows) {
              heldOut.put(Typicality.similarity(all, from, from + rows, neighbors));
            }
          });
    }
    if (others) {
      putOthers(bank, IntStream.of(stored).map(i -> groups[i]).toArray(), neighbors, heldOut);
    }
    // If all images are near-duplicates, the array stays {0}, so that every image counts as
    // typical.
    return Typicality.of(
        bank, neighbors, Arrays.copyOf(heldOut.array(), Math.max(1, heldOut.position())));
  }

  private Typicality.Bank bank(Features features, int[] rows) {
    FloatBuffer vectors = FloatBuffer.allocate(rows.length * width);
    forEach(
        features.inOrder(rows),
        batch -> vectors.put(TypicalityArrays.last(batch, width).toFloatArray()));
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

  /** Returns the typicality of images. */
  float[] of(Typicality typicality, FeatureBatches rows) {
    FloatBuffer shares = FloatBuffer.allocate(rows.size());
    forEach(rows, batch -> shares.put(TypicalityArrays.of(typicality, batch)));
    return shares.array();
  }

  /** Passes the features {@code (N, F)} of each batch on. */
  private void forEach(FeatureBatches rows, Consumer<NDArray> receiver) {
    GraphBlock block = network.features(fromPixels);
    for (Batch batch : rows.getData(manager)) {
      try (batch) {
        ParameterStore parameters = new ParameterStore(batch.getManager(), false);
        receiver.accept(block.forward(parameters, batch.getData(), false).singletonOrThrow());
      }
    }
  }

  /** Returns at most {@code max} rows, sampled, in their order. */
  private static int[] sample(int[] rows, int max, long seed) {
    return Tuning.sample(rows.length, max, seed).stream().map(place -> rows[place]).toArray();
  }
}
