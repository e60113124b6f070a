package dev.graft.report;

import dev.graft.evaluation.History;
import dev.graft.evaluation.History.Epoch;
import dev.graft.report.Axes.Range;
import dev.graft.report.Drawing.Anchor;
import dev.graft.report.Drawing.Ink;
import dev.graft.report.Drawing.Stroke;
import dev.graft.report.Drawing.TextStyle;
import dev.graft.util.Text;
import java.awt.Rectangle;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/** Loss or accuracy over the epochs, of one run or of several. */
final class CurveChart {
  private static final int WIDTH = 480;
  private static final int TOP = 16;
  private static final int PLOT_HEIGHT = 220;
  private static final int LEFT = 62;
  private static final int RIGHT = 24;
  private static final int LEGEND = TOP + PLOT_HEIGHT + 72; // baseline of its first line
  private static final int LEGEND_LINE = 20;
  private static final int SWATCH = 22;
  private static final int MAX_DOTS = 60; // epochs of which each has a dot
  private static final int MAX_TICKS = 10;

  /** A metric over the epochs. */
  record Metric(String axis, ToDoubleFunction<Epoch> training, ToDoubleFunction<Epoch> validation) {
    static final Metric LOSS = new Metric("loss", Epoch::trainLoss, Epoch::validationLoss);
    static final Metric ACCURACY =
        new Metric("accuracy (%)", e -> 100 * e.trainAccuracy(), e -> 100 * e.validationAccuracy());
    static final List<Metric> ALL = List.of(LOSS, ACCURACY);
  }

  /**
   * One curve.
   *
   * @param points (epoch, value); a value that is not finite is a gap
   */
  private record Series(String name, Ink ink, boolean dashed, List<double[]> points) {
    static Series of(String name, int color, boolean dashed, Stream<double[]> points) {
      Ink ink = Ink.SERIES.get(color % Ink.SERIES.size());
      return new Series(name, ink, dashed, points.toList());
    }

    Stream<double[]> finite() {
      return points.stream().filter(point -> Double.isFinite(point[1]));
    }

    String description() {
      List<double[]> finite = finite().toList();
      return finite.isEmpty()
          ? name + " has no finite values"
          : Text.of("%s %.4g to %.4g", name, finite.get(0)[1], finite.get(finite.size() - 1)[1]);
    }
  }

  private final String axis;
  private final List<Series> series = new ArrayList<>();

  /** The series that are level lines, without dots. */
  private final List<Series> levels = new ArrayList<>();

  private final Optional<double[]> best;
  private final int epochs;

  /** Number of colors in use. */
  private int color;

  private CurveChart(Metric metric, Map<String, History> runs) {
    axis = metric.axis;
    boolean one = runs.keySet().equals(Set.of("")); // a run that is not compared has no name
    for (var run : runs.entrySet()) {
      List<Epoch> all = run.getValue().epochs();
      String name = run.getKey();
      series.add(Series.of(one ? "training" : "", color, !one, points(all, metric.training)));
      color += one ? 1 : 0;
      series.add(
          Series.of(one ? "validation" : name, color++, false, points(all, metric.validation)));
    }
    best =
        runs.values().stream()
            .filter(history -> runs.size() == 1)
            .flatMap(history -> history.findBest().stream())
            .map(epoch -> new double[] {epoch.epoch(), metric.validation.applyAsDouble(epoch)})
            .findFirst();
    epochs = series.stream().mapToInt(each -> each.points.size()).max().orElse(0);
  }

  /**
   * Draws training and validation, and a ring around the best epoch; of several runs, by their
   * names, each in a color of its own with training dashed.
   */
  static Drawing of(Metric metric, Map<String, History> runs) {
    return of(metric, runs, Map.of());
  }

  /**
   * Draws runs as {@link #of(Metric, Map)}.
   *
   * @param levels accuracies, 0 to 1, that are drawn as level lines, by their names
   */
  static Drawing of(Metric metric, Map<String, History> runs, Map<String, Double> levels) {
    CurveChart chart = new CurveChart(metric, runs);
    if (metric.equals(Metric.ACCURACY)) {
      levels.forEach(chart::addLevel);
    }
    return chart.draw();
  }

  private void addLevel(String name, double accuracy) {
    double[][] ends = {{0.25, 100 * accuracy}, {Math.max(1, epochs) + 0.75, 100 * accuracy}};
    Series level = Series.of(name, color++, false, Stream.of(ends));
    series.add(level);
    levels.add(level);
  }

  private static Stream<double[]> points(List<Epoch> epochs, ToDoubleFunction<Epoch> value) {
    return epochs.stream().map(epoch -> new double[] {epoch.epoch(), value.applyAsDouble(epoch)});
  }

  private Drawing draw() {
    List<List<Series>> legend = legend();
    String curves =
        series.stream()
            .filter(each -> !each.name.isEmpty())
            .map(Series::description)
            .collect(Collectors.joining(", "));
    String ring = best.map(point -> Text.of("; best epoch %.0f", point[0])).orElse("");
    int height = LEGEND + (legend.size() - 1) * LEGEND_LINE + 16;
    var drawing = new Drawing(WIDTH, height, axis + " per epoch: " + curves + ring);
    drawLegend(drawing, legend);
    var area = new Rectangle(LEFT, TOP, WIDTH - LEFT - RIGHT, PLOT_HEIGHT);
    DoubleSummaryStatistics values = values();
    double step = Axes.step(values.getMin(), values.getMax());
    var all = new Range(0.25, Math.max(1, epochs) + 0.75);
    Axes axes = new Axes(drawing, area, all, Range.of(values.getMin(), values.getMax(), step));
    axes.vertical(step, Axes.decimal(step));
    int every = (Math.max(1, epochs) + MAX_TICKS - 1) / MAX_TICKS;
    axes.horizontal(1, every, epoch -> Text.of("%.0f", epoch));
    drawing.soft("epoch", area.getCenterX(), area.getMaxY() + 42, Anchor.MIDDLE);
    drawing.upward(axis, 14, area.getCenterY());
    for (Series each : series) {
      axes.line(each.points, each.ink, each.dashed);
      if (epochs <= MAX_DOTS && !each.dashed && !levels.contains(each)) {
        each.finite()
            .forEach(
                point ->
                    axes.dot(
                        point,
                        3.5,
                        each.ink,
                        Text.of("%s, epoch %.0f: %.4f", each.name, point[0], point[1])));
      }
    }
    best.filter(point -> Double.isFinite(point[1])).ifPresent(point -> axes.ring(point, Ink.BAD));
    return drawing;
  }

  /** Returns the minimum and maximum value; 0 and 1 if none is finite. */
  private DoubleSummaryStatistics values() {
    double[] finite =
        series.stream().flatMap(Series::finite).mapToDouble(point -> point[1]).toArray();
    return DoubleStream.of(finite.length == 0 ? new double[] {0, 1} : finite).summaryStatistics();
  }

  /**
   * Returns the solid curves in lines of the legend, each as long as fits; the last line has room
   * for the best epoch.
   */
  private List<List<Series>> legend() {
    List<List<Series>> lines = new ArrayList<>(List.of(new ArrayList<>()));
    double room = 0;
    for (Series each : series.stream().filter(each -> !each.dashed).toList()) {
      double width = SWATCH + TextStyle.LABEL.width(each.name) + 24;
      if (room + width > WIDTH - LEFT && room > 0) {
        lines.add(new ArrayList<>());
        room = 0;
      }
      lines.get(lines.size() - 1).add(each);
      room += width;
    }
    if (best.isPresent() && room + SWATCH + TextStyle.LABEL.width(best()) > WIDTH - LEFT) {
      lines.add(new ArrayList<>());
    }
    return lines;
  }

  private String best() {
    return Text.of("best epoch: %.0f", best.orElseThrow()[0]);
  }

  private void drawLegend(Drawing drawing, List<List<Series>> lines) {
    double y = LEGEND;
    double x = LEFT;
    for (List<Series> line : lines) {
      x = LEFT;
      for (Series each : line) {
        var swatch = new Line2D.Double(x, y - 4, x + SWATCH - 6, y - 4);
        drawing.shapes().add(new Stroke(swatch, each.ink, 3, false));
        drawing.text(
            TextStyle.LABEL.fit(each.name, WIDTH - x - SWATCH), x + SWATCH, y, Anchor.START);
        x += SWATCH + TextStyle.LABEL.width(each.name) + 24;
      }
      y += LEGEND_LINE;
    }
    if (best.isPresent()) {
      var ring = new Ellipse2D.Double(x, y - LEGEND_LINE - 10, 12, 12);
      drawing.shapes().add(new Stroke(ring, Ink.BAD, 2.5f, false));
      drawing.text(best(), x + SWATCH, y - LEGEND_LINE, Anchor.START);
    }
  }
}
