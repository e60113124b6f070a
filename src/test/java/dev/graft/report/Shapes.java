package dev.graft.report;

import dev.graft.report.Drawing.Fill;
import dev.graft.report.Drawing.Ink;
import dev.graft.report.Drawing.Label;
import dev.graft.report.Drawing.Stroke;
import java.awt.geom.PathIterator;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Shapes of a drawing, for tests. */
final class Shapes {
  private Shapes() {}

  static <T extends Drawing.Shape> Stream<T> of(Drawing drawing, Class<T> kind) {
    return drawing.shapes().stream().filter(kind::isInstance).map(kind::cast);
  }

  static List<String> texts(Drawing drawing) {
    return of(drawing, Label.class).map(Label::text).toList();
  }

  static Stream<Fill> fills(Drawing drawing, Ink ink) {
    return of(drawing, Fill.class).filter(fill -> fill.ink().equals(ink));
  }

  /** Returns the lines of a color, each as a list of points. */
  static List<List<double[]>> lines(Drawing drawing, Ink ink) {
    List<List<double[]>> pieces = new ArrayList<>();
    of(drawing, Stroke.class)
        .filter(stroke -> stroke.ink().equals(ink) && stroke.width() == 2)
        .forEach(
            stroke -> {
              double[] point = new double[6];
              for (var i = stroke.outline().getPathIterator(null); !i.isDone(); i.next()) {
                if (i.currentSegment(point) == PathIterator.SEG_MOVETO) {
                  pieces.add(new ArrayList<>());
                }
                pieces.get(pieces.size() - 1).add(new double[] {point[0], point[1]});
              }
            });
    return pieces;
  }
}
