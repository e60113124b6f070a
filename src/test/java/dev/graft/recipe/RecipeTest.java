package dev.graft.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.graft.GraftException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecipeTest {
  /** Values at a limit, then values beyond it with their messages. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "input-size | 8 1024 | 7 1025 -1 | auto or a whole number from 8 to 1024",
        "feature-power | 1 1e-9 | 0.0 -0.5 1.0000001 | above 0 and at most 1",
        "max-bad | 0 0.999 | -0.1 1.0 | at least 0 and below 1",
        "test-split | 1e-9 0.999 | 0.0 1.0 -0.1 | above 0 and below 1",
        "folds | 0 2 100 | 1 101 -1 | a whole number from 2 to 100",
        "min-steps | 1 100000 | 0 100001 -1 | a whole number from 1 to 100000",
        "validation-split | 1e-9 0.999 | 0.0 1.0 -0.1 | above 0 and below 1",
        "head.hidden | 0 65536 | -1 65537 | a whole number from 0 to 65536",
        "head.input-dropout | 0 0.999 | -0.001 1.0 | at least 0 and below 1",
        "head.dropout | 0 0.999 | -0.001 1.0 | at least 0 and below 1",
        "learning-rate | 1e-30 1e30 | -1.0 9.0E-31 1.1E30 | auto or above 0 (from 1e-30 to 1e+30)",
        "backbone-learning-rate | 1e-30 1e30 | 0.0 -1.0 9.0E-31 1.1E30 | above 0 (from 1e-30 to 1e+30)",
        "warmup-epochs | 0 9.999 | -0.001 | at least 0 (to 1e+30)",
        "warmup-epochs | 0 9.999 | 10.0 11.0 | below epochs, which is 10",
        "epsilon | 1e-30 1 | 0.0 -1.0E-8 9.0E-31 1.1E30 | above 0 (from 1e-30 to 1e+30)",
        "weight-decay | 0 1e30 | -0.001 1.1E30 | at least 0 (to 1e+30)",
        "label-smoothing | 0 0.999 | -0.001 1.0 | at least 0 and below 1",
        "batch-size | 1 65536 | -1 65537 | auto or a whole number from 1 to 65536",
        "epochs | 1 100000 | 0 100001 -1 | a whole number from 1 to 100000",
        "early-stopping.patience | 0 100000 | -1 100001 | a whole number from 0 to 100000",
        "early-stopping.min-delta | 0 1e30 | -0.001 1.1E30 | at least 0 (to 1e+30)"
      })
  void keysAcceptValuesWithinTheirLimitsOnly(
      String key, String within, String beyond, String limit) {
    for (String value : within.split(" ", -1)) {
      assertThatCode(() -> set(key, value)).as("%s=%s", key, value).doesNotThrowAnyException();
    }
    for (String value : beyond.split(" ", -1)) {
      assertRefused(key + ": must be " + limit + ", not " + value + ".", key, value);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {Long.MIN_VALUE, -1, 0, Long.MAX_VALUE})
  void anySeedIsValid(long seed) {
    assertThat(set("seed", Long.toString(seed)).seed()).isEqualTo(seed);
  }

  @ParameterizedTest
  @ValueSource(strings = {"auto", "cpu", "gpu0", "gpu15"})
  void validDevicesAreAccepted(String device) {
    assertThat(set("device", device).execution().device()).isEqualTo(device);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpu", "gpu-1", "gpu100", "cuda", "CPU", "cpu0"})
  void invalidDevicesAreRejected(String device) {
    assertRefused(
        "device: must be auto, cpu or gpu0, gpu1, …, not " + device + ".", "device", device);
  }

  @ParameterizedTest
  @ValueSource(strings = {"backbone", "weights", "unfreeze", "data", "device"})
  void blankTextIsRejected(String key) {
    assertRefused(key + ": must not be empty.", key, "' '");
  }

  @Test
  void weightDecayWithAdamIsRejected() {
    Map<String, String> adam = new LinkedHashMap<>(Map.of("optimizer", "adam"));
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> RecipeReader.read(null, adam))
        .withMessage(
            "weight-decay: must be 0 with adam; set optimizer to adamw, or weight-decay to 0.");
    adam.put("weight-decay", "0");
    assertThat(RecipeReader.read(null, adam).training().optimizer())
        .isEqualTo(Recipe.OptimizerChoice.ADAM);
  }

  @Test
  void int8RequiresOnnxRuntimeAndTheCache() {
    assertThat(set("precision", "int8").execution().frozenPartEngine().isAuto()).isTrue();
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(
            () -> RecipeReader.read(null, Map.of("precision", "int8", "root-engine", "training")))
        .withMessage(
            "precision: int8 requires ONNX Runtime; set root-engine to onnxruntime, or precision to"
                + " float32.");
    for (Map<String, String> settings :
        List.of(
            Map.of("precision", "int8", "cache", "false"),
            Map.of("root-engine", "onnxruntime", "cache", "false"))) {
      assertThatExceptionOfType(GraftException.class)
          .isThrownBy(() -> RecipeReader.read(null, settings))
          .withMessageStartingWith(
              "cache: without it the training engine computes the whole network in")
          .withMessageEndingWith("or cache to true.");
    }
  }

  @Test
  void warmupMustBeShorterThanTraining() {
    assertThat(set("epochs", "1").training().warmupEpochs()).isZero();
  }

  private static Recipe set(String key, String value) {
    return RecipeReader.read(null, Map.of(key, value));
  }

  private static void assertRefused(String message, String key, String value) {
    assertThatExceptionOfType(GraftException.class)
        .as("%s=%s", key, value)
        .isThrownBy(() -> set(key, value))
        .withMessage(message);
  }
}
