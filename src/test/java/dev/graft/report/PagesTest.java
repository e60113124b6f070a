package dev.graft.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.GraftException;
import dev.graft.evaluation.History;
import dev.graft.image.RgbImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class PagesTest {
  private static final String EVIL = "<img src=x onerror=alert(1)>";

  /** References that a page would load from elsewhere. */
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
        + ",\"loss\":0.5,\"top3Accuracy\":1},\"memory\":{\"total\":1500000000}}";
  }

  private String page() throws IOException {
    RgbImage image = new RgbImage(1, 1, new byte[] {1, 2, 3});
    Path file = folder.resolve("report.html");
    Pages.write(
        file,
        new Pages.Run(
            RunFiles.read(folder),
            List.of(new Pages.Layer(EVIL, "Dense", "(10)", 5130, true)),
            0,
            List.of(new Example(image, EVIL, EVIL, "cat", 0.8f)),
            List.of(),
            List.of(new Example(image, EVIL, EVIL, "cat", 0.8f)),
            Optional.empty()));
    return Files.readString(file);
  }

  @Test
  void choosingAClassOnThePageOfLabelsIsADecision() throws IOException {
    RgbImage image = new RgbImage(1, 1, new byte[] {1, 2, 3});
    Path file = folder.resolve("labels.html");
    LabelPage.Suspect suspect =
        new LabelPage.Suspect(
            new Example(image, "cat/1.png", "cat", "dog", 0.8f), 0.1, true, List.of());
    LabelPage.Suspect unlike =
        new LabelPage.Suspect(
            new Example(image, "cat/2.png", "cat", "dog", 0.1f),
            0.9,
            false,
            List.of("unlike all others"));
    Pages.write(
        file,
        new LabelPage(
            "pets",
            "moves the images",
            900,
            List.of("cat", "dog", "fox"),
            new LabelPage.Section(400, List.of(suspect)),
            new LabelPage.Section(1, List.of(unlike))));

    String html = Files.readString(file);
    assertThat(html.replaceAll("\\s+", " "))
        .contains("data-path=\"cat/1.png\" data-decision=\"keep\"")
        .contains("<option value=\"\">–</option><option value=\"dog\">dog</option><option value")
        .doesNotContain("selected>") // moves nothing that was not chosen
        .contains(
            "data-suggested=\"dog\"", "probably <strong>dog</strong> <span class=\"n\">80.00 %")
        .contains("unlike all others<br>")
        .containsPattern("addEventListener\\(\"change\", [^}]*decide\\(figure, [^}]*\"move\"")
        .contains("if (!typing) figure.focus();")
        .contains("For each image, decide whether", "<kbd>k</kbd> keeps it", "0 of 2 decided")
        .contains(
            "401 suspicious images of 900.", "labels-decided.csv</code> moves the images. This")
        .contains("400 images, the most suspicious first; the first 1 are shown")
        .containsPattern(
            "data-path=\"cat/1.png\".*<h2>Images unlike all others</h2>.*\"cat/2.png\"")
        .containsPattern("\\$\\{decided} of \\$\\{all.length} decided");
  }

  /** Smoothed labels raise the loss of a model that is as good. */
  @Test
  void aSweepOfLabelSmoothingSaysWhichLossesCanBeCompared() throws IOException {
    assertThat(sweep("label-smoothing"))
        .contains("Dashed lines: training, measured during each epoch")
        .contains("losses in the chart include label smoothing")
        .contains("losses in the table are without it");
    assertThat(sweep("epochs")).contains("Solid lines").doesNotContain("label smoothing");
  }

  private String sweep(String key) throws IOException {
    SweepPage.Row row = new SweepPage.Row(List.of("0"), List.of("1", "0", "1", "1", "1.0"));
    History history = RunFiles.read(folder).history();
    Path file = folder.resolve("sweep.html");
    Pages.write(
        file, new SweepPage(List.of(key), List.of(row), "1.0000", "run", Map.of("a", history)));
    return Files.readString(file);
  }

  @Test
  void calibrationIsShownBeforeAndAfterWhereATemperatureWasFitted() throws IOException {
    assertThat(page()).contains("this model: calibration error").doesNotContain("Temperature");
    write(
        "run.json",
        record("completed", 0.75)
            .replace("\"data\":{", "\"data\":{\"validation\":60,")
            .replaceFirst(
                "}$",
                ",\"calibration\":{\"temperature\":1.5,\"pictures\":60,\"before\":0.125,\"bins\":"
                    + "[{\"count\":4,\"confidence\":0.875,\"accuracy\":0.75}]}}"));
    assertThat(page())
        .contains("divided by 1.500, fitted on 60 validation images")
        .contains("before scaling: calibration error 0.1250")
        .contains("as saved: calibration error 0.4500");
  }

  @Test
  void thePageNamesTheEpochWhoseWeightsTheModelHas() throws IOException {
    String epochs = ",\"epochs\":{\"run\":2,\"best\":1,KEPT\"stoppedEarly\":false}}";
    for (String kept : List.of("", "\"kept\":1,")) { // absent in earlier versions
      write("run.json", record("completed", 0.75).replaceFirst("}$", epochs.replace("KEPT", kept)));
      assertThat(page()).contains("the weights are those of epoch 1, the best by the validation");
    }
    String last = epochs.replace("KEPT", "\"kept\":2,");
    write("run.json", record("completed", 0.75).replaceFirst("}$", last));
    assertThat(page())
        .contains("the weights are those of the last epoch, 2; the best by the validation loss")
        .contains("was 1<");
    write("run.json", record("interrupted", 0.75).replaceFirst("}$", last));
    assertThat(page())
        .contains("these are the figures of epoch 2.", "Go on with: <code>fine-tune --resume ")
        .doesNotContain("best so far");
  }

  @Test
  void theRingStandsAtTheEpochThatEarlyStoppingCallsTheBest() throws IOException {
    write(
        "history.csv",
        """
        epoch,train_loss,train_accuracy,validation_loss,validation_accuracy,learning_rate,seconds
        1,2.0,0.5,1.5,0.4,0.001,1.00
        2,1.0,0.75,1.25,0.5,0.001,1.00
        """);
    assertThat(RunFiles.read(folder).history().best().epoch()).isEqualTo(2);
    write("recipe.yaml", "epochs: 2\nearly-stopping:\n  min-delta: 0.5\n");
    assertThat(RunFiles.read(folder).history().best().epoch()).isEqualTo(1);
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
  void theResultIsThatOfThePredictions() throws IOException {
    assertThat(page())
        .contains("<strong>75.00 %</strong> of 4 test images classified correctly")
        .contains("<td>total</td>", ">1,500 MB<");
  }

  /** With classes of unequal size accuracy misleads; with three classes top-3 is always 1. */
  @Test
  void macroF1ComesFirstForImbalancedClassesAndTop3IsLeftOutForFewClasses() throws IOException {
    assertThat(page()).doesNotContain("Macro F1 <strong>", "top-3");
    write("predictions.csv", predictions("cat,cat", "cat,cat", "cat,dog", "dog,dog"));
    write("classes.csv", classes("cat", "dog"));
    assertThat(page()).contains("Macro F1 <strong>0.7333</strong>, the mean over 2 classes");
    write("classes.csv", classes("cat", "dog", "eel", "fox"));
    assertThat(page()).contains("top-3 accuracy 1.0000");
  }

  @Test
  void theChartsOfThePageAreTheDrawingsOfThePngFiles() throws IOException {
    RunFiles run = RunFiles.ifMeasured(folder).orElseThrow();
    assertThat(page())
        .contains(
            CurveChart.of(CurveChart.Metric.LOSS, Map.of("", run.history())).svg(),
            CurveChart.of(CurveChart.Metric.ACCURACY, Map.of("", run.history())).svg(),
            ConfusionChart.of(run.evaluation().confusion()).svg(),
            CalibrationChart.of(Optional.empty(), run.evaluation().calibration()).svg());
  }

  @Test
  void everyImageAndChartHasAnAlternativeText() throws IOException {
    String page = page();
    assertThat(page).doesNotContainPattern("<img(?![^>]* alt=\"[^\"]+\")");
    assertThat(page).doesNotContainPattern("<svg(?![^>]* aria-label=\"[^\"]+\")");
    assertThat(page.split("<svg")).hasSize(5);
  }

  @Test
  void aLongNameMayBreakAfterItsPunctuationOnly() throws IOException {
    write("classes.csv", classes("cat", "short-haired_dog"));
    write("predictions.csv", predictions("cat,cat", "short-haired_dog,cat"));
    assertThat(page())
        .contains("<td>short-<wbr>haired_<wbr>dog</td>")
        .doesNotContain("overflow-wrap: anywhere", "word-break");
  }

  @Test
  void listsThatAreCutSaySoAndNameTheFile() throws IOException {
    write("duplicates.csv", "");
    write(
        "run.json",
        record("completed", 0.75)
            .replace("\"data\":{", "\"data\":{\"duplicates\":{\"identical\":25},"));
    assertThat(page()).contains("identical images: 25").contains("listed in duplicates.csv");
  }

  /** With quadratic time in classes, this would take minutes, and 400 MB for the matrix alone. */
  @Test
  @Timeout(60)
  void tenThousandClassesHaveAPageThatSaysWhatItLeavesOut() throws IOException {
    int classes = 10_000;
    String[] names = new String[classes];
    String[] predictions = new String[20 * classes];
    for (int i = 0; i < predictions.length; i++) {
      names[i % classes] = "class " + i % classes;
      int predicted = i % 10 == 0 ? (i + 7) % classes : i % classes;
      predictions[i] = "class " + i % classes + ",class " + predicted;
    }
    write("classes.csv", classes(names));
    write("predictions.csv", predictions(predictions));
    assertThat(page())
        .hasSizeLessThan(4_000_000)
        .contains("<strong>90.00 %</strong> of 200,000 test images")
        .contains("The 100 of 10,000 classes with the most mistakes are shown")
        .contains("The 500 of 10,000 classes with the most mistakes; all are in classes.csv")
        .contains("The 100 most frequent of 1,000 pairs; all are in confusion.csv")
        .contains("9,900 other classes");
  }

  private static String classes(String... names) {
    return "class,precision,recall,f1,support\n" + String.join(",1,1,1,1\n", names) + ",1,1,1,1\n";
  }

  /** Returns rows of predictions, each given as {@code truth,predicted}. */
  private static String predictions(String... pairs) {
    var csv = new StringBuilder("index,truth,predicted,probability\n");
    for (int i = 0; i < pairs.length; i++) {
      csv.append(i).append(',').append(pairs[i]).append(",0.75\n");
    }
    return csv.toString();
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
        .contains(new Comparison.Row("test accuracy", List.of("0.7500", "0.5000")))
        .extracting(Comparison.Row::name)
        .doesNotContain("top-3 accuracy", "cross-validation accuracy"); // no run has one
  }

  @Test
  void aComparisonOfRunsOnDifferentDataWarns() throws IOException {
    RunFiles first = RunFiles.read(folder);
    assertThat(new Comparison(List.of(first, first)).warning()).isEmpty();
    write("run.json", record("completed", 0.5).replace(EVIL + "\"", "pets\",\"sha256\":\"0a\""));
    Comparison other = new Comparison(List.of(first, RunFiles.read(folder)));
    assertThat(other.warning())
        .contains(
            "Warning: the runs have different data ("
                + EVIL
                + ", pets), so their results are not comparable.");
    Path page = folder.resolve("comparison.html");
    Pages.write(page, other);
    assertThat(page).content().contains("different data (").doesNotContain(EVIL);
    write("classes.csv", Files.readString(folder.resolve("classes.csv")) + "dog,1,1,1,0\n");
    assertThat(new Comparison(List.of(first, RunFiles.read(folder))).warning().orElseThrow())
        .startsWith("Warning: the runs have different classes and data (");
  }

  @Test
  void theTestImagesOfOneFolderAreComparedByTheirHashes() throws IOException {
    write("split.csv", "path,label,split,sha256\na,cat,test,1\nb,cat,test,2\nc,cat,train,3\n");
    RunFiles first = RunFiles.read(folder);
    assertThat(first.testHashes()).containsExactlyInAnyOrder("1", "2");
    Path second = Files.createDirectory(folder.resolve("second"));
    for (String file : List.of("run.json", "recipe.yaml", "history.csv", "classes.csv")) {
      Files.copy(folder.resolve(file), second.resolve(file));
    }
    Files.copy(folder.resolve("predictions.csv"), second.resolve("predictions.csv"));
    Path split = second.resolve("split.csv");
    Files.writeString(
        split, "path,label,split,sha256\nb,cat,test,2\na,cat,test,1\nd,cat,train,4\n");
    assertThat(new Comparison(List.of(first, RunFiles.read(second))).warning()).isEmpty();
    Files.writeString(split, "path,label,split,sha256\na,cat,test,1\nc,cat,test,3\n");
    assertThat(new Comparison(List.of(first, RunFiles.read(second))).warning())
        .contains(
            "Warning: the runs have different test images, so their results are not comparable.");
  }

  @Test
  void resultsAreRoundedByTheirKind() throws IOException {
    write(
        "run.json",
        record("completed", 0.9661999999)
            .replaceFirst(
                "}$",
                ",\"seconds\":{\"features\":2,\"training\":1009.26},\"parameters\":{\"trained\":1049610}}"));
    RunFiles run = RunFiles.read(folder);
    assertThat(new Comparison(List.of(run, run)).outcome())
        .contains(
            new Comparison.Row("test accuracy", List.of("0.9662", "0.9662")),
            new Comparison.Row("feature extraction, seconds", List.of("2.0", "2.0")),
            new Comparison.Row("training, seconds", List.of("1009.3", "1009.3")),
            new Comparison.Row("trained parameters", List.of("1,049,610", "1,049,610")));
  }

  @Test
  void aCrossValidationThatReplacesASmallTestComesFirst() throws IOException {
    RunFiles before = RunFiles.read(folder);
    String validated =
        record("completed", 0.75)
            .replaceFirst(
                "}$",
                ",\"crossValidation\":{\"folds\":20,\"repeats\":4,\"fewTestImages\":true,\"images\":60,"
                    + "\"accuracy\":{\"mean\":"
                    + "0.625,\"deviation\":0.125},\"interval\":{\"low\":0.5,\"high\":0.875},"
                    + "\"macroF1\":{\"mean\":0.5,\"deviation\":0.25}}}");
    write("run.json", validated);
    String html = page().replaceAll("\\s+", " ");
    assertThat(html.indexOf("<strong>62.50 %</strong> in a cross-validation of 60 images"))
        .isBetween(1, html.indexOf("Test of the saved model: <strong>75.00 %</strong> of 4 test"));
    assertThat(html)
        .contains("(95 % confidence interval 50.00 % to 87.50 %), because the test images are few")
        .contains("each of 60 images predicted 4 times", "Test: accuracy 0.7500");
    assertThat(new Comparison(List.of(before, RunFiles.read(folder))).outcome())
        .extracting(Comparison.Row::name)
        .startsWith(
            "cross-validation accuracy",
            "cross-validation 95 %, low",
            "cross-validation 95 %, high",
            "test accuracy");

    write("run.json", validated.replace("true,\"images\"", "false,\"images\""));
    assertThat(page()).doesNotContain("in a cross-validation", "Test of the saved model");
    assertThat(new Comparison(List.of(before, RunFiles.read(folder))).outcome())
        .extracting(Comparison.Row::name)
        .startsWith("test accuracy");
  }

  @Test
  void aComparisonSeparatesConvexHeadsAndLeavesOutWhatTheyIgnore() throws IOException {
    String validated =
        record("completed", 0.5).replaceFirst("}$", ",\"validation\":{\"accuracy\":0.75}");
    write("run.json", validated + "}");
    RunFiles gradient = RunFiles.read(folder);
    String convex = validated + ",\"head\":{\"solver\":\"newton\"}";
    write("run.json", convex + ",\"crossValidation\":{\"accuracy\":{\"mean\":0.625}}}");
    write("recipe.yaml", "seed: 1\nepochs: 3\nearly-stopping:\n  patience: 2\n");
    RunFiles first = RunFiles.read(folder);
    write("recipe.yaml", "seed: 2\nepochs: 4\nearly-stopping:\n  patience: 3\n");
    RunFiles second = RunFiles.read(folder);
    assertThat(new Comparison(List.of(first, second)).differences())
        .containsExactly(new Comparison.Row("seed", List.of("1", "2")));
    Comparison mixed = new Comparison(List.of(gradient, first));
    assertThat(mixed.differences()).contains(new Comparison.Row("epochs", List.of("2", "–")));
    assertThat(mixed.outcome())
        .contains(
            new Comparison.Row("cross-validation accuracy", List.of("–", "0.6250")),
            new Comparison.Row("validation accuracy", List.of("0.7500", "–")),
            new Comparison.Row("out-of-fold accuracy", List.of("–", "0.7500")));
  }

  @Test
  void aComparisonLeavesOutSettingsOfTrainedStagesWhereThereAreNone() throws IOException {
    write("recipe.yaml", "unfreeze: none\nstochastic-depth: 0.2\n");
    RunFiles frozen = RunFiles.read(folder);
    write("recipe.yaml", "unfreeze: blocks.13\nstochastic-depth: 0.2\n");
    RunFiles trained = RunFiles.read(folder);
    assertThat(new Comparison(List.of(frozen, trained)).differences())
        .contains(new Comparison.Row("stochastic-depth", List.of("–", "0.2")));
  }

  @Test
  void theCommandThatRepeatsARunWorksFromTheWorkingFolder() throws IOException {
    RunFiles files = RunFiles.read(folder);
    Path elsewhere = folder.getRoot().resolve("elsewhere/my output");
    assertThat(command(files, elsewhere.resolve("runs/1")))
        .isEqualTo("fine-tune --recipe '%1$s/runs/1/recipe.yaml' --output '%1$s'", elsewhere);
    assertThat(command(files, Path.of("output/runs/1").toAbsolutePath()))
        .isEqualTo("fine-tune --recipe output/runs/1/recipe.yaml");
    assertThat(command(files, Path.of("../other/runs/1")))
        .isEqualTo("fine-tune --recipe ../other/runs/1/recipe.yaml --output ../other");
  }

  private static String command(RunFiles files, Path folder) {
    return new RunFiles(folder, files.record(), files.recipe(), files.history(), files.evaluation())
        .command();
  }

  @Test
  void aRunThatWasNotCompletedHasNoPage() throws IOException {
    write("run.json", "{\"status\": \"interrupted\"}");
    assertThatThrownBy(() -> RunFiles.read(folder))
        .isInstanceOf(GraftException.class)
        .hasMessageContaining(
            "was not completed (interrupted), so it has no metrics (finish it with")
        .hasMessageContaining("fine-tune --resume ");
    assertThat(RunFiles.ifMeasured(folder)).isEmpty();
  }

  @Test
  void damagedFilesAreReportedInASentence() throws IOException {
    write("predictions.csv", "index,truth,predicted,probability\n0,cat,lynx,0.5\n");
    assertThatThrownBy(() -> RunFiles.read(folder))
        .isInstanceOf(GraftException.class)
        .hasMessage(
            folder.resolve("predictions.csv")
                + " has the class lynx, which classes.csv lacks; restore them, or repeat the run.");
    write("predictions.csv", "index,truth,predicted,probability\n0,cat,cat,1\n-5,cat,cat,1\n");
    assertDamaged("predictions.csv", 3, () -> RunFiles.read(folder));
    write("predictions.csv", "index,truth,predicted,probability\n0,cat,cat,NaN\n");
    assertDamaged("predictions.csv", 2, () -> RunFiles.read(folder));
    write("predictions.csv", "index,truth,predicted,probability\n");
    assertThatThrownBy(() -> RunFiles.read(folder))
        .isInstanceOf(GraftException.class)
        .hasMessageEndingWith(
            "predictions.csv has 0 rows, and run.json counts 0 test images; restore it, or repeat"
                + " the run.");
    write("history.csv", "epoch\nx\n");
    assertDamaged("history.csv", 2, () -> RunFiles.read(folder));
    Files.write(folder.resolve("recipe.yaml"), new byte[] {(byte) 0xe4});
    assertThatThrownBy(() -> RunFiles.read(folder))
        .isInstanceOf(GraftException.class)
        .hasMessage(folder.resolve("recipe.yaml") + " is damaged; restore it, or repeat the run.");
  }

  @Test
  void aTableThatIsReadWhileThePageIsWrittenIsReportedInASentence() throws IOException {
    write("typicality.csv", "index,typicality\n0,much\n");
    assertDamaged("typicality.csv", 2, this::page);
    Files.delete(folder.resolve("typicality.csv"));
    String header = String.join(",", RunFiles.LABELS) + "\n";
    write("labels.csv", header + "x\n");
    assertDamaged("labels.csv", 2, this::page);
    write("labels.csv", header + "a,cat,dog,0.1,0.9,label\na,cat,dog,0.1,Infinity,label\n");
    assertDamaged("labels.csv", 3, this::page);
    for (String wrong : List.of("", "path,label\n", "a,cat,dog,0.1,0.9,label\n")) {
      write("labels.csv", wrong);
      assertThatThrownBy(this::page)
          .isInstanceOf(GraftException.class)
          .hasMessage(
              folder.resolve("labels.csv")
                  + " is damaged: its first row is not path,label,suggested,label_probability,"
                  + "suggested_probability,reason; restore it, or repeat the run.");
    }
  }

  @Test
  void onlyLabelsThatAreProbablyWrongAreOnThePage() throws IOException {
    assertThat(page()).doesNotContain("Labels that are probably wrong");
    write(
        "labels.csv",
        """
        path,label,suggested,label_probability,suggested_probability,reason
        cat/1.png,cat,dog,0.100000,0.900000,conflict label
        cat/2.png,cat,dog,0.200000,0.800000,conflict
        """);
    assertThat(page())
        .contains(
            "<td>cat/<wbr>1.<wbr>png</td><td>cat</td><td class=\"n\">0.100000</td><td>dog</td>")
        .doesNotContain("2.<wbr>png");
  }

  private void assertDamaged(String file, int row, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(GraftException.class)
        .hasMessage(
            folder.resolve(file)
                + " is damaged in row "
                + row
                + "; restore it, or repeat the run.");
  }

  @Test
  void aFolderThatIsNoRunIsReportedInASentence() throws IOException {
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertThatThrownBy(() -> RunFiles.read(empty))
        .isInstanceOf(GraftException.class)
        .hasMessageEndingWith("is not the folder of a run: it has no run.json.");
    assertThatThrownBy(() -> RunFiles.read(folder.resolve("nowhere")))
        .isInstanceOf(GraftException.class)
        .hasMessage("The folder " + folder.resolve("nowhere") + " does not exist.");
  }
}
