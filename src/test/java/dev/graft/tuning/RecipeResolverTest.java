package dev.graft.tuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import ai.djl.ndarray.types.Shape;
import dev.graft.GraftException;
import dev.graft.engine.Bfloat16;
import dev.graft.image.Framing;
import dev.graft.image.Resampling;
import dev.graft.network.Layer;
import dev.graft.network.NetworkDesign;
import dev.graft.network.Preprocessing;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecipeResolverTest {
  @ParameterizedTest
  @CsvSource({
    "vgg16, auto, 32",
    "efficientnet-lite0, auto, 96",
    "small-cnn, auto, 32",
    "vgg16, 64, 64",
    "efficientnet-lite0, 224, 224"
  })
  void anInputSizeOfAutoIsTheBackbonesOwnForSmallImages(
      String backbone, String inputSize, int side) {
    Recipe recipe = recipe(Map.of("backbone", backbone, "input-size", inputSize));
    assertThat(RecipeResolver.resolve(recipe).input().size().value()).isEqualTo(side);
    assertThat(design(recipe).inputSize()).isEqualTo(side);
  }

  @ParameterizedTest
  @CsvSource({
    "photos, auto, ZERO_OUTPUT",
    "photos, he-uniform, HE_UNIFORM",
    "cifar10, auto, GLOROT_UNIFORM",
    "cifar10-sample, auto, GLOROT_UNIFORM"
  })
  void theOutputLayerOfYourImagesStartsAtZero(
      String data, String initializer, Recipe.Initializer resolved) {
    Recipe recipe = recipe(Map.of("data", data, "initializer", initializer));
    assertThat(RecipeResolver.resolve(recipe).training().initializer().value()).isEqualTo(resolved);
  }

  @ParameterizedTest
  @CsvSource({
    "vgg16, auto, 64, 32",
    "vgg16, auto, 65, 224",
    "efficientnet-lite0, auto, 64, 96",
    "efficientnet-lite0, auto, 1200, 224",
    "small-cnn, auto, 1200, 32",
    "vgg16, 128, 32, 128",
    "vgg16, 128, 1200, 128"
  })
  void imagesOverSixtyFourPixelsCountAsPhotographsUnlessTheRecipeSetsASize(
      String backbone, String inputSize, int imageSide, int side) {
    Recipe recipe = recipe(Map.of("backbone", backbone, "input-size", inputSize));
    assertThat(RecipeResolver.resolve(recipe, 100, imageSide).input().size().value())
        .isEqualTo(side);
  }

  @Test
  void meanAndDeviationForPixelsFromZeroToOneAreRefusedWithTheCorrectedLine() {
    Recipe recipe =
        recipe(Map.of("mean", "[0.485,0.456,0.406]", "deviation", "[0.229,0.224,0.225]"));
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> RecipeResolver.checkNetwork(recipe))
        .withMessage(
            "mean, deviation: these are for pixels from 0 to 1, and Graft's are from 0 to 255;"
                + " multiply them by 255.")
        .satisfies(
            refusal ->
                assertThat(refusal.arguments())
                    .containsExactly(
                        "mean=[123.675,116.28,103.53]", "deviation=[58.395,57.12,57.375]"));
    for (Map<String, String> right :
        List.of(
            Map.of("mean", "[0,0,0]", "deviation", "[1,1,1]"),
            Map.of("mean", "[0,0,0]", "deviation", "[255,255,255]"),
            Map.of("mean", "[103.9,116.8,123.7]", "deviation", "[1,1,1]"))) {
      assertThatCode(() -> RecipeResolver.checkNetwork(recipe(right))).doesNotThrowAnyException();
    }
  }

  @Test
  void framingAndResamplingAreIndependent() {
    assertThat(framing(Map.of())).isEqualTo(Framing.WHOLE);
    assertThat(framing(Map.of("resampling", "bilinear")))
        .isEqualTo(Framing.whole(Resampling.BILINEAR));
    assertThat(framing(Map.of("framing", "center-crop")))
        .isEqualTo(Framing.crop(0.875, Resampling.BICUBIC));
    assertThat(framing(Map.of("framing", "center-crop", "crop-share", "1")))
        .isEqualTo(Framing.crop(1, Resampling.BICUBIC));
  }

  private static Framing framing(Map<String, String> settings) {
    return design(recipe(settings)).preprocessing().framing();
  }

  @Test
  void aFolderThatWasNotReadYetCountsAsPhotographs() {
    Recipe own = recipe(Map.of("data", "photos", "backbone", "vgg16"));
    assertThat(RecipeResolver.resolve(own).input().size().value()).isEqualTo(224);
  }

  @ParameterizedTest
  @CsvSource({
    "none, true, auto, 20000, 512",
    "none, true, auto, 19999, 128",
    "none, false, auto, 20000, 128",
    "block5_conv1, true, auto, 20000, 128",
    "none, true, 64, 20000, 64"
  })
  void stepsAreLargeWhereAHeadAloneIsTrainedOnManyImages(
      String unfreeze, String cache, String configured, int images, int batchSize) {
    Recipe recipe = recipe(Map.of("unfreeze", unfreeze, "cache", cache, "batch-size", configured));
    assertThat(RecipeResolver.resolve(recipe, images, 32).training().batchSize().value())
        .isEqualTo(batchSize);
  }

  @ParameterizedTest
  @CsvSource({
    "auto, 20000, auto, 0.002",
    "auto, 100, auto, 0.0005",
    "64, 100, auto, 0.00025",
    "1024, 100, auto, 0.002",
    "auto, 20000, 0.0003, 0.0003"
  })
  void theLearningRateFollowsTheBatchSizeUnlessTheRecipeSetsIt(
      String batchSize, int images, String configured, double rate) {
    Recipe recipe = recipe(Map.of("batch-size", batchSize, "learning-rate", configured));
    assertThat(RecipeResolver.resolve(recipe, images, 32).training().learningRate().value())
        .isEqualTo(rate);
  }

  @ParameterizedTest
  @CsvSource({"float32, FLOAT32", "bfloat16, BFLOAT16"})
  void aTrainingPrecisionOfTheRecipeIsUsedOnAnyProcessor(
      String configured, Recipe.TrainingPrecision precision) {
    assumeTrue(Bfloat16.isPossible(), "not PyTorch");
    assertThat(precision(configured, Device.cpu())).isEqualTo(precision);
  }

  @Test
  void aTrainingPrecisionOfAutoIsBfloat16OnProcessorsWithInstructionsForIt() throws IOException {
    assertThat(precision("auto", Device.gpu())).isEqualTo(Recipe.TrainingPrecision.FLOAT32);
    Path processors = Path.of("/proc/cpuinfo");
    assumeTrue(Bfloat16.isPossible() && Files.exists(processors), "not PyTorch on Linux");
    boolean hasInstructions = Files.readString(processors).matches("(?s).*(avx512|amx)_bf16.*");
    assertThat(precision("auto", Device.cpu()))
        .isEqualTo(
            hasInstructions ? Recipe.TrainingPrecision.BFLOAT16 : Recipe.TrainingPrecision.FLOAT32);
  }

  private static Recipe.TrainingPrecision precision(String configured, Device device) {
    Recipe recipe = recipe(Map.of("training-precision", configured));
    return RecipeResolver.resolve(recipe, 100, 32, device).training().precision().value();
  }

  @Test
  void theNotebooksRecipeTrainsInFloat32() {
    Recipe notebook = RecipeReader.read(Path.of("conf/notebook.yaml"), Map.of());
    assertThat(RecipeResolver.resolve(notebook).training().precision().value())
        .isEqualTo(Recipe.TrainingPrecision.FLOAT32);
  }

  @Test
  void theDefaultIsAFrozenVgg16WithAHeadOnThreeAverages() {
    NetworkDesign design = design(RecipeReader.defaults());
    assertThat(design.backbone().name()).isEqualTo("vgg16");
    assertThat(design.trainsBackbone()).isFalse();
    assertThat(design.features()).containsExactly("block3_pool", "block4_pool", "block5_pool");
    assertThat(design.scaling()).isEqualTo(new NetworkDesign.Scaling(0.5, true));
    assertThat(design.head())
        .containsExactly(
            new Layer.Dropout("head_input_dropout", 0.1),
            new Layer.Dense("head_hidden", 1280, 2048),
            new Layer.Relu("head_relu"),
            new Layer.Dropout("head_dropout", 0.5),
            new Layer.Dense("head_classes", 2048, 10));
  }

  @ParameterizedTest
  @CsvSource({
    "conf/fine-tune.yaml, none, 2643978",
    "conf/notebook.yaml, none, 535562",
    "conf/last-layers.yaml, block5_conv1, 8401418",
    "conf/baseline-cnn.yaml, conv1, 1250858"
  })
  void theRecipesInConfTrainTheStatedParameters(Path file, String unfrozen, long trained) {
    NetworkDesign design = design(RecipeReader.read(file, Map.of()));
    assertThat(design.unfrozen()).isEqualTo(unfrozen);
    assertThat(design.trainedParameters()).isEqualTo(trained);
  }

  @Test
  void runningMeansAndVariancesAreNotTrained() {
    Map<String, String> frozen =
        Map.of("backbone", "xception", "unfreeze", "none", "features", "[block14]");
    Map<String, String> unfrozen =
        Map.of("backbone", "xception", "unfreeze", "block14", "features", "[block14]");
    long kernels = 1024 * 9 + 1024 * 1536 + 1536 * 9 + 1536 * 2048;
    long gammasAndBetas = 2 * (1536 + 2048);
    assertThat(design(recipe(unfrozen)).trainedParameters())
        .isEqualTo(design(recipe(frozen)).trainedParameters() + kernels + gammasAndBetas);
  }

  @Test
  void theUnfrozenStageIsTheFirstThatIsTrained() {
    NetworkDesign design = design(recipe(Map.of("unfreeze", "block5_conv1")));
    assertThat(design.boundary()).isEqualTo(14);
    assertThat(design.graph().shapes()).containsEntry("block4_pool", new Shape(512, 2, 2));
    assertThat(design.graph().crossing(design.cut())).startsWith("block4_pool");
  }

  @Test
  void featuresAreInTheOrderOfTheNetworkNotOfTheRecipe() {
    NetworkDesign design = design(recipe(Map.of("features", "[block5_pool, block3_pool]")));
    assertThat(design.features()).containsExactly("block3_pool", "block5_pool");
    assertThat(design.featureWidth()).isEqualTo(768);
  }

  @Test
  void preprocessingIsThatOfTheWeightsUnlessTheRecipeSetsZeroOne() {
    Recipe recipe = RecipeReader.defaults();
    assertThat(RecipeResolver.design(RecipeResolver.resolve(recipe), Preprocessing.TORCHVISION, 10))
        .extracting(NetworkDesign::preprocessing)
        .isEqualTo(Preprocessing.TORCHVISION);
    assertThat(design(recipe(Map.of("preprocessing", "zero-one"))).preprocessing())
        .isEqualTo(Preprocessing.ZERO_ONE);
  }

  @Test
  void meanDeviationAndOrderOverridePreprocessing() {
    Map<String, String> keys =
        Map.of("order", "bgr", "mean", "[1, 20, 300]", "deviation", "[4, 50, 60]");
    for (String preprocessing : List.of("weights", "zero-one")) {
      Map<String, String> settings = new HashMap<>(keys);
      settings.put("preprocessing", preprocessing);
      Preprocessing chosen = design(recipe(settings)).preprocessing();
      assertThat(chosen.order()).as(preprocessing).isEqualTo(Preprocessing.ChannelOrder.BGR);
      assertThat(chosen.mean()).as(preprocessing).containsExactly(1f, 20f, 300f);
      assertThat(chosen.deviation()).as(preprocessing).containsExactly(4f, 50f, 60f);
    }
    Preprocessing partly =
        design(recipe(Map.of("preprocessing", "zero-one", "order", "bgr"))).preprocessing();
    assertThat(partly.order()).isEqualTo(Preprocessing.ChannelOrder.BGR);
    assertThat(partly.mean()).isEqualTo(Preprocessing.ZERO_ONE.mean());
    assertThat(partly.deviation()).isEqualTo(Preprocessing.ZERO_ONE.deviation());
  }

  @Test
  void aHeadHasAsManyClassesAsTheData() {
    assertThat(RecipeResolver.design(RecipeResolver.resolve(RecipeReader.defaults()), 7).classes())
        .isEqualTo(7);
  }

  @Test
  void errorsInARecipeAreFoundBeforeAnythingIsLoaded() {
    assertThatCode(() -> check(Map.of())).doesNotThrowAnyException();
    assertThatCode(() -> check(Map.of("data", "cifar10-sample"))).doesNotThrowAnyException();
    assertRefused(
        Map.of("unfreeze", "block5"),
        "vgg16 has no stage block5; its stages are block1_conv1, block1_conv2, block1_pool,");
    assertRefused(
        Map.of("features", "[block3_pool]", "unfreeze", "block5_conv1"),
        "unfreeze: block5_conv1 is after the last feature stage, block3_pool,");
    assertRefused(Map.of("input-size", "31"), "input-size: 31 is too small for vgg16");
    assertRefused(
        Map.of("weights", "nowhere.h5"),
        "weights: the file nowhere.h5 does not exist; give a .safetensors");
    assertRefused(
        Map.of("data", "mnist"), "data: there is no mnist; give cifar10, cifar10-sample, a folder");
    assertRefused(
        Map.of("backbone", "small-cnn"),
        "weights: small-cnn has no pretrained ones; train it from scratch with weights random");
  }

  @ParameterizedTest
  @CsvSource({
    "cifar10, auto, vgg16",
    "cifar10-sample, auto, vgg16",
    "photos, auto, efficientnet-lite0",
    "photos/cifar10, auto, efficientnet-lite0",
    "photos, vgg16, vgg16",
    "cifar10, small-cnn, small-cnn"
  })
  void anAutomaticBackboneIsTheNotebooksForItsDataAndASmallOneForOtherImages(
      String data, String backbone, String taken) {
    Recipe recipe = recipe(Map.of("data", data, "backbone", backbone));
    assertThat(RecipeResolver.resolve(recipe).backbone().name()).isEqualTo(taken);
  }

  @Test
  void aResolvedRecipeHasAllValuesAndResolvesToItself() {
    Recipe resolved = RecipeResolver.resolve(RecipeReader.defaults());
    assertThat(resolved.backbone().name()).isEqualTo("vgg16");
    assertThat(resolved.input().size().value()).isEqualTo(32);
    assertThat(resolved.features().stages().value())
        .containsExactly("block3_pool", "block4_pool", "block5_pool");
    assertThat(RecipeResolver.resolve(resolved, 100, 1200)).isEqualTo(resolved);
  }

  @ParameterizedTest
  @CsvSource({
    "vgg16, none, true, cpu, ONNXRUNTIME",
    "vgg16, block5_conv1, true, cpu, ONNXRUNTIME",
    "vgg16, block1_conv1, true, cpu, TRAINING", // nothing is frozen
    "vgg16, none, false, cpu, TRAINING", // no features are cached
    "vgg16, none, true, gpu, TRAINING",
  })
  void onTheCpuOnnxRuntimeComputesTheFrozenPart(
      String backbone,
      String unfreeze,
      String cache,
      String device,
      Recipe.FrozenPartEngine engine) {
    Map<String, String> settings =
        Map.of("backbone", backbone, "unfreeze", unfreeze, "cache", cache);
    assertThat(resolved(settings, device).execution().frozenPartEngine().value()).isEqualTo(engine);
  }

  @Test
  void aConfiguredEngineAndPrecisionAreUsedOrRefused() {
    assertThat(
            resolved(Map.of("root-engine", "training"), "cpu")
                .execution()
                .frozenPartEngine()
                .value())
        .isEqualTo(Recipe.FrozenPartEngine.TRAINING);
    assertThat(
            resolved(Map.of("root-engine", "onnxruntime"), "gpu")
                .execution()
                .frozenPartEngine()
                .value())
        .isEqualTo(Recipe.FrozenPartEngine.ONNXRUNTIME);
    Map<String, String> int8 = Map.of("precision", "int8");
    assertThat(resolved(int8, "cpu").execution().precision()).isEqualTo(Recipe.Precision.INT8);
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> resolved(int8, "gpu"))
        .withMessageStartingWith("precision: int8 requires ONNX Runtime; set root-engine to");
  }

  @Test
  void settingsOfTheFrozenPartAreRefusedIfThereIsNone() {
    Map<String, String> whole = Map.of("unfreeze", "block1_conv1");
    assertThatCode(() -> RecipeResolver.checkNetwork(recipe(whole))).doesNotThrowAnyException();
    for (String[] setting :
        new String[][] {{"precision", "int8", "float32"}, {"root-engine", "onnxruntime", "auto"}}) {
      Map<String, String> settings = new HashMap<>(whole);
      settings.put(setting[0], setting[1]);
      assertThatExceptionOfType(GraftException.class)
          .isThrownBy(() -> RecipeResolver.checkNetwork(recipe(settings)))
          .withMessage(
              setting[0]
                  + ": this is of the frozen part, and with unfreeze block1_conv1 nothing is frozen;"
                  + " set it to "
                  + setting[2]
                  + ", or unfreeze to a later stage.");
      Recipe resolved = RecipeResolver.resolve(recipe(settings));
      assertThatExceptionOfType(GraftException.class) // for a summary
          .isThrownBy(() -> RecipeResolver.design(resolved, 10))
          .withMessageStartingWith(setting[0] + ": this is of the frozen part");
      settings.put("unfreeze", "block1_conv2");
      assertThatCode(() -> RecipeResolver.checkNetwork(recipe(settings)))
          .doesNotThrowAnyException();
    }
  }

  private static Recipe resolved(Map<String, String> settings, String device) {
    return RecipeResolver.resolve(
        recipe(settings), 100, 32, device.equals("gpu") ? Device.gpu() : Device.cpu());
  }

  private static void assertRefused(Map<String, String> settings, String message) {
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> check(settings))
        .withMessageStartingWith(message);
  }

  private static void check(Map<String, String> settings) {
    RecipeResolver.check(recipe(settings));
  }

  private static Recipe recipe(Map<String, String> settings) {
    return RecipeReader.read(null, settings);
  }

  private static NetworkDesign design(Recipe recipe) {
    return RecipeResolver.design(RecipeResolver.resolve(recipe), 10);
  }
}
