package dev.graft.report;

import dev.graft.report.Drawing.Anchor;
import dev.graft.report.Drawing.Fill;
import dev.graft.report.Drawing.Ink;
import dev.graft.report.Drawing.Stroke;
import dev.graft.util.Text;
import java.awt.Rectangle;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.util.List;
import java.util.function.DoubleFunction;

/** Two axes in a drawing: maps values to positions, and draws grid lines, points and lines. */
record Axes(Drawing drawing, Rectangle area, Range x, Range y) {
  private static final int GAP = 8;

  /** The range of an axis. */
  record Range(double low, double high) {
    double share(double value) {
      return (value - low) / (high - low);
    }
  }

  double x(double value) {
    return area.x + area.width * x.share(value);
  }

  double y(double value) {
    return area.y + area.height * (1 - y.share(value));
  }

  /** Draws labels below the horizontal axis. */
  void horizontal(double first, double step, DoubleFunction<String> label) {
    for (double at = first; at < x.high + 1e-9 * step; at += step) {
      drawing.soft(label.apply(at), x(at), area.getMaxY() + 20, Anchor.MIDDLE);
    }
  }

  /** Draws a grid line and its label at each step of the vertical axis. */
  void vertical(double step, DoubleFunction<String> label) {
    for (int i = 0; y.low + i * step < y.high + 1e-6 * step; i++) {
      double at = y.low + i * step;
      drawing.line(area.x, y(at), area.getMaxX(), y(at));
      drawing.soft(label.apply(at), area.x - GAP, y(at) + 4, Anchor.END);
    }
  }

  /** Draws a line through points (x, y), broken where y is not finite. */
  void line(List<double[]> points, Ink ink, boolean dashed) {
    var path = new Path2D.Double();
    boolean broken = true;
    for (double[] point : points) {
      if (!Double.isFinite(point[1])) {
        broken = true;
      } else if (broken) {
        path.moveTo(x(point[0]), y(point[1]));
        broken = false;
      } else {
        path.lineTo(x(point[0]), y(point[1]));
      }
    }
    drawing.shapes().add(new Stroke(path, ink, 2, dashed));
  }

  void dot(double[] point, double radius, Ink ink, String tip) {
    drawing.shapes().add(new Fill(circle(point, radius), ink, tip));
  }

  void ring(double[] point, Ink ink) {
    drawing.shapes().add(new Stroke(circle(point, 8), ink, 2.5f, false));
  }

  private Ellipse2D circle(double[] point, double radius) {
    double diameter = 2 * radius;
    return new Ellipse2D.Double(x(point[0]) - radius, y(point[1]) - radius, diameter, diameter);
  }

  static String percent(double share) {
    return Text.of("%.0f %%", 100 * share);
  }
}
