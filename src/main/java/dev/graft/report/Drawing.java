package dev.graft.report;

import dev.graft.image.RgbImage;
import dev.graft.util.Text;
import freemarker.template.utility.StringUtil;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.Rectangle;
import java.awt.RenderingHints;
import java.awt.font.FontRenderContext;
import java.awt.geom.AffineTransform;
import java.awt.geom.Line2D;
import java.awt.geom.PathIterator;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A chart as a list of shapes, first shape at the back. Both renderings show the same list: {@link
 * #image} for a PNG file, on white, and {@link #svg} for a page, whose style sheet sets the colors
 * for light and dark mode.
 */
final class Drawing {
  private static final int TITLE_HEIGHT = 44;
  private static final int PADDING = 16;
  private static final int TITLE_SIZE = 17;
  private static final int MIN_TITLE_SIZE = 13;
  private static final String ELLIPSIS = "…";

  /**
   * A color.
   *
   * @param css its value on a page
   * @param color its value in a PNG file: that of the page's light mode
   */
  record Ink(String css, Color color) {
    static final Ink TEXT = of("ink", 0x1d232b);
    static final Ink SOFT = of("soft", 0x5d6875);
    static final Ink GRID = of("line", 0xd9dee4);
    static final Ink PANEL = of("panel", 0xf5f7f9);
    static final Ink PAPER = of("paper", 0xffffff);
    static final Ink GOOD = of("good", 0x1b7f4d);
    static final Ink BAD = of("bad", 0xc2362b);
    static final Ink HEAT = of("heat", 0x0b4a8a);

    /** Colors of series, the first two far apart for the color-blind. */
    static final List<Ink> SERIES =
        List.of(
            of("c0", 0x1f6fb2),
            of("c1", 0xd9730d),
            of("c2", 0x1b7f4d),
            of("c3", 0x9b3fb0),
            of("c4", 0xb58900),
            of("c5", 0x17808f),
            of("c6", 0xc2362b),
            of("c7", 0x6b6f76));

    static Ink of(String variable, int rgb) {
      return new Ink("var(--" + variable + ")", new Color(rgb));
    }

    /** {@link #HEAT} over {@link #PANEL}, 0 to 1. */
    static Ink heat(double strength) {
      int rgb = 0;
      for (int shift = 16; shift >= 0; shift -= 8) {
        int from = PANEL.color.getRGB() >> shift & 0xff;
        int to = HEAT.color.getRGB() >> shift & 0xff;
        rgb |= (int) Math.round(from + strength * (to - from)) << shift;
      }
      String css =
          Text.of("color-mix(in srgb, %s %.0f%%, %s)", HEAT.css, 100 * strength, PANEL.css);
      return new Ink(css, new Color(rgb));
    }
  }

  /** A size in pixels and a weight of the sans-serif font. */
  record TextStyle(int size, boolean bold) {
    static final TextStyle LABEL = new TextStyle(13, false);

    private static final FontRenderContext METRICS = new FontRenderContext(null, true, true);

    Font font() {
      return new Font(Font.SANS_SERIF, bold ? Font.BOLD : Font.PLAIN, size);
    }

    /** Returns the width of a text in pixels; an estimate where Java finds no fonts. */
    double width(String text) {
      try {
        return font().getStringBounds(text, METRICS).getWidth();
      } catch (LinkageError
          | InternalError e) { // a page needs no fonts on this machine: the browser has them
        return 0.6 * size * text.length();
      }
    }

    /**
     * Returns the text or, if it is wider than {@code room} pixels, its start and its end: names of
     * classes often differ only at the end.
     */
    String fit(String text, double room) {
      int[] all = text.codePoints().toArray();
      String fitting = text;
      for (int kept = all.length - 1; kept >= 0 && width(fitting) > room; kept--) {
        int start = (2 * kept + 2) / 3;
        String end = new String(all, all.length - (kept - start), kept - start);
        fitting = new String(all, 0, start).stripTrailing() + ELLIPSIS + end.stripLeading();
      }
      return fitting;
    }
  }

  /** The point of a text that its position refers to. */
  enum Anchor {
    START(0),
    MIDDLE(0.5),
    END(1);

    private final double share; // of the text's width that lies before its position

    Anchor(double share) {
      this.share = share;
    }
  }

  /** An element of a drawing. */
  sealed interface Shape {
    void paint(Graphics2D g);

    String svg();
  }

  /**
   * A filled area.
   *
   * @param tip shown on a page while the pointer is over it; may be empty
   */
  record Fill(java.awt.Shape outline, Ink ink, String tip) implements Shape {
    @Override
    public void paint(Graphics2D g) {
      g.setColor(ink.color);
      g.fill(outline);
    }

    @Override
    public String svg() {
      String title = tip.isEmpty() ? "/>" : "><title>" + escaped(tip) + "</title></path>";
      return "<path d=\"" + path(outline) + "\" style=\"fill:" + ink.css + "\"" + title;
    }
  }

  /** A line along an outline. */
  record Stroke(java.awt.Shape outline, Ink ink, float width, boolean dashed) implements Shape {
    @Override
    public void paint(Graphics2D g) {
      g.setColor(ink.color);
      int round = BasicStroke.JOIN_ROUND;
      float[] dashes = dashed ? new float[] {5, 5} : null;
      g.setStroke(new BasicStroke(width, BasicStroke.CAP_BUTT, round, 1, dashes, 0));
      g.draw(outline);
    }

    @Override
    public String svg() {
      return Text.of(
          "<path d=\"%s\" style=\"fill:none;stroke:%s;stroke-width:%s%s\"/>",
          path(outline), ink.css, number(width), dashed ? ";stroke-dasharray:5 5" : "");
    }
  }

  /**
   * A line of text.
   *
   * @param upward whether it runs from bottom to top
   */
  record Label(
      String text, double x, double y, TextStyle type, Anchor anchor, Ink ink, boolean upward)
      implements Shape {
    @Override
    public void paint(Graphics2D g) {
      AffineTransform before = g.getTransform();
      g.translate(x, y);
      if (upward) {
        g.rotate(-Math.PI / 2);
      }
      g.setColor(ink.color);
      g.setFont(type.font());
      g.drawString(text, (float) (-anchor.share * type.width(text)), 0);
      g.setTransform(before);
    }

    @Override
    public String svg() {
      return Text.of(
          "<text x=\"%s\" y=\"%s\" text-anchor=\"%s\" style=\"fill:%s;font-size:%dpx\"%s%s>%s</text>",
          number(x),
          number(y),
          anchor.name().toLowerCase(Locale.ROOT),
          ink.css,
          type.size,
          type.bold ? " font-weight=\"bold\"" : "",
          upward ? " transform=\"rotate(-90 " + number(x) + " " + number(y) + ")\"" : "",
          escaped(text));
    }
  }

  /** An image, scaled to fill a rectangle. */
  record Photo(RgbImage image, Rectangle bounds) implements Shape {
    /**
     * Returns a photo in the middle of {@code room}: a large one reduced by averaging, a tiny one
     * enlarged by a whole factor, so that each pixel becomes a square.
     */
    static Photo in(Rectangle room, RgbImage image) {
      double scale =
          Math.min((double) room.width / image.width(), (double) room.height / image.height());
      scale = scale > 3 ? Math.floor(scale) : scale;
      int width = Math.max(1, (int) Math.round(scale * image.width()));
      int height = Math.max(1, (int) Math.round(scale * image.height()));
      int left = room.x + (room.width - width) / 2;
      int top = room.y + (room.height - height) / 2;
      return new Photo(image, new Rectangle(left, top, width, height));
    }

    @Override
    public void paint(Graphics2D g) {
      g.drawImage(raster(), bounds.x, bounds.y, null);
    }

    BufferedImage raster() {
      return image.scaled(bounds.width, bounds.height).toBufferedImage();
    }

    @Override
    public String svg() {
      return Text.of(
          "<image x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" href=\"%s\"/>",
          bounds.x, bounds.y, bounds.width, bounds.height, Charts.dataUrl(raster()));
    }
  }

  private final int width;
  private final int height;
  private final String description;
  private final List<Shape> shapes = new ArrayList<>();

  /**
   * Starts an empty drawing.
   *
   * @param description the alternative text
   */
  Drawing(int width, int height, String description) {
    this.width = width;
    this.height = height;
    this.description = description;
  }

  List<Shape> shapes() {
    return shapes;
  }

  void rectangle(Rectangle2D area, Ink ink) {
    shapes.add(new Fill(area, ink, ""));
  }

  void line(double x1, double y1, double x2, double y2) {
    shapes.add(new Stroke(new Line2D.Double(x1, y1, x2, y2), Ink.GRID, 1, false));
  }

  void text(String text, double x, double y, Anchor anchor) {
    shapes.add(new Label(text, x, y, TextStyle.LABEL, anchor, Ink.TEXT, false));
  }

  void soft(String text, double x, double y, Anchor anchor) {
    shapes.add(new Label(text, x, y, TextStyle.LABEL, anchor, Ink.SOFT, false));
  }

  /** Adds a text that starts at a place, and returns where it ends. */
  double soft(String text, double x, double y) {
    soft(text, x, y, Anchor.START);
    return x + TextStyle.LABEL.width(text);
  }

  void upward(String text, double x, double y) {
    shapes.add(new Label(text, x, y, TextStyle.LABEL, Anchor.MIDDLE, Ink.SOFT, true));
  }

  /** Returns the drawing below a title, {@code scale} pixels per unit. */
  BufferedImage image(String title, int scale) {
    int pixels = BufferedImage.TYPE_INT_RGB;
    var image = new BufferedImage(scale * width, scale * (height + TITLE_HEIGHT), pixels);
    Graphics2D g = image.createGraphics();
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    g.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    g.setRenderingHint(
        RenderingHints.KEY_FRACTIONALMETRICS, RenderingHints.VALUE_FRACTIONALMETRICS_ON);
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, image.getWidth(), image.getHeight());
    g.scale(scale, scale);
    titles(title).forEach(line -> line.paint(g));
    g.translate(0, TITLE_HEIGHT);
    shapes.forEach(shape -> shape.paint(g));
    g.dispose();
    return image;
  }

  /**
   * Returns the lines of a title: one, in the largest type in which it fits, or else two, broken
   * between words and shortened in the middle where they are still too long.
   */
  List<Label> titles(String title) {
    double room = width - 2 * PADDING;
    int size = TITLE_SIZE;
    while (size > MIN_TITLE_SIZE && new TextStyle(size, true).width(title) > room) {
      size--;
    }
    var type = new TextStyle(size, true);
    if (type.width(title) <= room) {
      return List.of(titleLine(title, 30, type));
    }
    int end = title.length();
    while (end > 0 && type.width(title.substring(0, end)) > room) {
      end = title.lastIndexOf(' ', end - 1);
    }
    return end <= 0
        ? List.of(titleLine(type.fit(title, room), 30, type))
        : List.of(
            titleLine(title.substring(0, end), 19, type),
            titleLine(type.fit(title.substring(end + 1), room), 36, type));
  }

  private static Label titleLine(String text, double baseline, TextStyle type) {
    return new Label(text, PADDING, baseline, type, Anchor.START, Ink.TEXT, false);
  }

  /**
   * Returns the drawing as an SVG element that pages shrink to 70 % at most, so that text stays
   * readable.
   */
  public String svg() {
    var svg = new StringBuilder();
    svg.append(
        Text.of(
            "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\""
                + " style=\"min-width:%.0fpx;max-width:%dpx\">\n",
            width, height, escaped(description), 0.7 * width, width));
    shapes.forEach(shape -> svg.append(shape.svg()).append('\n'));
    return svg.append("</svg>").toString();
  }

  private static String escaped(String text) {
    return StringUtil.XHTMLEnc(text);
  }

  private static String number(double value) {
    String number = Text.of("%.1f", value);
    return number.endsWith(".0") ? number.substring(0, number.length() - 2) : number;
  }

  private static String path(java.awt.Shape outline) {
    var path = new StringBuilder();
    double[] points = new double[6];
    for (PathIterator each = outline.getPathIterator(null); !each.isDone(); each.next()) {
      int command = each.currentSegment(points);
      path.append("MLQCZ".charAt(command));
      for (int i = 0; i < new int[] {2, 2, 4, 6, 0}[command]; i++) {
        path.append(i == 0 ? "" : " ").append(number(points[i]));
      }
    }
    return path.toString();
  }
}
