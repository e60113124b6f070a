package dev.graft.tuning;

import ai.djl.Device;
import dev.graft.GraftException;
import dev.graft.GraftException.Code;
import dev.graft.data.Cifar10Images;
import dev.graft.engine.Bfloat16;
import dev.graft.engine.OnnxSession;
import dev.graft.image.Framing;
import dev.graft.image.Resampling;
import dev.graft.network.Adapter;
import dev.graft.network.BackboneSpec;
import dev.graft.network.Layer;
import dev.graft.network.NetworkDesign;
import dev.graft.network.OutputSelection;
import dev.graft.network.Preprocessing;
import dev.graft.network.Preprocessing.ChannelOrder;
import dev.graft.network.onnx.OnnxFile;
import dev.graft.recipe.Auto;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.Recipe.FrozenPartEngine;
import dev.graft.recipe.Recipe.Initializer;
import dev.graft.recipe.Recipe.Solver;
import dev.graft.recipe.Recipe.TrainingPrecision;
import dev.graft.util.Progress;
import dev.graft.zoo.BackboneInfo;
import dev.graft.zoo.ExternalBackbone;
import dev.graft.zoo.WeightSource;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Decides the settings of a recipe that depend on the data and the machine, and builds its network.
 * Keys that stand for the backbone's own value, such as {@code mean}, stay {@code auto}.
 */
public final class RecipeResolver {
  /** Images whose shorter side is longer than this, in pixels, are treated as photographs. */
  private static final int SMALL = 64;

  /**
   * Images per step if only a head is trained, on the features of many images: each step reads all
   * weights a dozen times, whatever the batch size.
   */
  private static final int LARGE_BATCH = 512;

  /** Learning rate of a head at {@link #LARGE_BATCH}; proportionally lower for smaller batches. */
  private static final double LARGE_BATCH_RATE = 0.002;

  /** Images from which large batches still give enough steps per epoch. */
  private static final int MANY = 20_000;

  /**
   * Images per step if stages of the backbone are trained, whose activations need memory, or if a
   * head is trained on fewer than {@link #MANY} images.
   */
  private static final int BATCH = 128;

  private RecipeResolver() {}

  /**
   * Decides backbone, input size, features, head and training settings that suit the data.
   *
   * @param images number of images
   * @param imageSide median of the images' shorter sides, in pixels
   * @throws GraftException for an unknown backbone
   */
  public static Recipe resolve(Recipe asked, int images, int imageSide) {
    String backbone = asked.backbone().name();
    if (backbone.equals(Recipe.AUTO)) {
      // CIFAR-10 gets the notebook's network; other images get one that is fast on a CPU.
      backbone = isCifar10(asked) ? BackboneInfo.VGG16.id() : BackboneInfo.PHOTOGRAPHS;
    }
    BackboneInfo entry = BackboneInfo.of(backbone, options(asked));
    boolean headOnly =
        asked.execution().cache() && asked.backbone().unfreeze().equals(NetworkDesign.NONE);
    Recipe.Training training = asked.training();
    int batchSize = training.batchSize().orElse(headOnly && images >= MANY ? LARGE_BATCH : BATCH);
    double share = (double) Math.min(batchSize, LARGE_BATCH) / LARGE_BATCH;
    Initializer initializer =
        isCifar10(asked) ? Initializer.GLOROT_UNIFORM : Initializer.ZERO_OUTPUT;
    int side = imageSide <= SMALL ? entry.inputSize().small() : entry.inputSize().photographs();
    List<String> stages = entry.network().features();
    boolean newton = SolverChoice.of(asked, images).solver() == Solver.NEWTON;
    return asked
        .with(asked.backbone().withName(backbone))
        .with(asked.input().withSize(asked.input().size().orElse(side)))
        .with(asked.features().withStages(asked.features().stages().orElse(stages)))
        .with(
            newton
                ? new Recipe.Head(0, 0, 0, Auto.of(Solver.NEWTON))
                : asked.head().withSolver(Solver.GRADIENT))
        .with(
            training
                .withInitializer(training.initializer().orElse(initializer))
                .withBatchSize(batchSize)
                .withLearningRate(training.learningRate().orElse(share * LARGE_BATCH_RATE)));
  }

  /**
   * Replaces each {@code auto}, including the engine that computes the frozen part.
   *
   * @param device that trains
   * @throws GraftException for an unknown backbone, and if the recipe names ONNX Runtime where that
   *     is missing or can't compute the backbone
   */
  public static Recipe resolve(Recipe asked, int images, int imageSide, Device device) {
    Recipe recipe = resolve(asked, images, imageSide);
    return recipe
        .with(execution(recipe, device))
        .with(recipe.training().withPrecision(trainingPrecision(recipe, device)));
  }

  private static Recipe.Execution execution(Recipe recipe, Device device) {
    Recipe.Execution asked = recipe.execution();
    BackboneSpec network = entry(recipe).network();
    boolean onnx = asked.frozenPartEngine().is(FrozenPartEngine.ONNXRUNTIME);
    if (!network.isOnnx()) {
      if (onnx) {
        throw new GraftException(
            "root-engine: ONNX Runtime can't compute a backbone in TorchScript; set it to auto.");
      }
      return asked.withFrozenPartEngine(FrozenPartEngine.TRAINING);
    }
    if (recipe.backbone().unfreeze().equals(network.stages().get(0).name())) {
      return asked.withFrozenPartEngine(FrozenPartEngine.TRAINING);
    }
    if (asked.frozenPartEngine().isAuto()) {
      return asked.withFrozenPartEngine(
          asked.cache() && !device.isGpu() && OnnxSession.isAvailable()
              ? FrozenPartEngine.ONNXRUNTIME
              : FrozenPartEngine.TRAINING);
    }
    if (onnx && !OnnxSession.isAvailable()) {
      throw new GraftException(
          "root-engine: ONNX Runtime is missing or does not load here; set it to auto or"
              + " training (see: doctor).");
    }
    return asked;
  }

  private static TrainingPrecision trainingPrecision(Recipe recipe, Device device) {
    Auto<TrainingPrecision> asked = recipe.training().precision();
    if (asked.is(TrainingPrecision.BFLOAT16) && !Bfloat16.isPossible()) {
      throw new GraftException(
          "training-precision: bfloat16 needs DJL's PyTorch engine; set it to auto, or build"
              + " Graft with the profile pytorch.");
    }
    return asked
        .given()
        .orElseGet(
            () ->
                Bfloat16.obstacle(device).isPresent()
                    ? TrainingPrecision.FLOAT32
                    : TrainingPrecision.BFLOAT16);
  }

  /**
   * Replaces each {@code auto} before any image is read; images other than CIFAR-10 count as
   * photographs.
   */
  public static Recipe resolve(Recipe asked) {
    return resolve(asked, 0, isCifar10(asked) ? SMALL : SMALL + 1);
  }

  private static boolean isCifar10(Recipe recipe) {
    return Cifar10Images.isNamed(recipe.data().source());
  }

  /**
   * Builds the network of a recipe.
   *
   * @param recipe resolved, see {@link #resolve(Recipe, int, int)}
   * @param belonging the preprocessing that the weights were trained with
   * @throws GraftException for unknown stages, for an input too small for the backbone, and for
   *     settings of the frozen part if there is none
   */
  public static NetworkDesign design(Recipe recipe, Preprocessing belonging, int classes) {
    BackboneInfo entry = entry(recipe);
    BackboneSpec backbone = entry.network();
    Recipe.Head head = recipe.head();
    List<Layer> layers =
        NetworkDesign.head(
            NetworkDesign.featureWidth(
                backbone, recipe.input().size().value(), recipe.features().stages().value()),
            head.hidden(),
            head.inputDropout(),
            head.dropout(),
            classes);
    NetworkDesign design =
        NetworkDesign.of(
            backbone,
            recipe.input().size().value(),
            preprocessing(recipe, belonging),
            recipe.backbone().unfreeze(),
            recipe.features().stages().value(),
            new NetworkDesign.Scaling(recipe.features().power(), recipe.features().standardize()),
            layers);
    requirePossible(recipe, design);
    return design;
  }

  private static void requirePossible(Recipe recipe, NetworkDesign design) {
    if (recipe.training().stochasticDepth() > 0
        && design.trainsBackbone()
        && !design.trainsResidualBlocks()) {
      throw GraftException.of(
          "stochastic-depth: no trained stage of %s is a residual block; set it to 0.",
          design.backbone().name());
    }
    if (design.cut() == 0) {
      Recipe.Execution execution = recipe.execution();
      refuseWithoutFrozenPart(
          execution.precision() == Recipe.Precision.INT8, recipe, "precision", "float32");
      refuseWithoutFrozenPart(
          execution.frozenPartEngine().is(FrozenPartEngine.ONNXRUNTIME),
          recipe,
          "root-engine",
          "auto");
    }
  }

  /** Returns whether only the center of an image becomes the input. */
  public static boolean crops(Recipe recipe) {
    return preprocessing(recipe, entry(recipe).preprocessing()).framing().part().crops();
  }

  private static Preprocessing preprocessing(Recipe recipe, Preprocessing belonging) {
    Preprocessing own =
        switch (recipe.input().preprocessing()) {
          case WEIGHTS -> belonging;
          case ZERO_ONE -> Preprocessing.ZERO_ONE;
        };
    Preprocessing chosen =
        own.with(
            switch (recipe.input().order()) {
              case AUTO -> Optional.empty();
              case RGB -> Optional.of(ChannelOrder.RGB);
              case BGR -> Optional.of(ChannelOrder.BGR);
            },
            recipe.input().mean().orElse(List.of()),
            recipe.input().deviation().orElse(List.of()));
    return chosen.with(framing(recipe, chosen.framing()));
  }

  private static Framing framing(Recipe recipe, Framing own) {
    Resampling resampling =
        switch (recipe.input().resampling()) {
          case AUTO -> own.resampling();
          case BICUBIC -> Resampling.BICUBIC;
          case BILINEAR -> Resampling.BILINEAR;
        };
    boolean crops = own.part().crops();
    double share = recipe.input().cropShare().orElse(crops ? own.share() : Framing.IMAGENET_SHARE);
    return switch (recipe.input().framing()) {
      case AUTO -> new Framing(own.part(), crops ? share : own.share(), resampling);
      case SQUASH -> Framing.whole(resampling);
      case CENTER_CROP -> Framing.crop(share, resampling);
    };
  }

  /** Builds the network of a recipe, with the preprocessing of the backbone's own weights. */
  public static NetworkDesign design(Recipe recipe, int classes) {
    return design(recipe, entry(recipe).preprocessing(), classes);
  }

  /** Returns the backbone of a recipe. */
  public static BackboneInfo entry(Recipe recipe) {
    return BackboneInfo.of(recipe.backbone().name(), options(recipe));
  }

  /** Downloads a backbone of Hugging Face's hub, unless it is cached; shows the progress. */
  public static void fetch(Recipe recipe, Progress.Display display) {
    ExternalBackbone.fetch(recipe.backbone().name(), recipe.backbone().variant().given(), display);
  }

  /** Returns the external backbone of a recipe; empty for a built-in one. */
  public static Optional<ExternalBackbone> external(Recipe recipe) {
    return BackboneInfo.external(recipe.backbone().name(), options(recipe));
  }

  private static ExternalBackbone.Options options(Recipe recipe) {
    Optional<Adapter.Pooling> tokens =
        switch (recipe.backbone().tokens()) {
          case AUTO -> Optional.empty();
          case CLS -> Optional.of(Adapter.Pooling.CLS);
          case MEAN -> Optional.of(Adapter.Pooling.MEAN);
          case CLS_MEAN -> Optional.of(Adapter.Pooling.CLS_MEAN);
        };
    Recipe.Input input = recipe.input();
    boolean arithmetic =
        !input.mean().isAuto() && !input.deviation().isAuto() && input.order() != Recipe.Order.AUTO;
    boolean framing =
        !input.size().isAuto()
            && (input.framing() == Recipe.FramingChoice.SQUASH
                || (input.framing() == Recipe.FramingChoice.CENTER_CROP
                    && !input.cropShare().isAuto()));
    return new ExternalBackbone.Options(
        input.size().orElse(0),
        recipe.backbone().variant().given(),
        new OutputSelection.Wanted(tokens, recipe.backbone().output().given()),
        arithmetic,
        framing);
  }

  /**
   * Checks a recipe before anything is loaded.
   *
   * @throws GraftException as for {@link #design}, and for missing data or weights
   */
  public static void check(Recipe asked) {
    check(asked, Progress.Display.NONE);
  }

  /**
   * Checks a recipe, as {@link #check(Recipe)}.
   *
   * @param display shows the download of a backbone
   */
  public static void check(Recipe asked, Progress.Display display) {
    checkScale(asked);
    fetch(asked, display);
    checkNetwork(asked);
    Recipe recipe = resolve(asked);
    if (!isCifar10(recipe) && !exists(recipe.data().source())) {
      throw new GraftException(
          "data: there is no "
              + recipe.data().source()
              + "; give "
              + Cifar10Images.NAME
              + ", "
              + Cifar10Images.SAMPLE
              + ", a folder with one folder per class, or a manifest (.csv or .jsonl).");
    }
  }

  /**
   * Checks a recipe's network settings before anything is loaded.
   *
   * @throws GraftException as for {@link #design}, and for missing weights
   */
  public static void checkNetwork(Recipe asked) {
    checkScale(asked);
    Recipe recipe = resolve(asked);
    design(recipe, 2);
    BackboneInfo entry = entry(recipe);
    if (entry.network().external().isPresent()) {
      checkExternal(recipe, entry);
    } else {
      WeightSource.of(recipe.backbone().weights(), entry);
    }
  }

  private static void refuseWithoutFrozenPart(
      boolean refused, Recipe recipe, String key, String remedy) {
    if (refused) {
      throw new GraftException(
          key
              + ": this is of the frozen part, and with unfreeze "
              + recipe.backbone().unfreeze()
              + " nothing is frozen; set it to "
              + remedy
              + ", or unfreeze to a later stage.");
    }
  }

  /** Refuses mean and deviation for pixels from 0 to 1, which would give inputs of up to 1100. */
  private static void checkScale(Recipe recipe) {
    List<Float> mean = recipe.input().mean().orElse(List.of());
    List<Float> deviation = recipe.input().deviation().orElse(List.of());
    if (Preprocessing.isForUnitPixels(mean, deviation)) {
      throw new GraftException(
              "mean, deviation: these are for pixels from 0 to 1, and Graft's are from 0 to 255;"
                  + " multiply them by 255.")
          .withCode(
              Code.NORMALIZATION,
              Stream.of(setting("mean", mean), setting("deviation", deviation))
                  .flatMap(Optional::stream)
                  .toArray(String[]::new));
    }
  }

  private static Optional<String> setting(String key, List<Float> values) {
    return values.isEmpty()
        ? Optional.empty()
        : Optional.of(
            values.stream()
                .map(each -> BigDecimal.valueOf(each * 255.0).round(new MathContext(6)))
                .map(each -> each.stripTrailingZeros().toPlainString())
                .collect(Collectors.joining(",", key + "=[", "]")));
  }

  private static void checkExternal(Recipe recipe, BackboneInfo entry) {
    String problem = null;
    if (takesBytes(entry) && !preprocessing(recipe, entry.preprocessing()).leavesPixels()) {
      problem =
          "mean, deviation: "
              + recipe.backbone().name()
              + " takes bytes (uint8) and normalizes its images itself; leave these keys, and"
              + " preprocessing, out";
    } else if (!recipe.backbone().weights().equals(WeightSource.PRETRAINED)) {
      problem = "weights: a backbone from a file has its own";
    } else if (!recipe.backbone().unfreeze().equals(NetworkDesign.NONE)) {
      problem = "unfreeze: a backbone from a file is entirely frozen; set it to none";
    } else if (recipe.execution().precision() == Recipe.Precision.INT8
        && !entry.network().isOnnx()) {
      problem =
          "precision: int8 is not possible for a backbone in TorchScript; set it to float32, or"
              + " export the backbone to ONNX";
    } else if (!isPrepared(recipe)) {
      throw new GraftException(
              "mean, deviation: "
                  + recipe.backbone().name()
                  + " does not say how its images are prepared; give both, for pixels from 0 to"
                  + " 255. ImageNet's in PyTorch are mean [123.7,116.3,103.5] and deviation"
                  + " [58.4,57.1,57.4].")
          .withCode(Code.NORMALIZATION);
    }
    if (problem != null) {
      throw new GraftException(problem + ".");
    }
    if (entry.network().isOnnx()) {
      try {
        OnnxFile.check(design(recipe, 2).graph());
        if (recipe.execution().precision() == Recipe.Precision.INT8) {
          checkInt8(entry.network().external().orElseThrow().file());
        }
      } catch (GraftException e) {
        throw new GraftException(
            ExternalBackbone.prefixed(recipe.backbone().name(), e.getMessage()), e);
      }
    }
  }

  /** Returns whether the preprocessing of an external backbone is known. */
  static boolean isPrepared(Recipe recipe) {
    return entry(recipe).own().isPresent()
        || recipe.input().preprocessing() == Recipe.PreprocessingChoice.ZERO_ONE
        || !(recipe.input().mean().isAuto() || recipe.input().deviation().isAuto());
  }

  private static boolean takesBytes(BackboneInfo entry) {
    return entry
        .network()
        .external()
        .filter(layer -> layer.adapter().input().type() == Adapter.Type.UINT8)
        .isPresent();
  }

  private static void checkInt8(Path file) {
    try {
      OnnxFile.int8Products(file);
    } catch (GraftException e) {
      throw new GraftException(
          "int8 is not possible: " + e.getMessage() + ". Set precision to float32.", e);
    }
  }

  /** Returns whether a text is the path of a file or folder. */
  static boolean exists(String path) {
    try {
      return Files.exists(Path.of(path));
    } catch (InvalidPathException e) {
      return false;
    }
  }
}
