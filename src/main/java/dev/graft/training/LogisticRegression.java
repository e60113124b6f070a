package dev.graft.training;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.Optional;

/**
 * Multinomial logistic regression: minimizes the mean cross-entropy of the images plus {@code
 * strength / 2} times the squared norm of the kernel. The problem is convex, so it has one minimum,
 * which L-BFGS finds from any start (Liu and Nocedal 1989; Nocedal and Wright, "Numerical
 * Optimization", 2006, algorithm 7.4). The bias is not penalized, as in scikit-learn.
 */
final class LogisticRegression {
  /** Number of steps that approximate the curvature, as in SciPy's L-BFGS-B. */
  private static final int MEMORY = 10;

  /** Vectors of the size of the kernel in memory: two per step, and those of the search. */
  static final long VECTORS = 2 * MEMORY + 7;

  /** Sufficient decrease of a step (Nocedal and Wright 2006, equation 3.4). */
  private static final double DECREASE = 1e-4;

  private static final int MAX_HALVINGS = 30;

  private final Matrix rows;
  private final Matrix columns;
  private final int[] labels;
  private final int classes;
  private final float[] weights;
  private final double[] offsets;

  /** Logits, then the gradient of the loss by the logits, {@code (classes, n)}. */
  private final float[][] residuals;

  /** The values of {@link #residuals} in one array. */
  private final float[] flat;

  /** The gradient of the loss by the kernel, {@code (classes, width)}. */
  private final float[][] sums;

  /**
   * The images to fit.
   *
   * @param rows the features of each image, {@code (n, width)}
   * @param labels the class of each image
   * @param classes the number of classes
   * @param balance weighs the classes
   */
  LogisticRegression(Matrix rows, int[] labels, int classes, ClassBalance balance) {
    this.rows = rows;
    columns = rows.transposed();
    this.labels = labels;
    this.classes = classes;
    weights = new float[labels.length];
    double total = 0;
    for (int label : labels) {
      total += balance.weights()[label];
    }
    for (int i = 0; i < labels.length; i++) {
      weights[i] = (float) (balance.weights()[labels[i]] / total);
    }
    offsets = balance.offsets();
    residuals = new float[classes][labels.length];
    flat = new float[classes * labels.length];
    sums = new float[classes][rows.width()];
  }

  /**
   * The treatment of classes of unequal size.
   *
   * @param weights of an image of each class, relative to each other
   * @param offsets added to the logit of each class in training only
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record ClassBalance(double[] weights, double[] offsets) {}

  /**
   * A solution: {@code logit = kernel * row + bias}.
   *
   * @param kernel {@code (classes, width)}, row-major
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Solution(double[] kernel, double[] bias) {
    /** Returns zeros, the start. */
    static Solution zero(int classes, int width) {
      return new Solution(new double[classes * width], new double[classes]);
    }

    /** Returns the class probabilities of some rows. */
    float[][] probabilities(Matrix of) {
      int classes = bias.length;
      float[] factors = floats(kernel);
      Matrix columns = of.transposed();
      float[][] logits = new float[classes][of.rows()];
      for (int c = 0; c < classes; c++) {
        Arrays.fill(logits[c], (float) bias[c]);
      }
      columns.addCombinations(logits, factors, 0);
      float[][] probabilities = new float[of.rows()][classes];
      for (int i = 0; i < of.rows(); i++) {
        double max = Double.NEGATIVE_INFINITY;
        for (int c = 0; c < classes; c++) {
          max = Math.max(max, logits[c][i]);
        }
        double sum = 0;
        for (int c = 0; c < classes; c++) {
          sum += Math.exp(logits[c][i] - max);
        }
        for (int c = 0; c < classes; c++) {
          probabilities[i][c] = (float) (Math.exp(logits[c][i] - max) / sum);
        }
      }
      return probabilities;
    }
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  /**
   * Returns the minimum.
   *
   * @param strength of the penalty, above 0
   * @param start such as the solution for a similar strength
   * @param tolerance the largest component of the gradient that is accepted as 0
   * @param maxSteps ends the search before that
   */
  Solution solve(double strength, Solution start, double tolerance, int maxSteps) {
    int kernelSize = classes * rows.width();
    double[] x = Arrays.copyOf(start.kernel(), kernelSize + classes);
    System.arraycopy(start.bias(), 0, x, kernelSize, classes);
    double[] gradient = new double[x.length];
    double loss = loss(x, strength, gradient);
    Deque<CurvaturePair> steps = new ArrayDeque<>();
    for (int step = 0; step < maxSteps && max(gradient) > tolerance; step++) {
      double[] direction = direction(gradient, steps);
      double slope = dot(gradient, direction);
      double length = steps.isEmpty() ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1;
      double[] next = new double[x.length];
      double[] nextGradient = new double[x.length];
      double nextLoss = Double.POSITIVE_INFINITY;
      int halvings = 0;
      for (; halvings < MAX_HALVINGS; halvings++, length /= 2) {
        for (int i = 0; i < x.length; i++) {
          next[i] = x[i] + length * direction[i];
        }
        nextLoss = loss(next, strength, nextGradient);
        if (nextLoss <= loss + DECREASE * length * slope) {
          break;
        }
      }
      if (halvings == MAX_HALVINGS) {
        break; // a lower loss can't be measured in float32
      }
      CurvaturePair.between(x, next, gradient, nextGradient).ifPresent(steps::addLast);
      if (steps.size() > MEMORY) {
        steps.removeFirst();
      }
      x = next;
      gradient = nextGradient;
      loss = nextLoss;
    }
    return new Solution(Arrays.copyOf(x, kernelSize), Arrays.copyOfRange(x, kernelSize, x.length));
  }

  /**
   * Returns the largest component of the gradient at zero, by which a tolerance is to be measured:
   * the loss is a mean, so that with many classes all components are small.
   */
  double steepness() {
    double[] gradient = new double[classes * (rows.width() + 1)];
    loss(new double[gradient.length], 0, gradient);
    return max(gradient);
  }

  /** Returns the loss, and writes its gradient. */
  private double loss(double[] x, double strength, double[] gradient) {
    int n = rows.rows();
    int width = rows.width();
    int kernelSize = classes * width;
    float[] kernel = floats(x);
    for (int c = 0; c < classes; c++) {
      Arrays.fill(residuals[c], (float) (x[kernelSize + c] + offsets[c]));
    }
    columns.addCombinations(residuals, kernel, 0);
    double loss = 0;
    for (int i = 0; i < n; i++) {
      loss += weights[i] * toResidual(residuals, i);
    }
    for (int c = 0; c < classes; c++) {
      Arrays.fill(sums[c], 0);
      System.arraycopy(residuals[c], 0, flat, c * n, n);
    }
    rows.addCombinations(sums, flat, 0);
    double norm = 0;
    for (int c = 0; c < classes; c++) {
      for (int k = 0; k < width; k++) {
        double value = x[c * width + k];
        norm += value * value;
        gradient[c * width + k] = sums[c][k] + strength * value;
      }
      double sum = 0;
      for (float residual : residuals[c]) {
        sum += residual;
      }
      gradient[kernelSize + c] = sum;
    }
    return loss + strength / 2 * norm;
  }

  /** Replaces an image's logits by the gradient of its weighted loss; returns the loss. */
  private double toResidual(float[][] logits, int i) {
    double max = Double.NEGATIVE_INFINITY;
    for (float[] of : logits) {
      max = Math.max(max, of[i]);
    }
    double own = logits[labels[i]][i] - max;
    double sum = 0;
    for (float[] of : logits) {
      double power = Math.exp(of[i] - max);
      of[i] = (float) power;
      sum += power;
    }
    float scale = (float) (weights[i] / sum);
    for (float[] of : logits) {
      of[i] *= scale;
    }
    logits[labels[i]][i] -= weights[i];
    return Math.log(sum) - own;
  }

  /** A step of the search, {@code s}, the change of the gradient, {@code y}, and their product. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record CurvaturePair(double[] s, double[] y, double product) {
    static Optional<CurvaturePair> between(
        double[] x, double[] next, double[] gradient, double[] nextGradient) {
      double[] s = new double[x.length];
      double[] y = new double[x.length];
      for (int i = 0; i < s.length; i++) {
        s[i] = next[i] - x[i];
        y[i] = nextGradient[i] - gradient[i];
      }
      CurvaturePair step = new CurvaturePair(s, y, dot(s, y));
      // A convex function has a positive product, except for rounding.
      return step.product > 1e-12 * dot(y, y) ? Optional.of(step) : Optional.empty();
    }
  }

  /** Returns the descent direction by the two-loop recursion. */
  private static double[] direction(double[] gradient, Deque<CurvaturePair> steps) {
    double[] q = gradient.clone();
    double[] factors = new double[steps.size()];
    int i = steps.size();
    for (Iterator<CurvaturePair> last = steps.descendingIterator(); last.hasNext(); ) {
      CurvaturePair step = last.next();
      factors[--i] = dot(step.s(), q) / step.product();
      add(q, -factors[i], step.y());
    }
    if (!steps.isEmpty()) {
      CurvaturePair last = steps.getLast();
      scale(q, last.product() / dot(last.y(), last.y()));
    }
    for (CurvaturePair step : steps) {
      add(q, factors[i++] - dot(step.y(), q) / step.product(), step.s());
    }
    scale(q, -1);
    return q;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static void add(double[] to, double factor, double[] of) {
    for (int i = 0; i < to.length; i++) {
      to[i] += factor * of[i];
    }
  }

  private static void scale(double[] values, double factor) {
    for (int i = 0; i < values.length; i++) {
      values[i] *= factor;
    }
  }

  private static double max(double[] values) {
    double max = 0;
    for (double value : values) {
      max = Math.max(max, Math.abs(value));
    }
    return max;
  }
}
