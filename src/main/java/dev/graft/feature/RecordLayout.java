package dev.graft.feature;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.graft.GraftException;
import dev.graft.network.Graph;
import dev.graft.network.NetworkDesign;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What is kept of one image: the values that cross the freeze boundary, one after the other. Little
 * endian, without gaps.
 */
public record RecordLayout(List<Field> fields) {
  /**
   * A value.
   *
   * @param shape without the batch
   * @param type how it is kept: pixels as bytes, activations {@code (C, H, W)} in float16 or
   *     float32, averages {@code (C)} in float32
   */
  public record Field(Shape shape, DataType type) {
    private boolean isFlat() {
      return shape.dimension() == 1;
    }

    /** Size of one in bytes. */
    int bytes() {
      return bytes(1);
    }

    /**
     * Size of a batch in bytes.
     *
     * @throws GraftException if that is more than one array can hold
     */
    int bytes(int batch) {
      long bytes = batch * shape.size() * type.getNumOfBytes();
      if (bytes > Integer.MAX_VALUE) {
        throw new GraftException(
            String.format(
                Locale.ROOT,
                "A batch of %,d images takes %,d MB, more than the 2,047 MB that can be held at"
                    + " a time; choose a smaller batch-size or input-size.",
                batch,
                bytes >> 20));
      }
      return (int) bytes;
    }
  }

  public RecordLayout {
    fields = List.copyOf(fields);
    if (fields.isEmpty()) {
      throw new IllegalArgumentException("a record of nothing");
    }
  }

  /**
   * What a network needs kept.
   *
   * @param halfPrecision whether activations are kept in float16
   */
  public static RecordLayout of(NetworkDesign design, boolean halfPrecision) {
    Graph graph = design.graph();
    Map<String, Shape> shapes = graph.shapes();
    DataType activations = halfPrecision ? DataType.FLOAT16 : DataType.FLOAT32;
    return new RecordLayout(
        graph.crossing(design.cut()).stream()
            .map(
                name ->
                    new Field(
                        shapes.get(name),
                        name.equals(Graph.PIXELS)
                            ? DataType.UINT8
                            : shapes.get(name).dimension() == 1 ? DataType.FLOAT32 : activations))
            .toList());
  }

  /** Size of a record in bytes. */
  public int bytes() {
    return fields.stream().mapToInt(Field::bytes).reduce(0, Math::addExact);
  }

  /** For the cache's key: the same text for the same layout. */
  @Override
  public String toString() {
    Field first = fields.get(0);
    long averages = fields.stream().filter(Field::isFlat).mapToLong(f -> f.shape().size()).sum();
    return "crossing "
        + (first.isFlat() ? "[]" : Arrays.toString(first.shape().getShape()))
        + " "
        + first.type()
        + ", "
        + averages
        + " averages";
  }
}
