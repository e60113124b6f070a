package dev.graft.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class EvaluationTest {
  private static final List<String> ANIMALS = List.of("bird", "cat", "deer", "dog");

  @Test
  void accuracyIsTheShareOfPicturesTakenForWhatTheyAre() {
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
  void whatIsNoProbabilityIsRefusedByName() {
    Evaluation.Collector collector = Evaluation.collector(ANIMALS);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> collector.add(0, probabilities(0.5f, 0.5f, Float.NaN, 0)))
        .withMessage("Picture 0: the probability of class deer must be 0 to 1, got NaN");
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
        .withMessage("Picture 1: expected 4 probabilities, one a class, got 2");
  }

  @Test
  void aTruthThatIsNoClassIsRefused() {
    Evaluation.Collector collector = Evaluation.collector(ANIMALS);
    float[] even = probabilities(0.25f, 0.25f, 0.25f, 0.25f);
    for (int truth : new int[] {-1, 4}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> collector.add(truth, even))
          .withMessage("Picture 0: the true class must be 0 to 3, got " + truth);
    }
  }

  @Test
  void noPicturesGiveNoVerdict() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Evaluation.collector(ANIMALS).evaluation())
        .withMessageContaining("at least one picture");
  }

  private static float[] probabilities(float... probabilities) {
    return probabilities;
  }
}
