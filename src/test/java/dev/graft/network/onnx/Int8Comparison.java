package dev.graft.network.onnx;

import ai.djl.ndarray.types.Shape;
import dev.graft.GraftException;
import dev.graft.engine.OnnxSession;
import dev.graft.image.Framing;
import dev.graft.image.ImageFileReader;
import dev.graft.image.RgbImage;
import dev.graft.network.Adapter;
import dev.graft.network.Graph;
import dev.graft.network.Layer;
import dev.graft.network.OutputSelection;
import dev.graft.network.Preprocessing.ChannelOrder;
import dev.graft.network.Step;
import dev.graft.network.Weights;
import dev.graft.util.Text;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Compares an external backbone in int8 and in float32: speed, size, and cosine of the features.
 *
 * <pre>
 * mvn -q test-compile exec:java -Dexec.classpathScope=test \
 *     -Dexec.mainClass=dev.graft.network.onnx.Int8Comparison -Dexec.args="FILE SIDE [pixels]"
 * </pre>
 *
 * <p>The images are mosaics of the bundled CIFAR-10 images: training images for the ranges, test
 * images for the comparison. With {@code pixels}, the network takes values from 0 to 255; else they
 * are normalized with ImageNet's mean and deviation.
 */
public final class Int8Comparison {
  private static final int TILE = 32;
  private static final int BATCH = 4;
  private static final int ROUNDS = 7;
  private static final Weights NONE = weight -> new float[weight.size()];
  private static final List<String> OUTPUT = List.of("external");

  private Int8Comparison() {}

  public static void main(String[] arguments) throws IOException {
    Path file = Path.of(arguments[0]);
    int side = Integer.parseInt(arguments[1]);
    Graph graph = graph(file, side, arguments.length > 2);
    Ranges ranges =
        RangeCalibrator.ranges(graph, OUTPUT, NONE, 2, images("train", 64, side).iterator());
    OnnxFile float32 = file(graph, new Precision.Float32());
    OnnxFile int8 = file(graph, new Precision.Int8(ranges, 2));
    System.out.println(
        Text.of("size: float32 %.1f MB, int8 %.1f MB", float32.size() / 1e6, int8.size() / 1e6));
    List<ByteBuffer> images = images("test", 64, side);
    try (OnnxSession slow = float32.open();
        OnnxSession fast = int8.open()) {
      compare(images, slow, fast);
      ByteBuffer batch = ByteBuffer.allocateDirect(BATCH * images.get(0).remaining());
      images.subList(0, BATCH).forEach(image -> batch.put(image.duplicate()));
      batch.flip();
      double[] seconds = {Double.MAX_VALUE, Double.MAX_VALUE};
      for (int round = 0; round < ROUNDS; round++) {
        seconds[0] = Math.min(seconds[0], seconds(slow, batch));
        seconds[1] = Math.min(seconds[1], seconds(fast, batch));
      }
      System.out.println(
          Text.of(
              "speed, the best of %d alternating passes of %d images: float32 %.1f images/s, int8 %.1f"
                  + " images/s (%.2f times)",
              ROUNDS, BATCH, BATCH / seconds[0], BATCH / seconds[1], seconds[0] / seconds[1]));
    }
  }

  private static void compare(List<ByteBuffer> images, OnnxSession slow, OnnxSession fast) {
    double sum = 0;
    double min = 1;
    for (ByteBuffer image : images) {
      double cosine = cosine(slow.run(image, 1).get(0), fast.run(image, 1).get(0));
      sum += cosine;
      min = Math.min(min, cosine);
    }
    System.out.println(
        Text.of(
            "cosine of the features of %d images: mean %.4f, minimum %.4f",
            images.size(), sum / images.size(), min));
  }

  private static double seconds(OnnxSession session, ByteBuffer batch) {
    long start = System.nanoTime();
    session.run(batch, BATCH);
    return (System.nanoTime() - start) / 1e9;
  }

  private static double cosine(FloatBuffer a, FloatBuffer b) {
    double product = 0;
    double first = 0;
    double second = 0;
    while (a.hasRemaining()) {
      double x = a.get();
      double y = b.get();
      product += x * y;
      first += x * x;
      second += y * y;
    }
    return product / Math.sqrt(first * second);
  }

  private static Graph graph(Path file, int side, boolean pixels) {
    Adapter adapter = new OnnxProbe(file).run(side, OutputSelection.Wanted.ANY).adapter();
    List<Float> mean = pixels ? List.of(0f, 0f, 0f) : List.of(123.7f, 116.3f, 103.5f);
    List<Float> deviation = pixels ? List.of(1f, 1f, 1f) : List.of(58.4f, 57.1f, 57.4f);
    return new Graph(
        new Shape(3, side, side),
        List.of(
            Step.of(
                new Layer.Normalize("normalize", ChannelOrder.RGB, mean, deviation), Graph.PIXELS),
            Step.of(
                new Layer.External("external", file, Layer.External.Format.ONNX, "", adapter),
                "normalize")));
  }

  private static OnnxFile file(Graph graph, Precision precision) {
    return OnnxFile.of(graph, OUTPUT, NONE, precision, PixelType.UINT8, Map.of());
  }

  /** Returns squares of 1, 4 and 16 images. */
  private static List<ByteBuffer> images(String part, int count, int side) throws IOException {
    RgbImage sheet;
    String name = "data/cifar10-sample/" + part + ".png";
    try (InputStream in = GraftException.class.getResourceAsStream(name)) {
      sheet = ImageFileReader.read(in, name, 0);
    }
    List<ByteBuffer> images = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int tiles = 1 << i % 3;
      int columns = sheet.width() / TILE - tiles + 1;
      int place = (int) ((long) i * columns * (sheet.height() / TILE - tiles + 1) / count);
      images.add(square(sheet, place % columns, place / columns, tiles, side));
    }
    return images;
  }

  private static ByteBuffer square(RgbImage sheet, int column, int row, int tiles, int side) {
    int length = tiles * TILE;
    byte[] rgb = new byte[3 * length * length];
    for (int y = 0; y < length; y++) {
      int from = 3 * ((row * TILE + y) * sheet.width() + column * TILE);
      System.arraycopy(sheet.rgb(), from, rgb, 3 * y * length, 3 * length);
    }
    byte[] planes = Framing.WHOLE.planes(new RgbImage(length, length, rgb), side);
    return ByteBuffer.allocateDirect(planes.length).put(planes).flip();
  }
}
