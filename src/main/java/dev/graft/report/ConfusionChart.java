package dev.graft.report;

import dev.graft.evaluation.ConfusionMatrix;
import dev.graft.report.Ink.Anchor;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.Rectangle;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A confusion matrix as a heat map, rows = truth: a cell is the darker, the greater its share of
 * the pictures of its true class. Up to 20 classes the cells hold their counts. It grows with the
 * classes and their names: about 540 x 460 pixels for 2, 830 x 750 for 10, 1200 x 1150 for 100.
 */
final class ConfusionChart {
  private static final int MOST_CLASSES_WITH_COUNTS = 20;
  private static final int MOST_LABEL = 150; // pixels
  private static final int PADDING = 20;
  private static final int TITLE = 48; // pixels above the cells, padding apart
  private static final int AXIS = 26; // pixels for an axis title
  private static final int GAP = 8;
  private static final int LEGEND = 120; // pixels right of the cells

  private static final Color MIDDLE = new Color(0x6BAED6);
  private static final Color DARKEST = new Color(0x08306B);

  private static final Font TITLE_FONT = Ink.bold(16);
  private static final Font AXIS_FONT = Ink.plain(14);

  private final ConfusionMatrix matrix;
  private final String title;
  private final int cell; // side in pixels
  private final Font font;
  private final List<String> labels;
  private final int labelWidth;
  private final boolean upright; // column labels run upwards
  private final Rectangle plot;

  ConfusionChart(ConfusionMatrix matrix, String title) {
    int classes = matrix.size();
    this.matrix = matrix;
    this.title = title;
    // Nine pixels are the least that a label can be read in; beyond 100 classes labels are left
    // out.
    this.cell = Math.max(Math.min(160, 560 / classes), Math.max(1, Math.min(9, 900 / classes)));
    this.font = Ink.plain(Math.max(9, Math.min(13, cell)));
    this.labels =
        matrix.classNames().stream().map(name -> Ink.fit(name, font, MOST_LABEL)).toList();
    this.labelWidth =
        (int)
            Math.ceil(labels.stream().mapToDouble(label -> Ink.width(label, font)).max().orElse(0));
    this.upright = labelWidth > cell - GAP;
    int side = cell * classes;
    this.plot = new Rectangle(PADDING + AXIS + labelWidth + GAP, PADDING + TITLE, side, side);
  }

  /** Where the count of class {@code truth} that was taken for {@code predicted} is drawn. */
  Rectangle cell(int truth, int predicted) {
    return new Rectangle(plot.x + predicted * cell, plot.y + truth * cell, cell, cell);
  }

  BufferedImage draw() {
    int columnLabels = upright ? labelWidth : font.getSize();
    int width = plot.x + plot.width + LEGEND + PADDING;
    int height = plot.y + plot.height + GAP + columnLabels + AXIS + PADDING;
    return Ink.drawing(
        width,
        height,
        g -> {
          String fitting = Ink.fit(title, TITLE_FONT, width - 2 * PADDING);
          Ink.write(g, fitting, TITLE_FONT, Anchor.MIDDLE, width / 2.0, PADDING + 16);
          drawCells(g);
          drawLabels(g);
          double centre = plot.getCenterX();
          Ink.write(g, "predicted", AXIS_FONT, Anchor.MIDDLE, centre, height - PADDING);
          Ink.writeUpwards(g, "truth", AXIS_FONT, Anchor.MIDDLE, PADDING + 12, plot.getCenterY());
          drawLegend(g);
        });
  }

  private void drawCells(Graphics2D g) {
    Font countFont = countFont();
    for (int truth = 0; truth < matrix.size(); truth++) {
      for (int predicted = 0; predicted < matrix.size(); predicted++) {
        Rectangle at = cell(truth, predicted);
        int count = matrix.count(truth, predicted);
        double share = (double) count / Math.max(1, matrix.support(truth));
        g.setColor(shade(share));
        g.fill(at);
        if (matrix.size() <= MOST_CLASSES_WITH_COUNTS) {
          g.setColor(darkness(share) > 0.7 ? Color.WHITE : count == 0 ? Ink.LINE : Ink.TEXT);
          double baseline = at.getCenterY() + 0.36 * countFont.getSize();
          Ink.write(
              g, Integer.toString(count), countFont, Anchor.MIDDLE, at.getCenterX(), baseline);
        }
      }
    }
    g.setColor(Ink.LINE);
    g.drawRect(plot.x - 1, plot.y - 1, plot.width + 1, plot.height + 1);
  }

  /** The largest type that the largest count still fits its cell in. */
  private Font countFont() {
    int most =
        IntStream.range(0, matrix.size() * matrix.size())
            .map(i -> matrix.count(i / matrix.size(), i % matrix.size()))
            .max()
            .orElse(0);
    int size = Math.max(13, cell / 6);
    while (size > 6 && Ink.width(Integer.toString(most), Ink.plain(size)) > cell - 3) {
      size--;
    }
    return Ink.plain(size);
  }

  private void drawLabels(Graphics2D g) {
    g.setColor(Ink.TEXT);
    int step = (int) Math.ceil((double) font.getSize() / cell);
    double toBaseline = 0.36 * font.getSize(); // from a line's middle
    for (int i = 0; i < labels.size(); i += step) {
      Rectangle at = cell(i, i);
      double below = plot.getMaxY() + GAP;
      Ink.write(g, labels.get(i), font, Anchor.RIGHT, plot.x - GAP, at.getCenterY() + toBaseline);
      if (upright) {
        Ink.writeUpwards(g, labels.get(i), font, Anchor.RIGHT, at.getCenterX() + toBaseline, below);
      } else {
        Ink.write(g, labels.get(i), font, Anchor.MIDDLE, at.getCenterX(), below + font.getSize());
      }
    }
  }

  private void drawLegend(Graphics2D g) {
    int left = (int) plot.getMaxX() + 28;
    int width = 16;
    for (int y = 0; y < plot.height; y++) {
      g.setColor(shade(1 - y / (plot.height - 1.0)));
      g.fillRect(left, plot.y + y, width, 1);
    }
    g.setColor(Ink.LINE);
    g.drawRect(left - 1, plot.y - 1, width + 1, plot.height + 1);
    g.setColor(Ink.FAINT);
    Font small = Ink.plain(12);
    double right = left + width + GAP;
    Ink.write(g, "100 %", small, Anchor.LEFT, right, plot.y + 9);
    Ink.write(g, "50 %", small, Anchor.LEFT, right, plot.getCenterY() + 4);
    Ink.write(g, "0 %", small, Anchor.LEFT, right, plot.getMaxY());
    double far = plot.getMaxX() + LEGEND;
    String caption = "share of the true class";
    Ink.writeUpwards(g, caption, small, Anchor.MIDDLE, far, plot.getCenterY());
  }

  /**
   * From white at 0 over light blue to a dark one at 1. The root makes the few per cent of a common
   * mistake visible; the legend shows it.
   */
  static Color shade(double share) {
    double darkness = darkness(share);
    return darkness < 0.5
        ? between(Color.WHITE, MIDDLE, 2 * darkness)
        : between(MIDDLE, DARKEST, 2 * darkness - 1);
  }

  private static double darkness(double share) {
    return Math.pow(share, 0.6);
  }

  private static Color between(Color from, Color to, double at) {
    return new Color(
        (int) Math.round(from.getRed() + at * (to.getRed() - from.getRed())),
        (int) Math.round(from.getGreen() + at * (to.getGreen() - from.getGreen())),
        (int) Math.round(from.getBlue() + at * (to.getBlue() - from.getBlue())));
  }
}
