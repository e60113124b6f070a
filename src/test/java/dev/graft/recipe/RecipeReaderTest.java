package dev.graft.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.entry;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.graft.GraftException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecipeReaderTest {
  private static final Recipe DEFAULTS =
      new Recipe(
          new Recipe.Backbone(
              "auto",
              "pretrained",
              Auto.undecided(),
              Recipe.TokenChoice.AUTO,
              Auto.undecided(),
              "none"),
          new Recipe.Input(
              Auto.undecided(),
              Recipe.PreprocessingChoice.WEIGHTS,
              Auto.undecided(),
              Auto.undecided(),
              Recipe.Order.AUTO,
              Recipe.FramingChoice.AUTO,
              Auto.undecided(),
              Recipe.ResamplingChoice.AUTO),
          new Recipe.Features(Auto.undecided(), 0.5, true),
          new Recipe.Data(
              "cifar10",
              List.of("data", "../shared"),
              Auto.undecided(),
              Auto.undecided(),
              Recipe.LoneValidation.TEST,
              0.1,
              0.2,
              0.1,
              Recipe.SplitChoice.STRATIFIED,
              0),
          new Recipe.Head(2048, 0.1, 0.5, Auto.undecided()),
          new Recipe.Training(
              Auto.undecided(),
              Recipe.OptimizerChoice.ADAMW,
              Auto.undecided(),
              0.0003,
              1,
              0,
              0,
              Recipe.Schedule.COSINE,
              0,
              1e-8,
              0.05,
              0,
              0.05,
              Recipe.ClassWeights.LOGIT_ADJUSTED,
              Auto.undecided(),
              10,
              40,
              false,
              false,
              0,
              0,
              0,
              0,
              0,
              new Recipe.EarlyStopping(5, 0, true),
              true,
              Auto.undecided()),
          new Recipe.Execution(
              "auto", true, Recipe.CacheType.FLOAT16, Auto.undecided(), Recipe.Precision.FLOAT32),
          42);

  /** Differs from the defaults in every key but {@code head.solver} and {@code precision}. */
  private static final Recipe OTHER =
      new Recipe(
          new Recipe.Backbone(
              "efficientnet-lite0",
              "a folder/my: weights.h5 #2",
              Auto.of("fp16"),
              Recipe.TokenChoice.CLS_MEAN,
              Auto.of("0"),
              "blocks.3"),
          new Recipe.Input(
              Auto.of(96),
              Recipe.PreprocessingChoice.ZERO_ONE,
              Auto.of(List.of(1.5f, 0f, -2f)),
              Auto.of(List.of(1f, 2f, 3f)),
              Recipe.Order.BGR,
              Recipe.FramingChoice.CENTER_CROP,
              Auto.of(0.9),
              Recipe.ResamplingChoice.BILINEAR),
          new Recipe.Features(Auto.of(List.of("blocks.7", "head")), 1, false),
          new Recipe.Data(
              "0x10",
              List.of("007", "1e3", "true", "~", "*a", "", "a\nb", "C:\\x", "it's", "- x", "Größe"),
              Auto.of("path=id,label=breed"),
              Auto.of("train/{id}.jpg"),
              Recipe.LoneValidation.VALIDATION,
              0,
              0.999,
              1.0 / 3,
              Recipe.SplitChoice.LAST,
              100),
          new Recipe.Head(0, 0.1 + 0.2, 0, Auto.undecided()),
          new Recipe.Training(
              Auto.of(Recipe.Initializer.HE_UNIFORM),
              Recipe.OptimizerChoice.ADAM,
              Auto.of(1e-30),
              1e-7,
              0.5,
              2,
              0.2,
              Recipe.Schedule.CONSTANT,
              0.5,
              1e-7,
              0,
              5,
              0,
              Recipe.ClassWeights.NONE,
              Auto.of(1),
              100_000,
              1,
              true,
              true,
              16,
              9,
              0.5,
              0.25,
              0.99,
              new Recipe.EarlyStopping(0, 1e-4, false),
              false,
              Auto.of(Recipe.TrainingPrecision.BFLOAT16)),
          new Recipe.Execution(
              "gpu1",
              false,
              Recipe.CacheType.FLOAT32,
              Auto.of(Recipe.FrozenPartEngine.TRAINING),
              Recipe.Precision.FLOAT32),
          Long.MIN_VALUE);

  @TempDir private Path folder;

  @Test
  void defaultsAreTheseValues() {
    assertThat(RecipeReader.defaults()).isEqualTo(DEFAULTS);
    assertThat(RecipeReader.read(null, Map.of())).isEqualTo(DEFAULTS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n# nothing but words\n", "---\n", "~\n", "{}\n"})
  void anEmptyFileChangesNothing(String text) throws IOException {
    assertThat(RecipeReader.read(file(text), Map.of())).isEqualTo(DEFAULTS);
  }

  @Test
  void settingsOverrideTheFileAndTheFileOverridesDefaults() throws IOException {
    Path file = file("epochs: 7\nbatch-size: 32\nhead:\n  hidden: 99\n  dropout: 0.25\n");
    Recipe recipe = RecipeReader.read(file, Map.of("epochs", "3", "head.hidden", "11"));
    assertThat(recipe.training().epochs()).isEqualTo(3);
    assertThat(recipe.training().batchSize().value()).isEqualTo(32);
    assertThat(recipe.seed()).isEqualTo(42);
    assertThat(recipe.head()).isEqualTo(new Recipe.Head(11, 0.1, 0.25, Auto.undecided()));
  }

  @Test
  void settingAGroupLeavesItsOtherKeys() {
    assertThat(set("head", "{hidden: 5}").head())
        .isEqualTo(new Recipe.Head(5, 0.1, 0.5, Auto.undecided()));
  }

  @Test
  void singleElementListNeedsNoBrackets() {
    assertThat(set("features", "block5_pool").features().stages().value())
        .containsExactly("block5_pool");
    assertThat(set("features", "[a, b]").features().stages().value()).containsExactly("a", "b");
    assertThat(set("data-dir", "pictures").data().folders()).containsExactly("pictures");
  }

  @Test
  void autoReplacesAValueOfTheFile() throws IOException {
    Path file = file("input-size: 64\nbatch-size: 32\nfeatures: [block5_pool]\n");
    Map<String, String> auto =
        Map.of("input-size", "auto", "batch-size", "auto", "features", "auto");
    Recipe recipe = RecipeReader.read(file, auto);
    assertThat(recipe.input().size().isAuto()).isTrue();
    assertThat(recipe.training().batchSize().isAuto()).isTrue();
    assertThat(recipe.features().stages().isAuto()).isTrue();
  }

  @Test
  void writtenRecipeMarksAutomaticValues() throws IOException {
    Recipe asked = RecipeReader.read(null, Map.of("features", "[block5_pool]"));
    Recipe decided = RecipeReader.with(asked, Map.of("backbone", "vgg16", "input-size", "32"));
    String written = RecipeReader.write(decided, asked);
    assertThat(written)
        .contains("backbone: vgg16  # auto\n", "input-size: 32  # auto\n")
        .contains("features:\n", "device: auto\n");
    assertThat(RecipeReader.read(file(written), Map.of())).isEqualTo(decided);
  }

  @ParameterizedTest
  @CsvSource({
    "epoch, epochs",
    "learning_rate, learning-rate",
    "head.hiden, head.hidden",
    "hed.hidden, head.hidden",
    "hidden, head.hidden",
    "patience, early-stopping.patience",
    "head.epochs, epochs",
    "epochs.x, epochs",
    "head.hidden.x, head.hidden"
  })
  void unknownKeyIsRejectedWithTheMostSimilarOne(String wrong, String meant) {
    assertRefused(() -> set(wrong, "1"))
        .withMessage("recipe: unknown key " + wrong + "; did you mean " + meant + "?");
  }

  @ParameterizedTest
  @ValueSource(strings = {"colour", "x", "head.tail"})
  void anUnknownKeyWithoutASimilarOneIsRejectedWithAllKeys(String wrong) {
    assertRefused(() -> set(wrong, "1"))
        .withMessageStartingWith("recipe: unknown key " + wrong + ". (Keys: ");
  }

  @ParameterizedTest
  @CsvSource({
    "epoch: 3, epoch, epochs",
    "hidden: 3, hidden, head.hidden",
    "head: {hiden: 3}, head.hiden, head.hidden",
    "head: {epochs: 3}, head.epochs, epochs",
    "early_stopping: {patience: 3}, early_stopping, early-stopping"
  })
  void unknownKeyInAFileIsRejectedWithTheFilesName(String yaml, String wrong, String meant)
      throws IOException {
    Path file = file(yaml);
    assertRefused(() -> RecipeReader.read(file, Map.of()))
        .withMessage(file + ": unknown key " + wrong + "; did you mean " + meant + "?");
  }

  @ParameterizedTest
  @ValueSource(strings = {"head.hidden: 3", "early-stopping.patience: 3"})
  void aKeyWithADotInAFileIsRejectedWithItsGroup(String yaml) throws IOException {
    Path file = file(yaml);
    String key = yaml.substring(0, yaml.indexOf(':'));
    assertRefused(() -> RecipeReader.read(file, Map.of()))
        .withMessage(
            file + ": write " + key + " in its group, " + key.replace(".", ": {") + ": VALUE}.");
  }

  @ParameterizedTest
  @CsvSource({
    "epochs, 010, Write it without the 0 at its start; a name is written in quotes.",
    "epochs, -007, Write it without the 0 at its start; a name is written in quotes.",
    "data-dir, '[a, 010]', Write it without the 0 at its start; a name is written in quotes.",
    "learning-rate, 1e-400, It is too close to 0; write 0.",
    "learning-rate, 0.02e-399, It is too close to 0; write 0."
  })
  void aNumberThatYamlReadsAsAnotherIsRejected(String key, String value, String remedy)
      throws IOException {
    String number = value.replaceAll(".* |]", "");
    assertRefused(() -> set(key, value))
        .withMessage(key + " has the number " + number + ". " + remedy);
    Path file = file(key + ": " + value + "\n");
    assertRefused(() -> RecipeReader.read(file, Map.of()))
        .withMessageStartingWith(file + " has the number ")
        .withMessageContaining(" (line 1, column ")
        .withMessageEndingWith(" " + remedy);
  }

  @Test
  void zeroIsANumber() {
    assertThat(set("head.dropout", "0.0").head().dropout()).isZero();
    assertThat(set("head.dropout", "0e5").head().dropout()).isZero();
    assertThat(set("seed", "0").seed()).isZero();
  }

  @Test
  void unknownKeyIsRejectedWithAllKeysOfItsGroup() {
    assertRefused(() -> set("head.zz", "1"))
        .withMessageEndingWith(" (Keys: hidden, input-dropout, dropout, solver.)");
    assertRefused(() -> set("colour", "1"))
        .withMessageContaining("(Keys: backbone, weights, ")
        .withMessageEndingWith("cache-type, root-engine, precision, training-precision.)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "epochs | many | a whole number, not \"many\"",
        "epochs | 3.5 | a whole number, not 3.5",
        "epochs | '3' | a whole number, not \"3\"",
        "epochs | true | a whole number, not true",
        "epochs | [1] | a whole number, not [1]",
        "epochs | {a: 1} | a whole number, not {\"a\":1}",
        "epochs | 99999999999 | a whole number closer to 0, not 99999999999",
        "schedule | 99999999999999999999 | one of constant, cosine, one-cycle, not 99999999999999999999",
        "seed | 5.5 | a whole number, not 5.5",
        "seed | 9223372036854775808 | a whole number closer to 0, not 9223372036854775808",
        "learning-rate | fast | auto or a number, not \"fast\"",
        "learning-rate | true | auto or a number, not true",
        "learning-rate | [0.1] | auto or a number, not [0.1]",
        "head.dropout | half | a number, not \"half\"",
        "cache | 1 | true or false, not 1",
        "cache | maybe | true or false, not \"maybe\"",
        "early-stopping.restore-best | [true] | true or false, not [true]",
        "backbone | [vgg16] | text, not [\"vgg16\"]",
        "backbone | {a: b} | text, not {\"a\":\"b\"}",
        "features | 5 | auto, text or a list of texts, not 5",
        "features | [a, [b]] | auto, text or a list of texts, not [\"a\",[\"b\"]]",
        "mean | [a] | auto or a list of numbers, not [\"a\"]",
        "mean | 3 | auto or a list of numbers, not 3",
        "input-size | big | auto or a whole number, not \"big\"",
        "crop-share | [1] | auto or a number, not [1]",
        "data-dir | {a: b} | text or a list of texts, not {\"a\":\"b\"}",
        "optimizer | sgd | one of adam, adamw, not \"sgd\"",
        "optimizer | 0 | one of adam, adamw, not 0",
        "schedule | Cosine | one of constant, cosine, one-cycle, not \"Cosine\"",
        "split | first | one of stratified, last, not \"first\"",
        "preprocessing | none | one of weights, zero-one, not \"none\"",
        "initializer | zeros | one of auto, zero-output, glorot-uniform, he-uniform, not \"zeros\"",
        "root-engine | onnx | one of auto, onnxruntime, training, not \"onnx\"",
        "head.solver | [a] | one of auto, gradient, newton, not [\"a\"]",
        "order | gbr | one of auto, rgb, bgr, not \"gbr\"",
        "cache-type | float64 | one of float16, float32, not \"float64\""
      },
      quoteCharacter = '`')
  void aValueOfTheWrongKindIsRejectedWithTheRightKind(String key, String value, String answer)
      throws IOException {
    assertRefused(() -> set(key, value)).withMessage(key + ": must be " + answer + ".");
    Path file = file(key.replace(".", ":\n  ") + ": " + value + "\n");
    assertRefused(() -> RecipeReader.read(file, Map.of()))
        .withMessage(file + ": " + key + ": must be " + answer + ".");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "backbone",
        "weights",
        "preprocessing",
        "features",
        "unfreeze",
        "data",
        "data-dir",
        "split",
        "initializer",
        "optimizer",
        "schedule",
        "device",
        "cache-type",
        "epochs",
        "cache",
        "input-size",
        "head.solver",
        "mean"
      })
  void emptyValuesAreRejected(String key) {
    assertRefused(() -> set(key, "~")).withMessage(key + ": must not be empty.");
  }

  @Test
  void emptyListElementsAreRejected() {
    assertRefused(() -> set("features", "[a, ~]")).withMessage("features: must not be empty.");
    assertRefused(() -> set("data-dir", "[~]")).withMessage("data-dir: must not be empty.");
  }

  @Test
  void featuresNameAtLeastOneStageAndNoneTwice() {
    assertRefused(() -> set("features", "[]"))
        .withMessage("features: must be auto or the names of stages, not [].");
    assertRefused(() -> set("features", "[block3_pool,block5_pool,block5_pool]"))
        .withMessage("features: block5_pool is listed twice; list each stage once.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"5", "~", "", "[hidden]", "wide"})
  void groupCannotHaveAValue(String value) throws IOException {
    assertRefused(() -> set("head", value))
        .withMessage(
            "recipe: head is a group; set its keys: hidden, input-dropout, dropout, solver.");
    Path file = file("early-stopping: " + value + "\n");
    assertRefused(() -> RecipeReader.read(file, Map.of()))
        .withMessage(
            file + ": early-stopping is a group; set its keys: patience, min-delta, restore-best.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "epochs: 1\\nepochs: 2 | is not YAML: Duplicate field 'epochs' (line 2, column 7).",
        "head:\\n  hidden: 1\\n  hidden: 2 | is not YAML: Duplicate field 'hidden' (line 3, column 9).",
        "epochs: 1\\n---\\nepochs: 2 | has more than one YAML document; give a single one.",
        "- epochs | is not a recipe: it must consist of lines `key: value`.",
        "epochs | is not a recipe: it must consist of lines `key: value`.",
        "epochs: [1 | is not YAML: expected ',' or ']', but got <stream end> (line 1, column 11).",
        "a: b: c | is not YAML: mapping values are not allowed here (line 1, column 5).",
        "epochs: &e 3\\nseed: *e | has an alias, *e (line 2, column 9). Recipes do not support aliases; write the value itself."
      },
      quoteCharacter = '"')
  void invalidYamlIsReportedWithItsPosition(String text, String answer) throws IOException {
    Path file = file(text.replace("\\n", "\n"));
    assertRefused(() -> RecipeReader.read(file, Map.of())).withMessage(file + " " + answer);
  }

  @Test
  void missingFileAndFolderAreRejected() throws IOException {
    Path missing = folder.resolve("missing.yaml");
    assertRefused(() -> RecipeReader.read(missing, Map.of()))
        .withMessage(
            "The recipe "
                + missing
                + " does not exist; Graft's own are in the folder conf of its project.");
    assertRefused(() -> RecipeReader.read(Path.of("missing.yaml"), Map.of()))
        .withMessageStartingWith(
            "The recipe missing.yaml does not exist in " + Path.of("").toAbsolutePath() + "; ");
    Path elsewhere = folder.resolve("conf/accurate.yaml");
    assertRefused(() -> RecipeReader.read(elsewhere, Map.of()))
        .withMessageStartingWith("The recipe " + elsewhere + " does not exist; ")
        .withMessageEndingWith(
            "; Graft's own is " + Path.of("conf/accurate.yaml").toAbsolutePath() + ".");
    assertRefused(() -> RecipeReader.read(folder, Map.of()))
        .withMessage(folder + " is not a file; give a .yaml file as recipe.");
  }

  @Test
  void nonUtf8FileIsRejected() throws IOException {
    Path latin = folder.resolve("latin.yaml");
    Files.write(latin, "# Größe\nepochs: 3\n".getBytes(StandardCharsets.ISO_8859_1));
    assertRefused(() -> RecipeReader.read(latin, Map.of()))
        .withMessage(latin + " is not UTF-8 text.");
    Path zeros = folder.resolve("zeros.yaml");
    Files.write(zeros, new byte[100]);
    assertRefused(() -> RecipeReader.read(zeros, Map.of()))
        .withMessageStartingWith(zeros + " is not YAML: special characters are not allowed");
  }

  @Test
  void filesAboveOneMegabyteAreRejected() throws IOException {
    Path file = file("#".repeat(999_999) + "\n");
    assertThat(RecipeReader.read(file, Map.of())).isEqualTo(DEFAULTS);
    Path larger = file("#".repeat(1_000_000) + "\n");
    assertRefused(() -> RecipeReader.read(larger, Map.of()))
        .withMessage(larger + " is too large for a recipe: the limit is 1 MB.");
  }

  @Test
  void hostileYamlIsRejectedQuicklyWithAShortMessage() throws IOException {
    StringBuilder laughs = new StringBuilder("a: &a [ha, ha, ha, ha, ha, ha, ha, ha, ha]\n");
    for (char c = 'b'; c <= 'k'; c++) {
      String before = "*" + (char) (c - 1);
      laughs.append(c + ": &" + c + " [" + (before + ", ").repeat(8) + before + "]\n");
    }
    List<String> hostile =
        List.of(
            laughs.toString(),
            "features: &a [*a]\n",
            "[".repeat(500_000),
            "head: " + "{a: ".repeat(100_000),
            "epochs: " + "[".repeat(500) + "]".repeat(500),
            "epochs: " + "9".repeat(100_000),
            "? [a]\n: b\n",
            "epochs: !!javax.script.ScriptEngineManager [x]\n",
            "learning-rate: 1e999999999\n",
            "learning-rate: .nan\n");
    for (String yaml : hostile) {
      Path file = file(yaml);
      assertTimeoutPreemptively(
          Duration.ofSeconds(10),
          () ->
              assertRefused(() -> RecipeReader.read(file, Map.of()))
                  .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(500)));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"[1", "@x", "a: b: c", "3\nseed: 4"})
  void invalidYamlOfASettingIsReported(String value) {
    assertRefused(() -> set("epochs", value))
        .withMessage(
            "epochs: " + value.replace('\n', '?') + " is not a YAML value; write text in quotes.");
  }

  @ParameterizedTest
  @ValueSource(strings = {".nan", ".inf", "-.inf"})
  void numbersThatAreNotFiniteAreRefused(String value) throws IOException {
    String problem = " has the number " + value;
    assertRefused(() -> set("learning-rate", value))
        .withMessage("learning-rate" + problem + ". Write a finite number.");
    Path file = file("seed: 1\nmean: [1, " + value + ", 2]\n");
    assertRefused(() -> RecipeReader.read(file, Map.of()))
        .withMessageMatching(
            Pattern.quote(file + problem) + " \\(line 2, .*\\)\\. Write a finite number\\.");
  }

  @Test
  void aWrongValueOfAFileNamesTheFile() throws IOException {
    Path file = file("epochs: 3\nlearning-rate: 0\n");
    String problem = "learning-rate: must be auto or above 0 (from 1e-30 to 1e+30), not 0.0.";
    assertRefused(() -> RecipeReader.read(file, Map.of())).withMessage(file + ": " + problem);
    assertRefused(() -> RecipeReader.read(file, Map.of("learning-rate", "-1")))
        .withMessageStartingWith("learning-rate: ");
    assertThat(RecipeReader.read(file, Map.of("learning-rate", "1")).training().learningRate())
        .isEqualTo(Auto.of(1.0));
  }

  @Test
  void blankNamesOfStagesAreRefused() {
    assertRefused(() -> set("features", "['']")).withMessage("features: must not be empty.");
    assertRefused(() -> set("features", "[' ', a]")).withMessage("features: must not be empty.");
  }

  @Test
  void copiesDifferInTheChangedKeysOnly() {
    Recipe.Training training = OTHER.training();
    assertCopied(OTHER, OTHER.backbone().withName("vgg16"), Map.of("backbone", "vgg16"));
    assertCopied(OTHER, OTHER.backbone().withWeights("keras"), Map.of("weights", "keras"));
    assertCopied(OTHER, OTHER.input().withSize(8), Map.of("input-size", "8"));
    assertCopied(OTHER, OTHER.features().withStages(List.of("a")), Map.of("features", "[a]"));
    assertCopied(
        OTHER,
        OTHER.data().withLocation("cats", List.of("a", "b")),
        Map.of("data", "cats", "data-dir", "[a, b]"));
    assertCopied(
        OTHER, OTHER.head().withSolver(Recipe.Solver.GRADIENT), Map.of("head.solver", "gradient"));
    assertCopied(
        OTHER,
        training.withInitializer(Recipe.Initializer.ZERO_OUTPUT),
        Map.of("initializer", "zero-output"));
    assertCopied(OTHER, training.withLearningRate(0.1), Map.of("learning-rate", "0.1"));
    assertCopied(OTHER, training.withBatchSize(7), Map.of("batch-size", "7"));
    assertCopied(OTHER, training.withEpochs(9), Map.of("epochs", "9"));
    assertCopied(OTHER, training.withAverageMirror(false), Map.of("average-mirror", "false"));
    assertCopied(
        OTHER,
        training.withPrecision(Recipe.TrainingPrecision.FLOAT32),
        Map.of("training-precision", "float32"));
    assertCopied(OTHER, OTHER.execution().withDevice("cpu"), Map.of("device", "cpu"));
    assertCopied(
        DEFAULTS,
        DEFAULTS.execution().withFrozenPartEngine(Recipe.FrozenPartEngine.ONNXRUNTIME),
        Map.of("root-engine", "onnxruntime"));
  }

  private static void assertCopied(Recipe recipe, Recipe.Group copy, Map<String, String> changed) {
    assertThat(recipe.with(copy))
        .isEqualTo(RecipeReader.with(recipe, changed))
        .isNotEqualTo(recipe);
  }

  @Test
  void writtenRecipeIsReadUnchanged() throws IOException {
    for (Recipe recipe : List.of(DEFAULTS, OTHER)) {
      assertThat(RecipeReader.read(file(RecipeReader.write(recipe)), Map.of())).isEqualTo(recipe);
    }
  }

  @Test
  void writtenRecipeHasAutoAndUnquotedNames() {
    assertThat(RecipeReader.settings(DEFAULTS))
        .containsEntry("backbone-learning-rate", "0.0003")
        .containsEntry("layer-decay", "1.0");
    assertThat(RecipeReader.write(DEFAULTS))
        .contains("backbone: auto\n", "input-size: auto\n", "features: auto\n")
        .contains("batch-size: auto\n", "learning-rate: auto\n")
        .contains("backbone-learning-rate: 0.0003\n", "epsilon: 1.0e-8\n")
        .contains("data-dir:\n- data\n- ../shared\n", "head:\n  hidden: 2048\n")
        .hasLineCount(70);
  }

  @ParameterizedTest
  @CsvSource({"rand-augment, 9", "cutout, 0.5"})
  void augmentationWithoutRandomCropsIsRefused(String key, String value) {
    assertRefused(() -> set(key, value))
        .withMessage(
            key
                + ": changes random crops, and crops is 0; set crops to 1 or more, or "
                + key
                + " to 0.");
    assertThat(RecipeReader.with(DEFAULTS, Map.of(key, value, "crops", "1")).training().crops())
        .isOne();
  }

  @Test
  void everyRecipeInConfIsValidAndCommentsEveryKey() throws IOException {
    int recipes = 0;
    try (DirectoryStream<Path> conf = Files.newDirectoryStream(Path.of("conf"), "*.yaml")) {
      for (Path file : conf) {
        recipes++;
        RecipeReader.read(file, Map.of());
        List<String> lines = Files.readAllLines(file);
        assertThat(lines.get(0)).as("first line of %s", file).startsWith("# ").endsWith(".");
        assertThat(lines.stream().skip(1).filter(line -> !line.isBlank()))
            .as("keys of %s", file)
            .allMatch(line -> line.matches("(head|early-stopping):|( {2})?[a-z-]+: \\S.* # \\S.*"));
      }
    }
    assertThat(recipes).isGreaterThanOrEqualTo(4);
  }

  @Test
  void changesHaveTheKeysWhoseValuesDiffer() {
    Recipe changed =
        RecipeReader.read(
            null,
            Map.of(
                "weights", "https://example.org/vgg16.h5",
                "features", "[block4, block5]",
                "head.solver", "newton"));
    assertThat(RecipeReader.changes(DEFAULTS, DEFAULTS)).isEmpty();
    assertThat(RecipeReader.changes(DEFAULTS, changed))
        .containsExactly(
            entry("weights", "https://example.org/vgg16.h5"),
            entry("features", "[block4,block5]"),
            entry("head.solver", "newton"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"it's", "''", "#a", "a: b", "[x]", "-"})
  void quotedTextMayHaveAnyCharacters(String value) {
    assertThat(set("data", RecipeReader.text(value)).data().source()).isEqualTo(value);
  }

  private static Recipe set(String key, String value) {
    return RecipeReader.read(null, Map.of(key, value));
  }

  private Path file(String text) throws IOException {
    return Files.writeString(folder.resolve("recipe.yaml"), text);
  }

  private static org.assertj.core.api.ThrowableAssertAlternative<GraftException> assertRefused(
      ThrowingCallable reading) {
    return assertThatExceptionOfType(GraftException.class).isThrownBy(reading);
  }
}
