package dev.graft.feature;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.graft.GraftException;
import dev.graft.network.Graph;
import dev.graft.network.NetworkDesign;
import dev.graft.util.Names;
import dev.graft.util.Text;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The layout of the record of one image: its activations at the freeze boundary, one after the
 * other, little endian, without padding.
 */
public record RecordLayout(List<Field> fields) {
  /** Infinity in IEEE 754 binary16; larger bit patterns are NaN. */
  private static final int HALF_INFINITY = 0x7c00;

  /**
   * A value of a record.
   *
   * @param shape without the batch
   * @param type uint8 for pixels, float16 or float32 for activations {@code (C, H, W)}, float32 for
   *     averages {@code (C)}
   */
  public record Field(Shape shape, DataType type) {
    private boolean isFlat() {
      return shape.dimension() == 1;
    }

    /** Returns the size of a value in bytes. */
    int bytes() {
      return bytes(1);
    }

    /**
     * Returns the size of a batch in bytes.
     *
     * @throws GraftException if it exceeds the maximum size of a Java array
     */
    int bytes(int batch) {
      long bytes = batch * shape.size() * type.getNumOfBytes();
      if (bytes > Integer.MAX_VALUE) {
        throw new GraftException(
            Text.of(
                "A batch of %,d images takes %s, and the maximum is %s; choose a smaller"
                    + " batch-size or input-size.",
                batch, Names.bytes(bytes), Names.bytes(Integer.MAX_VALUE)));
      }
      return (int) bytes;
    }
  }

  public RecordLayout {
    fields = List.copyOf(fields);
    if (fields.isEmpty()) {
      throw new IllegalArgumentException("a record needs at least one value");
    }
  }

  /**
   * Returns the layout of a network's records.
   *
   * @param halfPrecision whether activations are stored in float16
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

  /** Returns the size of a record in bytes. */
  public int bytes() {
    return fields.stream().mapToInt(Field::bytes).reduce(0, Math::addExact);
  }

  /**
   * Returns whether the values of a record are finite. In float16, those above 65504 are not.
   *
   * @param records one after the other, little-endian
   * @param row of the record
   */
  boolean isFinite(ByteBuffer records, int row) {
    ByteBuffer all = records.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    int at = row * bytes();
    for (Field field : fields) {
      int end = at + field.bytes();
      if (field.type() == DataType.UINT8) { // pixels
        at = end;
      }
      for (; at < end; at += field.type().getNumOfBytes()) {
        if ((field.type() == DataType.FLOAT32 && !Float.isFinite(all.getFloat(at)))
            || (field.type() == DataType.FLOAT16 && (all.getShort(at) & 0x7fff) >= HALF_INFINITY)) {
          return false;
        }
      }
    }
    return true;
  }

  /**
   * Moves the finite records of a batch to its front, and sets the buffer's limit after them.
   *
   * @param records one after the other, little-endian, from index 0
   * @param count number of records
   * @return the former rows of these records, ascending
   */
  public List<Integer> keepFinite(ByteBuffer records, int count) {
    List<Integer> finite = new ArrayList<>();
    for (int row = 0; row < count; row++) {
      if (isFinite(records, row)) {
        if (finite.size() < row) { // closes the gap that another record has left
          records.put(finite.size() * bytes(), records.duplicate(), row * bytes(), bytes());
        }
        finite.add(row);
      }
    }
    records.limit(finite.size() * bytes());
    return finite;
  }

  /** Returns the number of values per image. */
  public long values() {
    return fields.stream().mapToLong(field -> field.shape().size()).sum();
  }

  /** Returns the layout as text, for the cache key; equal layouts give the same text. */
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
