package dev.graft;

import dev.graft.data.DataSet;
import dev.graft.data.Split;
import dev.graft.data.duplicates.Survey;
import dev.graft.evaluation.History;
import dev.graft.io.AtomicFiles;
import dev.graft.network.onnx.Ranges;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import dev.graft.training.Checkpoints;
import dev.graft.training.EarlyStopping;
import dev.graft.tuning.Features;
import dev.graft.tuning.PreparedRun;
import dev.graft.tuning.RecipeResolver;
import dev.graft.tuning.RunEvents;
import dev.graft.tuning.Tuning;
import dev.graft.util.Names;
import dev.graft.util.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Trains a new head, and optionally the last stages, of a pretrained network on labeled images. The
 * defaults are those of {@code graft fine-tune}.
 *
 * <pre>{@code
 * LabeledImages photos = LabeledImages.at(Path.of("photos"));
 * try (FineTuning result = FineTuner.on(Backbones.efficientNetLite0()).fit(photos)) {
 *   System.out.println(result.test().accuracy());
 *   result.model().save(Path.of("model"));
 * }
 * }</pre>
 *
 * <p>It prints nothing, and writes only the feature cache and, in a cache of its own, downloaded
 * weights. Its methods change the tuner and return it; it is not thread-safe.
 */
public final class FineTuner {
  /**
   * Recipe keys that {@link #set} must not set: {@link LabeledImages} or the command line covers
   * them.
   */
  private static final Set<String> ELSEWHERE =
      Set.of("data", "data-dir", "columns", "path-pattern", "lone-validation", "max-bad", "folds");

  private final Map<String, String> settings = new LinkedHashMap<>();
  private Optional<Path> cache = Optional.empty();
  private FineTuningListener listener = epoch -> {};
  private Interruption interruption = new Interruption();

  private FineTuner() {}

  /** Returns a tuner of a backbone. */
  public static FineTuner on(Backbones.Backbone backbone) {
    Objects.requireNonNull(backbone, "backbone");
    FineTuner tuner = new FineTuner();
    tuner.settings.putAll(backbone.settings());
    return tuner;
  }

  /**
   * Sets the width of the head's hidden layer.
   *
   * @param units 0 for a linear head
   */
  public FineTuner hidden(int units) {
    return set("head.hidden", Integer.toString(units));
  }

  /** Sets the maximum number of epochs. */
  public FineTuner epochs(int epochs) {
    return set("epochs", Integer.toString(epochs));
  }

  /** Sets the number of epochs without a lower validation loss after which training ends. */
  public FineTuner patience(int epochs) {
    return set("early-stopping.patience", Integer.toString(epochs));
  }

  /** Sets the number of images per training step. */
  public FineTuner batchSize(int images) {
    return set("batch-size", Integer.toString(images));
  }

  /** Sets the learning rate of the head. */
  public FineTuner learningRate(double rate) {
    return set("learning-rate", Double.toString(rate));
  }

  /** Sets the side of the network's square input, in pixels. */
  public FineTuner inputSize(int side) {
    return set("input-size", Integer.toString(side));
  }

  /**
   * Trains the stages from this one on, too.
   *
   * @param stage a name as in the layer table, such as {@code block5_conv1} of VGG16
   */
  public FineTuner unfreeze(String stage) {
    return set("unfreeze", Objects.requireNonNull(stage, "stage"));
  }

  /** Computes the frozen part in int8. */
  public FineTuner int8() {
    return set("precision", "int8");
  }

  /**
   * Sets the share of the training images that is held out for validation, if no image has that
   * part.
   *
   * @param share above 0 and below 1
   */
  public FineTuner validationSplit(double share) {
    return set("validation-split", Double.toString(share));
  }

  /**
   * Sets the share of the images that is held out for the test, if no image has that part.
   *
   * @param share above 0 and below 1
   */
  public FineTuner testSplit(double share) {
    return set("test-split", Double.toString(share));
  }

  /** Sets the seed of the split, the initial weights and the order of the images. */
  public FineTuner seed(long seed) {
    return set("seed", Long.toString(seed));
  }

  /**
   * Sets a key of a recipe; docs/recipes.md lists them. {@link #fit} rejects the keys that choose
   * the images or how they are read, which {@link LabeledImages} replaces, and {@code folds}, which
   * only the command line supports.
   *
   * @param value as in YAML
   */
  public FineTuner set(String key, String value) {
    settings.put(Objects.requireNonNull(key, "key"), Objects.requireNonNull(value, "value"));
    return this;
  }

  /**
   * Caches features and fingerprints in a folder, for the next training on the same images. Without
   * it they are cached in a temporary folder, which is deleted afterwards.
   */
  public FineTuner cache(Path folder) {
    cache = Optional.of(Objects.requireNonNull(folder, "folder"));
    return this;
  }

  /**
   * Sets the listener. {@link #fit} calls it on the thread that called {@code fit}. A lambda
   * receives the epochs: {@code listener(epoch -> log.info("{}", epoch.validationAccuracy()))}.
   */
  public FineTuner listener(FineTuningListener other) {
    listener = Objects.requireNonNull(other, "listener");
    return this;
  }

  /**
   * Sets the interruption, which can end the training early: {@link #fit} then returns the best
   * model so far, or fails if there is none.
   */
  public FineTuner interruption(Interruption other) {
    interruption = Objects.requireNonNull(other, "interruption");
    return this;
  }

  /**
   * Trains on the training images, stops by the validation images and evaluates on the test images
   * once. Images without a part are split by class and seed; identical and similar images stay in
   * one part.
   *
   * @throws GraftException if a setting is invalid, if there are too few or too many unreadable
   *     images, if no engine that trains is available, if weights can't be loaded, if the training
   *     diverges, or if it is interrupted before its first epoch ends
   * @throws IOException if the cache can't be written
   */
  public FineTuning fit(LabeledImages images) throws IOException {
    Objects.requireNonNull(images, "images");
    if (cache.isPresent()) {
      return fit(images.data(), cache.get());
    }
    Path temporary = Files.createTempDirectory("graft");
    try {
      return fit(images.data(), temporary);
    } finally {
      AtomicFiles.deleteTemporary(temporary);
    }
  }

  private FineTuning fit(DataSet data, Path caches) throws IOException {
    settings.keySet().stream()
        .filter(ELSEWHERE::contains)
        .findFirst()
        .ifPresent(
            key -> {
              throw new GraftException(
                  key
                      + ": can't be set on a FineTuner; "
                      + (key.equals("folds")
                          ? "the command fine-tune cross-validates."
                          : "choose the images with LabeledImages."));
            });
    if (data.classes().size() < 2) {
      throw GraftException.of(
          "data: %s has only one class, %s; a classifier needs at least 2 classes.",
          data.name(), Names.quoted(data.classes()));
    }
    Map<String, String> all = new LinkedHashMap<>(settings);
    all.put("data", RecipeReader.text(data.name()));
    Recipe recipe = RecipeReader.read(null, all);
    RecipeResolver.checkNetwork(recipe);
    RunEvents events = new Events(listener);
    PreparedRun run =
        PreparedRun.of(
            recipe, () -> data, caches.resolve("features"), caches.resolve("fingerprints"), events);
    try {
      return fit(run, events);
    } catch (IOException | RuntimeException | Error e) {
      run.close();
      throw e;
    }
  }

  private FineTuning fit(PreparedRun run, RunEvents events) throws IOException {
    Optional<Ranges> ranges = run.ranges();
    try (Features features = run.features(ranges)) {
      Survey survey = run.survey();
      Split split = run.split(survey);
      try (Tuning tuning = new Tuning(run, features, events, interruption)) {
        Tuning.Result result =
            tuning.run(split, survey, Checkpoints.NONE, 0, new Tuning.Steps() {});
        return new FineTuning(
            result.history(),
            result.validated().evaluation(),
            result.tested().evaluation(),
            new FineTuning.Split(
                names(run, split.train()),
                names(run, split.validation()),
                names(run, split.test())),
            new TrainedModel(
                run,
                tuning.network(),
                result.validated().temperature(),
                ranges,
                result.typicality()));
      }
    }
  }

  private static List<String> names(PreparedRun run, int[] images) {
    return IntStream.of(images).mapToObj(run.data().images()::place).toList();
  }

  /** Passes a run's events on to a program's listener. */
  private record Events(FineTuningListener listener) implements RunEvents {
    @Override
    public Progress progress(String task, String unit, long total) {
      return done -> listener.progress(task, done, total);
    }

    @Override
    public void say(String line) {
      listener.message(line);
    }

    @Override
    public void warned(String warning) {
      listener.message(warning);
    }

    @Override
    public void epoch(History history, int epochs, EarlyStopping.Decision decision) {
      listener.epoch(history.epochs().get(history.epochs().size() - 1));
    }
  }
}
