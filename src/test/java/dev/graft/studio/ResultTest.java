package dev.graft.studio;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.studio.Result.Mistake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultTest {
  @TempDir private Path folder;

  private void write(String name, String text) throws IOException {
    Files.writeString(folder.resolve(name), text);
  }

  private Result result(boolean fewTestImages) throws IOException {
    write(
        "run.json",
        "{\"status\":\"completed\",\"test\":{\"loss\":0.5,\"top3Accuracy\":1},"
            + "\"crossValidation\":{\"folds\":20,\"fewTestImages\":FEW}}"
                .replace("FEW", Boolean.toString(fewTestImages)));
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
      return Result.of(folder, store);
    }
  }

  /** Such a cross-validation has no list of labels, which the figures would be computed from. */
  @Test
  void aCrossValidationThatTheRecipeDoesNotAskForLeavesTheFiguresOfTheTest() throws IOException {
    Result result = result(true);
    assertThat(result.folds()).isZero();
    assertThat(result.images()).isEqualTo(2);
    assertThat(result.accuracy()).isEqualTo(1);
    assertThat(result.suspects()).isNull();
  }

  @Test
  void theFiguresOfACrossValidationAreThoseOfItsListOfLabels() throws IOException {
    write(
        "labels.csv",
        """
        path,label,suggested,label_probability,suggested_probability,reason
        cat/1.png,cat,dog,0.100000,0.900000,label
        cat/2.png,cat,dog,0.040000,0.960000,conflict
        cat/3.png,cat,dog,0.800000,0.200000,
        dog/1.png,dog,cat,0.700000,0.300000,
        """);
    Result result = result(false);
    assertThat(result.folds()).isEqualTo(20);
    assertThat(result.images()).isEqualTo(4);
    assertThat(result.accuracy()).isEqualTo(0.5);
    assertThat(result.confusion()).containsExactly(List.of(1, 2), List.of(0, 1));
    assertThat(result.mistakes()).extracting("path").containsExactly("cat/2.png", "cat/1.png");
    assertThat(result.suspects()).containsExactly(new Mistake("cat/1.png", "cat", "dog", 0.9));
  }
}
