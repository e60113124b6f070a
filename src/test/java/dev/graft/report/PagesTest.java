package dev.graft.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.GraftException;
import dev.graft.picture.Picture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PagesTest {
  private static final String EVIL = "<img src=x onerror=alert(1)>";

  /** What a page would load from elsewhere. */
  private static final Pattern OUTWARD =
      Pattern.compile(
          "(src|href|action|poster)\\s*=\\s*[\"']?\\s*(https?:)?//|@import|url\\(\\s*[\"']?[^#\"')]");

  @TempDir Path folder;

  @BeforeEach
  void run() throws IOException {
    write("run.json", record("completed", 0.75));
    write("recipe.yaml", "backbone: vgg16 # the notebook's\nepochs: 2\nhead:\n  hidden: 5\n");
    write(
        "history.csv",
        """
        epoch,train_loss,train_accuracy,validation_loss,validation_accuracy,learning_rate,seconds
        1,2.0,0.5,NaN,0.4,0.001,1.00
        2,1.0,0.75,1.5,0.5,0.001,1.00
        """);
    write(
        "classes.csv",
        "class,precision,recall,f1,support\ncat,1,1,1,2\n\"" + EVIL + ", \"\"\"\"\",1,1,1,2\n");
    String evil = "\"" + EVIL + ", \"\"\"\"\"";
    write(
        "predictions.csv",
        "index,truth,predicted,probability\n0,cat,cat,0.6\n1,cat,cat,0.9\n"
            + ("2," + evil + ",cat,0.8\n3," + evil + "," + evil + ",0.5\n"));
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(folder.resolve(name), text);
  }

  private static String record(String status, double accuracy) {
    return "{\"status\":\""
        + status
        + "\",\"backbone\":\"vgg16\",\"weights\":{\"pretrained\":true},"
        + "\"data\":{\"name\":\""
        + EVIL
        + "\"},\"test\":{\"accuracy\":"
        + accuracy
        + ",\"loss\":0.5,\"top3Accuracy\":1}}";
  }

  private String page() throws IOException {
    Picture picture = new Picture(1, 1, new byte[] {1, 2, 3});
    Path file = folder.resolve("report.html");
    Pages.write(
        file,
        new Pages.Run(
            RunFiles.read(folder),
            List.of(new Pages.Layer(EVIL, "Dense", "(10)", 5130, true)),
            0,
            List.of(Pages.Shown.of(picture, EVIL, EVIL, "cat", 0.8f)),
            List.of(),
            Optional.empty()));
    return Files.readString(file);
  }

  @Test
  void calibrationIsShownBeforeAndAfterWhereATemperatureWasFitted() throws IOException {
    assertThat(page()).containsOnlyOnce("class=\"reliability\"").doesNotContain("temperature of");
    write(
        "run.json",
        record("completed", 0.75)
            .replaceFirst(
                "}$",
                ",\"calibration\":{\"temperature\":1.5,\"pictures\":60,\"before\":0.125,\"bins\":"
                    + "[{\"count\":4,\"confidence\":0.875,\"accuracy\":0.75}]}}"));
    assertThat(page())
        .contains("temperature of 1.500, fitted on 60 validation pictures")
        .contains("error before: <strong>12.50 %")
        .contains("error with the temperature: <strong>");
  }

  @Test
  void aNameFromOutsideIsShownAsItIs() throws IOException {
    assertThat(page()).doesNotContain("<img src=x").contains("&lt;img src=x onerror=alert(1)&gt;");
  }

  @Test
  void aPageLoadsNothing() throws IOException {
    assertThat(page()).doesNotContainPattern(OUTWARD).contains("src=\"data:image/png;base64,");
  }

  @Test
  void theVerdictIsThatOfThePredictions() throws IOException {
    assertThat(page()).contains("<strong>75.00 %</strong> of 4 test pictures were recognised");
  }

  @Test
  void confusedPairsAreTheMostFrequentFirst() throws IOException {
    write(
        "predictions.csv",
        """
        index,truth,predicted,probability
        0,cat,dog,0.6
        1,dog,cat,0.9
        2,dog,cat,0.9
        3,dog,dog,1
        """);
    write("classes.csv", "class,precision,recall,f1,support\ncat,1,1,1,1\ndog,1,1,1,3\n");
    assertThat(RunFiles.read(folder).confused())
        .containsExactly(
            new RunFiles.Confused("dog", "cat", 2, 2 / 3.0),
            new RunFiles.Confused("cat", "dog", 1, 1));
  }

  @Test
  void aCurveHasAGapWhereAFigureIsNone() {
    Curves loss = Pages.curvesOf(List.of(RunFiles.read(folder))).get(0);
    assertThat(loss.lines())
        .extracting(Curves.Line::name)
        .containsExactly("training", "validation");
    assertThat(loss.lines().get(0).points()).hasSize(1);
    assertThat(loss.lines().get(1).points()).containsExactly("464.0,133.0");
    assertThat(loss.ticks()).extracting(Curves.Tick::text).contains("1.0", "1.2", "2.0");
  }

  @Test
  void aComparisonNamesWhatDiffersAndNothingElse() throws IOException {
    RunFiles first = RunFiles.read(folder);
    write("recipe.yaml", "backbone: vgg16\nepochs: 3\nhead:\n  hidden: 6\n");
    write("run.json", record("completed", 0.5));
    Comparison comparison = new Comparison(List.of(first, RunFiles.read(folder)));
    assertThat(comparison.differences())
        .containsExactly(
            new Comparison.Row("epochs", List.of("2", "3")),
            new Comparison.Row("head.hidden", List.of("5", "6")));
    assertThat(comparison.outcome())
        .contains(new Comparison.Row("test accuracy", List.of("0.7500", "0.5000")));
  }

  @Test
  void aRunThatWasNotCompletedHasNoPage() throws IOException {
    write("run.json", record("interrupted", 0));
    assertThatThrownBy(() -> RunFiles.read(folder))
        .isInstanceOf(GraftException.class)
        .hasMessageEndingWith("was not completed (interrupted), so it has no figures.");
  }

  @Test
  void damagedFilesAreASentence() throws IOException {
    write("predictions.csv", "index,truth,predicted,probability\n0,cat,lynx,0.5\n");
    assertThatThrownBy(() -> RunFiles.read(folder).confused())
        .isInstanceOf(GraftException.class)
        .hasMessageStartingWith("The files of the run in " + folder + " can't be read: ");
    write("history.csv", "epoch\nx\n");
    assertThatThrownBy(() -> RunFiles.read(folder)).isInstanceOf(GraftException.class);
  }

  @Test
  void aFolderThatIsNoRunIsASentence() {
    assertThatThrownBy(() -> RunFiles.read(folder.resolve("nowhere")))
        .isInstanceOf(GraftException.class)
        .hasMessageEndingWith("is not the folder of a run: it has no run.json.");
  }
}
