package dev.graft.example;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.repository.Repository;
import ai.djl.training.TrainingResult;
import dev.graft.data.RecordsRepository;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
class PlainDjlTest {
  /** Dark images of one class and bright ones of another: a head on any network learns them. */
  @Test
  void theExampleOfTheDocsTrains(@TempDir Path folder) throws Exception {
    Repository records = RecordsRepository.darkAndBright(folder, 80);

    TrainingResult result = PlainDjl.train(records, 3);

    assertThat(result.getEpoch()).isEqualTo(3);
    assertThat(result.getTrainEvaluation("Accuracy")).isGreaterThan(0.8f);
  }
}
