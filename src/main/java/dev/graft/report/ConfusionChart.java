package dev.graft.report;

import dev.graft.evaluation.ConfusionMatrix;
import dev.graft.report.Drawing.Anchor;
import dev.graft.report.Drawing.Fill;
import dev.graft.report.Drawing.Ink;
import dev.graft.report.Drawing.Label;
import dev.graft.report.Drawing.TextStyle;
import dev.graft.util.Names;
import dev.graft.util.Text;
import java.awt.Rectangle;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A confusion matrix as a heat map, rows = truth: the darker a cell, the greater its share of the
 * images of its true class. Of more than {@link #MAX_CLASSES} classes it shows those with the most
 * mistakes, and sums the others in a last row and column.
 */
final class ConfusionChart {
  static final int MAX_CLASSES = 100;

  private static final int MAX_CLASSES_WITH_COUNTS = 20;
  private static final int AXIS = 28; // pixels for the title of an axis
  private static final int TOP = 36; // pixels for the legend
  private static final int GAP = 8;
  private static final int LEGEND_STEP = 4;

  private final List<String> names; // by position on the axes, like the arrays below
  private final int[][] counts; // (truth, predicted)
  private final int[] support;
  private final int cell; // side in pixels
  private final TextStyle type;
  private final List<String> labels;
  private final boolean upright; // column labels run upward
  private final Rectangle plot;
  private final Drawing drawing;

  private ConfusionChart(ConfusionMatrix matrix) {
    List<Integer> shown =
        matrix.size() <= MAX_CLASSES
            ? IntStream.range(0, matrix.size()).boxed().toList()
            : matrix.mostConfused().limit(MAX_CLASSES).sorted().boxed().toList();
    int[] position = new int[matrix.size()];
    Arrays.fill(position, shown.size());
    IntStream.range(0, shown.size()).forEach(i -> position[shown.get(i)] = i);
    names =
        Stream.concat(
                shown.stream().map(matrix.classNames()::get),
                Stream.of(Text.of("%,d other classes", matrix.size() - shown.size()))
                    .filter(name -> shown.size() < matrix.size()))
            .toList();
    counts = new int[names.size()][names.size()];
    matrix
        .cells()
        .forEach(
            each -> counts[position[each.truth()]][position[each.predicted()]] += each.count());
    support = Stream.of(counts).mapToInt(row -> IntStream.of(row).sum()).toArray();

    // Labels are legible from nine pixels on.
    cell = Math.max(9, Math.min(100, 440 / names.size()));
    type = new TextStyle(Math.min(13, cell), false);
    int room = names.size() <= MAX_CLASSES_WITH_COUNTS ? 220 : 130;
    labels = names.stream().map(name -> type.fit(name, room)).toList();
    int labelWidth = (int) Math.ceil(labels.stream().mapToDouble(type::width).max().orElse(0));
    upright = labelWidth > cell - GAP;
    int side = cell * names.size();
    plot = new Rectangle(AXIS + labelWidth + GAP, TOP, side, side);
    int columnLabels = upright ? labelWidth : type.size();
    int width = Math.max(400, (int) plot.getMaxX() + 16);
    int height = (int) plot.getMaxY() + GAP + columnLabels + AXIS;
    String what =
        Text.of(
            "Confusion matrix of %,d classes: %,d of %,d images correct",
            matrix.size(), matrix.trace(), IntStream.of(support).sum());
    drawing = new Drawing(width, height, what);
  }

  static Drawing of(ConfusionMatrix matrix) {
    return new ConfusionChart(matrix).draw();
  }

  private Drawing draw() {
    drawLegend();
    drawing.rectangle(plot, Ink.PANEL);
    for (int truth = 0; truth < names.size(); truth++) {
      for (int predicted = 0; predicted < names.size(); predicted++) {
        if (counts[truth][predicted] > 0) {
          drawCell(truth, predicted);
        }
      }
    }
    for (int i = 0; i < names.size(); i++) {
      drawLabels(i);
    }
    drawing.soft("predicted", plot.getCenterX(), plot.getMaxY() + bottom(), Anchor.MIDDLE);
    drawing.upward("truth", 16, plot.getCenterY());
    return drawing;
  }

  private double bottom() {
    double longest = labels.stream().mapToDouble(type::width).max().orElse(0);
    return GAP + (upright ? longest : type.size()) + 20;
  }

  private void drawCell(int truth, int predicted) {
    int count = counts[truth][predicted];
    double share = (double) count / support[truth];
    var at = new Rectangle(plot.x + predicted * cell, plot.y + truth * cell, cell, cell);
    String tip =
        Text.of(
            "%,d of %s of %s predicted as %s (%.1f %%)",
            count,
            Names.count(support[truth], "image"),
            names.get(truth),
            names.get(predicted),
            100 * share);
    drawing.shapes().add(new Fill(at, Ink.heat(strength(share)), tip));
    if (names.size() <= MAX_CLASSES_WITH_COUNTS) {
      Ink ink = strength(share) > 0.6 ? Ink.PAPER : Ink.TEXT;
      TextStyle fitting = countType(Integer.toString(count));
      double baseline = at.getCenterY() + 0.36 * fitting.size();
      drawing
          .shapes()
          .add(
              new Label(
                  Integer.toString(count),
                  at.getCenterX(),
                  baseline,
                  fitting,
                  Anchor.MIDDLE,
                  ink,
                  false));
    }
  }

  /** Returns the largest type in which a count fits its cell. */
  private TextStyle countType(String count) {
    int size = Math.max(13, cell / 5);
    while (size > 6 && new TextStyle(size, false).width(count) > cell - 4) {
      size--;
    }
    return new TextStyle(size, false);
  }

  private void drawLabels(int i) {
    double toBaseline = 0.36 * type.size(); // from the middle of a line
    double x = plot.x + (i + 0.5) * cell;
    double y = plot.y + (i + 0.5) * cell + toBaseline;
    double below = plot.getMaxY() + GAP;
    label(labels.get(i), plot.x - GAP, y, Anchor.END, false);
    if (upright) {
      label(labels.get(i), x + toBaseline, below, Anchor.END, true);
    } else {
      label(labels.get(i), x, below + type.size(), Anchor.MIDDLE, false);
    }
  }

  private void label(String text, double x, double y, Anchor anchor, boolean upward) {
    drawing.shapes().add(new Label(text, x, y, type, anchor, Ink.TEXT, upward));
  }

  private void drawLegend() {
    double x = drawing.soft("share of the true class: 0 %", AXIS, 18) + 8;
    for (int i = 0; i <= 100; i += LEGEND_STEP) {
      var step = new Rectangle((int) x, 6, LEGEND_STEP, 14);
      drawing.rectangle(step, Ink.heat(strength(i / 100.0)));
      x += LEGEND_STEP;
    }
    drawing.soft("100 %", x + 8, 18, Anchor.START);
  }

  /** Returns 0 to 1; the root makes the few percent of a common mistake visible. */
  static double strength(double share) {
    return Math.pow(share, 0.6);
  }
}
