package dev.graft.report;

import dev.graft.report.Axes.Range;
import dev.graft.report.Drawing.Anchor;
import dev.graft.report.Drawing.Fill;
import dev.graft.report.Drawing.Ink;
import dev.graft.util.Names;
import dev.graft.util.Text;
import java.awt.Rectangle;
import java.awt.geom.Rectangle2D;
import java.util.List;

/**
 * A histogram of the typicality of test images: nearly flat if they are like the training images.
 */
final class TypicalityChart {
  private static final int BINS = 20;
  private static final int WIDTH = 560;
  private static final int HEIGHT = 276;

  private TypicalityChart() {}

  /**
   * Draws the shares of images in {@value #BINS} bins.
   *
   * @param typicality of each image, 0 to 1; at least one
   */
  static Drawing of(List<Double> typicality) {
    int[] counts = new int[BINS];
    typicality.forEach(each -> counts[Math.min(BINS - 1, (int) (BINS * each))]++);
    double highest = 0;
    for (int count : counts) {
      highest = Math.max(highest, (double) count / typicality.size());
    }
    long low = typicality.stream().filter(each -> each < 1.0 / BINS).count();
    var drawing =
        new Drawing(
            WIDTH,
            HEIGHT,
            Text.of("Histogram of typicality; %s under 0.05", Names.count(low, "image")));
    var axes =
        new Axes(
            drawing,
            new Rectangle(76, 16, WIDTH - 92, 200),
            new Range(0, 1),
            new Range(0, Math.max(0.1, highest)));
    axes.vertical(highest > 0.5 ? 0.2 : highest > 0.2 ? 0.1 : 0.05, Axes::percent);
    axes.horizontal(0, 0.2, at -> Text.of("%.1f", at));
    drawing.soft("typicality", 76 + (WIDTH - 92) / 2.0, 258, Anchor.MIDDLE);
    drawing.upward("test images", 16, 116);
    for (int bin = 0; bin < BINS; bin++) {
      double left = axes.x((double) bin / BINS);
      double right = axes.x((bin + 1.0) / BINS);
      double top = axes.y((double) counts[bin] / typicality.size());
      String tip =
          Text.of(
              "%s from %.2f to %.2f",
              Names.count(counts[bin], "image"), (double) bin / BINS, (bin + 1.0) / BINS);
      var bar = new Rectangle2D.Double(left + 1, top, right - left - 2, axes.y(0) - top);
      drawing.shapes().add(new Fill(bar, Ink.SERIES.get(0), tip));
    }
    return drawing;
  }
}
