package dev.graft.report;

import dev.graft.GraftException;
import dev.graft.evaluation.Calibration;
import dev.graft.evaluation.ConfusionMatrix;
import dev.graft.evaluation.History;
import dev.graft.image.HeatMap;
import dev.graft.image.RgbImage;
import dev.graft.io.AtomicFiles;
import dev.graft.report.CurveChart.Metric;
import dev.graft.util.Messages;
import dev.graft.util.Text;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * The PNG files of a run. Each appears whole or not at all, and replaces an older one of its name;
 * its folder must exist. Drawing needs fonts, but no screen. Each chart's title says what it shows,
 * followed by the given title, the run's.
 */
public final class Charts {
  /** The number of images that {@link #mistakes} shows. */
  public static final int MAX_MISTAKES = ExampleCharts.MAX_MISTAKES;

  /** The shorter side of an image that is large enough for every chart, in pixels. */
  public static final int MIN_SIDE = 320;

  /** Pixels per unit of a chart's drawing: sharp text on screens of high density. */
  private static final int SCALE = 2;

  /** Length of a PNG file's signature and first chunk, IHDR. */
  private static final int PNG_HEADER = 33;

  /** Marks a file as Graft's. */
  private static final byte[] SOFTWARE = chunk("tEXtSoftware\0Graft");

  private Charts() {}

  /** Writes training and validation loss over the epochs, with the best epoch marked. */
  public static void loss(Path file, History history, String title) {
    write(file, "Loss: " + title, SCALE, () -> CurveChart.of(Metric.LOSS, Map.of("", history)));
  }

  /** Writes training and validation accuracy over the epochs, with the best epoch marked. */
  public static void accuracy(Path file, History history, String title) {
    write(
        file,
        "Accuracy: " + title,
        SCALE,
        () -> CurveChart.of(Metric.ACCURACY, Map.of("", history)));
  }

  /** Writes a heat map, rows = truth, with counts in its cells for up to 20 classes. */
  public static void confusion(Path file, ConfusionMatrix matrix, String title) {
    write(file, "Confusion matrix: " + title, SCALE, () -> ConfusionChart.of(matrix));
  }

  /** Writes accuracy over probability, before and after temperature scaling. */
  public static void calibration(Path file, Calibration before, Calibration after, String title) {
    Optional<Calibration> other = Optional.of(before).filter(each -> !each.equals(after));
    write(file, "Calibration: " + title, SCALE, () -> CalibrationChart.of(other, after));
  }

  /**
   * Writes the curve of a learning-rate range test.
   *
   * @param points (learning rate, smoothed loss)
   * @param suggestion marked, if there is one
   */
  public static void learningRates(
      Path file, List<double[]> points, Optional<Double> suggestion, String title) {
    write(file, "Range test: " + title, SCALE, () -> RateChart.of(points, suggestion));
  }

  /**
   * Writes an image with its true class and the most probable classes.
   *
   * @param truth the index of the true class
   * @param probabilities one per class
   */
  public static void prediction(
      Path file,
      RgbImage image,
      List<String> classNames,
      int truth,
      float[] probabilities,
      String title) {
    int top =
        IntStream.range(0, probabilities.length)
            .reduce(0, (a, b) -> probabilities[b] > probabilities[a] ? b : a);
    String what =
        top == truth
            ? Text.of("%s (correct): ", classNames.get(truth))
            : Text.of("%s predicted as %s (wrong): ", classNames.get(truth), classNames.get(top));
    write(
        file,
        what + title,
        1,
        () -> ExampleCharts.prediction(image, classNames, truth, probabilities));
  }

  /**
   * Writes misclassified images, five per row, or a sentence that there are none.
   *
   * @param mistakes the most confident first; the first {@link #MAX_MISTAKES} are drawn
   */
  public static void mistakes(Path file, List<Example> mistakes, String title) {
    write(file, "Most confident mistakes: " + title, 1, () -> ExampleCharts.mistakes(mistakes));
  }

  /**
   * Writes an image under a heat map of a class.
   *
   * @param image square
   */
  public static void heatMap(Path file, RgbImage image, HeatMap map, String title) {
    write(file, title, 1, () -> ExampleCharts.heatMap(image, map));
  }

  private static void write(Path file, String title, int scale, Supplier<Drawing> chart) {
    try {
      AtomicFiles.write(file, png(chart.get().image(title, scale)));
    } catch (LinkageError | InternalError e) { // AWT's way to report missing fonts
      throw new GraftException(
          ("Cannot draw " + file.getFileName() + ": Java finds no fonts. Install fontconfig and a")
              + " font, such as DejaVu.",
          e);
    } catch (IOException e) {
      throw new GraftException("Cannot write the image " + file + " (" + Messages.of(e) + ").", e);
    }
  }

  /** Returns whether a file is an image that this class wrote. */
  public static boolean isOwn(Path file) {
    try (InputStream stream = Files.newInputStream(file)) {
      byte[] start = stream.readNBytes(PNG_HEADER + SOFTWARE.length);
      return Arrays.equals(
          start, Math.min(PNG_HEADER, start.length), start.length, SOFTWARE, 0, SOFTWARE.length);
    } catch (IOException e) {
      return false; // a folder, or unreadable
    }
  }

  private static byte[] png(BufferedImage image) throws IOException {
    try (var bytes = new ByteArrayOutputStream();
        var stream = new MemoryCacheImageOutputStream(bytes)) {
      ImageIO.write(image, "png", stream);
      stream.flush();
      byte[] png = bytes.toByteArray();
      return ByteBuffer.allocate(png.length + SOFTWARE.length)
          .put(png, 0, PNG_HEADER)
          .put(SOFTWARE)
          .put(png, PNG_HEADER, png.length - PNG_HEADER)
          .array();
    }
  }

  /** Returns a chunk of a PNG file: length, type, content and checksum. */
  private static byte[] chunk(String typeAndContent) {
    byte[] bytes = typeAndContent.getBytes(StandardCharsets.ISO_8859_1);
    CRC32 checksum = new CRC32();
    checksum.update(bytes);
    return ByteBuffer.allocate(bytes.length + 8)
        .putInt(bytes.length - 4)
        .put(bytes)
        .putInt((int) checksum.getValue())
        .array();
  }

  /** Returns an image as a {@code data:} URL. */
  static String dataUrl(BufferedImage image) {
    try {
      return "data:image/png;base64," + Base64.getEncoder().encodeToString(png(image));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
