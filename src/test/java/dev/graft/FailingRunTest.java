package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.SmallRun.Pictures;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import dev.graft.run.FineTuner;
import dev.graft.run.OutputFolder;
import dev.graft.run.RunEvents;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs to which something happens half-way: what is told, what is left, and what goes on. */
@Tag("engine")
class FailingRunTest {
  @TempDir Path folder;
  private Pictures photos;

  @BeforeEach
  void photos() throws IOException {
    photos =
        new Pictures(folder.resolve("photos"))
            .add(4, 40, 60, "dark", "train")
            .add(4, 190, 210, "light", "train")
            .add(2, 40, 60, "dark", "val")
            .add(2, 40, 60, "dark", "test");
  }

  private OutputFolder output() {
    return new OutputFolder(folder.resolve("output"));
  }

  /** What is to happen at a moment of a run. */
  private interface Mishap {
    void happen() throws IOException;
  }

  /**
   * Trains, and lets something happen.
   *
   * @param event which the run tells then; or the task of which it tells progress
   */
  private FineTuner.Completed train(String event, Mishap mishap) throws IOException {
    Recipe recipe =
        RecipeReader.read(
            null,
            Map.of(
                "backbone", "small-cnn",
                "weights", "random",
                "data", RecipeReader.text(folder.resolve("photos/pictures.csv").toString()),
                "epochs", "1",
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
                  return method.getReturnType() == Progress.class
                      ? progress(event.equals(arguments[0]) ? mishap : () -> {})
                      : null;
                });
    return FineTuner.run(recipe, output(), events);
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
  void whereTheFirstOfTwoCopiesVanishesTheOtherIsTrainedOn() throws IOException {
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
  void theFirstFailureIsToldThoughASecondOneFollows() {
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
  void featuresThatAreDeletedWhileTheyAreComputedAreASentence() {
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
        .hasMessageStartingWith("The features of 12 pictures are no longer in ")
        .hasMessageEndingWith("Run it again: they will be computed anew.");
    assertThat(record("status")).isEqualTo("failed");
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
