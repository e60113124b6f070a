package dev.graft.recipe;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.graft.GraftException;
import java.util.List;
import java.util.Locale;

/**
 * Everything that a run is told. {@code conf/fine-tune.yaml} says what each key means; what it
 * leaves out is {@linkplain RecipeReader#defaults built in}.
 *
 * @param backbone {@link #AUTO} for what suits the data
 * @param mean of each channel, in pixel values 0 to 255; empty for the backbone's own
 * @param deviation likewise, what each channel is divided by
 * @param inputSize side of the network's input in pixels; 0 for what suits backbone and pictures
 * @param features stages whose averages are the features; empty for the backbone's own
 * @param learningRate of the head, after the warm-up; 0 for what suits the batch size
 * @param batchSize pictures a step; 0 for what suits the part that is trained
 */
public record Recipe(
    String backbone,
    String weights,
    PreprocessingChoice preprocessing,
    List<Float> mean,
    List<Float> deviation,
    Order order,
    int inputSize,
    List<String> features,
    double featurePower,
    boolean standardize,
    String unfreeze,
    String data,
    List<String> dataDir,
    double maxBad,
    double testSplit,
    double validationSplit,
    SplitChoice split,
    int folds,
    Head head,
    Initializer initializer,
    OptimizerChoice optimizer,
    double learningRate,
    double backboneLearningRate,
    Schedule schedule,
    double warmupEpochs,
    double epsilon,
    double weightDecay,
    double labelSmoothing,
    ClassWeights classWeights,
    int batchSize,
    int epochs,
    int minSteps,
    EarlyStopping earlyStopping,
    boolean calibrate,
    long seed,
    String device,
    boolean cache,
    CacheType cacheType,
    RootEngine rootEngine,
    Precision precision) {
  /** What a recipe says where Graft decides. */
  public static final String AUTO = "auto";

  /** What is done to pictures before the network sees them. */
  public enum PreprocessingChoice {
    /** What belongs to the weights. */
    @JsonProperty("weights")
    WEIGHTS,
    /** RGB from 0 to 1, whatever the weights were trained on, as the notebook does. */
    @JsonProperty("zero-one")
    ZERO_ONE
  }

  /** In which order the network takes the channels that mean and deviation are given for. */
  public enum Order {
    /** The backbone's own. */
    @JsonProperty(Recipe.AUTO)
    AUTO,
    @JsonProperty("rgb")
    RGB,
    @JsonProperty("bgr")
    BGR
  }

  /** How validation pictures are told from training pictures. */
  public enum SplitChoice {
    /** Drawn by the seed, the same share of every class. */
    @JsonProperty("stratified")
    STRATIFIED,
    /** The last ones, as Keras's {@code validation_split} does. */
    @JsonProperty("last")
    LAST
  }

  /** How new weights are drawn. */
  public enum Initializer {
    /** Keras's default: uniform within the square root of 6 / (in + out). */
    @JsonProperty("glorot-uniform")
    GLOROT_UNIFORM,
    /** For layers with ReLU: uniform within the square root of 6 / in. */
    @JsonProperty("he-uniform")
    HE_UNIFORM
  }

  /** How gradients become steps. */
  public enum OptimizerChoice {
    /** Kingma and Ba 2014. */
    @JsonProperty("adam")
    ADAM,
    /** Loshchilov and Hutter 2017: weight decay apart from the gradient. */
    @JsonProperty("adamw")
    ADAMW
  }

  /** How the learning rate goes on after the warm-up. */
  public enum Schedule {
    @JsonProperty("constant")
    CONSTANT,
    /** Down to 0 along half a cosine wave. */
    @JsonProperty("cosine")
    COSINE
  }

  /** What is done about classes of different sizes. */
  public enum ClassWeights {
    /** Nothing: a class counts by its pictures. */
    @JsonProperty("none")
    NONE,
    /** A picture counts the more, the rarer its class: pictures / (classes * its pictures). */
    @JsonProperty("balanced")
    BALANCED,
    /** Logits are trained with the logarithm of the class's share added (Menon et al. 2021). */
    @JsonProperty("logit-adjusted")
    LOGIT_ADJUSTED
  }

  /** How activations at the freeze boundary are kept. */
  public enum CacheType {
    @JsonProperty("float16")
    FLOAT16,
    @JsonProperty("float32")
    FLOAT32
  }

  /** What computes the frozen part, of which only the forward pass is ever wanted. */
  public enum RootEngine {
    /** What suits the device and is there. */
    @JsonProperty(Recipe.AUTO)
    AUTO,
    /** ONNX Runtime, on the CPU. */
    @JsonProperty("onnxruntime")
    ONNXRUNTIME,
    /** The engine that trains the rest. */
    @JsonProperty("training")
    TRAINING
  }

  /** In what numbers the frozen part is computed. */
  public enum Precision {
    @JsonProperty("float32")
    FLOAT32,
    /** Weights and activations in 8 bits. */
    @JsonProperty("int8")
    INT8
  }

  /**
   * The new head.
   *
   * @param hidden units of the hidden layer; 0 for none
   * @param inputDropout share of the features that is dropped
   * @param dropout share of the hidden units that is dropped
   */
  public record Head(int hidden, double inputDropout, double dropout) {
    public Head {
      within("head.hidden", hidden, 0, 65_536);
      share("head.input-dropout", inputDropout);
      share("head.dropout", dropout);
    }
  }

  /**
   * When training ends before the last epoch.
   *
   * @param patience epochs without improvement of the validation loss, against the best so far
   * @param minDelta the least change that is an improvement
   * @param restoreBest whether the weights of the best epoch are kept, and not the last
   */
  public record EarlyStopping(int patience, double minDelta, boolean restoreBest) {
    public EarlyStopping {
      within("early-stopping.patience", patience, 0, 100_000);
      atLeast("early-stopping.min-delta", minDelta, 0);
    }
  }

  public Recipe {
    notBlank("backbone", backbone);
    notBlank("weights", weights);
    notBlank("unfreeze", unfreeze);
    notBlank("data", data);
    notBlank("device", device);
    features = texts("features", features);
    dataDir = texts("data-dir", dataDir);
    required("preprocessing", preprocessing);
    mean = channels("mean", mean);
    deviation = channels("deviation", deviation);
    deviation.forEach(each -> positive("deviation", each));
    required("order", order);
    required("split", split);
    required("head", head);
    required("initializer", initializer);
    required("optimizer", optimizer);
    required("schedule", schedule);
    required("early-stopping", earlyStopping);
    required("cache-type", cacheType);
    required("class-weights", classWeights);
    required("root-engine", rootEngine);
    required("precision", precision);
    if (inputSize != 0) {
      within("input-size", inputSize, 8, 1024);
    }
    if (!(featurePower > 0 && featurePower <= 1)) {
      throw outside("feature-power", "above 0 and at most 1", featurePower);
    }
    part("validation-split", validationSplit);
    part("test-split", testSplit);
    share("max-bad", maxBad);
    if (folds != 0) {
      within("folds", folds, 2, 100);
    }
    within("min-steps", minSteps, 1, 100_000);
    if (learningRate != 0) {
      positive("learning-rate", learningRate);
    }
    positive("backbone-learning-rate", backboneLearningRate);
    positive("epsilon", epsilon);
    within("epochs", epochs, 1, 100_000);
    atLeast("warmup-epochs", warmupEpochs, 0);
    if (warmupEpochs >= epochs && warmupEpochs > 0) {
      throw outside("warmup-epochs", "below epochs, which is " + epochs, warmupEpochs);
    }
    atLeast("weight-decay", weightDecay, 0);
    share("label-smoothing", labelSmoothing);
    if (batchSize != 0) {
      within("batch-size", batchSize, 1, 65_536);
    }
    checkDevice(device);
    if (weightDecay > 0 && optimizer == OptimizerChoice.ADAM) {
      throw new GraftException(
          "weight-decay: adam has none here (it would be mixed into the gradient); set optimizer to"
              + " adamw, or weight-decay to 0.");
    }
    if (precision == Precision.INT8 && rootEngine == RootEngine.TRAINING) {
      throw new GraftException(
          "precision: int8 is computed by ONNX Runtime, and not by the engine that trains; set"
              + " root-engine to onnxruntime, or precision to float32.");
    }
    if (!cache && (precision == Precision.INT8 || rootEngine == RootEngine.ONNXRUNTIME)) {
      throw new GraftException(
          "cache: without it pictures go through the network that is trained, whole and in float32;"
              + " set root-engine to training and precision to float32, or cache to true.");
    }
  }

  /**
   * Checks that a text is the name of a device, be it there or not.
   *
   * @throws GraftException if it is not
   */
  public static void checkDevice(String name) {
    if (!name.equals("auto") && !name.equals("cpu") && !name.matches("gpu[0-9]{1,2}")) {
      throw new GraftException("device: must be auto, cpu or gpu0, gpu1, …, not " + name + ".");
    }
  }

  /** What YAML leaves empty, or calls null. */
  private static void required(String key, Object value) {
    if (value == null) {
      throw new GraftException(key + ": must not be empty.");
    }
  }

  private static List<String> texts(String key, List<String> values) {
    required(key, values);
    values.forEach(value -> required(key, value));
    return List.copyOf(values);
  }

  /** A finite number for each of three channels, or none at all. */
  private static List<Float> channels(String key, List<Float> values) {
    required(key, values);
    if (values.stream().anyMatch(value -> value == null || !Float.isFinite(value))
        || (values.size() != 3 && !values.isEmpty())) {
      throw new GraftException(key + ": must be auto or three numbers, not " + values + ".");
    }
    return List.copyOf(values);
  }

  private static void notBlank(String key, String value) {
    if (value == null || value.isBlank()) {
      throw new GraftException(key + ": must not be empty.");
    }
  }

  private static void within(String key, int value, int least, int most) {
    if (value < least || value > most) {
      throw outside(key, "a whole number from " + least + " to " + most, value);
    }
  }

  private static void part(String key, double value) {
    if (!(value > 0 && value < 1)) {
      throw outside(key, "above 0 and below 1", value);
    }
  }

  private static void share(String key, double value) {
    if (!(value >= 0 && value < 1)) {
      throw outside(key, "at least 0 and below 1", value);
    }
  }

  private static final double SMALLEST = 1e-30;
  private static final double GREATEST = 1e30;

  private static void positive(String key, double value) {
    // The engines compute in float32, where much less is 0 and much more infinite.
    if (!(value >= SMALLEST && value <= GREATEST)) {
      throw outside(key, "above 0 (from 1e-30 to 1e+30)", value);
    }
  }

  private static void atLeast(String key, double value, double least) {
    if (!(value >= least && value <= GREATEST)) {
      throw outside(
          key, "at least " + String.format(Locale.ROOT, "%.0f", least) + " (to 1e+30)", value);
    }
  }

  private static GraftException outside(String key, String limit, Number value) {
    return new GraftException(key + ": must be " + limit + ", not " + value + ".");
  }
}
