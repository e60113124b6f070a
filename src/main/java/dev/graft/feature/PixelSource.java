package dev.graft.feature;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.graft.data.ImageSet;
import dev.graft.data.Picture;
import dev.graft.network.Preprocessing;
import java.nio.ByteBuffer;
import java.util.List;

/** Pictures as a network's input, prepared when they are asked for: {@code (N, 3, side, side)}. */
public final class PixelSource implements FeatureSource {
  private final List<ImageSet> sets;
  private final Preprocessing preprocessing;
  private final int side;

  /**
   * @param sets one after the other: the training pictures, then the test pictures
   * @param side of the input, in pixels
   */
  public PixelSource(List<ImageSet> sets, Preprocessing preprocessing, int side) {
    this.sets = List.copyOf(sets);
    this.preprocessing = preprocessing;
    this.side = side;
  }

  /** Number of pictures. */
  public int size() {
    return sets.stream().mapToInt(ImageSet::size).sum();
  }

  /** R, G, B from 0 to 255, a byte each: {@code (N, 3, side, side)}. */
  ByteBuffer pixels(int[] rows) {
    ByteBuffer pixels = ByteBuffer.allocate(rows.length * 3 * side * side);
    for (int row : rows) {
      Picture picture = picture(row);
      pixels.put(preprocessing.pixels(picture.rgb(), picture.width(), picture.height(), side));
    }
    return pixels.flip();
  }

  private Picture picture(int row) {
    int index = row;
    for (ImageSet set : sets) {
      if (index < set.size()) {
        return set.picture(index);
      }
      index -= set.size();
    }
    throw new IndexOutOfBoundsException("row " + row + " of " + size());
  }

  @Override
  public NDList read(NDManager manager, int[] rows) {
    Shape shape = new Shape(rows.length, 3, side, side);
    try (NDArray bytes = manager.create(pixels(rows), shape, DataType.UINT8)) {
      return new NDList(bytes.toType(DataType.FLOAT32, true));
    }
  }
}
