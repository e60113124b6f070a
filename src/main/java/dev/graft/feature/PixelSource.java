package dev.graft.feature;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.graft.GraftException;
import dev.graft.data.ImageSet;
import dev.graft.image.Framing;
import dev.graft.network.Preprocessing;
import java.nio.ByteBuffer;
import java.util.Optional;

/** Images as a network's input, prepared when they are asked for: {@code (N, 3, side, side)}. */
public final class PixelSource implements FeatureSource {
  private final ImageSet images;
  private final Preprocessing preprocessing;
  private final int side;
  private final RecordLayout.Field row;

  /**
   * @param side of the input, in pixels
   */
  public PixelSource(ImageSet images, Preprocessing preprocessing, int side) {
    this.images = images;
    this.preprocessing = preprocessing;
    this.side = side;
    row = new RecordLayout.Field(new Shape(3, side, side), DataType.UINT8);
  }

  /** A row's image, R, G, B from 0 to 255, a byte each: {@code (3, side, side)}. */
  Optional<byte[]> pixels(int row) {
    return images
        .read(row, Framing.minSide(side))
        .map(image -> preprocessing.framing().planes(image, side));
  }

  /** A batch of what {@link #pixels} gave, as float32. */
  NDList toEngine(NDManager manager, ByteBuffer pixels, int count) {
    Shape shape = new Shape(count).addAll(row.shape());
    try (NDArray bytes = manager.create(pixels, shape, row.type())) {
      return new NDList(bytes.toType(DataType.FLOAT32, true));
    }
  }

  /** Size of a row. */
  int bytes() {
    return row.bytes();
  }

  @Override
  public NDList read(NDManager manager, int[] rows) {
    ByteBuffer pixels = ByteBuffer.allocate(row.bytes(rows.length));
    for (int each : rows) {
      pixels.put(
          pixels(each)
              .orElseThrow(
                  () -> new GraftException(images.place(each) + " could be read, but can't now.")));
    }
    return toEngine(manager, pixels.flip(), rows.length);
  }
}
