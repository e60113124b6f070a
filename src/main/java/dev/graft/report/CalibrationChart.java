package dev.graft.report;

import dev.graft.Text;
import dev.graft.evaluation.Calibration;
import dev.graft.report.Ink.Anchor;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;

/** How often a model is right where it says a probability, before and after temperature scaling. */
final class CalibrationChart {
  private static final int WIDTH = 560;
  private static final int HEIGHT = 560;
  private static final int LEFT = 76;
  private static final int TOP = 60;
  private static final int SIDE = 420; // pixels for 0 to 100 %
  private static final Font LABEL = Ink.plain(13);

  private final Calibration before;
  private final Calibration after;
  private final String title;

  CalibrationChart(Calibration before, Calibration after, String title) {
    this.before = before;
    this.after = after;
    this.title = title;
  }

  BufferedImage draw() {
    return Ink.drawing(
        WIDTH,
        HEIGHT,
        g -> {
          Font bold = Ink.bold(16);
          Ink.write(g, Ink.fit(title, bold, WIDTH - 40), bold, Anchor.MIDDLE, WIDTH / 2.0, 32);
          axes(g);
          // Drawn last is what the model says now; where nothing was scaled it covers the other.
          curve(g, before, Ink.ORANGE);
          curve(g, after, Ink.BLUE);
          legend(g, "as trained", before, Ink.ORANGE, TOP + 24);
          legend(g, "as saved", after, Ink.BLUE, TOP + 48);
        });
  }

  private static void axes(Graphics2D g) {
    g.setStroke(new BasicStroke(1));
    for (int percent = 0; percent <= 100; percent += 20) {
      g.setColor(Ink.TRACK);
      g.draw(new Line2D.Double(x(0), y(percent / 100.0), x(1), y(percent / 100.0)));
      g.setColor(Ink.TEXT);
      String label = percent + " %";
      Ink.write(g, label, LABEL, Anchor.RIGHT, x(0) - 8, y(percent / 100.0) + 5);
      Ink.write(g, label, LABEL, Anchor.MIDDLE, x(percent / 100.0), y(0) + 22);
    }
    Ink.write(g, "right", Ink.plain(14), Anchor.RIGHT, x(0) - 8, y(1) - 16);
    Ink.write(
        g,
        "probability of the class that is named",
        Ink.plain(14),
        Anchor.MIDDLE,
        x(0.5),
        y(0) + 50);
    g.setColor(Ink.FAINT);
    g.setStroke(
        new BasicStroke(1, BasicStroke.CAP_BUTT, BasicStroke.JOIN_MITER, 1, new float[] {5, 5}, 0));
    g.draw(new Line2D.Double(x(0), y(0), x(1), y(1)));
  }

  private static void curve(Graphics2D g, Calibration calibration, Color color) {
    g.setColor(color);
    g.setStroke(new BasicStroke(2));
    Path2D line = new Path2D.Double();
    for (Calibration.Bin bin : calibration.bins()) {
      if (bin.count() > 0) {
        double x = x(bin.confidence());
        double y = y(bin.accuracy());
        if (line.getCurrentPoint() == null) {
          line.moveTo(x, y);
        } else {
          line.lineTo(x, y);
        }
        g.fill(new Ellipse2D.Double(x - 4, y - 4, 8, 8));
      }
    }
    g.draw(line);
  }

  private static void legend(
      Graphics2D g, String name, Calibration calibration, Color color, int y) {
    g.setColor(color);
    g.fill(new Ellipse2D.Double(LEFT + 14, y - 9, 8, 8));
    g.setColor(Ink.TEXT);
    String text = Text.of("%s: calibration error %.4f", name, calibration.error());
    Ink.write(g, text, LABEL, Anchor.LEFT, LEFT + 30, y);
  }

  private static double x(double share) {
    return LEFT + share * SIDE;
  }

  private static double y(double share) {
    return TOP + (1 - share) * SIDE;
  }
}
