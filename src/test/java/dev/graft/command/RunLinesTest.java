package dev.graft.command;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.graft.engine.Bfloat16;
import dev.graft.feature.RecordLayout;
import dev.graft.feature.View;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import dev.graft.tuning.Plan;
import dev.graft.tuning.TimeLimit;
import dev.graft.tuning.TimePlanner;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunLinesTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  private String printed(Consumer<RunLines> event) throws IOException {
    PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
    try (Console console = new Console(stream, stream, false)) {
      event.accept(new RunLines(console));
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  private String interrupted(Optional<Path> model) throws IOException {
    return printed(lines -> lines.interrupted(Path.of("run"), model));
  }

  @Test
  void lostTestImagesAreNamedWithWhatMayHaveHappenedToThem() throws IOException {
    assertThat(printed(lines -> lines.evaluatingOwn(2, List.of(Path.of("cat.png")))).lines())
        .containsExactly(
            "Evaluating on 2 test images of the run",
            "1 test image of the run skipped (missing, unreadable, changed or in another class"
                + " now): cat.png");
  }

  @Test
  void aPlanThatDoesNotFitNeedsMoreThanTheTimeThatWasGiven() throws IOException {
    Plan plan =
        new Plan("small", Map.of("precision", "int8"), new TreeMap<>(Map.of(2, 0.8, 8, 0.9)), "");
    // 45 of 60 seconds are left, and the plan takes 54.
    TimePlanner.Choice choice =
        new TimePlanner.Choice(new TimePlanner.Estimate(plan, 10, 0.1, 200, 1, 3), 2, false);
    Recipe recipe = plan.over(RecipeReader.defaults(), Set.of());
    long start = System.nanoTime() - 15_000_000_000L;
    TimeLimit limit = new TimeLimit(start, start + 60_000_000_000L, 0);

    String printed = printed(lines -> lines.planned(choice, recipe, limit, false));
    assertThat(printed)
        .startsWith("Plan: small, features in int8, about 2 epochs\nExpected time: 54 s (")
        .contains(" left): features 10 s, training 40 s, other steps 4 s")
        .containsPattern("Give at least --within (7[1-9]|[89][0-9])s\\."); // 15 s, and 54 s of 0.97
    String again =
        printed(lines -> lines.planned(choice, RecipeReader.defaults(), limit, true))
            .substring(printed.length());
    assertThat(again)
        .startsWith("New plan, because features are slower than measured: small, about 2 epochs\n");
  }

  @Test
  void anotherNumberOfEpochsIsReported() throws IOException {
    assertThat(printed(lines -> lines.epochsChanged(7, 1)))
        .startsWith("Plan changed: 1 epoch instead of 7, from the remaining time");
  }

  @Test
  void onlySettingsThatDifferFromTheDefaultsAreListed() throws IOException {
    Recipe asked =
        RecipeReader.read(
            null, Map.of("data", "pets", "seed", "7", "device", "cpu", "input-size", "96"));
    Recipe chosen =
        RecipeReader.with(asked, Map.of("backbone", "vgg16", "head.solver", "gradient"));
    assertThat(printed(lines -> lines.decided(asked, chosen, 0)))
        .startsWith(
            """
            Recipe: defaults, except input-size: 96, data: pets, seed: 7, device: cpu
            Chosen by Graft: backbone: vgg16, head.solver: gradient
            """);
    Recipe same = RecipeReader.with(RecipeReader.defaults(), Map.of("input-size", "32"));
    assertThat(printed(lines -> lines.decided(RecipeReader.defaults(), same, 0)))
        .contains("Recipe: defaults\nChosen by Graft: input-size: 32, device: ");
  }

  @Test
  void settingsThatAConvexHeadIgnoresAreNotListed() throws IOException {
    Recipe asked = RecipeReader.with(RecipeReader.defaults(), Map.of("device", "cpu"));
    Recipe chosen =
        RecipeReader.with(
            asked,
            Map.of(
                "input-size",
                "96",
                "batch-size",
                "128",
                "training-precision",
                "bfloat16",
                "head",
                "{hidden: 0, input-dropout: 0, dropout: 0, solver: newton}"));
    assertThat(printed(lines -> lines.decided(asked, chosen, 0)))
        .contains("\nChosen by Graft: input-size: 96, head.solver: newton\n")
        .doesNotContain("Training: ");
  }

  @Test
  void manySettingsTakeSeveralLines() throws IOException {
    Recipe asked =
        RecipeReader.read(
            Path.of("conf/accurate.yaml"), Map.of("data-dir", "[" + "x/".repeat(60) + "]"));
    Recipe chosen = RecipeReader.with(asked, Map.of("input-size", "96"));
    assertThat(printed(lines -> lines.decided(asked, chosen, 0)).lines())
        .filteredOn(line -> line.startsWith("  "))
        .hasSizeGreaterThan(3)
        .allMatch(line -> line.length() <= 110 || line.contains("data-dir"))
        .allMatch(line -> line.matches("  [a-z-]+\\S*: .*"));
  }

  @Test
  void theFolderOfARunIsNamedWithTheFileOfAllSettings(@TempDir Path folder) throws IOException {
    assertThat(
            printed(
                lines -> {
                  try {
                    lines.begun(folder);
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                }))
        .isEqualTo("Run: " + folder + " (all settings: recipe.yaml)\n");
  }

  @Test
  void theTrainingPrecisionIsPrintedWithItsReason() throws IOException {
    assertThat(precision("bfloat16", "bfloat16"))
        .contains(
            "Training: products and activations between them in bfloat16, all else in float32, from the recipe\n");
    assertThat(precision("float32", "float32")).contains("Training: in float32, from the recipe\n");
    Optional<String> obstacle = Bfloat16.obstacle(Device.cpu());
    assertThat(precision("auto", obstacle.isPresent() ? "float32" : "bfloat16"))
        .contains(
            obstacle
                    .map(why -> "Training: in float32, because " + why)
                    .orElse(
                        "Training: products and activations between them in bfloat16, all else in float32, because this"
                            + " processor has instructions for bfloat16")
                + " (--set training-precision=float32 or bfloat16 to choose)\n");
  }

  private String precision(String asked, String decided) throws IOException {
    Recipe recipe =
        RecipeReader.with(
            RecipeReader.defaults(),
            Map.of("device", "cpu", "input-size", "32", "training-precision", asked));
    Recipe chosen = RecipeReader.with(recipe, Map.of("training-precision", decided));
    return printed(lines -> lines.decided(recipe, chosen, 0));
  }

  @Test
  void settingsThatAConvexHeadIgnoresAreNamed() throws IOException {
    Map<String, String> newton = Map.of("head.solver", "newton", "ema-decay", "0.9");
    assertThat(decided(newton, "none").lines())
        .endsWith("Without effect, because head.solver is newton: ema-decay.");
    Map<String, String> gradient = Map.of("head.solver", "gradient", "ema-decay", "0.9");
    assertThat(decided(gradient, "none")).doesNotContain("Without effect");
  }

  @Test
  void settingsOfTrainedStagesAreNamedIfThereAreNone() throws IOException {
    Map<String, String> settings =
        Map.of("head-epochs", "1", "layer-decay", "0.8", "stochastic-depth", "0.1");
    assertThat(decided(settings, "none").lines())
        .endsWith(
            "Without effect, because unfreeze is none: layer-decay, head-epochs, stochastic-depth.");
    assertThat(decided(settings, "block5_conv1")).doesNotContain("Without effect");
    assertThat(decided(Map.of("head-epochs", "0"), "none")).doesNotContain("Without effect");
  }

  @Test
  void settingsThatTheBackboneHasNoUseForAreNamed() throws IOException {
    Map<String, String> external = Map.of("tokens", "mean", "variant", "fp16");
    assertThat(decided(external, "none").lines())
        .endsWith("Without effect, because the backbone is built in: variant, tokens.");
    Map<String, String> whole = Map.of("backbone", "vgg16", "crop-share", "0.9");
    assertThat(decided(whole, "none").lines())
        .endsWith("Without effect, because framing is not center-crop: crop-share.");
    Map<String, String> center =
        Map.of("backbone", "vgg16", "crop-share", "0.9", "framing", "center-crop");
    assertThat(decided(center, "none")).doesNotContain("Without effect");
  }

  private String decided(Map<String, String> settings, String unfreeze) throws IOException {
    out.reset();
    Recipe asked = RecipeReader.read(null, settings);
    Map<String, String> decided =
        Map.of(
            "device", "cpu",
            "unfreeze", unfreeze,
            "input-size", "32",
            "training-precision", "float32");
    return printed(lines -> lines.decided(asked, RecipeReader.with(asked, decided), 0));
  }

  @Test
  void anEpochThatEndsBecauseOfTheTimeIsReported() throws IOException {
    assertThat(printed(lines -> lines.epochCut(1, 12, 1_500)))
        .isEqualTo(
            "Time is up in epoch 1, after 12 of 1,500 batches: the weights so far are validated and"
                + " become the model.\n");
  }

  @Test
  void featuresThatTheRunComputedAreNotCalledCached() throws IOException {
    assertThat(
            printed(
                lines -> {
                  lines.computed(8, 2, 5_000, View.IMAGE);
                  lines.cached(View.IMAGE);
                  lines.cached(View.MIRROR_IMAGE);
                }))
        .containsOnlyOnce("the cache holds 5 KB")
        .containsOnlyOnce("all cached");
  }

  /** An unreadable image is not cached, and is read again in every run. */
  @Test
  void featuresOfUnreadableImagesAreNotSaidToBeComputed() throws IOException {
    RecordLayout layout =
        new RecordLayout(List.of(new RecordLayout.Field(new Shape(4), DataType.FLOAT32)));
    assertThat(
            printed(
                    lines -> {
                      lines.computing(1, 52, layout, View.IMAGE, "features");
                      lines.computed(0, 1, 5_000, View.IMAGE);
                    })
                .lines())
        .containsExactly(
            "Features: 52 already cached in features; reading 1 more",
            "Features: none to compute, because what is not cached can't be read");
  }

  @Test
  void aWarningIsPrintedOnce() throws IOException {
    assertThat(
            printed(
                    lines -> {
                      assertThat(lines.warningLines()).isEmpty();
                      lines.warned("The disk is slow.");
                      lines.warned("The disk is slow.");
                      assertThat(lines.warningLines())
                          .containsExactly(
                              "Warnings of this run (details: above, and in its log.txt):",
                              "  The disk is slow.");
                    })
                .lines())
        .containsExactly("Warning: The disk is slow.");
  }

  @Test
  void weightsOfTheLastEpochAreNotSaidToBeRestored() throws IOException {
    assertThat(printed(lines -> lines.restored(3, 3))).isEmpty();
    assertThat(printed(lines -> lines.restored(2, 3)))
        .startsWith("Restored the weights of epoch 2, the best.");
  }

  /** There is no model before the first epoch, or if the end is requested twice. */
  @Test
  void anInterruptedRunWithoutAModelSaysNoMoreThanThat() throws IOException {
    assertThat(interrupted(Optional.empty()))
        .startsWith("Interrupted before a model was saved (run: ")
        .doesNotContain("epoch")
        .contains("fine-tune --resume run");
  }

  @Test
  void anInterruptedRunWithAModelNamesIt() throws IOException {
    assertThat(interrupted(Optional.of(Path.of("run/model"))))
        .startsWith("Interrupted. The model is saved in ");
  }
}
