package dev.graft.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TemperatureTest {
  private final Random random = new Random(3);

  /** Labels are sampled from probabilities that the classifier then sharpens or flattens. */
  @ParameterizedTest
  @ValueSource(doubles = {0.5, 1, 1.7, 4})
  void theFactorThatMadeAClassifierOverconfidentIsRecovered(double sureness) {
    List<float[]> said = new ArrayList<>();
    List<Integer> truths = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      double[] logits = random.doubles(5, -3, 3).toArray();
      truths.add(sampled(softmax(logits, 1)));
      said.add(softmax(logits, sureness));
    }
    assertThat(Temperature.fit(said, truths).value()).isCloseTo(sureness, within(0.05 * sureness));
    assertThat(Temperature.fit(said, truths).images()).isEqualTo(20_000);
  }

  private static float[] softmax(double[] logits, double factor) {
    double sum = 0;
    for (double logit : logits) {
      sum += Math.exp(factor * logit);
    }
    float[] probabilities = new float[logits.length];
    for (int i = 0; i < logits.length; i++) {
      probabilities[i] = (float) (Math.exp(factor * logits[i]) / sum);
    }
    return probabilities;
  }

  private int sampled(float[] probabilities) {
    double left = random.nextDouble();
    int sampled = 0;
    while (sampled < probabilities.length - 1 && left >= probabilities[sampled]) {
      left -= probabilities[sampled++];
    }
    return sampled;
  }

  @Test
  void aTemperatureIsASoftmaxOfDividedLogits() {
    double[] logits = {0.3, -2, 5};
    assertThat(new Temperature(2.5, 1).of(softmax(logits, 1)))
        .containsExactly(softmax(logits, 1 / 2.5), within(1e-6f));
    float[] certain = {0, 1, 0};
    assertThat(new Temperature(2, 1).of(certain)).containsExactly(certain, within(1e-6f));
    assertThat(Temperature.NONE.of(certain)).isSameAs(certain);
  }

  @Test
  void onlyCorrectPredictionsDoNotLeadToCertainty() {
    List<float[]> said = Collections.nCopies(100, new float[] {0.9f, 0.06f, 0.04f});
    Temperature temperature = Temperature.fit(said, Collections.nCopies(100, 0));
    assertThat(temperature.of(said.get(0))[0]).isBetween(0.95f, 0.995f);
  }

  @Test
  void fewImagesFitNothing() {
    List<float[]> said = Collections.nCopies(99, new float[] {0.9f, 0.1f});
    assertThat(Temperature.fit(said, Collections.nCopies(99, 1))).isEqualTo(Temperature.NONE);
  }

  /** As when the last images are the validation images, and have a class of their own. */
  @Test
  void onlyWrongPredictionsFitNothing() {
    List<float[]> said = Collections.nCopies(100, new float[] {0.9f, 0.1f});
    assertThat(Temperature.fit(said, Collections.nCopies(100, 1))).isEqualTo(Temperature.NONE);
  }

  @Test
  void invalidTemperaturesAreRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> new Temperature(0, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> new Temperature(Double.NaN, 1));
  }
}
