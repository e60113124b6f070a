package dev.graft.image;

/** Filters of resizing, as in Pillow. */
public enum Resampling {
  /** Keys's cubic with a = -0.5. */
  BICUBIC(2) {
    @Override
    double weight(double distance) {
      double a = -0.5;
      double x = Math.abs(distance);
      if (x < 1) {
        return ((a + 2) * x - (a + 3)) * x * x + 1;
      }
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
    }
  },
  /** A triangle. */
  BILINEAR(1) {
    @Override
    double weight(double distance) {
      return Math.max(0, 1 - Math.abs(distance));
    }
  };

  /** Source pixels on each side that have a weight if nothing is reduced. */
  final int support;

  Resampling(int support) {
    this.support = support;
  }

  /**
   * Returns the weight of a source pixel.
   *
   * @param distance in source pixels from the center
   */
  abstract double weight(double distance);
}
