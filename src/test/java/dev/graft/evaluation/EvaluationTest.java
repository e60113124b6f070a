package dev.graft.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Locale;
import org.assertj.core.api.recursive.comparison.RecursiveComparisonConfiguration;
import org.junit.jupiter.api.Test;

class EvaluationTest {
  private static final List<String> ANIMALS = List.of("bird", "cat", "deer", "dog");

  private static final RecursiveComparisonConfiguration NEARLY =
      RecursiveComparisonConfiguration.builder()
          .withEqualsForType((a, b) -> Math.abs(a - b) < 1e-7, Double.class)
          .build();

  /** Deer are never predicted correctly, dogs are predicted but absent, and eels are neither. */
  private static final Evaluation FIVE =
      evaluation(
          new int[] {0, 0, 0, 0, 1, 1, 1, 2, 2, 2}, new int[] {0, 0, 0, 1, 1, 1, 2, 0, 0, 3});

  @Test
  void accuracyIsTheShareOfCorrectPredictions() {
    Evaluation evaluation =
        Evaluation.collector(ANIMALS)
            .add(0, probabilities(0.7f, 0.1f, 0.1f, 0.1f))
            .add(1, probabilities(0.7f, 0.1f, 0.1f, 0.1f))
            .add(3, probabilities(0, 0.4f, 0, 0.6f))
            .evaluation();
    assertThat(evaluation.count()).isEqualTo(3);
    assertThat(evaluation.accuracy()).isEqualTo(2 / 3.0);
  }

  @Test
  void itsCalibrationIsThatOfItsPredictions() {
    Evaluation evaluation =
        Evaluation.collector(ANIMALS)
            .add(0, probabilities(0.75f, 0.25f, 0, 0))
            .add(1, probabilities(0.75f, 0.25f, 0, 0))
            .evaluation();
    assertThat(evaluation.ece()).isEqualTo(0.25).isEqualTo(evaluation.calibration().error());
  }

  @Test
  void lossIsTheMeanNegativeLogarithmOfTheTruthsProbability() {
    Evaluation evaluation =
        Evaluation.collector(ANIMALS)
            .add(0, probabilities(0.5f, 0.5f, 0, 0))
            .add(1, probabilities(0.75f, 0.25f, 0, 0))
            .evaluation();
    assertThat(evaluation.loss()).isCloseTo((Math.log(2) + Math.log(4)) / 2, within(1e-12));
  }

  @Test
  void lossOfAnImpossibleTruthIsThatOfOneInATrillion() {
    Evaluation evaluation =
        Evaluation.collector(ANIMALS).add(2, probabilities(1, 0, 0, 0)).evaluation();
    assertThat(evaluation.loss()).isCloseTo(-Math.log(1e-12), within(1e-9));
  }

  @Test
  void top3AccuracyCountsTheTruthAmongTheThreeMostProbable() {
    Evaluation evaluation =
        Evaluation.collector(ANIMALS)
            .add(2, probabilities(0.4f, 0.3f, 0.2f, 0.1f))
            .add(3, probabilities(0.4f, 0.3f, 0.2f, 0.1f))
            .evaluation();
    assertThat(evaluation.top3Accuracy()).isEqualTo(0.5);
  }

  @Test
  void equallyProbableClassesRankByTheirIndex() {
    float[] even = probabilities(0.25f, 0.25f, 0.25f, 0.25f);
    Evaluation evaluation = Evaluation.collector(ANIMALS).add(2, even).add(3, even).evaluation();
    assertThat(evaluation.top3Accuracy()).isEqualTo(0.5);
    assertThat(evaluation.predictions()).extracting(Prediction::predicted).containsExactly(0, 0);
  }

  @Test
  void withTwoClassesTheTruthIsAlwaysAmongTheTopThree() {
    Evaluation evaluation =
        Evaluation.collector(List.of("no", "yes")).add(1, probabilities(0.9f, 0.1f)).evaluation();
    assertThat(evaluation.top3Accuracy()).isEqualTo(1);
    assertThat(evaluation.accuracy()).isZero();
  }

  @Test
  void predictionsCsvNamesTheClassesAndCountsFromZero() {
    Evaluation evaluation =
        Evaluation.collector(List.of("cat, black", "dog"))
            .add(0, probabilities(1 / 3f, 2 / 3f))
            .add(0, probabilities(1, 0))
            .evaluation();
    assertThat(evaluation.predictionsCsv())
        .isEqualTo(
            """
            index,truth,predicted,probability
            0,"cat, black",dog,0.666667
            1,"cat, black","cat, black",1.000000
            """);
  }

  @Test
  void predictionsCsvHasADecimalPointInEveryCountry() {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.GERMANY);
    try {
      assertThat(
              Evaluation.collector(List.of("no", "yes"))
                  .add(1, probabilities(0.25f, 0.75f))
                  .evaluation()
                  .predictionsCsv())
          .endsWith("0,yes,yes,0.750000\n");
    } finally {
      Locale.setDefault(before);
    }
  }

  /**
   * Literals of scikit-learn 1.9.1, {@code precision_recall_fscore_support} with {@code
   * zero_division=0}.
   */
  @Test
  void perClassFiguresAreThoseOfScikitLearn() {
    assertThat(FIVE.perClass())
        .usingRecursiveFieldByFieldElementComparator(NEARLY)
        .containsExactly(
            new ClassFigures("bird", 0.6, 0.75, 0.66666667, 4),
            new ClassFigures("cat", 0.66666667, 0.66666667, 0.66666667, 3),
            new ClassFigures("deer", 0, 0, 0, 3),
            new ClassFigures("dog", 0, 0, 0, 0), // predicted, but absent: 0/0 is 0
            new ClassFigures("eel", 0, 0, 0, 0));
  }

  /**
   * Literals of scikit-learn with {@code average='macro'}: four classes, since no image is or was
   * predicted as an eel.
   */
  @Test
  void theMacroAverageLeavesOutAClassThatIsNeitherPresentNorPredicted() {
    assertThat(FIVE.macro())
        .usingRecursiveComparison(NEARLY)
        .isEqualTo(new Averages(0.31666667, 0.35416667, 0.33333333));
  }

  /** Literals of scikit-learn with {@code average='weighted'}. */
  @Test
  void theWeightedAverageCountsAClassByItsSupport() {
    assertThat(FIVE.weighted())
        .usingRecursiveComparison(NEARLY)
        .isEqualTo(new Averages(0.44, 0.5, 0.46666667));
    assertThat(FIVE.weighted().recall()).isEqualTo(FIVE.accuracy());
  }

  @Test
  void theIntervalIsAroundTheAccuracy() {
    assertThat(FIVE.interval())
        .usingRecursiveComparison(NEARLY)
        .isEqualTo(new Interval(0.23659309, 0.76340691)); // 5 of 10
  }

  @Test
  void classesCsvHasARowPerClassAndNoAverages() {
    Evaluation evaluation =
        Evaluation.collector(List.of("macro", "cat, black"))
            .add(0, probabilities(0.7f, 0.3f))
            .add(0, probabilities(0.4f, 0.6f))
            .add(1, probabilities(0.2f, 0.8f))
            .evaluation();
    assertThat(evaluation.classesCsv())
        .isEqualTo(
            """
            class,precision,recall,f1,support
            macro,1.000000,0.500000,0.666667,2
            "cat, black",0.500000,1.000000,0.666667,1
            """);
  }

  @Test
  void mistakesAreTheWrongPredictionsTheMostConfidentFirstAndTheLowerIndexOfEqualOnes() {
    Evaluation evaluation =
        Evaluation.collector(List.of("no", "yes"))
            .add(1, probabilities(0.6f, 0.4f))
            .add(0, probabilities(0.9f, 0.1f))
            .add(0, probabilities(0.2f, 0.8f))
            .add(1, probabilities(0.8f, 0.2f))
            .add(1, probabilities(0.95f, 0.05f))
            .evaluation();
    assertThat(evaluation.mistakes()).extracting(Prediction::index).containsExactly(4, 2, 3, 0);
  }

  @Test
  void mistakesCsvNamesTheImageByItsPath() {
    List<String> paths = List.of("no/1.png", "no/a, b.png", "yes/2.png");
    Evaluation evaluation =
        Evaluation.collector(List.of("no", "yes"))
            .add(0, probabilities(0.9f, 0.1f))
            .add(0, probabilities(0.375f, 0.625f))
            .add(1, probabilities(0.75f, 0.25f))
            .evaluation();
    assertThat(evaluation.mistakesCsv(paths::get))
        .isEqualTo(
            """
            path,truth,predicted,probability
            yes/2.png,yes,no,0.750000
            "no/a, b.png",no,yes,0.625000
            """);
  }

  @Test
  void correctPredictionsAreNoMistakes() {
    Evaluation evaluation =
        Evaluation.collector(List.of("no", "yes")).add(1, probabilities(0.1f, 0.9f)).evaluation();
    assertThat(evaluation.mistakes()).isEmpty();
    assertThat(evaluation.mistakesCsv(Integer::toString))
        .isEqualTo("path,truth,predicted,probability\n");
  }

  @Test
  void theProbabilitiesArrayMayBeUsedAgain() {
    float[] reused = probabilities(0.9f, 0.1f);
    Evaluation.Collector collector = Evaluation.collector(List.of("no", "yes")).add(0, reused);
    reused[0] = 0.2f;
    reused[1] = 0.8f;
    assertThat(collector.add(0, reused).evaluation().predictions())
        .containsExactly(new Prediction(0, 0, 0, 0.9f), new Prediction(1, 0, 1, 0.8f));
  }

  @Test
  void invalidProbabilitiesAreRefusedByName() {
    Evaluation.Collector collector = Evaluation.collector(ANIMALS);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> collector.add(0, probabilities(0.5f, 0.5f, Float.NaN, 0)))
        .withMessage("Image 0: the probability of class deer must be 0 to 1, got NaN");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> collector.add(0, probabilities(0, 7.25f, 0, 0)))
        .withMessageContaining("cat must be 0 to 1, got 7.25");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> collector.add(0, probabilities(-0.5f, 0, 0, 0)))
        .withMessageContaining("bird must be 0 to 1, got -0.5");
  }

  @Test
  void aWrongNumberOfProbabilitiesIsRefused() {
    Evaluation.Collector collector =
        Evaluation.collector(ANIMALS).add(0, probabilities(1, 0, 0, 0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> collector.add(0, probabilities(0.5f, 0.5f)))
        .withMessage("Image 1: expected 4 probabilities, one per class, got 2");
  }

  @Test
  void aTruthThatIsNoClassIsRefused() {
    Evaluation.Collector collector = Evaluation.collector(ANIMALS);
    float[] even = probabilities(0.25f, 0.25f, 0.25f, 0.25f);
    for (int truth : new int[] {-1, 4}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> collector.add(truth, even))
          .withMessage("Image 0: the true class must be 0 to 3, got " + truth);
    }
  }

  @Test
  void noImagesGiveNoEvaluation() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Evaluation.collector(ANIMALS).evaluation())
        .withMessageContaining("at least one image");
  }

  /**
   * Returns the evaluation of a classifier of five classes: images of the classes truths[i],
   * predicted as predicted[i].
   */
  private static Evaluation evaluation(int[] truths, int[] predicted) {
    Evaluation.Collector collector =
        Evaluation.collector(List.of("bird", "cat", "deer", "dog", "eel"));
    for (int i = 0; i < truths.length; i++) {
      float[] probabilities = new float[5];
      probabilities[predicted[i]] = 1;
      collector.add(truths[i], probabilities);
    }
    return collector.evaluation();
  }

  private static float[] probabilities(float... probabilities) {
    return probabilities;
  }
}
