package dev.graft.evaluation;

/**
 * The 95 % confidence interval of a share that is estimated from a sample.
 *
 * @param low at least 0
 * @param high at most 1
 */
public record Interval(double low, double high) {
  /** The 97.5th percentile of the standard normal distribution: 2.5 % lie on either side. */
  private static final double Z = 1.959964;

  /**
   * The score interval of Wilson, "Probable Inference, the Law of Succession, and Statistical
   * Inference", JASA 22, 1927, without continuity correction. Unlike the textbook's p ± z·σ it
   * stays within 0 to 1, and its width is not 0 where all or none are correct.
   *
   * @param correct 0 to {@code count}; may be a mean of several trials
   * @param count at least 1
   */
  public static Interval wilson(double correct, int count) {
    double share = correct / count;
    double z2n = Z * Z / count;
    double middle = (share + z2n / 2) / (1 + z2n);
    double half = Z * Math.sqrt((share * (1 - share) + z2n / 4) / count) / (1 + z2n);
    // Rounding may exceed 0 and 1, and miss them where none or all are correct.
    return new Interval(
        correct <= 0 ? 0 : Math.max(0, middle - half),
        correct >= count ? 1 : Math.min(1, middle + half));
  }
}
