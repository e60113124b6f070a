package dev.graft.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.graft.evaluation.Temperature;
import dev.graft.network.NetworkDesign;
import dev.graft.recipe.Recipe;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ConvexHeadTest {
  private static final List<Integer> STAGES = List.of(20, 300);
  private static final ConvexHead.Folds FOLDS =
      (images, count, round) ->
          IntStream.range(0, count)
              .mapToObj(f -> IntStream.of(images).filter(i -> i / 3 % count == f).toArray())
              .toList();

  /** Images of three classes, which differ in the mean of some features of the last stage. */
  private static ConvexHead.Images images(int count, Recipe.ClassWeights weighting) {
    Random random = new Random(5);
    float[] values = new float[count * 320];
    int[] labels = new int[count];
    for (int i = 0; i < count; i++) {
      labels[i] = i % 3;
      for (int k = 0; k < 320; k++) {
        double mean = k >= 20 && k % 3 == labels[i] ? 0.5 : 0;
        values[i * 320 + k] = (float) (mean + random.nextGaussian() + 2);
      }
    }
    return new ConvexHead.Images(new Matrix(values, count, 320), STAGES, labels, 3, weighting);
  }

  @Test
  void solutionIsTheMinimum() {
    Random random = new Random(1);
    float[] values = new float[60 * 4];
    int[] labels = new int[60];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    for (int i = 0; i < labels.length; i++) {
      labels[i] = random.nextInt(3);
    }
    LogisticRegression.ClassBalance equal =
        new LogisticRegression.ClassBalance(new double[] {1, 1, 1}, new double[3]);
    LogisticRegression problem =
        new LogisticRegression(new Matrix(values, 60, 4), labels, 3, equal);

    LogisticRegression.Solution solution =
        problem.solve(0.01, LogisticRegression.Solution.zero(3, 4), 1e-7, 500);

    // At the minimum the gradient of the penalty is that of the loss, computed here directly.
    float[][] p = solution.probabilities(new Matrix(values, 60, 4));
    for (int c = 0; c < 3; c++) {
      for (int k = 0; k < 4; k++) {
        double gradient = 0.01 * solution.kernel()[c * 4 + k];
        for (int i = 0; i < 60; i++) {
          gradient += (p[i][c] - (labels[i] == c ? 1 : 0)) * values[i * 4 + k] / 60;
        }
        assertThat(gradient).isCloseTo(0, within(1e-5));
      }
    }
  }

  /** The loss is a mean over all images, so with many classes all gradients are small. */
  @Test
  void theToleranceIsBelowTheGradientsOfManyClasses() {
    int classes = 1000; // with one image each
    Random random = new Random(3);
    float[] values = new float[classes * 30];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) ((random.nextBoolean() ? 1 : -1) / Math.sqrt(30));
    }
    double[] ones = new double[classes];
    Arrays.fill(ones, 1);
    Matrix rows = new Matrix(values, classes, 30);
    int[] labels = IntStream.range(0, classes).toArray();
    LogisticRegression problem =
        new LogisticRegression(
            rows, labels, classes, new LogisticRegression.ClassBalance(ones, new double[classes]));
    assertThat(problem.steepness()).isLessThan(5e-4);

    float[][] probabilities =
        problem
            .solve(
                1e-5,
                LogisticRegression.Solution.zero(classes, 30),
                ConvexHead.tolerance(problem),
                25)
            .probabilities(rows);

    assertThat(IntStream.of(labels).mapToDouble(i -> probabilities[i][i]).average().orElseThrow())
        .isGreaterThan(0.1);
  }

  @Test
  void coordinatesGiveTheSameHeadAsFeatures() {
    ConvexHead.Images images = images(30, Recipe.ClassWeights.NONE);
    Matrix rows =
        new FeatureScaling.Candidate(
                FeatureScaling.Stages.RISING, new NetworkDesign.Scaling(1, false))
            .scale(images.features(), STAGES)
            .rows();
    LogisticRegression.ClassBalance equal =
        new LogisticRegression.ClassBalance(new double[] {1, 1, 1}, new double[3]);
    Cholesky cholesky = new Cholesky(rows);

    LogisticRegression.Solution direct =
        new LogisticRegression(rows, images.labels(), 3, equal)
            .solve(0.01, LogisticRegression.Solution.zero(3, 320), 1e-6, 500);
    LogisticRegression.Solution reduced =
        new LogisticRegression(cholesky.coordinates(), images.labels(), 3, equal)
            .solve(0.01, LogisticRegression.Solution.zero(3, 30), 1e-6, 500);

    double[] kernel = cholesky.features(reduced.kernel());
    for (int i = 0; i < kernel.length; i++) {
      assertThat(kernel[i]).isCloseTo(direct.kernel()[i], within(2e-3));
    }
    assertThat(Arrays.stream(kernel).map(Math::abs).max().orElse(0)).isGreaterThan(0.05);
  }

  @Test
  void learnsFromFewImagesAndPredictsThemOutOfFold() {
    ConvexHead.Images images = images(60, Recipe.ClassWeights.LOGIT_ADJUSTED);

    ConvexHead head = ConvexHead.fit(images, FOLDS);

    assertThat(accuracy(head.outOfFold(), images.labels())).isBetween(0.8, 1.0);
    for (float[] row : head.outOfFold()) {
      assertThat(row[0] + row[1] + row[2]).isCloseTo(1, within(1e-4f));
    }
    ConvexHead.Images others = images(600, Recipe.ClassWeights.NONE);
    assertThat(accuracy(head.probabilities(others.features(), STAGES), others.labels()))
        .isGreaterThan(0.85);
  }

  @Test
  void theTemperatureIsFittedToThePredictionsOutOfFold() {
    ConvexHead.Images images = images(60, Recipe.ClassWeights.NONE);
    List<Integer> labels = IntStream.of(images.labels()).boxed().toList();

    ConvexHead head = ConvexHead.fit(images, FOLDS);

    assertThat(head.temperature().images()).isEqualTo(60);
    assertThat(Math.abs(Math.log(head.temperature().value()))).isGreaterThan(0.05);
    assertThat(Temperature.fitToAny(List.of(head.outOfFold()), labels))
        .isEqualTo(head.temperature());
    assertThat(Temperature.fitToAny(List.of(head.calibratedOutOfFold()), labels).value())
        .isCloseTo(1, within(0.01));
    // Predictions of the fitted images have a higher confidence, but not 1.
    double confidence =
        Arrays.stream(head.probabilities(images.features(), STAGES))
            .mapToDouble(row -> Math.max(row[0], Math.max(row[1], row[2])))
            .average()
            .orElseThrow();
    assertThat(confidence).isBetween(0.5, 0.9999);
  }

  @Test
  void refittedToTheSameImagesItIsTheSameHead() {
    ConvexHead.Images images = images(60, Recipe.ClassWeights.NONE);
    ConvexHead head = ConvexHead.fit(images, FOLDS);

    ConvexHead again = head.refit(images);

    float[][] before = head.probabilities(images.features(), STAGES);
    float[][] after = again.probabilities(images.features(), STAGES);
    for (int i = 0; i < before.length; i++) {
      assertThat(after[i]).containsExactly(before[i], within(1e-3f));
    }
    assertThat(again.outOfFold()).isEmpty();
  }

  @Test
  void laterStagesCountMore() {
    FeatureScaling.Candidate rising =
        new FeatureScaling.Candidate(
            FeatureScaling.Stages.RISING, new NetworkDesign.Scaling(0.5, true, false));
    Matrix features = images(30, Recipe.ClassWeights.NONE).features();

    FeatureScaling.Scaled scaled = rising.scale(features, STAGES);

    assertThat(scaled.scaling().weights()).hasSize(320);
    assertThat(scaled.scaling().weights()[19]).isEqualTo(0.25f);
    assertThat(scaled.scaling().weights()[20]).isEqualTo(1);
    double squares = 0;
    for (float value : scaled.rows().values()) {
      squares += value * value;
    }
    assertThat(squares / 30).isCloseTo(1, within(1e-4));
  }

  private static double accuracy(float[][] probabilities, int[] labels) {
    return IntStream.range(0, labels.length)
            .filter(
                i ->
                    IntStream.range(0, 3)
                        .allMatch(c -> probabilities[i][c] <= probabilities[i][labels[i]]))
            .count()
        / (double) labels.length;
  }

  @Test
  void imagesWithoutDifferenceGiveEqualProbabilities() {
    ConvexHead.Images same =
        new ConvexHead.Images(
            new Matrix(new float[12 * 320], 12, 320),
            STAGES,
            IntStream.range(0, 12).map(i -> i % 3).toArray(),
            3,
            Recipe.ClassWeights.NONE);

    ConvexHead head = ConvexHead.fit(same, FOLDS);

    assertThat(head.probabilities(same.features(), STAGES)[0][0]).isCloseTo(1f / 3, within(1e-3f));
  }
}
