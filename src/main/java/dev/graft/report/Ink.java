package dev.graft.report;

import dev.graft.Text;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.font.FontRenderContext;
import java.awt.image.BufferedImage;
import java.util.function.Consumer;

/** The look that all charts share: colours, type, and text that stays within its room. */
final class Ink {
  // Okabe and Ito's palette, which the colour-blind tell apart as well.
  static final Color BLUE = new Color(0x0072B2);
  static final Color GREEN = new Color(0x009E73);
  static final Color ORANGE = new Color(0xE69F00);
  static final Color RED = new Color(0xD55E00);

  static final Color TEXT = new Color(0x222222);
  static final Color FAINT = new Color(0x666666);
  static final Color LINE = new Color(0xBBBBBB);
  static final Color TRACK = new Color(0xECECEC);

  private static final String ELLIPSIS = "…";

  /** Anti-aliased, fractional: the same as {@link #drawing} draws with. */
  private static final FontRenderContext METRICS = new FontRenderContext(null, true, true);

  private Ink() {}

  /** Where a text's given point lies: its baseline at the left end, the middle or the right end. */
  enum Anchor {
    LEFT(0),
    MIDDLE(0.5),
    RIGHT(1);

    private final double share;

    Anchor(double share) {
      this.share = share;
    }
  }

  static Font plain(int size) {
    return new Font(Font.SANS_SERIF, Font.PLAIN, size);
  }

  static Font bold(int size) {
    return new Font(Font.SANS_SERIF, Font.BOLD, size);
  }

  /** What a brush draws on white paper, in {@link #TEXT}'s colour unless it takes another. */
  static BufferedImage drawing(int width, int height, Consumer<Graphics2D> strokes) {
    var image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    g.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    g.setRenderingHint(
        RenderingHints.KEY_FRACTIONALMETRICS, RenderingHints.VALUE_FRACTIONALMETRICS_ON);
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, width, height);
    g.setColor(TEXT);
    strokes.accept(g);
    g.dispose();
    return image;
  }

  /** The width of {@code text}, in pixels. */
  static double width(String text, Font font) {
    return font.getStringBounds(text, METRICS).getWidth();
  }

  /**
   * {@code text}, or as much of its beginning as fits into {@code room} pixels with an ellipsis.
   */
  static String fit(String text, Font font, double room) {
    if (width(text, font) <= room) {
      return text;
    }
    int end = text.length();
    while (end > 0 && width(text.substring(0, end) + ELLIPSIS, font) > room) {
      end = text.offsetByCodePoints(end, -1);
    }
    return text.substring(0, end).stripTrailing() + ELLIPSIS;
  }

  static String percent(float share) {
    return Text.of("%.1f %%", 100 * share);
  }

  static void write(Graphics2D g, String text, Font font, Anchor anchor, double x, double y) {
    g.setFont(font);
    g.drawString(text, (float) (x - anchor.share * width(text, font)), (float) y);
  }

  /** Writes from bottom to top; the anchor's left is the lower end. */
  static void writeUpwards(
      Graphics2D g, String text, Font font, Anchor anchor, double x, double y) {
    var before = g.getTransform();
    g.translate(x, y);
    g.rotate(-Math.PI / 2);
    write(g, text, font, anchor, 0, 0);
    g.setTransform(before);
  }
}
