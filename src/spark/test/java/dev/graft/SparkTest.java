package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.SmallRun.Pictures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code featurize --master}, in the profile {@code spark}. */
@Tag("engine")
class SparkTest {
  @TempDir private Path folder;

  private Path manifest() throws IOException {
    new Pictures(folder.resolve("photos"))
        .add(30, 40, 130, "dark", "train")
        .add(30, 110, 210, "light", "train")
        .add(6, 40, 130, "dark", "val")
        .add(6, 110, 210, "light", "val")
        .add(20, 40, 130, "dark", "test")
        .add(20, 110, 210, "light", "test");
    Files.writeString(folder.resolve("photos/broken.png"), "no picture");
    return Files.writeString(
        folder.resolve("photos/pictures.csv"),
        "broken.png,dark,train\n",
        StandardOpenOption.APPEND);
  }

  private CommandRun featurize(Path data, String master, String output) {
    CommandRun run =
        CommandRun.of(
            "featurize",
            data.toString(),
            "--backbone=small-cnn",
            "--weights=random",
            "--set=input-size=12",
            "--master=" + master,
            "--output=" + folder.resolve(output));
    assertThat(run.code()).as(run.err()).isZero();
    return run;
  }

  private static List<String> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.map(file -> folder.relativize(file).toString()).sorted().toList();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"local[1]", "local[4]"})
  void whatSparkKeepsIsWhatARunOnOneMachineComputes(String master) throws IOException {
    Path data = manifest();
    SmallRun alone = SmallRun.train(data, folder.resolve("one"));

    assertThat(featurize(data, master, "many").out()).contains("112 computed, 0 were there; 1 ");

    SmallRun after = SmallRun.train(data, folder.resolve("many"));
    assertThat(after.json().at("/cache/hit").asBoolean()).isTrue();
    assertThat(after.folder().resolve("predictions.csv"))
        .hasSameTextualContentAs(alone.folder().resolve("predictions.csv"));
    assertThat(files(folder.resolve("many"))).noneMatch(name -> name.endsWith(".unfinished"));
  }

  @Test
  void aSecondJobComputesWhatIsMissingAndNothingElse() throws IOException {
    Path data = manifest();
    featurize(data, "local[2]", "many");
    List<String> records =
        files(folder.resolve("many")).stream().filter(name -> name.endsWith(".records")).toList();

    assertThat(featurize(data, "local[2]", "many").out()).contains("0 computed, 112 were there");
    assertThat(files(folder.resolve("many"))).containsAll(records);

    new Pictures(folder.resolve("more")).add(1, 20, 20, "dark", "train");
    Files.move(folder.resolve("more/0.png"), folder.resolve("photos/new.png"));
    Files.writeString(data, "new.png,dark,train\n", StandardOpenOption.APPEND);
    assertThat(featurize(data, "local[2]", "many").out()).contains("1 computed, 112 were there");
  }
}
