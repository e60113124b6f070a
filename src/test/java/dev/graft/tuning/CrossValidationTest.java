package dev.graft.tuning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.evaluation.Evaluation;
import dev.graft.evaluation.Prediction;
import dev.graft.training.TrainingEvents;
import dev.graft.util.Progress;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CrossValidationTest {
  @Test
  void foldsWithoutImagesAreLeftOut() throws IOException {
    List<int[]> folds = List.of(new int[] {0, 2}, new int[0], new int[] {1, 3});

    CrossValidation made =
        CrossValidation.run(
                List.of(folds),
                (candidates, fraction) -> new int[] {candidates[0]},
                0.5,
                split -> Optional.of(right(split.test())),
                new TrainingEvents() {
                  @Override
                  public Progress progress(String task, String unit, long total) {
                    assertThat(total).isEqualTo(2);
                    return Progress.NONE;
                  }
                })
            .orElseThrow();

    assertThat(made.evaluations()).hasSize(2);
    assertThat(made.images()).isEqualTo(4);
  }

  private static Evaluation right(int[] images) {
    List<Prediction> predictions =
        IntStream.of(images).mapToObj(i -> new Prediction(i, i % 2, i % 2, 1)).toList();
    return new Evaluation(List.of("cat", "dog"), predictions, 0, 1);
  }
}
