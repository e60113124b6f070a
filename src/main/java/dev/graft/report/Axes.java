package dev.graft.report;

import dev.graft.report.Drawing.Anchor;
import dev.graft.report.Drawing.Fill;
import dev.graft.report.Drawing.Ink;
import dev.graft.report.Drawing.Stroke;
import dev.graft.util.Text;
import java.awt.Rectangle;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.function.DoubleFunction;

/** Two axes in a drawing: maps values to positions, and draws grid lines, points and lines. */
record Axes(Drawing drawing, Rectangle area, Range x, Range y) {
  private static final int GAP = 8;
  private static final int MARK = 5; // length of a mark between grid lines
  private static final int MAX_LABELED_DECADES = 5; // with room for two labels each

  /** The range of an axis. */
  record Range(double low, double high) {
    double share(double value) {
      return (value - low) / (high - low);
    }

    /** Returns the smallest range between two grid lines, {@code step} apart, that holds both. */
    static Range of(double min, double max, double step) {
      double low = Math.floor(min / step + 1e-9) * step;
      double high = Math.ceil(max / step - 1e-9) * step;
      return new Range(low, Math.max(low + step, high));
    }
  }

  /** Returns the distance of grid lines: 1, 2 or 5 times a power of ten, for about five of them. */
  static double step(double min, double max) {
    double size = Math.max(Math.abs(min), Math.abs(max));
    double spread = Math.max(max - min, size > 0 ? size / 1000 : 1);
    double power = Math.pow(10, Math.floor(Math.log10(spread / 5)));
    double times = spread / 5 / power;
    return power * (times <= 1 ? 1 : times <= 2 ? 2 : times <= 5 ? 5 : 10);
  }

  /** Returns labels with as many decimals as grid lines {@code step} apart need. */
  static DoubleFunction<String> decimal(double step) {
    int digits = (int) Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
    return value ->
        digits > 6
            ? Text.of("%.3g", value)
            : BigDecimal.valueOf(value).setScale(digits, RoundingMode.HALF_EVEN).toPlainString();
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

  /**
   * Draws grid lines at the powers of ten of a horizontal axis of decimal logarithms, with marks
   * between them and labels at 1 and 3 times each power; only at the powers if there are many.
   */
  void logarithmic() {
    boolean few = x.high - x.low < MAX_LABELED_DECADES + 1e-9;
    for (double power = x.low; power < x.high + 1e-9; power++) {
      for (int times = 1; times <= 9; times++) {
        double at = power + Math.log10(times);
        if (at > x.high + 1e-9) {
          break;
        }
        double top = times == 1 ? area.y : area.getMaxY() - MARK;
        drawing.line(x(at), top, x(at), area.getMaxY());
        if (times == 1 || (times == 3 && few)) {
          String label = Text.of("%de%.0f", times, power);
          drawing.soft(label, x(at), area.getMaxY() + 20, Anchor.MIDDLE);
        }
      }
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
