package dev.graft.data;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.LinearGradientPaint;
import java.awt.Paint;
import java.awt.RadialGradientPaint;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.Area;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Scanner;
import javax.imageio.ImageIO;

/**
 * Draws {@code src/main/resources/dev/graft/car.png}, the bundled example image of {@code infer}:
 *
 * <pre>
 * mvn -q test-compile exec:java -Dexec.classpathScope=test -Dexec.mainClass=dev.graft.data.CarImage
 * </pre>
 *
 * <p>A red coupé from the side, front to the left, on white.
 */
final class CarImage {
  private static final int WIDTH = 400;
  private static final int HEIGHT = 300;

  /** The image is drawn larger, then averaged: its edges are smoother than those of Java2D. */
  private static final int OVERSAMPLING = 4;

  private static final float GROUND = 233;
  private static final float WHEEL_RADIUS = 37;
  private static final float WHEEL_Y = GROUND - WHEEL_RADIUS;
  private static final float FRONT_WHEEL_X = 88;
  private static final float REAR_WHEEL_X = 307;

  private final Graphics2D g;

  private CarImage(Graphics2D g) {
    this.g = g;
  }

  public static void main(String[] args) throws IOException {
    BufferedImage large =
        new BufferedImage(
            WIDTH * OVERSAMPLING, HEIGHT * OVERSAMPLING, BufferedImage.TYPE_3BYTE_BGR);
    Graphics2D g = large.createGraphics();
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    g.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, large.getWidth(), large.getHeight());
    g.scale(OVERSAMPLING, OVERSAMPLING);
    // Margins at the sides: a network that sees the center square must see both wheels.
    g.translate(20, 0);
    g.scale(0.9, 0.9);
    new CarImage(g).draw();
    g.dispose();
    ImageIO.write(averaged(large), "png", Path.of("src/main/resources/dev/graft/car.png").toFile());
  }

  private void draw() {
    drawShadow();
    drawUnderbody();
    drawBody();
    drawGlass();
    drawSeams();
    drawLights();
    drawWheel(FRONT_WHEEL_X);
    drawWheel(REAR_WHEEL_X);
    drawMirror();
  }

  private void drawShadow() {
    Graphics2D flat = (Graphics2D) g.create();
    flat.translate(200, GROUND - 1);
    flat.scale(1, 0.075);
    flat.setPaint(
        new RadialGradientPaint(
            0,
            0,
            200,
            new float[] {0, 0.75f, 0.9f, 1},
            new Color[] {gray(30, 190), gray(40, 170), gray(60, 70), gray(60, 0)}));
    flat.fill(new Ellipse2D.Float(-200, -200, 400, 400));
    flat.dispose();
  }

  private void drawUnderbody() {
    fill(path("M 30 196 L 372 196 L 366 217 L 40 217 Z"), new Color(0x151517));
  }

  /** Everything that is painted red, without the wheel arches. */
  private static Area body() {
    Area body =
        new Area(
            path(
                "M 17 207 C 11 205 10 196 11 188 C 10 176 14 165 26 159 C 52 148 92 142 130 139"
                    + " C 150 121 170 106 190 100 C 214 93 250 93 274 101 C 296 109 318 121 338 134"
                    + " C 356 135 372 138 383 143 C 389 150 391 166 390 180 C 392 190 391 202 384 206"
                    + " L 350 212 L 50 212 Z"));
    for (float x : new float[] {FRONT_WHEEL_X, REAR_WHEEL_X}) {
      body.subtract(new Area(circle(x, WHEEL_Y, WHEEL_RADIUS + 4.5f)));
    }
    return body;
  }

  private void drawBody() {
    Area body = body();
    for (float x : new float[] {FRONT_WHEEL_X, REAR_WHEEL_X}) {
      Area arch = new Area(circle(x, WHEEL_Y, WHEEL_RADIUS + 5));
      arch.intersect(new Area(new Rectangle2D.Float(0, 100, WIDTH, 112)));
      fill(arch, new Color(0x0c0c0e));
    }
    fill(
        body,
        vertical(
            95,
            212,
            new float[] {0, 0.10f, 0.34f, 0.44f, 0.52f, 0.60f, 0.80f, 0.92f, 1},
            new int[] {
              0xf36a63, 0xd8232a, 0xcf1a21, 0xf25a55, 0xd0161e, 0xb50f17, 0xa30c14, 0x7a070d,
              0x4a0408
            }));
    Graphics2D inside = (Graphics2D) g.create();
    inside.clip(body);
    CarImage clipped = new CarImage(inside);
    clipped.shadeBody();
    inside.dispose();
    g.setStroke(new BasicStroke(0.7f));
    g.setColor(new Color(0x50, 0, 4, 170));
    g.draw(body);
  }

  private void shadeBody() {
    // The sky in the bonnet and the boot lid.
    fill(
        path("M 22 163 C 52 150 92 144 131 140 L 140 146 C 100 148 56 155 20 172 Z"),
        vertical(140, 172, new float[] {0, 1}, new int[] {0xffb0a8, 0xd8232a}));
    fill(
        path("M 330 131 C 356 135 372 138 385 144 L 388 150 C 366 144 346 142 322 142 Z"),
        vertical(132, 150, new float[] {0, 1}, new int[] {0xf8958c, 0xd0161e}));
    // The shoulder: light above, shade below, from lamp to lamp.
    fill(
        path("M 24 178 C 100 160 250 156 388 164 L 388 167 C 250 160 100 165 24 183 Z"),
        new Color(0xff, 0xc8, 0xc0, 150));
    fill(
        path("M 24 183 C 100 165 250 160 388 167 L 388 176 C 260 168 110 172 24 190 Z"),
        new Color(0x60, 0, 6, 110));
    // A crease that rises to the rear wheel.
    fill(
        path("M 132 203 C 180 201 230 196 262 188 L 262 191 C 232 200 180 206 132 207 Z"),
        new Color(0xff, 0x90, 0x88, 90));
    // Light around the wheel arches.
    g.setStroke(new BasicStroke(2.2f));
    g.setColor(new Color(0xff, 0x9a, 0x92, 120));
    for (float x : new float[] {FRONT_WHEEL_X, REAR_WHEEL_X}) {
      g.draw(circle(x, WHEEL_Y, WHEEL_RADIUS + 7));
    }
    // Both ends turn away from the light.
    fill(
        new Rectangle2D.Float(8, 90, 34, 130),
        horizontal(8, 42, new Color(0x38, 0, 3, 150), new Color(0x38, 0, 3, 0)));
    fill(
        new Rectangle2D.Float(360, 90, 34, 130),
        horizontal(360, 394, new Color(0x38, 0, 3, 0), new Color(0x38, 0, 3, 160)));
    // Black sill and lips of the bumpers.
    fill(
        path("M 10 203 L 60 207 L 130 207 L 264 207 L 340 207 L 392 203 L 392 214 L 10 214 Z"),
        new Color(0x19191c));
    // Air intake in the front bumper.
    fill(path("M 12 192 L 34 191 L 38 200 L 14 201 Z"), new Color(0x101012));
  }

  private void drawGlass() {
    Shape frame =
        path(
            "M 139 141 C 157 124 174 111 192 105 C 214 98 246 98 270 106 C 288 113 304 122 319 134"
                + " C 300 138 200 141 139 141 Z");
    fill(frame, new Color(0x0b0b0d));
    Shape windscreen = path("M 143 139 C 158 124 173 113 187 108 L 171 139 Z");
    Shape front =
        path(
            "M 175 139 L 192 107 C 206 102.500 222 101.500 234 101.500 L 237 138 C 216 139 196 139 175 139 Z");
    Shape rear =
        path(
            "M 242 138 L 239 101.500 C 250 102 262 104 270 108 C 284 114 298 122 309 131 C 300 136 270 137.500 242 138 Z");
    Paint glass =
        vertical(
            100,
            141,
            new float[] {0, 0.35f, 0.75f, 1},
            new int[] {0xaebfcb, 0x5a6b78, 0x27313a, 0x39444d});
    fill(windscreen, vertical(105, 141, new float[] {0, 1}, new int[] {0xd2dfe6, 0x6f818e}));
    fill(front, glass);
    fill(rear, glass);
    Graphics2D inside = (Graphics2D) g.create();
    inside.clip(front);
    CarImage cabin = new CarImage(inside);
    // Steering wheel, seat and head rest, behind the glass.
    cabin.fill(
        path("M 213 139 C 212 128 214 122 219 121 C 226 121 229 128 230 139 Z"), gray(14, 190));
    cabin.fill(path("M 217 120 C 216 114 226 113 227 119 L 226 122 L 218 122 Z"), gray(14, 190));
    inside.setStroke(new BasicStroke(2.2f));
    inside.setColor(gray(14, 170));
    inside.draw(path("M 187 139 C 187 131 191 127 195 127"));
    inside.dispose();
    // The sky, slantwise.
    fill(path("M 203 104 L 213 102 L 196 138 L 184 138 Z"), new Color(255, 255, 255, 60));
    fill(path("M 252 103 L 259 104 L 262 137 L 252 138 Z"), new Color(255, 255, 255, 45));
    // Chrome below the windows.
    g.setStroke(new BasicStroke(1.6f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    g.setColor(new Color(0xd6d9dc));
    g.draw(path("M 141 142 C 200 142 300 139 321 135"));
  }

  private void drawSeams() {
    g.setStroke(new BasicStroke(1.1f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    g.setColor(new Color(0x3a, 0, 3, 230));
    g.draw(path("M 158 142 C 150 152 146 170 147 186 C 148 196 152 203 156 206"));
    g.draw(path("M 240 141 C 247 156 250 178 246 190 C 243 199 238 204 234 206"));
    g.draw(path("M 131 141 C 110 146 80 150 45 158"));
    g.draw(path("M 336 137 C 341 143 344 150 345 156"));
    g.draw(path("M 34 191 C 45 180 52 172 56 160"));
    g.draw(path("M 352 200 C 362 196 376 192 389 191"));
    g.setStroke(new BasicStroke(0.6f));
    g.setColor(new Color(0xff, 0xa0, 0x98, 130));
    g.draw(path("M 159.500 143 C 151.500 153 147.500 170 148.500 186"));
    g.draw(path("M 241.500 141 C 248.500 156 251.500 178 247.500 190"));
    // Door handle.
    fill(
        path(
            "M 219 157 L 238 155.500 C 240 156 240 159 238 159.500 L 219 161 C 217 160 217 158 219 157 Z"),
        new Color(0x4a0408));
    fill(
        path(
            "M 219 156 L 238 154.500 C 239.500 155 239.500 157 238 157.500 L 219 159 C 217.500 158 217.500 157 219 156 Z"),
        new Color(0xf06a62));
    // Fuel flap.
    g.setStroke(new BasicStroke(0.8f));
    g.setColor(new Color(0x3a, 0, 3, 160));
    g.draw(circle(286, 156, 6));
  }

  private void drawLights() {
    Shape lamp =
        path("M 15 172 C 24 163 40 158 56 157 C 54 165 44 172 30 176 C 22 178 16 178 15 172 Z");
    fill(lamp, horizontal(15, 56, new Color(0xf7fbff), new Color(0x8fa0ad)));
    fill(circle(27, 170, 4.6f), new Color(0x3d4750));
    fill(circle(27, 170, 3.2f), new Color(0xffffff));
    fill(circle(38, 166, 3.8f), new Color(0x3d4750));
    fill(circle(38, 166, 2.5f), new Color(0xe8f2fa));
    outline(lamp, gray(20, 200));
    Shape indicator = path("M 46 181 L 54 179 L 54 182 L 46 184 Z");
    fill(indicator, new Color(0xff9a1f));
    Shape tail = path("M 389 156 C 380 152 368 151 360 153 C 362 161 372 166 390 168 Z");
    fill(tail, horizontal(360, 390, new Color(0xff4a3d), new Color(0x8d0008)));
    fill(
        path("M 366 155 C 374 154 382 155 388 158 L 388 160 C 380 158 372 157 367 158 Z"),
        new Color(0xff, 0xd0, 0xc8, 200));
    outline(tail, new Color(0x30, 0, 2, 220));
  }

  private void drawWheel(float x) {
    fill(
        circle(x, WHEEL_Y, WHEEL_RADIUS),
        radial(
            x,
            WHEEL_Y,
            WHEEL_RADIUS,
            new float[] {0, 0.74f, 0.80f, 0.93f, 1},
            new int[] {0x1a1a1c, 0x1a1a1c, 0x2c2c2f, 0x3a3a3e, 0x121214}));
    float rim = WHEEL_RADIUS * 0.74f;
    fill(
        circle(x, WHEEL_Y, rim),
        vertical(
            WHEEL_Y - rim,
            WHEEL_Y + rim,
            new float[] {0, 0.5f, 1},
            new int[] {0xf4f6f8, 0xaab0b6, 0x70767c}));
    fill(circle(x, WHEEL_Y, rim * 0.90f), new Color(0x1d1f22));
    // The brake disc behind the spokes, and its caliper.
    fill(circle(x, WHEEL_Y, rim * 0.66f), new Color(0x6f757a));
    fill(circle(x, WHEEL_Y, rim * 0.40f), new Color(0x34373b));
    for (int spoke = 0; spoke < 5; spoke++) {
      AffineTransform turn = AffineTransform.getTranslateInstance(x, WHEEL_Y);
      turn.rotate(2 * Math.PI * spoke / 5);
      turn.scale(rim, rim);
      Shape left =
          turn.createTransformedShape(path("M -0.13 0 L -0.05 0 L -0.09 -0.94 L -0.27 -0.94 Z"));
      Shape right =
          turn.createTransformedShape(path("M 0.13 0 L 0.05 0 L 0.09 -0.94 L 0.27 -0.94 Z"));
      Paint metal =
          vertical(
              WHEEL_Y - rim, WHEEL_Y + rim, new float[] {0, 1}, new int[] {0xfafbfc, 0x9aa0a6});
      fill(left, metal);
      fill(right, metal);
      outline(left, gray(40, 120));
      outline(right, gray(40, 120));
    }
    fill(
        circle(x, WHEEL_Y, rim * 0.24f),
        vertical(
            WHEEL_Y - rim * 0.24f,
            WHEEL_Y + rim * 0.24f,
            new float[] {0, 1},
            new int[] {0xffffff, 0x858b91}));
    fill(circle(x, WHEEL_Y, rim * 0.11f), new Color(0x26282b));
    g.setStroke(new BasicStroke(0.8f));
    g.setColor(gray(20, 160));
    g.draw(circle(x, WHEEL_Y, rim));
  }

  private void drawMirror() {
    Shape mirror =
        path(
            "M 163 137 C 160 129 166 126 176 127 C 182 128 183 134 180 139 C 174 141 167 141 163 137 Z");
    fill(
        mirror,
        vertical(126, 141, new float[] {0, 0.4f, 1}, new int[] {0xf87e76, 0xc8141c, 0x7a070d}));
    outline(mirror, new Color(0x40, 0, 3, 200));
  }

  private void fill(Shape shape, Paint paint) {
    g.setPaint(paint);
    g.fill(shape);
  }

  private void outline(Shape shape, Color color) {
    g.setStroke(new BasicStroke(0.8f));
    g.setColor(color);
    g.draw(shape);
  }

  private static Color gray(int value, int alpha) {
    return new Color(value, value, value, alpha);
  }

  private static Shape circle(float x, float y, float radius) {
    return new Ellipse2D.Float(x - radius, y - radius, 2 * radius, 2 * radius);
  }

  private static Paint vertical(float top, float bottom, float[] at, int[] rgb) {
    return new LinearGradientPaint(0, top, 0, bottom, at, colors(rgb));
  }

  private static Paint horizontal(float left, float right, Color first, Color last) {
    return new LinearGradientPaint(
        left, 0, right, 0, new float[] {0, 1}, new Color[] {first, last});
  }

  private static Paint radial(float x, float y, float radius, float[] at, int[] rgb) {
    return new RadialGradientPaint(x, y, radius, at, colors(rgb));
  }

  private static Color[] colors(int[] rgb) {
    return Arrays.stream(rgb).mapToObj(Color::new).toArray(Color[]::new);
  }

  /** A path in the notation of SVG: M, L, C and Z with absolute coordinates. */
  private static Path2D path(String svg) {
    Path2D path = new Path2D.Double();
    try (Scanner in = new Scanner(svg).useLocale(Locale.ROOT)) {
      while (in.hasNext()) {
        switch (in.next()) {
          case "M" -> path.moveTo(in.nextDouble(), in.nextDouble());
          case "L" -> path.lineTo(in.nextDouble(), in.nextDouble());
          case "C" ->
              path.curveTo(
                  in.nextDouble(),
                  in.nextDouble(),
                  in.nextDouble(),
                  in.nextDouble(),
                  in.nextDouble(),
                  in.nextDouble());
          case "Z" -> path.closePath();
          default -> throw new IllegalArgumentException(svg);
        }
      }
    }
    return path;
  }

  private static BufferedImage averaged(BufferedImage large) {
    BufferedImage small = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_3BYTE_BGR);
    int count = OVERSAMPLING * OVERSAMPLING;
    for (int y = 0; y < HEIGHT; y++) {
      for (int x = 0; x < WIDTH; x++) {
        for (int band = 0; band < 3; band++) {
          int sum = count / 2;
          for (int i = 0; i < count; i++) {
            sum +=
                large
                    .getRaster()
                    .getSample(
                        x * OVERSAMPLING + i % OVERSAMPLING,
                        y * OVERSAMPLING + i / OVERSAMPLING,
                        band);
          }
          small.getRaster().setSample(x, y, band, sum / count);
        }
      }
    }
    return small;
  }
}
