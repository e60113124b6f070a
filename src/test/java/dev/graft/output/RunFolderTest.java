package dev.graft.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.graft.GraftException;
import dev.graft.evaluation.Averages;
import dev.graft.evaluation.Calibration;
import dev.graft.evaluation.ClassFigures;
import dev.graft.evaluation.Evaluation;
import dev.graft.evaluation.Interval;
import dev.graft.io.AtomicFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RunFolderTest {
  private static final RunRecord RUNNING =
      RunRecord.running(
          new RunRecord.Provenance(
              "vgg16",
              new RunRecord.Weights("pretrained", "ab12", true),
              42,
              new RunRecord.Engine(
                  "PyTorch", "2.7.1", "0.36.0", "cpu()", null, "float32", "17", "Linux amd64"),
              new RunRecord.FeatureEngine("ONNX Runtime", "1.28.0", "float32"),
              "ef56",
              new RunRecord.Parameters(17_358_666, 2_643_978)),
          new RunRecord.Data(
              "cifar10",
              45_000,
              5_000,
              10_000,
              10,
              "cd34",
              2,
              new RunRecord.Duplicates(3, 4, 1, 0)));

  private static final RunRecord COMPLETED =
      RUNNING.ended(
          RunRecord.Status.COMPLETED,
          new RunRecord.Outcome(
              new RunRecord.Epochs(12, 7, 7, true),
              new RunRecord.Figures(0.5, 0.8125),
              new RunRecord.TestFigures(
                  0.625,
                  0.75,
                  null,
                  0.9375,
                  0.03125,
                  new Interval(0.5, 0.875),
                  new Averages(0.25, 0.375, 0.5),
                  new Averages(0.625, 0.75, 0.6875),
                  List.of(
                      new ClassFigures("cat", 1, 0.5, 0.625, 4_000),
                      new ClassFigures("犬", 0.125, 0, 0, 6_000))),
              new RunRecord.Calibration(
                  1.5, 5_000, 0.125, 0.03125, List.of(new Calibration.Bin(3, 0.5, 0.25))),
              new RunRecord.CrossValidationFigures(
                  5,
                  1,
                  false,
                  40,
                  new RunRecord.Spread(0.75, 0.125),
                  new Interval(0.625, 0.875),
                  new RunRecord.Spread(0.5, 0.25)),
              new RunRecord.Seconds(100.5, 20.25, 3, 125.75),
              null,
              new RunRecord.Cache(false, 307_208_192),
              null));

  private static final String BEGINNING =
      """
        "backbone" : "vgg16",
        "weights" : {
          "source" : "pretrained",
          "sha256" : "ab12",
          "pretrained" : true
        },
        "seed" : 42,
        "engine" : {
          "name" : "PyTorch",
          "version" : "2.7.1",
          "djl" : "0.36.0",
          "device" : "cpu()",
          "trainingPrecision" : "float32",
          "java" : "17",
          "os" : "Linux amd64"
        },
        "root" : {
          "engine" : "ONNX Runtime",
          "version" : "1.28.0",
          "precision" : "float32"
        },
        "gitCommit" : "ef56",
        "parameters" : {
          "total" : 17358666,
          "trained" : 2643978
        },
        "data" : {
          "name" : "cifar10",
          "train" : 45000,
          "validation" : 5000,
          "test" : 10000,
          "classes" : 10,
          "sha256" : "cd34",
          "quarantined" : 2,
          "duplicates" : {
            "identical" : 3,
            "near" : 4,
            "conflicts" : 1,
            "leaks" : 0
          }
        }\
      """;

  private static final Offset<Double> CLOSE = within(1e-12);

  @TempDir private Path output;

  @Test
  void aRunThatBeginsHasAFolderThatSaysItIsRunning() throws IOException {
    try (RunFolder run = create()) {
      assertThat(run.path().getParent()).isEqualTo(output.resolve("runs"));
      assertThat(run.path().getFileName().toString()).matches("[0-9]{8}-[0-9]{6}-vgg16-cifar10");
      assertThat(run.plots()).isEmptyDirectory().isEqualTo(run.path().resolve("plots"));
      assertThat(run.model()).doesNotExist().isEqualTo(run.path().resolve("model"));
      assertThat(run.record()).isEqualTo(RUNNING);
      assertThat(json(run)).isEqualTo("{\n  \"status\" : \"running\",\n" + BEGINNING + "\n}\n");
      assertThat(new OutputFolder(output).latest()).isEmpty();
    }
  }

  @Test
  void aCompletedRunHasItsFiguresAndIsTheLatest() throws IOException {
    Path folder;
    try (RunFolder run = create()) {
      folder = run.path();
      run.end(COMPLETED);
    }
    assertThat(folder.resolve("run.json"))
        .hasContent(
            "{\n  \"status\" : \"completed\",\n"
                + BEGINNING
                + """
                ,
                  "epochs" : {
                    "run" : 12,
                    "best" : 7,
                    "kept" : 7,
                    "stoppedEarly" : true
                  },
                  "validation" : {
                    "loss" : 0.5,
                    "accuracy" : 0.8125
                  },
                  "test" : {
                    "loss" : 0.625,
                    "accuracy" : 0.75,
                    "top3Accuracy" : 0.9375,
                    "ece" : 0.03125,
                    "interval" : {
                      "low" : 0.5,
                      "high" : 0.875
                    },
                    "macro" : {
                      "precision" : 0.25,
                      "recall" : 0.375,
                      "f1" : 0.5
                    },
                    "weighted" : {
                      "precision" : 0.625,
                      "recall" : 0.75,
                      "f1" : 0.6875
                    },
                    "classes" : [ {
                      "name" : "cat",
                      "precision" : 1.0,
                      "recall" : 0.5,
                      "f1" : 0.625,
                      "support" : 4000
                    }, {
                      "name" : "犬",
                      "precision" : 0.125,
                      "recall" : 0.0,
                      "f1" : 0.0,
                      "support" : 6000
                    } ]
                  },
                  "calibration" : {
                    "temperature" : 1.5,
                    "pictures" : 5000,
                    "before" : 0.125,
                    "after" : 0.03125,
                    "bins" : [ {
                      "count" : 3,
                      "confidence" : 0.5,
                      "accuracy" : 0.25
                    } ]
                  },
                  "crossValidation" : {
                    "folds" : 5,
                    "repeats" : 1,
                    "fewTestImages" : false,
                    "images" : 40,
                    "accuracy" : {
                      "mean" : 0.75,
                      "deviation" : 0.125
                    },
                    "interval" : {
                      "low" : 0.625,
                      "high" : 0.875
                    },
                    "macroF1" : {
                      "mean" : 0.5,
                      "deviation" : 0.25
                    }
                  },
                  "seconds" : {
                    "features" : 100.5,
                    "training" : 20.25,
                    "evaluation" : 3.0,
                    "total" : 125.75
                  },
                  "cache" : {
                    "hit" : false,
                    "bytes" : 307208192
                  }
                }
                """);
    assertThat(output.resolve("latest")).hasContent(folder.getFileName() + "\n");
    assertThat(new OutputFolder(output).latest()).contains(folder);
  }

  @Test
  void aTestsFiguresAreThoseOfItsEvaluation() {
    Evaluation evaluation =
        Evaluation.collector(List.of("no", "yes"))
            .add(0, new float[] {0.75f, 0.25f})
            .add(0, new float[] {0.25f, 0.75f})
            .add(1, new float[] {0.125f, 0.875f})
            .evaluation();
    assertThat(RunRecord.TestFigures.of(evaluation))
        .isEqualTo(
            new RunRecord.TestFigures(
                evaluation.loss(),
                evaluation.accuracy(),
                null,
                evaluation.top3Accuracy(),
                evaluation.ece(),
                evaluation.interval(),
                evaluation.macro(),
                evaluation.weighted(),
                evaluation.perClass()));
    assertThat(evaluation.macro()).isNotEqualTo(evaluation.weighted());
  }

  @Test
  void aRunThatFailsSaysWhyAndIsNotTheLatest() throws IOException {
    Path folder;
    try (RunFolder run = create()) {
      folder = run.path();
      run.fail("The loss is not a number.");
    }
    assertThat(folder.resolve("run.json"))
        .hasContent(
            "{\n  \"status\" : \"failed\",\n  \"message\" : \"The loss is not a number.\",\n"
                + BEGINNING
                + "\n}\n");
    assertThat(new OutputFolder(output).latest()).isEmpty();
  }

  @Test
  void aRunThatNeitherCompletesNorFailsWasInterrupted() throws IOException {
    Path folder;
    try (RunFolder run = create()) {
      folder = run.path();
    }
    assertThat(folder.resolve("run.json"))
        .hasContent("{\n  \"status\" : \"interrupted\",\n" + BEGINNING + "\n}\n");
    assertThat(new OutputFolder(output).latest()).isEmpty();
  }

  @Test
  void anInterruptedRunWithFiguresKeepsThemAndIsNotTheLatest() throws IOException {
    RunRecord interrupted =
        RUNNING
            .ended(RunRecord.Status.INTERRUPTED, COMPLETED.outcome())
            .with(List.of("loss.png is missing: there was not enough memory to draw it."));
    try (RunFolder run = create()) {
      run.end(interrupted);
      assertThat(RunFolder.recordOf(run.path())).isEqualTo(interrupted);
      assertThat(json(run)).contains("\"status\" : \"interrupted\"", "\"warnings\" : [ \"loss.png");
    }
    assertThat(new OutputFolder(output).latest()).isEmpty();
  }

  @Test
  void aRunThatHasEndedDoesNotSayAgainThatItIsRunning() throws IOException {
    try (RunFolder run = create()) {
      assertThat(run.interrupt()).isTrue();
      run.update(record -> record.with(record.data().split(1, 1, 1)));
      run.end(COMPLETED);
      run.fail("too late");
      assertThat(run.interrupt()).isFalse();
      assertThat(RunFolder.recordOf(run.path()).status()).isEqualTo(RunRecord.Status.INTERRUPTED);
      assertThat(RunFolder.recordOf(run.path()).data()).isEqualTo(RUNNING.data());
    }
    assertThat(new OutputFolder(output).latest()).isEmpty();
  }

  @Test
  void aResumedRunRepairsAModelWhoseSavingWasKilled() throws IOException {
    Path killed;
    try (RunFolder run = create()) {
      killed = run.path();
      save(run, "old");
    }
    Path model = killed.resolve("model");
    Path before = killed.resolve("model.before");
    Files.move(model, before); // killed before the new model was whole
    try (RunFolder run = resume(killed)) {
      assertThat(model.resolve("model.params")).hasContent("old");
      assertThat(before).doesNotExist();
      Files.move(model, before);
      save(run, "new");
    }
    assertThat(before).isNotEmptyDirectory(); // killed before the old one was deleted
    try (RunFolder run = resume(killed)) {
      assertThat(model.resolve("model.params")).hasContent("new");
      assertThat(before).doesNotExist();
      save(run, "newer");
    }
    assertThat(model.resolve("model.params")).hasContent("newer");
    assertThat(before).doesNotExist();
  }

  @Test
  void aModelThatCannotBeSavedLeavesTheOneBefore() throws IOException {
    try (RunFolder run = create()) {
      save(run, "old");
      assertThatExceptionOfType(GraftException.class)
          .isThrownBy(
              () ->
                  run.saveModel(
                      model -> {
                        throw new IOException("No space left on device");
                      }))
          .withMessage(
              "The model can't be saved in "
                  + run.model()
                  + ": No space left on device. Mend that, and resume the run.");
      assertThat(run.model().resolve("model.params")).hasContent("old");
      assertThat(run.path().resolve("model.before")).doesNotExist();
    }
  }

  @Test
  void aRunThatHasEndedSavesNoModel() throws IOException {
    try (RunFolder run = create()) {
      run.interrupt();
      save(run, "late");
      assertThat(run.model()).doesNotExist();
    }
  }

  @Test
  void whatAKilledProcessWasWritingIsDeletedWhenTheRunIsResumed() throws IOException {
    RunFolder killed = create();
    killed.close();
    Path unfinished = Files.createDirectory(killed.path().resolve("model.0123.unfinished"));
    Files.createFile(unfinished.resolve(".claim"));
    Files.createFile(killed.path().resolve("history.csv.0123.unfinished"));
    try (RunFolder run = resume(killed.path())) {
      assertThat(run.path()).isDirectoryNotContaining("glob:**.unfinished");
    }
  }

  /** Another process may complete it after this one has looked at it. */
  @Test
  void aCompletedRunIsNotResumed() throws IOException {
    RunFolder completed = create();
    completed.end(COMPLETED);
    completed.close();
    String record = Files.readString(completed.path().resolve("run.json"));
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> resume(completed.path()))
        .withMessageEndingWith(" is completed, so there is nothing to resume.");
    assertThat(completed.path().resolve("run.json")).hasContent(record);
    assertThat(RunFolder.isAlive(completed.path())).isFalse();
  }

  private RunFolder resume(Path run) throws IOException {
    return RunFolder.resume(new OutputFolder(output), run, RUNNING);
  }

  private static void save(RunFolder run, String weights) throws IOException {
    run.saveModel(
        model ->
            AtomicFiles.folder(
                model, folder -> Files.writeString(folder.resolve("model.params"), weights)));
  }

  @Test
  void aFolderThatCannotBeCreatedIsNotLocked() throws IOException {
    Path folder = Files.createDirectories(output.resolve("runs/one"));
    Files.createFile(folder.resolve("plots")); // where the run needs a folder
    assertThatExceptionOfType(FileAlreadyExistsException.class)
        .isThrownBy(() -> new RunFolder(new OutputFolder(output), folder, RUNNING, ""));
    assertThat(RunFolder.isAlive(folder)).isFalse();
    assertThat(folder).doesNotExist();
  }

  @Test
  void aRunThatFailsLeavesTheLatestAsItWas() throws IOException {
    Path first;
    try (RunFolder run = create()) {
      first = run.path();
      run.end(COMPLETED);
    }
    try (RunFolder run = create()) {
      run.fail("no");
    }
    assertThat(new OutputFolder(output).latest()).contains(first);
    try (RunFolder run = create()) {
      run.end(COMPLETED);
      assertThat(new OutputFolder(output).latest()).contains(run.path());
    }
  }

  @Test
  void runsOfTheSameSecondHaveFoldersOfTheirOwn() throws IOException {
    try (RunFolder first = create();
        RunFolder second = create();
        RunFolder third = create()) {
      assertThat(Stream.of(first, second, third).map(RunFolder::path).distinct()).hasSize(3);
      first.write("history.csv", "1");
      second.write("history.csv", "2");
      assertThat(first.path().resolve("history.csv")).hasContent("1");
      assertThat(second.path().resolve("history.csv")).hasContent("2");
      assertThat(third.path().resolve("history.csv")).doesNotExist();
    }
  }

  @Test
  void aFileIsWrittenInUtf8WithNothingLeftBeside() throws IOException {
    try (RunFolder run = create()) {
      run.write("classes.csv", "Größe,1\n");
      assertThat(Files.readAllBytes(run.path().resolve("classes.csv")))
          .isEqualTo("Größe,1\n".getBytes(StandardCharsets.UTF_8));
      run.end(COMPLETED);
      try (Stream<Path> files = Files.list(run.path())) {
        assertThat(files.map(file -> file.getFileName().toString()))
            .containsExactlyInAnyOrder(
                "run.json", "recipe.yaml", "classes.csv", "plots", ".running");
      }
    }
    try (Stream<Path> files = Files.list(output)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("runs", "latest", ".graft-output");
    }
  }

  @Test
  void aFileHasTheUsersDefaultPermissions() throws IOException {
    try (RunFolder run = create()) {
      Path other = Files.createFile(output.resolve("other"));
      assertThat(Files.getPosixFilePermissions(run.path().resolve("run.json")))
          .isEqualTo(Files.getPosixFilePermissions(other));
    }
  }

  @Test
  void aRecordIsReadAsItWasWritten() throws IOException {
    try (RunFolder run = create()) {
      assertThat(RunFolder.recordOf(run.path())).isEqualTo(RUNNING);
      run.end(COMPLETED);
      assertThat(RunFolder.recordOf(run.path())).isEqualTo(COMPLETED);
    }
  }

  @Test
  void aMissingOrDamagedRecordIsReportedInASentence() throws IOException {
    Path file = output.resolve("run.json");
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> RunFolder.recordOf(output))
        .withMessage(output + " is not the folder of a run: it has no run.json.");
    for (String text : List.of("", "{", "[]", "{\"status\" : \"fine\"}")) {
      Files.writeString(file, text);
      assertThatExceptionOfType(GraftException.class)
          .as(text)
          .isThrownBy(() -> RunFolder.recordOf(output))
          .withMessage(file + " is not a valid record of a run; restore it, or repeat the run.");
    }
  }

  @Test
  void theSpreadOfFiguresIsTheirMeanAndSampleDeviation() {
    // Differences from 0.5: 0.3, 0.1, 0.1, 0.3; the sum of their squares is 0.2, divided by 3.
    assertThat(RunRecord.Spread.of(List.of(0.2, 0.4, 0.6, 0.8)).mean()).isCloseTo(0.5, CLOSE);
    assertThat(RunRecord.Spread.of(List.of(0.2, 0.4, 0.6, 0.8)).deviation())
        .isCloseTo(Math.sqrt(0.2 / 3), CLOSE);
    assertThat(RunRecord.Spread.of(List.of(0.25))).isEqualTo(new RunRecord.Spread(0.25, 0));
  }

  @Test
  void anEvaluationHasAFolderWithItsSummaryAndItsContent() throws IOException {
    Path folder =
        new OutputFolder(output)
            .evaluation(
                "own",
                new RunRecord.Figures(0.5, 0.25),
                into -> Files.writeString(into.resolve("classes.csv"), "1"));
    assertThat(folder.getParent()).isEqualTo(output.resolve("evaluations"));
    assertThat(folder.getFileName().toString()).matches("[0-9]{8}-[0-9]{6}-own");
    assertThat(folder.resolve("classes.csv")).hasContent("1");
    assertThat(folder.resolve("evaluation.json"))
        .hasContent("{\n  \"loss\" : 0.5,\n  \"accuracy\" : 0.25\n}\n");
    try (Stream<Path> folders = Files.list(folder.getParent())) {
      assertThat(folders).containsExactly(folder);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "20260101-000000-gone",
        "../elsewhere",
        "../../elsewhere",
        "..",
        ".",
        "run/model",
        "run/../../elsewhere",
        "run\u0000"
      })
  void aLatestFileThatNamesNoRunIsRefused(String name) throws IOException {
    assertNoRun(name, "the run " + name.replace('\0', '?'));
  }

  @Test
  void anEmptyOrMalformedLatestFileIsRefused() throws IOException {
    assertNoRun("", "no run");
    assertNoRun(" \n", "no run");
    assertNoRun("run\nrun", "the run run");
    String elsewhere = output.resolve("elsewhere").toAbsolutePath().toString();
    assertNoRun(elsewhere, "the run " + elsewhere);
    Files.write(output.resolve("latest"), new byte[] {(byte) 0xff, (byte) 0xfe});
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> new OutputFolder(output).latest());
  }

  @Test
  void aRunThatCannotBeResumedIsNotLocked() throws IOException {
    OutputFolder folder = new OutputFolder(output);
    RunFolder ended = create();
    ended.close();
    Files.delete(ended.plots());
    Files.createFile(ended.plots()); // so that the folder can't be created
    assertThatExceptionOfType(FileAlreadyExistsException.class)
        .isThrownBy(() -> RunFolder.resume(folder, ended.path(), RUNNING));
    Files.delete(ended.plots());
    RunFolder.resume(folder, ended.path(), RUNNING).close();
  }

  @Test
  void theRecipeOfARunMustNameItsData() throws IOException {
    RunFolder run = create();
    run.close();
    Path recipe = run.path().resolve(RunFolder.RECIPE);
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> RunImages.recipe(run.path()))
        .withMessage(
            recipe + " is damaged: it does not name the run's data; put back a copy of that file.");
    Files.writeString(recipe, "data: photos\nseed: 7\n");
    assertThat(RunImages.recipe(run.path()).seed()).isEqualTo(7);
  }

  /** Creates the folders that these names could lead to, and checks that none is a run. */
  private void assertNoRun(String name, String named) throws IOException {
    for (String folder : List.of("runs/run/model", "elsewhere", "../elsewhere")) {
      if (!folder.startsWith("..")) {
        Files.createDirectories(output.resolve(folder));
      }
    }
    Path latest = Files.writeString(output.resolve("latest"), name);
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> new OutputFolder(output).latest())
        .withMessage(latest + " names " + named + ", which does not exist; name another run.");
  }

  private RunFolder create() {
    return new OutputFolder(output).begin("vgg16-cifar10", RUNNING, "");
  }

  private static String json(RunFolder run) throws IOException {
    return Files.readString(run.path().resolve("run.json"));
  }
}
