package dev.graft.feature;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.graft.GraftException;
import dev.graft.data.ImageSet;
import dev.graft.image.Framing;
import dev.graft.image.ImageFileReader;
import dev.graft.io.ReadAhead;
import dev.graft.network.Preprocessing;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Images as input of a network, {@code (N, 3, side, side)}; each read decodes them, on several
 * threads. Each pass shows other random crops.
 *
 * @param side of the input in pixels
 * @param view what is shown of each image
 */
public record PixelSource(ImageSet images, Preprocessing preprocessing, int side, View view)
    implements FeatureSource {
  /** Creates a source of the images as they are. */
  public PixelSource(ImageSet images, Preprocessing preprocessing, int side) {
    this(images, preprocessing, side, View.IMAGE);
  }

  private RecordLayout.Field row() {
    return new RecordLayout.Field(new Shape(3, side, side), DataType.UINT8);
  }

  /**
   * Reads an image: {@code (3, side, side)}, R, G, B from 0 to 255, one byte per value; empty if it
   * can't be read.
   */
  Optional<byte[]> pixels(int row) {
    return images
        .read(row, Framing.minSide(side))
        .map(image -> view.planes(image, preprocessing.framing(), side, () -> images.hash(row)));
  }

  /** Puts an image into quarantine, because its features are not finite. */
  void refuse(int row) {
    images.quarantine().add(row, images.place(row), FeatureExtractor.NOT_FINITE);
  }

  /** Returns a batch of images as {@link #pixels} returns them, in float32. */
  NDList toEngine(NDManager manager, ByteBuffer pixels, int count) {
    Shape shape = new Shape(count, 3, side, side);
    try (NDArray bytes = manager.create(pixels, shape, DataType.UINT8)) {
      return new NDList(bytes.toType(DataType.FLOAT32, true));
    }
  }

  /** Returns the size of a row in bytes. */
  int bytes() {
    return row().bytes();
  }

  @Override
  public NDList read(NDManager manager, int[] rows) {
    ByteBuffer pixels = ByteBuffer.allocate(row().bytes(rows.length));
    int threads = ImageFileReader.threads();
    try (ReadAhead<Integer, byte[]> decoded =
        new ReadAhead<>(threads, 2 * threads, IntStream.of(rows).iterator(), this::require)) {
      decoded.forEachRemaining(pixels::put);
    }
    return toEngine(manager, pixels.flip(), rows.length);
  }

  private byte[] require(int row) {
    return pixels(row)
        .orElseThrow(() -> new GraftException(images.place(row) + " can't be read any more."));
  }

  @Override
  public FeatureSource inPass(int pass) {
    return new PixelSource(images, preprocessing, side, view.inPass(pass));
  }
}
