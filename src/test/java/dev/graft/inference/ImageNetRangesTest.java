package dev.graft.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.graft.GraftException;
import dev.graft.image.Framing;
import dev.graft.image.ImageFileReader;
import dev.graft.image.RgbImage;
import dev.graft.network.Graph;
import dev.graft.network.onnx.Precision;
import dev.graft.network.onnx.RangeCalibrator;
import dev.graft.network.onnx.Ranges;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Verifies {@code imagenet-ranges.json} in {@code src/main/resources/dev/graft/inference}, the
 * ranges of the bundled network in int8, which its main method computes:
 *
 * <pre>
 * mvn -q test-compile exec:java -Dexec.classpathScope=test \
 *     -Dexec.mainClass=dev.graft.inference.ImageNetRangesTest
 * </pre>
 *
 * <p>The images are squares cut from the bundled sheet of CIFAR-10's training images: single ones,
 * which are smooth when they are enlarged, and mosaics of 4, 16 and 49, which are as rich in detail
 * as photographs.
 */
class ImageNetRangesTest {
  private static final String SHEET = "data/cifar10-sample/train.png";

  /** Side of an image of CIFAR-10, in pixels. */
  private static final int TILE = 32;

  /** Number of squares of each size. */
  private static final int SQUARES = 64;

  /** Numbers of images along a side of a square. */
  private static final List<Integer> SIDES = List.of(1, 2, 4, 7);

  public static void main(String[] args) throws IOException {
    Files.writeString(
        Path.of("src/main/resources/dev/graft/inference/imagenet-ranges.json"),
        measured().json() + "\n");
  }

  private static Ranges measured() throws IOException {
    int cut = ImageNet.design().cut();
    Graph graph = ImageNet.design().graph();
    return ImageNet.bundled(
        new Precision.Float32(),
        model ->
            RangeCalibrator.ranges(
                graph, graph.crossing(cut), model.weights(), cut, squares().iterator()));
  }

  private static List<ByteBuffer> squares() {
    RgbImage sheet;
    try (InputStream in = GraftException.class.getResourceAsStream(SHEET)) {
      sheet = ImageFileReader.read(in, SHEET, 0);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    List<ByteBuffer> squares = new ArrayList<>();
    for (int tiles : SIDES) {
      int columns = sheet.width() / TILE - tiles + 1;
      int rows = sheet.height() / TILE - tiles + 1;
      for (int i = 0; i < SQUARES; i++) {
        int place = (int) ((long) i * columns * rows / SQUARES);
        squares.add(square(sheet, place % columns * TILE, place / columns * TILE, tiles * TILE));
      }
    }
    return squares;
  }

  /** Returns a square as input of the network. */
  private static ByteBuffer square(RgbImage sheet, int left, int top, int side) {
    byte[] rgb = new byte[3 * side * side];
    for (int y = 0; y < side; y++) {
      int from = 3 * ((top + y) * sheet.width() + left);
      System.arraycopy(sheet.rgb(), from, rgb, 3 * y * side, 3 * side);
    }
    byte[] planes =
        Framing.WHOLE.planes(new RgbImage(side, side, rgb), ImageNet.design().inputSize());
    return ByteBuffer.allocateDirect(planes.length).put(planes).flip();
  }

  @Test
  void theBundledRangesAreThoseOfTheBundledImages() throws IOException {
    Ranges bundled = ImageNet.ranges();
    Ranges measured = measured();
    assertThat(measured.byStep().keySet())
        .isEqualTo(bundled.byStep().keySet())
        .hasSizeGreaterThan(40);
    bundled
        .byStep()
        .forEach(
            (step, range) -> {
              Ranges.Range again = measured.byStep().get(step);
              float width = range.max() - range.min();
              assertThat(again.min()).as(step).isCloseTo(range.min(), within(width / 1000));
              assertThat(again.max()).as(step).isCloseTo(range.max(), within(width / 1000));
            });
  }
}
