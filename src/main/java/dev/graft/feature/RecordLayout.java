package dev.graft.feature;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.graft.network.GraftedNetwork;
import java.util.Arrays;

/**
 * What is kept of one picture: what crosses the freeze boundary, if anything is trained behind it,
 * then the averages of the frozen stages that are features, in float32. Little endian, without
 * gaps.
 *
 * @param crossing {@code (C, H, W)}, empty where nothing of the backbone is trained
 * @param type how the crossing is kept: bytes for pixels, float16 or float32 for activations
 * @param averages number of frozen features
 */
public record RecordLayout(Shape crossing, DataType type, int averages) {
  public RecordLayout {
    if (crossing.dimension() == 0 && averages == 0) {
      throw new IllegalArgumentException("a record of nothing");
    }
  }

  /**
   * What a network needs kept.
   *
   * @param halfPrecision whether activations are kept in float16
   */
  public static RecordLayout of(GraftedNetwork design, boolean halfPrecision) {
    if (!design.trainsBackbone()) {
      return new RecordLayout(new Shape(), DataType.FLOAT32, design.frozenFeatureWidth());
    }
    DataType activations = halfPrecision ? DataType.FLOAT16 : DataType.FLOAT32;
    return new RecordLayout(
        design.boundaryShape(),
        design.boundary() == 0 ? DataType.UINT8 : activations,
        design.frozenFeatureWidth());
  }

  boolean hasCrossing() {
    return crossing.dimension() > 0;
  }

  int crossingBytes() {
    return hasCrossing() ? Math.toIntExact(crossing.size() * type.getNumOfBytes()) : 0;
  }

  int averagesBytes() {
    return averages * Float.BYTES;
  }

  /** Size of a record in bytes. */
  public int bytes() {
    return crossingBytes() + averagesBytes();
  }

  /** For the cache's key: the same text for the same layout. */
  @Override
  public String toString() {
    return "crossing "
        + Arrays.toString(crossing.getShape())
        + " "
        + type
        + ", "
        + averages
        + " averages";
  }
}
