package dev.graft.report;

import dev.graft.picture.Picture;
import dev.graft.report.Ink.Anchor;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.Rectangle;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A picture beside what the classifier took it for, 800 x 412 pixels: the five most probable
 * classes, and the true one below them if it is none of those.
 */
final class PredictionChart {
  static final Color TRUE_CLASS = Ink.GREEN;
  static final Color WRONG_PREDICTION = Ink.RED;
  static final Color OTHER_CLASS = Ink.BLUE;

  private static final int WIDTH = 800;
  private static final int PADDING = 24;
  private static final int TOP = 68; // below the title
  private static final int PICTURE = 320; // the longer side of the picture, at most
  private static final int HEIGHT = TOP + PICTURE + PADDING;
  private static final int LEFT = PADDING + PICTURE + 36; // of names and bars
  private static final int PERCENT = 68; // room right of a bar
  private static final int BAR_WIDTH = WIDTH - PADDING - PERCENT - LEFT; // of 100 %
  private static final int BAR_HEIGHT = 16;
  private static final int ROWS = 5; // and one for a truth that is none of them
  private static final int ROW_HEIGHT = PICTURE / (ROWS + 1);

  private static final Font TITLE_FONT = Ink.bold(18);
  private static final Font FONT = Ink.plain(14);

  final FittedPicture picture;
  private final List<String> classNames;
  private final int truth;
  private final float[] probabilities;
  private final List<Integer> ranked; // class indices, a row each

  PredictionChart(Picture picture, List<String> classNames, int truth, float[] probabilities) {
    if (probabilities.length != classNames.size()) {
      throw new IllegalArgumentException(
          ("Expected " + classNames.size() + " probabilities, one a class, got ")
              + probabilities.length);
    }
    this.picture = FittedPicture.in(new Rectangle(PADDING, TOP, PICTURE, PICTURE), picture);
    this.classNames = List.copyOf(classNames);
    this.truth = truth;
    this.probabilities = probabilities.clone();
    this.ranked = new ArrayList<>(IntStream.range(0, classNames.size()).boxed().toList());
    ranked.sort(Comparator.comparing((Integer i) -> probabilities[i]).reversed());
    if (ranked.size() > ROWS) {
      boolean shown = ranked.indexOf(truth) < ROWS;
      ranked.subList(ROWS, ranked.size()).clear();
      if (!shown) {
        ranked.add(truth);
      }
    }
  }

  /** The classes that have a bar, from top to bottom. */
  List<Integer> rows() {
    return ranked;
  }

  /** The bar of the row that is {@code row}th from the top, from 0; at least a pixel wide. */
  Rectangle bar(int row) {
    double share = Math.min(1, probabilities[ranked.get(row)]);
    int width = Math.max(1, (int) Math.round(share * BAR_WIDTH));
    return new Rectangle(LEFT, TOP + row * ROW_HEIGHT + 22, width, BAR_HEIGHT);
  }

  BufferedImage draw() {
    return Ink.drawing(
        WIDTH,
        HEIGHT,
        g -> {
          Ink.write(g, title(), TITLE_FONT, Anchor.LEFT, PADDING, PADDING + 18);
          picture.draw(g);
          for (int row = 0; row < ranked.size(); row++) {
            drawRow(g, row);
          }
        });
  }

  /** Both names in full if they fit; else the longer one is cut, or each to half the room. */
  private String title() {
    int top = ranked.get(0);
    String chance = " (" + Ink.percent(probabilities[top]) + ")";
    double room = WIDTH - 2 * PADDING - Ink.width("truth:    predicted: " + chance, TITLE_FONT);
    double predictedWidth = Ink.width(classNames.get(top), TITLE_FONT);
    String truthName =
        Ink.fit(classNames.get(truth), TITLE_FONT, Math.max(room / 2, room - predictedWidth));
    double rest = room - Ink.width(truthName, TITLE_FONT);
    String predictedName = Ink.fit(classNames.get(top), TITLE_FONT, rest);
    return "truth: " + truthName + "   predicted: " + predictedName + chance;
  }

  private void drawRow(Graphics2D g, int row) {
    int index = ranked.get(row);
    Rectangle bar = bar(row);
    String suffix = index == truth ? "  (truth)" : "";
    double room = BAR_WIDTH - Ink.width(suffix, FONT);
    g.setColor(Ink.TEXT);
    String name = Ink.fit(classNames.get(index), FONT, room) + suffix;
    Ink.write(g, name, FONT, Anchor.LEFT, bar.x, bar.y - 6);
    String chance = Ink.percent(probabilities[index]);
    Ink.write(g, chance, FONT, Anchor.RIGHT, WIDTH - PADDING, bar.getCenterY() + 5);
    g.setColor(Ink.TRACK);
    g.fillRect(bar.x, bar.y, BAR_WIDTH, bar.height);
    g.setColor(index == truth ? TRUE_CLASS : row == 0 ? WRONG_PREDICTION : OTHER_CLASS);
    g.fill(bar);
  }
}
