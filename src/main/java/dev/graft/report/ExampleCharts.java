package dev.graft.report;

import dev.graft.image.Framing;
import dev.graft.image.HeatMap;
import dev.graft.image.RgbImage;
import dev.graft.report.Drawing.Anchor;
import dev.graft.report.Drawing.Ink;
import dev.graft.report.Drawing.Photo;
import dev.graft.report.Drawing.TextStyle;
import dev.graft.util.Text;
import java.awt.Color;
import java.awt.Rectangle;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Charts that show images: one with its prediction, many misclassified ones, one with a heat map.
 */
final class ExampleCharts {
  static final int MAX_MISTAKES = 25;

  private static final int PADDING = 16;
  private static final int ROWS = 5; // and one for a true class that is not among them
  private static final int PHOTO = 320;
  private static final int ROW_HEIGHT = PHOTO / (ROWS + 1);
  private static final int BARS = PADDING + PHOTO + 32; // left end of the bars
  private static final int BAR_WIDTH = 360; // of 100 %
  private static final int BAR_HEIGHT = 16;

  private static final int COLUMNS = 5;
  private static final int THUMBNAIL = 160;
  private static final int LINE = 20;
  private static final int GAP = 20;
  private static final int CELL_HEIGHT = THUMBNAIL + 2 * LINE + GAP;
  private static final int SWATCH = 16;

  private static final int MAP = 448;

  private ExampleCharts() {}

  /**
   * Draws an image beside the five most probable classes, and the true class below them if it is
   * not one of these: correct in green, a wrong prediction in red.
   */
  static Drawing prediction(
      RgbImage image, List<String> classNames, int truth, float[] probabilities) {
    if (probabilities.length != classNames.size()) {
      throw new IllegalArgumentException(
          ("Expected " + classNames.size() + " probabilities, one per class, got ")
              + probabilities.length);
    }
    List<Integer> rows =
        new ArrayList<>(
            IntStream.range(0, classNames.size())
                .boxed()
                .sorted(Comparator.comparing((Integer i) -> -probabilities[i]))
                .limit(ROWS)
                .toList());
    if (!rows.contains(truth)) {
      rows.add(truth);
    }
    var drawing =
        new Drawing(BARS + BAR_WIDTH + 80, PHOTO + PADDING, "An image and its prediction");
    drawing.shapes().add(Photo.in(new Rectangle(PADDING, 0, PHOTO, PHOTO), image));
    for (int row = 0; row < rows.size(); row++) {
      int index = rows.get(row);
      String suffix = index == truth ? "  (truth)" : "";
      double room = BAR_WIDTH - TextStyle.LABEL.width(suffix);
      String name = TextStyle.LABEL.fit(classNames.get(index), room) + suffix;
      int top = row * ROW_HEIGHT + 22;
      drawing.text(name, BARS, top - 6, Anchor.START);
      drawing.rectangle(new Rectangle(BARS, top, BAR_WIDTH, BAR_HEIGHT), Ink.PANEL);
      int width = Math.round(Math.min(1, probabilities[index]) * BAR_WIDTH);
      Ink ink = index == truth ? Ink.GOOD : row == 0 ? Ink.BAD : Ink.SERIES.get(0);
      drawing.rectangle(new Rectangle(BARS, top, Math.max(1, width), BAR_HEIGHT), ink);
      drawing.text(percent(probabilities[index]), BARS + BAR_WIDTH + 72, top + 13, Anchor.END);
    }
    return drawing;
  }

  /** Draws the first {@link #MAX_MISTAKES} misclassified images, five per row. */
  static Drawing mistakes(List<Example> mistakes) {
    List<Example> shown = mistakes.subList(0, Math.min(MAX_MISTAKES, mistakes.size()));
    int rows = Math.max(1, (shown.size() + COLUMNS - 1) / COLUMNS);
    int width = 2 * PADDING + COLUMNS * (THUMBNAIL + GAP) - GAP;
    var drawing = new Drawing(width, 28 + rows * CELL_HEIGHT, "Mistaken images");
    if (shown.isEmpty()) {
      drawing.soft("No image was misclassified.", width / 2.0, 120, Anchor.MIDDLE);
      return drawing;
    }
    name(drawing, Ink.GOOD, "true class", PADDING, 12);
    name(drawing, Ink.BAD, "predicted class and its probability", PADDING + 110, 12);
    for (int i = 0; i < shown.size(); i++) {
      int left = PADDING + i % COLUMNS * (THUMBNAIL + GAP);
      int top = 28 + i / COLUMNS * CELL_HEIGHT;
      drawMistake(drawing, shown.get(i), left, top);
    }
    return drawing;
  }

  private static void drawMistake(Drawing drawing, Example mistake, int left, int top) {
    var square = new Rectangle(left, top, THUMBNAIL, THUMBNAIL);
    drawing.shapes().add(Photo.in(square, mistake.image()));
    double room = THUMBNAIL - SWATCH;
    int baseline = top + THUMBNAIL + LINE - 2;
    name(drawing, Ink.GOOD, TextStyle.LABEL.fit(mistake.truth(), room), left, baseline);
    String probability = percent(mistake.probability());
    double rest = room - TextStyle.LABEL.width("  " + probability);
    name(drawing, Ink.BAD, TextStyle.LABEL.fit(mistake.predicted(), rest), left, baseline + LINE);
    drawing.text(probability, left + THUMBNAIL, baseline + LINE, Anchor.END);
  }

  /** Draws a name after a square of its color: colored letters would be hard to read. */
  private static void name(Drawing drawing, Ink ink, String name, int x, int baseline) {
    drawing.rectangle(new Rectangle(x, baseline - 10, 10, 10), ink);
    drawing.text(name, x + SWATCH, baseline, Anchor.START);
  }

  /**
   * Draws an image under a heat map of a class.
   *
   * @param image square
   */
  static Drawing heatMap(RgbImage image, HeatMap map) {
    var drawing = new Drawing(MAP, MAP + 40, "A heat map over an image");
    var room = new Rectangle(0, 0, MAP, MAP);
    Rectangle bounds = Photo.in(room, image).bounds();
    RgbImage large = image.scaled(bounds.width, bounds.height);
    drawing.shapes().add(Photo.in(room, map.over(large, Framing.WHOLE)));
    drawing.text("no evidence", MAP / 4.0 - 12, MAP + 25, Anchor.END);
    drawing.text("most", MAP * 3 / 4.0 + 12, MAP + 25, Anchor.START);
    for (int x = 0; x < MAP / 2; x += 2) {
      Color color = new Color(HeatMap.color((double) x / (MAP / 2)));
      String css = Text.of("#%06x", color.getRGB() & 0xffffff);
      drawing.rectangle(new Rectangle(MAP / 4 + x, MAP + 14, 2, 12), new Ink(css, color));
    }
    return drawing;
  }

  private static String percent(float share) {
    return Text.of("%.1f %%", 100 * share);
  }
}
