package dev.graft.report;

import dev.graft.picture.Framing;
import dev.graft.picture.HeatMap;
import dev.graft.picture.Picture;
import dev.graft.report.Ink.Anchor;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.Rectangle;
import java.awt.image.BufferedImage;

/**
 * A picture as a network took it, and over it where the network saw a class, 448 x 532 pixels with
 * title and legend.
 */
record HeatMapChart(Picture picture, HeatMap map, String title) {
  private static final int SIDE = 448;
  private static final int TOP = 44;
  private static final int LEGEND = 40;

  BufferedImage draw() {
    return Ink.drawing(SIDE, TOP + SIDE + LEGEND, this::draw);
  }

  private void draw(Graphics2D g) {
    Rectangle room = new Rectangle(0, TOP, SIDE, SIDE);
    Rectangle bounds = FittedPicture.in(room, picture).bounds();
    Picture large = picture.scaled(bounds.width, bounds.height);
    FittedPicture.in(room, map.over(large, Framing.WHOLE)).draw(g);
    Font bold = Ink.bold(16);
    Ink.write(g, Ink.fit(title, bold, SIDE - 16), bold, Anchor.MIDDLE, SIDE / 2.0, 28);
    double baseline = TOP + SIDE + 25;
    Ink.write(g, "no evidence", Ink.plain(13), Anchor.LEFT, 16, baseline);
    Ink.write(g, "most", Ink.plain(13), Anchor.LEFT, SIDE * 3 / 4.0 + 12, baseline);
    for (int x = 0; x < SIDE / 2; x++) {
      g.setColor(new Color(HeatMap.colour((double) x / (SIDE / 2))));
      g.fillRect(SIDE / 4 + x, TOP + SIDE + 14, 1, 12);
    }
  }
}
