package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.graft.SmallRun.Images;
import dev.graft.output.OutputFolder;
import dev.graft.output.RunRecord;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import dev.graft.run.FineTuneRun;
import dev.graft.run.RunInterruption;
import dev.graft.tuning.RunEvents;
import dev.graft.util.Progress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that fail half-way: what they report, what they leave, and what continues. */
@Tag("engine")
class FailingRunTest {
  @TempDir Path folder;
  private Images photos;

  @BeforeEach
  void photos() throws IOException {
    photos =
        new Images(folder.resolve("photos"))
            .add(4, 40, 60, "dark", "train")
            .add(4, 190, 210, "light", "train")
            .add(2, 40, 60, "dark", "val")
            .add(2, 40, 60, "dark", "test");
  }

  private OutputFolder output() {
    return new OutputFolder(folder.resolve("output"));
  }

  /** A failure to cause during a run. */
  private interface Mishap {
    void happen() throws IOException;
  }

  /**
   * Trains, and causes a failure at an event.
   *
   * @param event the name of the event, or of the task whose progress is reported
   */
  private FineTuneRun.Completed train(String event, Mishap mishap) throws IOException {
    return train(event, mishap, new RunInterruption(), "1");
  }

  private FineTuneRun.Completed train(
      String event, Mishap mishap, RunInterruption interruption, String epochs) throws IOException {
    Recipe recipe =
        RecipeReader.read(
            null,
            Map.of(
                "backbone", "small-cnn",
                "weights", "random",
                "data", RecipeReader.text(folder.resolve("photos/pictures.csv").toString()),
                "epochs", epochs,
                "early-stopping.patience", "100000",
                "input-size", "12",
                "device", "cpu"));
    RunEvents events =
        (RunEvents)
            Proxy.newProxyInstance(
                RunEvents.class.getClassLoader(),
                new Class<?>[] {RunEvents.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals(event)) {
                    mishap.happen();
                  }
                  if (method.getReturnType() == String.class) {
                    return "events"; // DJL stores arguments as strings
                  }
                  return method.getReturnType() == Progress.class
                      ? progress(event.equals(arguments[0]) ? mishap : () -> {})
                      : null;
                });
    return FineTuneRun.run(recipe, output(), events, interruption);
  }

  private static Progress progress(Mishap mishap) {
    return done -> {
      try {
        mishap.happen();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    };
  }

  private SmallRun run() throws IOException {
    try (Stream<Path> runs = Files.list(output().runs())) {
      return new SmallRun(runs.toList().get(0));
    }
  }

  @Test
  void ifTheFirstOfTwoCopiesVanishesTheOtherIsUsed() throws IOException {
    Files.copy(photos.file(0), folder.resolve("photos/copy.png"));
    Files.writeString(
        folder.resolve("photos/pictures.csv"),
        Files.readString(folder.resolve("photos/pictures.csv")) + "copy.png,dark,train\n");

    train("computing", () -> Files.delete(photos.file(0)));

    assertThat(run().json().path("status").asText()).isEqualTo("completed");
    assertThat(run().split()).anyMatch(row -> row.contains("copy.png") && row.endsWith("train"));
    assertThat(run().split()).noneMatch(row -> row.contains("/0.png"));
    assertThat(Files.readString(run().folder().resolve("quarantine.csv"))).contains("0.png");
  }

  /** As on a full disk: neither features nor anything else can be written any more. */
  @Test
  void theFirstFailureIsReportedThoughASecondOneFollows() {
    assertThatThrownBy(
            () ->
                train(
                    "computing",
                    () -> {
                      Path quarantine = run().folder().resolve("quarantine.csv");
                      Files.deleteIfExists(quarantine);
                      Files.createDirectories(quarantine.resolve("in-the-way"));
                      throw new GraftException("The features can't be kept.");
                    }))
        .isInstanceOf(GraftException.class)
        .hasMessage("The features can't be kept.")
        .satisfies(failure -> assertThat(failure.getSuppressed()).isNotEmpty());
    assertThat(record("status")).isEqualTo("failed");
    assertThat(record("message")).isEqualTo("The features can't be kept.");
  }

  @Test
  void aRunThatRanOutOfMemorySaysSo() {
    assertThatThrownBy(
            () ->
                train(
                    "computing",
                    () -> {
                      throw new OutOfMemoryError("Java heap space");
                    }))
        .isInstanceOf(OutOfMemoryError.class);
    assertThat(record("status")).isEqualTo("failed");
    assertThat(record("message")).isEqualTo("There was not enough memory: Java heap space.");
  }

  @Test
  void featuresDeletedWhileTheyAreComputedAreReportedInASentence() {
    assertThatThrownBy(
            () ->
                train(
                    "features",
                    () -> {
                      try (Stream<Path> files = Files.walk(output().features())) {
                        files.filter(Files::isRegularFile).forEach(FailingRunTest::delete);
                      }
                    }))
        .isInstanceOf(GraftException.class)
        .hasMessageStartingWith("The features of 12 images are missing in ")
        .hasMessageEndingWith("Start the run again to compute them.");
    assertThat(record("status")).isEqualTo("failed");
  }

  @Test
  void chartsAndAPageThatCannotBeWrittenAreWarningsOfACompleteRun() throws IOException {
    FineTuneRun.Completed done =
        train(
            "split",
            () -> {
              for (String file : List.of("plots/loss.png", "plots/confusion.png", "report.html")) {
                Files.createDirectories(run().folder().resolve(file).resolve("in-the-way"));
              }
            });
    assertThat(run().json().path("status").asText()).isEqualTo("completed");
    assertThat(run().json().path("warnings")).hasSize(3);
    assertThat(run().json().path("warnings").toString())
        .contains(
            "loss.png is missing: ", "confusion.png is missing: ", "report.html is missing: ");
    assertThat(done.folder().resolve("model/network.json")).exists();
    assertThat(done.folder().resolve("plots/accuracy.png")).isRegularFile();
    assertThat(done.folder().resolve("predictions.csv")).isRegularFile();
  }

  @Test
  void theModelIsSavedBeforeTheFiguresOfTheTestAreWritten() {
    assertThatThrownBy(
            () ->
                train(
                    "split",
                    () ->
                        Files.createDirectories(
                            run().folder().resolve("predictions.csv/in-the-way"))))
        .isInstanceOf(IOException.class);
    assertThat(record("status")).isEqualTo("failed");
    assertThat(model("network.json")).exists();
  }

  @Test
  void anInterruptedRunEvaluatesAndSavesTheBestModelSoFar() throws IOException {
    RunInterruption interruption = new RunInterruption();
    AtomicInteger epochs = new AtomicInteger();
    FineTuneRun.Completed done =
        train(
            "epoch",
            () -> {
              if (epochs.incrementAndGet() == 3) {
                assertThat(interruption.stop()).isTrue();
              }
            },
            interruption,
            "1000");
    JsonNode json = run().json();
    assertThat(done.record().status()).isEqualTo(RunRecord.Status.INTERRUPTED);
    assertThat(json.path("status").asText()).isEqualTo("interrupted");
    assertThat(json.at("/epochs/run").asInt()).isEqualTo(3);
    assertThat(json.at("/epochs/stoppedEarly").asBoolean()).isFalse();
    assertThat(json.at("/test/classes").size()).isEqualTo(2);
    assertThat(json.at("/validation/accuracy").isNumber()).isTrue();
    assertThat(output().latest()).isEmpty();
    CommandRun asked =
        CommandRun.of("infer", "--model", model("").toString(), photos.file(0).toString());
    assertThat(asked.code()).as(asked.err()).isZero();
    CommandRun again =
        CommandRun.of(
            "evaluate", "--run=" + run().folder(), "--output=" + output().path(), "--device=cpu");
    assertThat(again.code()).as(again.err()).isZero();
    CommandRun page =
        CommandRun.of("report", run().folder().toString(), "--output=" + output().path());
    assertThat(page.code()).as(page.err()).isZero();
  }

  @Test
  void beforeTheFirstEpochEndsThereIsNoModel() {
    RunInterruption interruption = new RunInterruption();
    assertThatThrownBy(
            () ->
                train(
                    "split", () -> assertThat(interruption.stop()).isFalse(), interruption, "1000"))
        .isInstanceOf(GraftException.class)
        .hasMessage("Interrupted before the end of the first epoch, so there is no model.");
    assertThat(record("status")).isEqualTo("interrupted");
    assertThat(model("")).doesNotExist();
  }

  private Path model(String file) {
    try {
      return run().folder().resolve("model").resolve(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String record(String key) {
    try {
      return run().json().path(key).asText();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
