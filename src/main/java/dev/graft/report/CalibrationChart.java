package dev.graft.report;

import dev.graft.evaluation.Calibration;
import dev.graft.report.Axes.Range;
import dev.graft.report.Drawing.Anchor;
import dev.graft.report.Drawing.Ink;
import dev.graft.report.Drawing.Stroke;
import dev.graft.util.Names;
import dev.graft.util.Text;
import java.awt.Rectangle;
import java.awt.geom.Line2D;
import java.util.List;
import java.util.Optional;

/**
 * A reliability diagram: the accuracy of predictions over their probability, a dot per bin that is
 * not empty, the larger the more images it holds. A line joins the bins with enough images.
 */
final class CalibrationChart {
  private static final int WIDTH = 460;
  private static final int LEGEND = 446; // baseline of its first line, below the axis
  private static final int LEGEND_LINE = 22;
  private static final int SIDE = 360;
  private static final int MAX_RADIUS = 9;

  /**
   * Minimum number of images of a bin that the line joins. The standard error of the accuracy of n
   * images is at most 0.5 / √n: 10 percentage points from 25 images on.
   */
  private static final int MIN_IMAGES = 25;

  /**
   * Minimum share of all images of such a bin: a smaller one changes the calibration error by less
   * than 0.01, however far it is from the diagonal.
   */
  private static final double MIN_SHARE = 0.01;

  private CalibrationChart() {}

  /**
   * Draws one curve, or two.
   *
   * @param before the calibration without temperature scaling; empty if there was no scaling
   */
  static Drawing of(Optional<Calibration> before, Calibration after) {
    String errors =
        before.map(each -> Text.of("%.4f before scaling, ", each.error())).orElse("")
            + Text.of("%.4f as saved", after.error());
    String about = "Accuracy over probability; expected calibration error " + errors;
    int lines = before.isPresent() ? 2 : 1;
    var drawing = new Drawing(WIDTH, LEGEND + (lines - 1) * LEGEND_LINE + 16, about);
    var share = new Range(0, 1);
    var axes = new Axes(drawing, new Rectangle(76, 16, SIDE, SIDE), share, share);
    axes.vertical(0.2, Axes::percent);
    axes.horizontal(0, 0.2, Axes::percent);
    drawing.soft("probability of the predicted class", 76 + SIDE / 2.0, 418, Anchor.MIDDLE);
    drawing.upward("accuracy", 16, 16 + SIDE / 2.0);
    var diagonal = new Line2D.Double(axes.x(0), axes.y(0), axes.x(1), axes.y(1));
    drawing.shapes().add(new Stroke(diagonal, Ink.SOFT, 1, true));
    before.ifPresent(each -> curve(axes, each, Ink.SERIES.get(1)));
    curve(axes, after, Ink.SERIES.get(0)); // in front of the one before scaling
    before.ifPresent(
        each -> legend(axes, "before scaling", each, Ink.SERIES.get(1), LEGEND + LEGEND_LINE));
    String name = before.isPresent() ? "as saved" : "this model";
    legend(axes, name, after, Ink.SERIES.get(0), LEGEND);
    return drawing;
  }

  private static void curve(Axes axes, Calibration calibration, Ink ink) {
    List<Calibration.Bin> bins =
        calibration.bins().stream().filter(bin -> bin.count() > 0).toList();
    int max = bins.stream().mapToInt(Calibration.Bin::count).max().orElse(1);
    double least =
        Math.max(MIN_IMAGES, MIN_SHARE * bins.stream().mapToInt(Calibration.Bin::count).sum());
    axes.line(
        bins.stream().filter(bin -> bin.count() >= least).map(CalibrationChart::point).toList(),
        ink,
        false);
    for (Calibration.Bin bin : bins) {
      String tip =
          Text.of(
              "%s with a mean probability of %.1f %%: %.1f %% correct",
              Names.count(bin.count(), "image"), 100 * bin.confidence(), 100 * bin.accuracy());
      axes.dot(
          point(bin), Math.max(3, MAX_RADIUS * Math.sqrt((double) bin.count() / max)), ink, tip);
    }
  }

  private static double[] point(Calibration.Bin bin) {
    return new double[] {bin.confidence(), bin.accuracy()};
  }

  private static void legend(Axes axes, String name, Calibration calibration, Ink ink, int y) {
    var line = new Line2D.Double(90, y - 5, 108, y - 5);
    axes.drawing().shapes().add(new Stroke(line, ink, 3, false));
    String error = Text.of("%s: calibration error %.4f", name, calibration.error());
    axes.drawing().text(error, 116, y, Anchor.START);
  }
}
