package dev.graft.report;

import dev.graft.report.Ink.Anchor;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.Rectangle;
import java.awt.image.BufferedImage;
import java.util.List;

/**
 * Pictures that were taken for what they are not, five a row: below each, the class that it is, and
 * the class that it was taken for with its probability.
 */
final class MistakesChart {
  static final int MOST = 25;

  private static final String NONE = "No picture was taken for what it is not.";

  private static final int COLUMNS = 5;
  private static final int PADDING = 24;
  private static final int TOP = 84; // below title and legend
  private static final int PICTURE = 160; // a side of the square that the picture is fitted into
  private static final int GAP = 20; // between neighbours
  private static final int LINE = 20; // from name to name
  private static final int CELL_HEIGHT = PICTURE + 2 * LINE + 4;
  private static final int LEAST_WIDTH = 480;
  private static final int MOST_WIDTH = 2 * PADDING + COLUMNS * (PICTURE + GAP) - GAP;
  private static final int SWATCH = 10;

  private static final Font TITLE_FONT = Ink.bold(18);
  private static final Font FONT = Ink.plain(13);

  private final List<Mistake> mistakes;
  private final String title;

  /**
   * Of the mistakes, the first {@link #MOST} are shown.
   *
   * @param mistakes in the order of reading
   */
  MistakesChart(List<Mistake> mistakes, String title) {
    this.mistakes = List.copyOf(mistakes.subList(0, Math.min(MOST, mistakes.size())));
    this.title = title;
  }

  /** The room of the picture that is {@code index}th in the order of reading, with its names. */
  Rectangle cell(int index) {
    int left = PADDING + index % COLUMNS * (PICTURE + GAP);
    int top = TOP + index / COLUMNS * (CELL_HEIGHT + GAP);
    return new Rectangle(left, top, PICTURE, CELL_HEIGHT);
  }

  /** That picture in its square. */
  FittedPicture picture(int index) {
    Rectangle cell = cell(index);
    var square = new Rectangle(cell.x, cell.y, PICTURE, PICTURE);
    return FittedPicture.in(square, mistakes.get(index).picture());
  }

  BufferedImage draw() {
    int width = width();
    int rows = Math.max(1, (mistakes.size() + COLUMNS - 1) / COLUMNS);
    int height = TOP + rows * (CELL_HEIGHT + GAP) - GAP + PADDING;
    return Ink.drawing(
        width,
        height,
        g -> {
          String fitted = Ink.fit(title, TITLE_FONT, width - 2 * PADDING);
          Ink.write(g, fitted, TITLE_FONT, Anchor.LEFT, PADDING, PADDING + 18);
          if (mistakes.isEmpty()) {
            g.setColor(Ink.FAINT);
            Ink.write(g, NONE, FONT, Anchor.MIDDLE, width / 2.0, height / 2.0);
          } else {
            drawLegend(g);
          }
          for (int index = 0; index < mistakes.size(); index++) {
            drawCell(g, index);
          }
        });
  }

  /** Of the columns, or more if the title needs it. */
  private int width() {
    int columns = Math.min(COLUMNS, mistakes.size());
    int cells = 2 * PADDING + columns * (PICTURE + GAP) - GAP;
    int written = 2 * PADDING + (int) Math.ceil(Ink.width(title, TITLE_FONT));
    return Math.max(Math.max(LEAST_WIDTH, cells), Math.min(MOST_WIDTH, written));
  }

  private static void drawLegend(Graphics2D g) {
    String truth = "what it is";
    int baseline = TOP - 18;
    drawName(g, PredictionChart.TRUE_CLASS, truth, PADDING, baseline);
    double right = PADDING + SWATCH + 6 + Ink.width(truth, FONT);
    drawName(
        g, PredictionChart.WRONG_PREDICTION, "what it was taken for", (int) right + GAP, baseline);
  }

  private void drawCell(Graphics2D g, int index) {
    picture(index).draw(g);
    Mistake mistake = mistakes.get(index);
    Rectangle cell = cell(index);
    int baseline = cell.y + PICTURE + LINE;
    double room = PICTURE - SWATCH - 6;
    String truth = Ink.fit(mistake.truth(), FONT, room);
    drawName(g, PredictionChart.TRUE_CLASS, truth, cell.x, baseline);
    String chance = Ink.percent(mistake.probability());
    String predicted = Ink.fit(mistake.predicted(), FONT, room - Ink.width("  " + chance, FONT));
    drawName(g, PredictionChart.WRONG_PREDICTION, predicted, cell.x, baseline + LINE);
    Ink.write(g, chance, FONT, Anchor.RIGHT, cell.getMaxX(), baseline + LINE);
  }

  /** A name behind a square of its colour, since coloured letters would be hard to read. */
  private static void drawName(Graphics2D g, Color color, String name, int x, int baseline) {
    g.setColor(color);
    g.fillRect(x, baseline - SWATCH, SWATCH, SWATCH);
    g.setColor(Ink.TEXT);
    Ink.write(g, name, FONT, Anchor.LEFT, x + SWATCH + 6, baseline);
  }
}
