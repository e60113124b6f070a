package dev.graft.report;

import dev.graft.GraftException;
import dev.graft.evaluation.Calibration;
import dev.graft.evaluation.ConfusionMatrix;
import dev.graft.evaluation.History;
import dev.graft.io.WholeFile;
import dev.graft.picture.HeatMap;
import dev.graft.picture.Picture;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * The PNG files of a run. Each appears whole or not at all, in place of an older one of its name,
 * in a folder that must be there. It needs fonts but no screen.
 */
public final class Charts {
  /** The number of pictures that {@link #mistakes} has room for. */
  public static final int MOST_MISTAKES = MistakesChart.MOST;

  /** No drawing shows more of a picture: its shorter side, in pixels. */
  public static final int LEAST_SIDE = 320;

  private Charts() {}

  /** The loss of training and validation over the epochs, the best epoch marked. */
  public static void loss(Path file, History history, String title) {
    write(file, () -> CurveChart.ofLoss(history, title).draw());
  }

  /** The accuracy of training and validation over the epochs, the best epoch marked. */
  public static void accuracy(Path file, History history, String title) {
    write(file, () -> CurveChart.ofAccuracy(history, title).draw());
  }

  /** A heat map, rows = truth, with counts in its cells up to 20 classes. */
  public static void confusion(Path file, ConfusionMatrix matrix, String title) {
    write(file, () -> new ConfusionChart(matrix, title).draw());
  }

  /** How often the model is right where it says a probability, before and after scaling. */
  public static void calibration(Path file, Calibration before, Calibration after, String title) {
    write(file, () -> new CalibrationChart(before, after, title).draw());
  }

  /**
   * A picture, its true class and the most probable classes.
   *
   * @param picture of any size
   * @param truth the index of its class
   * @param probabilities one a class
   */
  public static void prediction(
      Path file, Picture picture, List<String> classNames, int truth, float[] probabilities) {
    write(file, () -> new PredictionChart(picture, classNames, truth, probabilities).draw());
  }

  /**
   * Pictures that were taken for what they are not, five a row, or a word that there are none.
   *
   * @param mistakes the most confident first; the first {@link #MOST_MISTAKES} are drawn
   */
  public static void mistakes(Path file, List<Mistake> mistakes, String title) {
    write(file, () -> new MistakesChart(mistakes, title).draw());
  }

  /**
   * A picture, and over it where a class was seen in it.
   *
   * @param picture square
   */
  public static void heatMap(Path file, Picture picture, HeatMap map, String title) {
    write(file, () -> new HeatMapChart(picture, map, title).draw());
  }

  private static void write(Path file, Supplier<BufferedImage> drawing) {
    try {
      WholeFile.write(file, png(drawing.get()));
    } catch (LinkageError | InternalError e) { // how AWT says that it found no fonts
      throw new GraftException(
          ("Cannot draw " + file.getFileName() + ", because Java finds no fonts here; install")
              + " fontconfig and a font, such as DejaVu.",
          e);
    } catch (IOException e) {
      throw new GraftException("Cannot write the picture " + file + " (" + e + ").", e);
    }
  }

  static byte[] png(BufferedImage image) throws IOException {
    try (var bytes = new ByteArrayOutputStream();
        var stream = new MemoryCacheImageOutputStream(bytes)) {
      ImageIO.write(image, "png", stream);
      stream.flush();
      return bytes.toByteArray();
    }
  }
}
