package dev.graft.report;

import dev.graft.evaluation.History;
import dev.graft.evaluation.History.Epoch;
import dev.graft.report.Ink.Anchor;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.geom.Ellipse2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.AxesChartStyler.TextAlignment;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** A figure of training and of validation over the epochs, 720 x 480 pixels. */
final class CurveChart {
  static final Color TRAINING = Ink.BLUE;
  static final Color VALIDATION = Ink.ORANGE;
  static final Color BEST = Ink.RED;

  private static final int WIDTH = 720;
  private static final int HEIGHT = 480;
  private static final int MARKER = 7; // pixels
  private static final int LEGEND = 36; // pixels below the chart
  private static final int LEGEND_MARKER = 16; // pixels from a marker's middle to its name
  private static final int LEGEND_GAP = 32; // pixels from a name to the next marker
  private static final Font LEGEND_FONT = Ink.plain(13);
  private static final double AIR = 0.75; // epochs left of the first and right of the last

  private final XYChart chart = new XYChart(WIDTH, HEIGHT - LEGEND);
  private final double[] epochs; // 1, 2, 3 …
  private final List<XYSeries> legend = new ArrayList<>();

  private CurveChart(
      History history,
      String title,
      String figure,
      ToDoubleFunction<Epoch> training,
      ToDoubleFunction<Epoch> validation) {
    this.epochs = history.epochs().stream().mapToDouble(Epoch::epoch).toArray();
    double[] trained = figures(history, training);
    double[] validated = figures(history, validation);
    chart.setTitle(Ink.fit(title, Ink.bold(16), WIDTH - 120));
    chart.setXAxisTitle("epoch");
    chart.setYAxisTitle(figure);
    style();
    scale(DoubleStream.concat(DoubleStream.of(trained), DoubleStream.of(validated)));
    curve("training", epochs, trained, TRAINING, SeriesMarkers.CIRCLE);
    curve("validation", epochs, validated, VALIDATION, SeriesMarkers.SQUARE);
    history.findBest().map(Epoch::epoch).ifPresent(best -> ring(best, validated[best - 1]));
  }

  static CurveChart ofLoss(History history, String title) {
    return new CurveChart(history, title, "loss", Epoch::trainLoss, Epoch::validationLoss);
  }

  static CurveChart ofAccuracy(History history, String title) {
    return new CurveChart(
        history,
        title,
        "accuracy (%)",
        epoch -> 100 * epoch.trainAccuracy(),
        epoch -> 100 * epoch.validationAccuracy());
  }

  BufferedImage draw() {
    return Ink.drawing(
        WIDTH,
        HEIGHT,
        g -> {
          chart.paint(g, WIDTH, HEIGHT - LEGEND);
          drawLegend(g);
        });
  }

  private void drawLegend(Graphics2D g) {
    double room = 0;
    for (XYSeries series : legend) {
      room += LEGEND_MARKER + Ink.width(series.getName(), LEGEND_FONT) + LEGEND_GAP;
    }
    double x = (WIDTH - room + LEGEND_GAP) / 2;
    double baseline = HEIGHT - LEGEND / 2.0;
    for (XYSeries series : legend) {
      g.setColor(series.getMarkerColor());
      series.getMarker().paint(g, x, baseline - 5, MARKER);
      x += LEGEND_MARKER;
      g.setColor(Ink.TEXT);
      Ink.write(g, series.getName(), LEGEND_FONT, Anchor.LEFT, x, baseline);
      x += Ink.width(series.getName(), LEGEND_FONT) + LEGEND_GAP;
    }
    if (legend.isEmpty()) {
      g.setColor(Ink.FAINT);
      Ink.write(g, "no finite figures", LEGEND_FONT, Anchor.MIDDLE, WIDTH / 2.0, HEIGHT / 2.0);
    }
  }

  private void style() {
    chart
        .getStyler()
        .setXAxisDecimalPattern("0")
        .setPlotGridVerticalLinesVisible(false)
        .setPlotGridLinesColor(Ink.TRACK)
        .setPlotGridLinesStroke(new BasicStroke(1))
        .setAxisTickLabelsFont(Ink.plain(13))
        .setAxisTitleFont(Ink.plain(14))
        .setLocale(Locale.ROOT)
        .setYAxisTickMarkSpacingHint(56)
        .setYAxisLabelAlignment(TextAlignment.Right)
        .setPlotContentSize(1)
        .setPlotBorderColor(Ink.LINE)
        .setChartTitleFont(Ink.bold(16))
        .setChartTitlePadding(12)
        .setChartTitleBoxVisible(false)
        .setChartFontColor(Ink.TEXT)
        .setChartBackgroundColor(Color.WHITE)
        .setChartPadding(14)
        .setLegendVisible(false) // its names stand on uneven lines; drawLegend's do not
        .setMarkerSize(epochs.length > 60 ? MARKER / 2 : MARKER);
  }

  /** Fixes both axes: left alone, XChart labels a single epoch 0 and 2, and two figures oddly. */
  private void scale(DoubleStream figures) {
    var range = figures.filter(Double::isFinite).summaryStatistics();
    double low = range.getCount() == 0 ? 0 : range.getMin();
    double high = range.getCount() == 0 ? 1 : range.getMax();
    double air = high > low ? 0.05 * (high - low) : Math.max(1e-3, 0.05 * Math.abs(high));
    double first = 1 - AIR;
    double last = Math.max(1, epochs.length) + AIR;
    chart
        .getStyler()
        .setXAxisMin(first)
        .setXAxisMax(last)
        .setYAxisMin(low - air)
        .setYAxisMax(high + air);
  }

  private void curve(String name, double[] x, double[] y, Color color, Marker marker) {
    if (DoubleStream.of(y).noneMatch(Double::isFinite)) {
      return; // XChart cannot scale a series without a number
    }
    XYSeries series = chart.addSeries(name, x, y);
    series.setLineColor(color);
    series.setLineStyle(new BasicStroke(2));
    series.setMarker(marker);
    series.setMarkerColor(color);
    legend.add(series);
  }

  private void ring(int epoch, double figure) {
    curve("best epoch: " + epoch, new double[] {epoch}, new double[] {figure}, BEST, new Ring());
  }

  /** A gap in the curve where a training diverged. */
  private static double[] figures(History history, ToDoubleFunction<Epoch> figure) {
    return history.epochs().stream()
        .mapToDouble(figure)
        .map(value -> Double.isFinite(value) ? value : Double.NaN)
        .toArray();
  }

  /** Leaves the point that it marks to be seen. */
  private static final class Ring extends Marker {
    private static final double DIAMETER = 16; // pixels

    @Override
    public void paint(Graphics2D g, double x, double y, int markerSize) {
      g.setStroke(new BasicStroke(2.5f));
      g.draw(new Ellipse2D.Double(x - DIAMETER / 2, y - DIAMETER / 2, DIAMETER, DIAMETER));
    }
  }
}
