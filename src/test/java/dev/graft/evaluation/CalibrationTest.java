package dev.graft.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class CalibrationTest {
  private static final int RIGHT = 0;
  private static final int WRONG = 1;

  @Test
  void aClassifierThatIsRightAsOftenAsItClaimsHasNoError() {
    var predictions =
        List.of(said(0.75f, RIGHT), said(0.75f, RIGHT), said(0.75f, RIGHT), said(0.75f, WRONG));
    assertThat(Calibration.of(predictions).error()).isZero();
  }

  @Test
  void certaintyThatIsAlwaysWrongIsTheGreatestError() {
    assertThat(Calibration.of(List.of(said(1, WRONG), said(1, WRONG))).error()).isEqualTo(1);
  }

  @Test
  void aBinWeighsAsManyImagesAsItHolds() {
    var predictions =
        List.of(
            said(0.5f, WRONG), // alone in its bin: half an image too sure
            said(0.9f, RIGHT), // three in another: (2.7 - 2) images too sure
            said(0.9f, RIGHT),
            said(0.9f, WRONG));
    assertThat(Calibration.of(predictions).error()).isCloseTo((0.5 + 0.7) / 4, within(1e-6));
  }

  @Test
  void overconfidenceInOneBinDoesNotMakeUpForModestyInAnother() {
    var predictions = List.of(said(0.5f, WRONG), said(0.625f, RIGHT));
    assertThat(Calibration.of(predictions).error()).isCloseTo((0.5 + 0.375) / 2, within(1e-9));
  }

  @Test
  void thereAreFifteenBinsOfEqualWidthThatTakeTheirUpperEdge() {
    assertThat(Calibration.of(List.of()).bins()).hasSize(15);
    assertThat(binOf(0)).isZero();
    assertThat(binOf(0.066f)).isZero();
    assertThat(binOf(0.067f)).isEqualTo(1);
    assertThat(binOf(0.5f)).isEqualTo(7);
    assertThat(binOf(0.6f)).isEqualTo(9); // the float lies 2e-8 above 9 / 15
    assertThat(binOf(0.933f)).isEqualTo(13);
    assertThat(binOf(0.934f)).isEqualTo(14);
    assertThat(binOf(1)).isEqualTo(14);
    assertThat(binOf(1.0001f)).isEqualTo(14);
  }

  private static int binOf(float probability) {
    List<Calibration.Bin> bins = Calibration.of(List.of(said(probability, RIGHT))).bins();
    return bins.indexOf(new Calibration.Bin(1, probability, 1));
  }

  private static Prediction said(float probability, int predicted) {
    return new Prediction(0, RIGHT, predicted, probability);
  }
}
