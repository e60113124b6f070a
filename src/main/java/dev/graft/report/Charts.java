package dev.graft.report;

import dev.graft.GraftException;
import dev.graft.evaluation.ConfusionMatrix;
import dev.graft.evaluation.History;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;

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

  /**
   * A picture, its true class and the most probable classes.
   *
   * @param picture of any size, see {@link #picture}
   * @param truth the index of its class
   * @param probabilities one a class
   */
  public static void prediction(
      Path file, BufferedImage picture, List<String> classNames, int truth, float[] probabilities) {
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
   * A picture from its bytes.
   *
   * @param rgb (height, width, 3): row by row, red, green and blue of each pixel
   */
  public static BufferedImage picture(byte[] rgb, int width, int height) {
    if (rgb.length != 3L * width * height) {
      throw new IllegalArgumentException(
          "A picture of %d x %d pixels has %d bytes, got %d"
              .formatted(width, height, 3L * width * height, rgb.length));
    }
    var picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < width * height; i++) {
      int red = rgb[3 * i] & 0xFF;
      int green = rgb[3 * i + 1] & 0xFF;
      int blue = rgb[3 * i + 2] & 0xFF;
      picture.setRGB(i % width, i / width, red << 16 | green << 8 | blue);
    }
    return picture;
  }

  private static void write(Path file, Supplier<BufferedImage> drawing) {
    BufferedImage image;
    try {
      image = drawing.get();
    } catch (LinkageError | InternalError e) { // how AWT says that it found no fonts
      throw new GraftException(
          "Cannot draw %s, because Java finds no fonts here; install fontconfig and a font, such as DejaVu."
              .formatted(file.getFileName()),
          e);
    }
    Png.write(file, image);
  }
}
