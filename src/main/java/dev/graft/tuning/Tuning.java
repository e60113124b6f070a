package dev.graft.tuning;

import ai.djl.ndarray.NDManager;
import dev.graft.Interruption;
import dev.graft.Progress;
import dev.graft.data.DataSet;
import dev.graft.data.ImageSet;
import dev.graft.data.Part;
import dev.graft.data.Split;
import dev.graft.data.StratifiedSampler;
import dev.graft.data.duplicates.Survey;
import dev.graft.evaluation.Evaluation;
import dev.graft.evaluation.History;
import dev.graft.evaluation.Temperature;
import dev.graft.network.Typicality;
import dev.graft.recipe.Recipe;
import dev.graft.training.NetworkTrainer;
import dev.graft.training.Standardization;
import dev.graft.training.TrainingEvents;
import dev.graft.training.WeightSnapshot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * The training of a prepared run's network on its features, and the evaluation of the result.
 * Closing it frees the memory for training; the network stays trained.
 */
public final class Tuning implements AutoCloseable {
  /** Maximum number of probabilities that a temperature is fitted to: 16 MB. */
  private static final int MAX_PROBABILITIES = 4_000_000;

  private final PreparedRun run;
  private final Recipe recipe;
  private final DataSet data;
  private final ImageSet images;
  private final Features features;
  private final Interruption interruption;
  private final NetworkTrainer training;
  private final WeightSnapshot untrained;

  /**
   * The result on the validation images.
   *
   * @param evaluation at temperature 1, as during training
   */
  public record Validated(Evaluation evaluation, Temperature temperature) {}

  /**
   * The result on the test images.
   *
   * @param uncalibrated at temperature 1
   * @param evaluation at the fitted temperature
   * @param first the class probabilities of the first test images, at the fitted temperature
   */
  public record Tested(Evaluation uncalibrated, Evaluation evaluation, List<float[]> first) {}

  /**
   * @param listener is notified of each epoch of the training
   */
  public Tuning(
      PreparedRun run, Features features, TrainingEvents listener, Interruption interruption) {
    this.run = run;
    this.features = features;
    this.interruption = interruption;
    recipe = run.recipe();
    data = run.data();
    images = data.images();
    training = training(listener);
    untrained = training.weights();
    if (recipe.folds() > 0) {
      untrained.save();
    }
  }

  private NetworkTrainer training(TrainingEvents listener) {
    return new NetworkTrainer(
        run.network(), !recipe.cache(), recipe, run.device(), listener, interruption);
  }

  /** Trains on the training images; validation images decide when it stops. */
  public History fit(Split split) throws IOException {
    return fit(training, split);
  }

  private History fit(NetworkTrainer trained, Split split) throws IOException {
    standardize(split);
    return trained.fit(
        features.shuffled(split.train(), recipe), features.inOrder(split.validation()));
  }

  private void standardize(Split split) {
    if (!run.network().design().scaling().standardize()) {
      return;
    }
    boolean forwardPass = !recipe.cache() || run.network().design().trainsBackbone();
    int[] measured =
        forwardPass ? Standardization.sample(split.train(), recipe.seed()) : split.train();
    try (NDManager manager = NDManager.newBaseManager(run.device())) {
      Standardization.fit(run.network(), !recipe.cache(), features.inOrder(measured), manager);
    }
  }

  /** Returns whether the training was interrupted. */
  public boolean isInterrupted() {
    return training.isInterrupted();
  }

  /** Evaluates on the validation images, and fits the temperature to them. */
  public Validated validate(Split split) {
    int[] rows = split.validation();
    int max = recipe.calibrate() ? MAX_PROBABILITIES / data.classes().size() : 0;
    BitSet chosen = sample(rows.length, max, recipe.seed());
    List<float[]> probabilities = new ArrayList<>();
    List<Integer> truths = new ArrayList<>();
    Evaluation evaluation =
        evaluate(
            "validation",
            rows,
            (place, row) -> {
              if (chosen.get(place)) {
                probabilities.add(row);
                truths.add(images.label(rows[place]));
              }
            });
    return new Validated(evaluation, Temperature.fit(probabilities, truths));
  }

  /**
   * Samples positions. Validation images are sorted by class, so the first ones would leave classes
   * out.
   */
  static BitSet sample(int count, int max, long seed) {
    int[] places = IntStream.range(0, count).toArray();
    if (count > max) {
      StratifiedSampler.shuffle(places, new Random(seed));
    }
    BitSet sample = new BitSet(count);
    IntStream.of(places).limit(max).forEach(sample::set);
    return sample;
  }

  /**
   * Evaluates on the test images.
   *
   * @param first the number of images whose class probabilities are returned
   */
  public Tested test(Split split, Temperature temperature, int first) {
    int[] rows = split.test();
    List<float[]> kept = new ArrayList<>();
    Evaluation.Collector calibrated = Evaluation.collector(data.classes());
    Evaluation uncalibrated =
        evaluate(
            "test",
            rows,
            (place, row) -> {
              float[] scaled = temperature.of(row);
              calibrated.add(images.label(rows[place]), scaled);
              if (place < first) {
                kept.add(scaled);
              }
            });
    return new Tested(uncalibrated, calibrated.evaluation(), kept);
  }

  /** Fits what tells images unlike the training images; after the training. */
  public Typicality typicality(Split split) {
    try (NDManager manager = NDManager.newBaseManager(run.device())) {
      return fit(manager).fit(features, split, recipe.seed());
    }
  }

  /** Returns the typicality of images, 0 to 1. */
  public float[] typicality(Typicality typicality, int[] rows) {
    try (NDManager manager = NDManager.newBaseManager(run.device())) {
      return fit(manager).of(typicality, features.inOrder(rows));
    }
  }

  private TypicalityFit fit(NDManager manager) {
    return new TypicalityFit(run.network(), !recipe.cache(), manager);
  }

  private Evaluation evaluate(String part, int[] rows, NetworkTrainer.RowListener receiver) {
    try (Progress progress = run.events().progress(part, "images", rows.length)) {
      return training.evaluate(
          features.inOrder(rows),
          data.classes(),
          (place, row) -> {
            receiver.row(place, row);
            progress.stepTo(place + 1);
          });
    }
  }

  /**
   * Cross-validates on all images that the recipe may use for training or choose test images from.
   * The network's weights are those of the last fold afterwards.
   *
   * @return empty if the recipe has no folds, or if this was interrupted
   */
  public Optional<CrossValidation> crossValidate(Survey survey) throws IOException {
    if (recipe.folds() == 0 || interruption.isRequested()) {
      return Optional.empty();
    }
    int[] groups = survey.groups();
    int[] candidates =
        images
            .readable()
            .filter(i -> !data.parts().get(i).equals(Optional.of(Part.TEST)))
            .toArray();
    return CrossValidation.run(
        StratifiedSampler.folds(candidates, data.labels(), groups, recipe.folds(), recipe.seed()),
        DataSets.holdOut(recipe, data, groups),
        recipe.validationSplit(),
        recipe.seed(),
        split -> {
          untrained.restore();
          try (NetworkTrainer fold = training(TrainingEvents.NONE)) {
            fit(fold, split);
            return fold.isInterrupted()
                ? Optional.empty()
                : Optional.of(
                    fold.evaluate(
                        features.inOrder(split.test()), data.classes(), (place, row) -> {}));
          }
        },
        run.events());
  }

  @Override
  public void close() {
    untrained.close();
    training.close();
  }
}
