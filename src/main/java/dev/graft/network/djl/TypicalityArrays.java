package dev.graft.network.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.graft.network.Typicality;
import java.nio.ByteBuffer;

/** Computes {@link Typicality} in DJL. */
public final class TypicalityArrays {
  /** Added to the length of a vector, so that a vector of zeros is not divided by 0. */
  private static final float MIN_LENGTH = 1e-12f;

  private TypicalityArrays() {}

  /**
   * Returns the typicality of images.
   *
   * @param features {@code (N, F)}, of which the last are those of the last stage; its manager gets
   *     the intermediate arrays
   */
  public static float[] of(Typicality typicality, NDArray features) {
    int rows = typicality.bank().rows();
    float[] similarities = similarities(typicality.bank(), features);
    float[] shares = new float[similarities.length / rows];
    for (int i = 0; i < shares.length; i++) {
      shares[i] =
          typicality.share(
              Typicality.similarity(
                  similarities, i * rows, (i + 1) * rows, typicality.neighbors()));
    }
    return shares;
  }

  /** Returns the similarity of images to those of a bank, {@code (N, rows)}. */
  public static float[] similarities(Typicality.Bank bank, NDArray features) {
    try (NDManager manager = features.getManager().newSubManager()) {
      NDArray last = last(features, bank.width());
      last.attach(manager);
      NDArray length = last.square().sum(new int[] {1}, true).sqrt().add(MIN_LENGTH);
      NDArray columns =
          manager
              .create(
                  ByteBuffer.wrap(bank.columns()),
                  new Shape(bank.width(), bank.rows()),
                  DataType.INT8)
              .toType(DataType.FLOAT32, false);
      NDArray scales = manager.create(bank.scales(), new Shape(1, bank.rows()));
      return last.div(length).matMul(columns).mul(scales).toFloatArray();
    }
  }

  /** Returns the last stage's features, {@code (N, width)}. */
  public static NDArray last(NDArray features, int width) {
    long all = features.getShape().get(1);
    return features.get(":, " + (all - width) + ":");
  }
}
