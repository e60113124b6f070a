package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.SmallRun.Images;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
class FeaturizeTest {
  @TempDir Path folder;
  private Images images;
  private Path output;

  @BeforeEach
  void makeImages() throws IOException {
    output = folder.resolve("output");
    images = new Images(folder.resolve("photos"));
    images.add(10, 40, 60, "dark", "").add(11, 190, 210, "light", "");
    Files.writeString(images.file(20), "no image");
  }

  /** Runs {@code featurize} with the options of a small run. */
  private CommandRun featurize(String... options) {
    List<String> arguments = new ArrayList<>(images.arguments(output));
    arguments.set(0, "featurize");
    arguments.removeIf(each -> each.startsWith("--data="));
    arguments.add(folder.resolve("photos/pictures.csv").toString());
    arguments.addAll(List.of(options));
    return CommandRun.of(arguments.toArray(String[]::new));
  }

  @Test
  void computedFeaturesAreReusedByFeaturizeAndFineTune() throws IOException {
    assertThat(featurize().out()).contains("20 images computed, 0 already cached, 1 unreadable");
    assertThat(featurize().out()).contains("0 images computed, 20 already cached, 1 unreadable");
    assertThat(Files.readString(output.resolve("features/quarantine.csv")))
        .startsWith("path,reason\n")
        .contains("20.png,");
    assertThat(output.resolve("runs")).doesNotExist();

    SmallRun afterwards = images.train(output);
    SmallRun alone = images.train(folder.resolve("alone"));

    assertThat(afterwards.json().at("/cache/hit").asBoolean()).isTrue();
    assertThat(alone.json().at("/cache/hit").asBoolean()).isFalse();
    assertThat(afterwards.folder().resolve("predictions.csv"))
        .hasSameTextualContentAs(alone.folder().resolve("predictions.csv"));
  }

  @Test
  void mirrorImagesAreNotCountedAsImages() throws IOException {
    assertThat(featurize("--set=mirror=true").out())
        .contains(
            "20 images computed (and 20 mirror images and crops), 0 already cached, 1 unreadable");
    assertThat(featurize("--set=mirror=true").out())
        .contains("0 images computed, 20 already cached, 1 unreadable");
  }

  @Test
  void withoutACacheFeaturizeIsRefused() {
    CommandRun run = featurize("--no-cache");

    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).contains("leave out --no-cache");
  }

  /** Features of random weights are cached by the seed, so the head must not change the weights. */
  @Test
  void randomWeightsOfTheBackboneDoNotDependOnTheHead() throws IOException {
    images.train(output, "--set=head.hidden=0");
    SmallRun cached = images.train(output, "--set=head.hidden=5");
    SmallRun alone = images.train(folder.resolve("alone"), "--set=head.hidden=5");

    assertThat(cached.json().at("/cache/hit").asBoolean()).isTrue();
    assertThat(cached.folder().resolve("predictions.csv"))
        .hasSameTextualContentAs(alone.folder().resolve("predictions.csv"));
  }
}
