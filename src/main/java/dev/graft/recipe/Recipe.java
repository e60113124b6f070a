package dev.graft.recipe;

import static dev.graft.recipe.Limits.outside;
import static dev.graft.recipe.Limits.requireAutoOr;
import static dev.graft.recipe.Limits.requireChannels;
import static dev.graft.recipe.Limits.requireDistinct;
import static dev.graft.recipe.Limits.requireHalfOpenUnit;
import static dev.graft.recipe.Limits.requireNonNegative;
import static dev.graft.recipe.Limits.requireOpenUnit;
import static dev.graft.recipe.Limits.requirePositive;
import static dev.graft.recipe.Limits.requirePositiveShare;
import static dev.graft.recipe.Limits.requireText;
import static dev.graft.recipe.Limits.requireTexts;
import static dev.graft.recipe.Limits.requireUnit;
import static dev.graft.recipe.Limits.requireWithin;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.graft.GraftException;
import dev.graft.util.InputSide;
import java.util.List;

/**
 * The settings of a run, in groups. {@code conf/fine-tune.yaml} explains each key, and is the
 * {@linkplain RecipeReader#defaults default}. In a recipe's file, only {@code head} and {@code
 * early-stopping} are groups; all other keys are at the top level.
 */
public record Recipe(
    Backbone backbone,
    Input input,
    Features features,
    Data data,
    Head head,
    Training training,
    Execution execution,
    long seed) {
  /** The value of keys that Graft decides. */
  public static final String AUTO = "auto";

  /** The preprocessing of images. */
  public enum PreprocessingChoice {
    /** The preprocessing that the weights were trained with. */
    @JsonProperty("weights")
    WEIGHTS,
    /** RGB in [0, 1] for any weights, as in the notebook. */
    @JsonProperty("zero-one")
    ZERO_ONE
  }

  /** The order of the channels in the network's input, and of mean and deviation. */
  public enum Order {
    /** The backbone's own. */
    @JsonProperty(Recipe.AUTO)
    AUTO,
    /** Red, green, blue. */
    @JsonProperty("rgb")
    RGB,
    /** Blue, green, red. */
    @JsonProperty("bgr")
    BGR
  }

  /** The part of an image that becomes the network's input. */
  public enum FramingChoice {
    /** The backbone's own. */
    @JsonProperty(Recipe.AUTO)
    AUTO,
    /** The whole image, distorted if it is not square. */
    @JsonProperty("squash")
    SQUASH,
    /** The center, after resizing the shorter side. */
    @JsonProperty("center-crop")
    CENTER_CROP
  }

  /** The filter of resizing. */
  public enum ResamplingChoice {
    /** The backbone's own. */
    @JsonProperty(Recipe.AUTO)
    AUTO,
    /** Keys's cubic. */
    @JsonProperty("bicubic")
    BICUBIC,
    /** A triangle. */
    @JsonProperty("bilinear")
    BILINEAR
  }

  /** The tokens that become features, if an external backbone has outputs (N, T, C). */
  public enum TokenChoice {
    /** Another output for the whole image, else CLS, else the mean. */
    @JsonProperty(Recipe.AUTO)
    AUTO,
    /** The first token. */
    @JsonProperty("cls")
    CLS,
    /** The mean of the patch tokens. */
    @JsonProperty("mean")
    MEAN,
    /** Both, one after the other. */
    @JsonProperty("cls+mean")
    CLS_MEAN
  }

  /** The use of given validation images if there are no test images. */
  public enum LoneValidation {
    /** The test; validation images are split off the training images. */
    @JsonProperty("test")
    TEST,
    /** Validation images; a test is split off the training images. */
    @JsonProperty("validation")
    VALIDATION
  }

  /** How validation images are chosen from the training images. */
  public enum SplitChoice {
    /** Sampled by the seed, the same share of every class. */
    @JsonProperty("stratified")
    STRATIFIED,
    /** The last ones, as in Keras's {@code validation_split}. */
    @JsonProperty("last")
    LAST
  }

  /** How new weights are initialized. */
  public enum Initializer {
    /**
     * As {@link #GLOROT_UNIFORM}, but the output layer starts at zero: where images are fewer than
     * features, training never corrects what is random there.
     */
    @JsonProperty("zero-output")
    ZERO_OUTPUT,
    /** Keras's default (Glorot and Bengio 2010): uniform within ±√(6 / (in + out)). */
    @JsonProperty("glorot-uniform")
    GLOROT_UNIFORM,
    /** For layers with ReLU (He et al. 2015): uniform within ±√(6 / in). */
    @JsonProperty("he-uniform")
    HE_UNIFORM
  }

  /** The optimizer. */
  public enum OptimizerChoice {
    /** Kingma and Ba 2014. */
    @JsonProperty("adam")
    ADAM,
    /** Loshchilov and Hutter 2017: Adam with decoupled weight decay. */
    @JsonProperty("adamw")
    ADAMW
  }

  /** The learning rate after the warm-up. */
  public enum Schedule {
    /** The same rate for all steps. */
    @JsonProperty("constant")
    CONSTANT,
    /** Half a cosine wave down to 0 (Loshchilov and Hutter 2016). */
    @JsonProperty("cosine")
    COSINE,
    /**
     * Up from 1/25 of the rate for 30 % of the steps and down to 1/250,000 of it, each along half a
     * cosine wave (Smith and Topin 2017; shares and divisors are those of PyTorch's OneCycleLR).
     */
    @JsonProperty("one-cycle")
    ONE_CYCLE
  }

  /** The weighting of imbalanced classes. */
  public enum ClassWeights {
    /** All images have the same weight. */
    @JsonProperty("none")
    NONE,
    /** The weight of an image is images / (classes * images of its class), as in scikit-learn. */
    @JsonProperty("balanced")
    BALANCED,
    /** The logarithm of the class's share is added to the training logits (Menon et al. 2021). */
    @JsonProperty("logit-adjusted")
    LOGIT_ADJUSTED
  }

  /** The number type of cached activations at the freeze boundary. */
  public enum CacheType {
    /** Half the disk space, with about three decimal digits. */
    @JsonProperty("float16")
    FLOAT16,
    /** The exact activations. */
    @JsonProperty("float32")
    FLOAT32
  }

  /** The engine that computes the frozen part, and trained stages where no gradients are needed. */
  public enum FrozenPartEngine {
    /** ONNX Runtime, on the CPU. */
    @JsonProperty("onnxruntime")
    ONNXRUNTIME,
    /** The engine that trains the head. */
    @JsonProperty("training")
    TRAINING
  }

  /** The precision of the frozen part. */
  public enum Precision {
    /** 32-bit floating-point numbers. */
    @JsonProperty("float32")
    FLOAT32,
    /** Weights and activations as 8-bit integers. */
    @JsonProperty("int8")
    INT8
  }

  /** How the weights of the head are found. */
  public enum Solver {
    /** Training in batches by Adam or AdamW, in DJL's training loop. */
    @JsonProperty("gradient")
    GRADIENT,
    /** A linear head at the minimum of its convex loss, by a quasi-Newton method. */
    @JsonProperty("newton")
    NEWTON
  }

  /** The precision of the matrix products in training; all else is float32. */
  public enum TrainingPrecision {
    /** 32-bit floating-point numbers. */
    @JsonProperty("float32")
    FLOAT32,
    /** 16-bit numbers with the range of float32 and 8 bits of precision. */
    @JsonProperty("bfloat16")
    BFLOAT16
  }

  /**
   * A group of settings. Its constructor throws a {@link GraftException} if a value is outside of
   * its limits, or if two contradict each other; {@link RecipeReader} rejects missing values. Each
   * {@code with…} method returns a copy with other values.
   */
  public sealed interface Group {}

  /** A group whose keys stand at the top of a recipe's file. */
  sealed interface KeysAtTop extends Group {}

  /** The backbone. */
  public record Backbone(
      @JsonProperty("backbone") String name,
      String weights,
      Auto<String> variant,
      TokenChoice tokens,
      Auto<String> output,
      String unfreeze)
      implements KeysAtTop {
    public Backbone {
      requireText("backbone", name);
      requireText("weights", weights);
      requireAutoOr("variant", variant, each -> requireText("variant", each));
      requireAutoOr("output", output, each -> requireText("output", each));
      requireText("unfreeze", unfreeze);
    }

    public Backbone withName(String name) {
      return new Backbone(name, weights, variant, tokens, output, unfreeze);
    }

    public Backbone withWeights(String weights) {
      return new Backbone(name, weights, variant, tokens, output, unfreeze);
    }
  }

  /** The input of the network. */
  public record Input(
      @JsonProperty("input-size") Auto<Integer> size,
      PreprocessingChoice preprocessing,
      Auto<List<Float>> mean,
      Auto<List<Float>> deviation,
      Order order,
      FramingChoice framing,
      Auto<Double> cropShare,
      ResamplingChoice resampling)
      implements KeysAtTop {
    public Input {
      requireAutoOr(
          "input-size",
          size,
          each -> requireWithin("input-size", each, InputSide.MIN, InputSide.MAX));
      requireChannels("mean", mean);
      requireChannels("deviation", deviation);
      deviation.ifGiven(values -> values.forEach(each -> requirePositive("deviation", each)));
      requireAutoOr("crop-share", cropShare, each -> requirePositiveShare("crop-share", each));
    }

    public Input withSize(int size) {
      return new Input(
          Auto.of(size), preprocessing, mean, deviation, order, framing, cropShare, resampling);
    }
  }

  /** The features, which the head classifies. */
  public record Features(
      @JsonProperty("features") Auto<List<String>> stages,
      @JsonProperty("feature-power") double power,
      boolean standardize)
      implements KeysAtTop {
    public Features {
      requireAutoOr("features", stages, each -> requireDistinct("features", each));
      requirePositiveShare("feature-power", power);
    }

    public Features withStages(List<String> stages) {
      return new Features(Auto.of(stages), power, standardize);
    }
  }

  /** The images and their split. */
  public record Data(
      @JsonProperty("data") String source,
      @JsonProperty("data-dir") List<String> folders,
      Auto<String> columns,
      Auto<String> pathPattern,
      LoneValidation loneValidation,
      double maxBad,
      double testSplit,
      double validationSplit,
      SplitChoice split,
      int folds)
      implements KeysAtTop {
    public Data {
      requireText("data", source);
      folders = requireTexts("data-dir", folders);
      requireAutoOr("columns", columns, each -> requireText("columns", each));
      requireAutoOr("path-pattern", pathPattern, each -> requireText("path-pattern", each));
      requireHalfOpenUnit("max-bad", maxBad);
      requireOpenUnit("test-split", testSplit);
      requireOpenUnit("validation-split", validationSplit);
      if (folds != 0) {
        requireWithin("folds", folds, 2, 100);
      }
    }

    public Data withLocation(String source, List<String> folders) {
      return new Data(
          source,
          folders,
          columns,
          pathPattern,
          loneValidation,
          maxBad,
          testSplit,
          validationSplit,
          split,
          folds);
    }
  }

  /** The new head. */
  public record Head(int hidden, double inputDropout, double dropout, Auto<Solver> solver)
      implements Group {
    public Head {
      requireWithin("head.hidden", hidden, 0, 65_536);
      requireHalfOpenUnit("head.input-dropout", inputDropout);
      requireHalfOpenUnit("head.dropout", dropout);
      // Models of earlier versions do not have it.
      solver = solver == null ? Auto.undecided() : solver;
    }

    public Head withSolver(Solver solver) {
      return new Head(hidden, inputDropout, dropout, Auto.of(solver));
    }
  }

  /** The training of the head, and of unfrozen stages. */
  public record Training(
      Auto<Initializer> initializer,
      OptimizerChoice optimizer,
      Auto<Double> learningRate,
      double backboneLearningRate,
      double layerDecay,
      double headEpochs,
      double stochasticDepth,
      Schedule schedule,
      double warmupEpochs,
      double epsilon,
      double weightDecay,
      double clipNorm,
      double labelSmoothing,
      ClassWeights classWeights,
      Auto<Integer> batchSize,
      int epochs,
      int minSteps,
      boolean mirror,
      boolean averageMirror,
      int crops,
      int randAugment,
      double cutout,
      double mixup,
      double emaDecay,
      EarlyStopping earlyStopping,
      boolean calibrate,
      @JsonProperty("training-precision") Auto<TrainingPrecision> precision)
      implements KeysAtTop {
    public Training {
      requireAutoOr("learning-rate", learningRate, each -> requirePositive("learning-rate", each));
      requirePositive("backbone-learning-rate", backboneLearningRate);
      requirePositiveShare("layer-decay", layerDecay);
      requireWithin("epochs", epochs, 1, 100_000);
      requireNonNegative("warmup-epochs", warmupEpochs);
      if (warmupEpochs >= epochs && warmupEpochs > 0) {
        throw outside("warmup-epochs", "below epochs, which is " + epochs, warmupEpochs);
      }
      if (warmupEpochs > 0 && schedule == Schedule.ONE_CYCLE) {
        throw new GraftException(
            "warmup-epochs: must be 0 with one-cycle, which starts with a warm-up of its own; set"
                + " schedule to cosine, or warmup-epochs to 0.");
      }
      requireNonNegative("head-epochs", headEpochs);
      if (headEpochs > 0 && headEpochs + warmupEpochs >= epochs) {
        throw outside(
            "head-epochs",
            "together with warmup-epochs below epochs, which is " + epochs,
            headEpochs);
      }
      requireHalfOpenUnit("stochastic-depth", stochasticDepth);
      requirePositive("epsilon", epsilon);
      requireNonNegative("weight-decay", weightDecay);
      requireNonNegative("clip-norm", clipNorm);
      if (weightDecay > 0 && optimizer == OptimizerChoice.ADAM) {
        throw new GraftException(
            "weight-decay: must be 0 with adam; set optimizer to adamw, or weight-decay to 0.");
      }
      requireHalfOpenUnit("label-smoothing", labelSmoothing);
      requireAutoOr("batch-size", batchSize, each -> requireWithin("batch-size", each, 1, 65_536));
      requireWithin("min-steps", minSteps, 1, 100_000);
      requireWithin("crops", crops, 0, 16);
      requireWithin("rand-augment", randAugment, 0, 30);
      requireHalfOpenUnit("cutout", cutout);
      if (crops == 0 && (randAugment > 0 || cutout > 0)) {
        String key = randAugment > 0 ? "rand-augment" : "cutout";
        throw new GraftException(
            key
                + ": changes random crops, and crops is 0; set crops to 1 or more, or "
                + key
                + " to 0.");
      }
      requireUnit("mixup", mixup);
      requireHalfOpenUnit("ema-decay", emaDecay);
    }

    public Training withInitializer(Initializer initializer) {
      return with(Auto.of(initializer), learningRate, batchSize, epochs, averageMirror, precision);
    }

    public Training withLearningRate(double learningRate) {
      return with(initializer, Auto.of(learningRate), batchSize, epochs, averageMirror, precision);
    }

    public Training withBatchSize(int batchSize) {
      return with(initializer, learningRate, Auto.of(batchSize), epochs, averageMirror, precision);
    }

    public Training withEpochs(int epochs) {
      return with(initializer, learningRate, batchSize, epochs, averageMirror, precision);
    }

    public Training withAverageMirror(boolean averageMirror) {
      return with(initializer, learningRate, batchSize, epochs, averageMirror, precision);
    }

    public Training withPrecision(TrainingPrecision precision) {
      return with(initializer, learningRate, batchSize, epochs, averageMirror, Auto.of(precision));
    }

    private Training with(
        Auto<Initializer> initializer,
        Auto<Double> learningRate,
        Auto<Integer> batchSize,
        int epochs,
        boolean averageMirror,
        Auto<TrainingPrecision> precision) {
      return new Training(
          initializer,
          optimizer,
          learningRate,
          backboneLearningRate,
          layerDecay,
          headEpochs,
          stochasticDepth,
          schedule,
          warmupEpochs,
          epsilon,
          weightDecay,
          clipNorm,
          labelSmoothing,
          classWeights,
          batchSize,
          epochs,
          minSteps,
          mirror,
          averageMirror,
          crops,
          randAugment,
          cutout,
          mixup,
          emaDecay,
          earlyStopping,
          calibrate,
          precision);
    }

    /** Returns whether mirror images are computed, for training or for prediction. */
    public boolean usesMirrorImages() {
      return mirror || averageMirror;
    }
  }

  /** Early stopping, as in Keras's callback. */
  public record EarlyStopping(int patience, double minDelta, boolean restoreBest) {
    public EarlyStopping {
      requireWithin("early-stopping.patience", patience, 0, 100_000);
      requireNonNegative("early-stopping.min-delta", minDelta);
    }
  }

  /** The machine: where and how the network is computed. */
  public record Execution(
      String device,
      boolean cache,
      CacheType cacheType,
      @JsonProperty("root-engine") Auto<FrozenPartEngine> frozenPartEngine,
      Precision precision)
      implements KeysAtTop {
    public Execution {
      requireText("device", device);
      checkDevice(device);
      if (precision == Precision.INT8 && frozenPartEngine.is(FrozenPartEngine.TRAINING)) {
        throw new GraftException(
            "precision: int8 requires ONNX Runtime; set root-engine to onnxruntime, or precision"
                + " to float32.");
      }
      if (!cache
          && (precision == Precision.INT8 || frozenPartEngine.is(FrozenPartEngine.ONNXRUNTIME))) {
        throw new GraftException(
            "cache: without it the training engine computes the whole network in float32; set"
                + " root-engine to training and precision to float32, or cache to true.");
      }
    }

    public Execution withDevice(String device) {
      return new Execution(device, cache, cacheType, frozenPartEngine, precision);
    }

    public Execution withFrozenPartEngine(FrozenPartEngine frozenPartEngine) {
      return new Execution(device, cache, cacheType, Auto.of(frozenPartEngine), precision);
    }
  }

  /** Returns a copy with another group of the same type. */
  public Recipe with(Group group) {
    return new Recipe(
        group instanceof Backbone other ? other : backbone,
        group instanceof Input other ? other : input,
        group instanceof Features other ? other : features,
        group instanceof Data other ? other : data,
        group instanceof Head other ? other : head,
        group instanceof Training other ? other : training,
        group instanceof Execution other ? other : execution,
        seed);
  }

  /**
   * Checks the syntax of a device's name; the device itself may be absent.
   *
   * @throws GraftException if the name is invalid
   */
  public static void checkDevice(String name) {
    if (!name.equals("auto") && !name.equals("cpu") && !name.matches("gpu[0-9]{1,2}")) {
      throw new GraftException("device: must be auto, cpu or gpu0, gpu1, …, not " + name + ".");
    }
  }
}
