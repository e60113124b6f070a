package dev.graft.report;

import dev.graft.report.Axes.Range;
import dev.graft.report.Drawing.Anchor;
import dev.graft.report.Drawing.Ink;
import dev.graft.util.Text;
import java.awt.Rectangle;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Optional;

/** Loss over the learning rate, which has a logarithmic axis. */
final class RateChart {
  private static final int WIDTH = 560;
  private static final int HEIGHT = 300;

  /** The vertical axis ends at this multiple of the lowest loss, or at the first loss. */
  private static final double SHOWN = 1.5;

  private RateChart() {}

  /**
   * Draws the curve.
   *
   * @param points (learning rate, loss), with ascending rates; at least one
   * @param suggestion marked by a ring
   */
  static Drawing of(List<double[]> points, Optional<Double> suggestion) {
    DoubleSummaryStatistics losses =
        points.stream().mapToDouble(point -> point[1]).filter(Double::isFinite).summaryStatistics();
    double low = losses.getCount() == 0 ? 0 : losses.getMin();
    double most = Math.max(SHOWN * low, losses.getCount() == 0 ? 1 : points.get(0)[1]);
    double step = Axes.step(low, most);
    var range = Range.of(low, most, step);
    double high = range.high();
    String ring = suggestion.map(rate -> Text.of("; suggested: %.2g", rate)).orElse("");
    var drawing =
        new Drawing(WIDTH, HEIGHT, Text.of("Loss per learning rate, lowest %.4g%s", low, ring));
    var area = new Rectangle(70, 16, WIDTH - 94, 220);
    double first = Math.floor(Math.log10(points.get(0)[0]) + 1e-9);
    double last = Math.ceil(Math.log10(points.get(points.size() - 1)[0]) - 1e-9);
    var axes = new Axes(drawing, area, new Range(first, Math.max(first + 1, last)), range);
    axes.vertical(step, Axes.decimal(step));
    axes.logarithmic();
    drawing.soft(
        "learning rate (circle: suggested)", area.getCenterX(), area.getMaxY() + 42, Anchor.MIDDLE);
    drawing.upward("smoothed loss", 14, area.getCenterY());
    List<double[]> shown =
        points.stream()
            .map(
                point ->
                    new double[] {Math.log10(point[0]), point[1] <= high ? point[1] : Double.NaN})
            .toList();
    axes.line(shown, Ink.SERIES.get(0), false);
    suggestion
        .flatMap(rate -> nearest(points, rate))
        .filter(point -> point[1] <= high)
        .ifPresent(point -> axes.ring(new double[] {Math.log10(point[0]), point[1]}, Ink.BAD));
    return drawing;
  }

  private static Optional<double[]> nearest(List<double[]> points, double rate) {
    return points.stream()
        .filter(point -> Double.isFinite(point[1]))
        .min(
            (a, b) ->
                Double.compare(Math.abs(Math.log(a[0] / rate)), Math.abs(Math.log(b[0] / rate))));
  }
}
