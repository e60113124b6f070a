package dev.graft.report;

import dev.graft.evaluation.History;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * Curves over epochs, measured out for a drawing of 480 x 280 units.
 *
 * @param figure what the ordinate is
 * @param lines each drawn in a colour of its own
 * @param ticks of the ordinate
 * @param epochs of the abscissa that have a tick
 */
public record Curves(String figure, List<Line> lines, List<Tick> ticks, List<Tick> epochs) {
  /** Of the drawing. */
  private static final int WIDTH = 480;

  private static final int HEIGHT = 280;

  /** Where the axes are. */
  private static final int LEFT = 48;

  private static final int RIGHT = WIDTH - 8;
  private static final int BOTTOM = HEIGHT - 26;
  private static final int TOP = 12;
  private static final int TICKS = 5;

  /**
   * One curve.
   *
   * @param points {@code x,y x,y …}; where a figure is not finite the curve has a gap, and another
   *     piece begins
   */
  public record Line(String name, List<String> points) {}

  /** A place on an axis, and what is written there. */
  public record Tick(double at, String text) {}

  /** A figure of the epochs of some history. */
  public record Series(String name, History history, ToDoubleFunction<History.Epoch> figure) {
    private double[] values() {
      return history.epochs().stream().mapToDouble(figure).toArray();
    }
  }

  /** Of the drawing. */
  public int width() {
    return WIDTH;
  }

  public int height() {
    return HEIGHT;
  }

  /** Where its axes are. */
  public int left() {
    return LEFT;
  }

  public int right() {
    return RIGHT;
  }

  public int bottom() {
    return BOTTOM;
  }

  /** Measures out curves that share their axes. */
  public static Curves of(String figure, List<Series> series) {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    int longest = 1;
    for (Series each : series) {
      for (double value : each.values()) {
        low = Double.isFinite(value) ? Math.min(low, value) : low;
        high = Double.isFinite(value) ? Math.max(high, value) : high;
      }
      longest = Math.max(longest, each.values().length);
    }
    if (low > high) {
      low = 0;
      high = 1;
    }
    double step = step(Math.max(high - low, 1e-6) / TICKS);
    low = Math.floor(low / step + 1e-9) * step;
    high = Math.max(low + step, Math.ceil(high / step - 1e-9) * step);
    List<Line> lines = new ArrayList<>();
    for (Series each : series) {
      lines.add(new Line(each.name(), pieces(each.values(), longest, low, high)));
    }
    List<Tick> ticks = new ArrayList<>();
    int digits = (int) Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
    for (double at = low; at < high + step / 2; at += step) {
      ticks.add(new Tick(y(at, low, high), String.format(Locale.ROOT, "%." + digits + "f", at)));
    }
    List<Tick> epochs = new ArrayList<>();
    int every = (longest + 9) / 10;
    for (int epoch = 1; epoch <= longest; epoch += every) {
      epochs.add(new Tick(x(epoch, longest), Integer.toString(epoch)));
    }
    return new Curves(figure, lines, ticks, epochs);
  }

  /** The least of 1, 2 and 5 times a power of ten that is not less. */
  private static double step(double least) {
    double power = Math.pow(10, Math.floor(Math.log10(least)));
    double times = least / power;
    return power * (times <= 1 ? 1 : times <= 2 ? 2 : times <= 5 ? 5 : 10);
  }

  private static List<String> pieces(double[] values, int longest, double low, double high) {
    List<String> pieces = new ArrayList<>();
    List<String> points = new ArrayList<>();
    for (int i = 0; i <= values.length; i++) {
      if (i < values.length && Double.isFinite(values[i])) {
        points.add(
            String.format(Locale.ROOT, "%.1f,%.1f", x(i + 1, longest), y(values[i], low, high)));
      } else if (!points.isEmpty()) {
        pieces.add(String.join(" ", points));
        points.clear();
      }
    }
    return pieces;
  }

  private static double x(int epoch, int longest) {
    return longest == 1
        ? (LEFT + RIGHT) / 2.0
        : LEFT + 8 + (RIGHT - LEFT - 16) * (epoch - 1.0) / (longest - 1);
  }

  private static double y(double value, double low, double high) {
    return BOTTOM - (BOTTOM - TOP) * (value - low) / (high - low);
  }
}
