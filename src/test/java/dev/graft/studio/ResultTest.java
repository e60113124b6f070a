package dev.graft.studio;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultTest {
  @TempDir private Path folder;

  private void write(String name, String text) throws IOException {
    Files.writeString(folder.resolve(name), text);
  }

  /** Such a cross-validation has no list of labels, which the figures would be computed from. */
  @Test
  void aCrossValidationThatTheRecipeDoesNotAskForLeavesTheFiguresOfTheTest() throws IOException {
    write(
        "run.json",
        "{\"status\":\"completed\",\"test\":{\"loss\":0.5,\"top3Accuracy\":1},"
            + "\"crossValidation\":{\"folds\":20,\"fewTestImages\":true}}");
    write("recipe.yaml", "folds: 0\n");
    write(
        "history.csv",
        "epoch,train_loss,train_accuracy,validation_loss,validation_accuracy,learning_rate,"
            + "seconds\n");
    write("folds.csv", "fold,pictures,accuracy,macro_f1,loss\n" + "1,3,1,1,0.1\n".repeat(20));
    write("classes.csv", "class,precision,recall,f1,support\ncat,1,1,1,1\ndog,1,1,1,1\n");
    write("predictions.csv", "index,truth,predicted,probability\n0,cat,cat,0.6\n1,dog,dog,0.9\n");
    write("mistakes.csv", "path,truth,predicted,probability\n");
    try (ImageStore store = new ImageStore(folder.resolve("images"))) {
      Result result = Result.of(folder, store);
      assertThat(result.folds()).isZero();
      assertThat(result.images()).isEqualTo(2);
      assertThat(result.accuracy()).isEqualTo(1);
    }
  }
}
