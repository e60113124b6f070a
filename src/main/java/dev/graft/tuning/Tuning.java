package dev.graft.tuning;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.graft.GraftException;
import dev.graft.Interruption;
import dev.graft.data.DataSet;
import dev.graft.data.ImageSet;
import dev.graft.data.Part;
import dev.graft.data.Split;
import dev.graft.data.StratifiedSampler;
import dev.graft.data.duplicates.Survey;
import dev.graft.evaluation.Evaluation;
import dev.graft.evaluation.History;
import dev.graft.evaluation.Temperature;
import dev.graft.feature.FeatureBatches;
import dev.graft.network.NetworkDesign;
import dev.graft.network.Typicality;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.network.djl.TypicalityArrays;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import dev.graft.training.Checkpoints;
import dev.graft.training.ConvexHead;
import dev.graft.training.FeatureScaling;
import dev.graft.training.NetworkTrainer;
import dev.graft.training.RangeTest;
import dev.graft.training.Standardization;
import dev.graft.training.TrainedStages;
import dev.graft.training.TrainingEvents;
import dev.graft.training.WeightSnapshot;
import dev.graft.util.Progress;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * The training of a prepared run's network on its features, and the evaluation of the result.
 * Closing it frees the memory for training; the network stays trained.
 */
public final class Tuning implements AutoCloseable {
  /** Maximum number of probabilities that a temperature is fitted to: 16 MB. */
  private static final int MAX_PROBABILITIES = 4_000_000;

  /** Test images per class below which a convex head is cross-validated, too. */
  private static final int MIN_TEST_PER_CLASS = 30;

  /** Folds of that cross-validation. */
  private static final int FOLDS = 5;

  private static final int MAX_REPEATS = 4;

  /** Maximum number of predictions of all repeats together; one repeat is always made. */
  private static final int MAX_PREDICTIONS = 2000;

  private final PreparedRun run;
  private final Recipe recipe;
  private final DataSet data;
  private final ImageSet images;
  private final Features features;
  private final Interruption interruption;
  private final Interruption fitting;

  /** The class probabilities of each cross-validated image, by the head that did not see it. */
  private final SortedMap<Integer, float[]> outOfFold = new TreeMap<>();

  private NetworkTrainer training;
  private DjlNetwork network;
  private Optional<ConvexHead> convex = Optional.empty();
  private final WeightSnapshot untrained;

  /**
   * The result on the validation images.
   *
   * @param evaluation at temperature 1, as during training; of a convex head at its temperature
   */
  public record Validated(Evaluation evaluation, Temperature temperature) {}

  /**
   * The result on the test images.
   *
   * @param uncalibrated at temperature 1
   * @param evaluation at the fitted temperature
   * @param single of the images alone, at the fitted temperature; empty if predictions are not
   *     means of those of an image and its mirror image
   * @param typicality of each image itself, 0 to 1, in the order of the split
   * @param first the class probabilities of the first test images, at the fitted temperature
   */
  @SuppressWarnings("ArrayRecordComponent") // one per training, never compared
  public record Tested(
      Evaluation uncalibrated,
      Evaluation evaluation,
      Optional<Evaluation> single,
      float[] typicality,
      List<float[]> first) {}

  /** Receives the results of {@link #run} as soon as they exist. */
  public interface Steps {
    /** The training was interrupted before there was a model; the run fails. */
    default void interrupted() {}

    /** The training ended with a model. */
    default void trained(History history) throws IOException {}

    /** The trained network can be saved, so that no later failure loses the training. */
    default void validated(Validated validated, Typicality typicality) throws IOException {}
  }

  /**
   * A trained network's results.
   *
   * @param history without epochs if the head was not trained by gradients
   */
  public record Result(
      History history, Validated validated, Typicality typicality, Tested tested) {}

  /**
   * @param listener is notified of each epoch of the training
   */
  public Tuning(
      PreparedRun run, Features features, TrainingEvents listener, Interruption interruption) {
    this(run, features, listener, interruption, interruption);
  }

  /**
   * @param listener is notified of each epoch of the training
   * @param interruption of everything
   * @param fitting of the training only, without the cross-validation; a part of {@code
   *     interruption}
   */
  public Tuning(
      PreparedRun run,
      Features features,
      TrainingEvents listener,
      Interruption interruption,
      Interruption fitting) {
    this.run = run;
    this.features = features;
    this.interruption = interruption;
    this.fitting = fitting;
    recipe = run.recipe();
    data = run.data();
    images = data.images();
    network = run.network();
    training = new NetworkTrainer(network, recipe, run.device(), listener, fitting);
    untrained = training.weights();
    if (recipe.data().folds() > 0) {
      saveInitialWeights();
    }
  }

  /** Saves the initial weights for {@link #crossValidate}; must be called before the training. */
  public void saveInitialWeights() {
    untrained.save();
  }

  /**
   * Trains, validates and tests the network.
   *
   * @param checkpoints receives the checkpoints; none if the head is not trained by gradients
   * @param first the number of test images whose class probabilities are returned
   * @throws GraftException if the training is interrupted before its first epoch ends, or if it
   *     diverges
   */
  public Result run(Split split, Survey survey, Checkpoints checkpoints, int first, Steps steps)
      throws IOException {
    History history = fit(split, survey, checkpoints);
    if (convex.isEmpty()) {
      if (history.epochs().isEmpty()) {
        steps.interrupted();
        throw new GraftException(
            "Interrupted before the end of the first epoch, so there is no model.");
      }
      history.best(); // fails if no epoch has one
    }
    steps.trained(history);
    Validated validated = validate(split);
    Typicality typicality = typicality(split, survey);
    steps.validated(validated, typicality);
    return new Result(
        history, validated, typicality, test(split, validated.temperature(), typicality, first));
  }

  /**
   * Trains on the training images, from the start; validation images decide when it stops.
   *
   * @return without epochs if the head was not trained by gradients
   */
  public History fit(Split split, Survey survey) throws IOException {
    return fit(split, survey, Checkpoints.NONE);
  }

  /**
   * Trains on the training images, from the newest checkpoint on, if there is one; validation
   * images decide when it stops.
   *
   * @return without epochs if the head was not trained by gradients
   */
  private History fit(Split split, Survey survey, Checkpoints checkpoints) throws IOException {
    if (isConvex()) {
      ConvexHead head = convex(split.train(), survey.groups());
      install(head);
      run.events()
          .fitted(
              head, split.train().length, evaluation(split.train(), head.calibratedOutOfFold()));
      return History.empty();
    }
    return fit(training, split, checkpoints);
  }

  private boolean isConvex() {
    return recipe.head().solver().is(Recipe.Solver.NEWTON);
  }

  private ConvexHead convex(int[] rows, int[] groups) {
    ConvexHead head = ConvexHeads.fit(run, features.matrix(rows), rows, groups);
    return recipe.training().calibrate() ? head : head.at(Temperature.NONE);
  }

  /** Fits a head to other images, with the settings that were chosen on the run's images. */
  private ConvexHead again(int[] rows) {
    return convex.orElseThrow().refit(ConvexHeads.images(run, features.matrix(rows), rows));
  }

  /** Replaces the network by one with the convex head and the features that it was fitted to. */
  private void install(ConvexHead head) {
    NetworkDesign design = run.network().design();
    List<String> stages = design.features();
    FeatureScaling scaling = head.scaling();
    network =
        DjlNetwork.of(
            design.linear(
                scaling.stages() == FeatureScaling.Stages.LAST
                    ? stages.subList(stages.size() - 1, stages.size())
                    : stages,
                scaling.scaling()),
            run.backbone().trunk());
    network.initialize(run.backbone().model().getNDManager());
    network.freeze();
    if (scaling.scaling().standardize()) {
      network.setStandardization(scaling.means(), scaling.deviations());
    }
    network.setOutput(head.kernel(), head.bias());
    training.close();
    training = new NetworkTrainer(network, recipe, run.device(), TrainingEvents.NONE, fitting);
    convex = Optional.of(head);
  }

  /** Returns the trained network. */
  public DjlNetwork network() {
    return network;
  }

  /** Returns the convex head, if the head is one. */
  public Optional<ConvexHead> convexHead() {
    return convex;
  }

  private Evaluation evaluation(int[] rows, float[][] probabilities) {
    Evaluation.Collector collector = Evaluation.collector(data.classes());
    for (int i = 0; i < rows.length; i++) {
      collector.add(images.label(rows[i]), probabilities[i]);
    }
    return collector.evaluation();
  }

  private History fit(NetworkTrainer trained, Split split, Checkpoints checkpoints)
      throws IOException {
    standardize(split);
    return trained.fit(
        features.shuffled(split.train(), recipe),
        features.inOrder(split.validation()),
        checkpoints);
  }

  /**
   * Tests learning rates on the training images, see {@link RangeTest}; the network is not usable
   * afterwards.
   *
   * @param low the first rate of the head; stages of the backbone have theirs in proportion
   * @param high the last rate
   */
  public RangeTest rangeTest(Split split, double low, double high, int steps) throws IOException {
    standardize(split);
    return training.rangeTest(features.shuffled(split.train(), recipe), low, high, steps);
  }

  private void standardize(Split split) {
    if (!run.network().design().scaling().standardize()) {
      return;
    }
    boolean forwardPass = !recipe.execution().cache() || run.network().design().trainsBackbone();
    int[] measured =
        forwardPass ? Standardization.sample(split.train(), recipe.seed()) : split.train();
    try (NDManager manager = NDManager.newBaseManager(run.device());
        TrainedStages stages = trainedStages()) {
      Standardization.fit(run.network(), stages, features.inOrder(measured), manager);
    }
  }

  /** Returns whether the training was interrupted. */
  public boolean isInterrupted() {
    return training.isInterrupted();
  }

  /**
   * Evaluates on the validation images, and fits the temperature to them; for a convex head, both
   * on the training images, each predicted by heads that did not see it.
   */
  public Validated validate(Split split) {
    if (convex.isPresent()) {
      // Images with suspicious labels stay: without them, the model would look better than it is.
      ConvexHead head = convex.get();
      return new Validated(
          evaluation(split.train(), head.calibratedOutOfFold()), head.temperature());
    }
    int[] rows = split.validation();
    int max = recipe.training().calibrate() ? MAX_PROBABILITIES / data.classes().size() : 0;
    BitSet chosen = sample(rows.length, max, recipe.seed());
    List<float[]> probabilities = new ArrayList<>();
    List<Integer> truths = new ArrayList<>();
    Evaluation evaluation =
        evaluate(
            "validation",
            rows,
            (place, views) -> {
              if (chosen.get(place)) {
                probabilities.add(views.get(0)); // as each view gets the temperature
                truths.add(images.label(rows[place]));
              }
            },
            features -> {});
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
  private Tested test(Split split, Temperature temperature, Typicality typicality, int first) {
    int[] rows = split.test();
    FloatBuffer shares = FloatBuffer.allocate(rows.length);
    List<float[]> kept = new ArrayList<>();
    Evaluation.Collector calibrated = Evaluation.collector(data.classes());
    Evaluation.Collector single = Evaluation.collector(data.classes());
    Evaluation uncalibrated =
        evaluate(
            "test",
            rows,
            (place, views) -> {
              List<float[]> each = views.stream().map(temperature::of).toList();
              float[] scaled = mean(each);
              calibrated.add(images.label(rows[place]), scaled);
              single.add(images.label(rows[place]), each.get(0));
              if (place < first) {
                kept.add(scaled);
              }
            },
            features -> shares.put(TypicalityArrays.of(typicality, features)));
    return new Tested(
        uncalibrated,
        calibrated.evaluation(),
        recipe.training().averageMirror() ? Optional.of(single.evaluation()) : Optional.empty(),
        shares.array(),
        kept);
  }

  private TrainedStages trainedStages() {
    return TrainedStages.of(run.network(), recipe, run.device());
  }

  private Typicality typicality(Split split, Survey survey) {
    try (NDManager manager = NDManager.newBaseManager(run.device());
        TrainedStages stages = trainedStages()) {
      return new TypicalityFit(run.network(), stages, manager)
          .fit(features, split, survey.groups(), recipe.seed());
    }
  }

  /** Receives the predictions of an image. */
  private interface ViewListener {
    /**
     * Receives the probabilities, at temperature 1, of the image, followed by those of its mirror
     * image if the recipe averages them.
     *
     * @param place in the order of the rows, from 0
     */
    void views(int place, List<float[]> probabilities);
  }

  /**
   * @param last receives the features {@code (N, F)} of each batch of the images themselves
   */
  private Evaluation evaluate(
      String part, int[] rows, ViewListener receiver, Consumer<NDArray> last) {
    Evaluation.Collector collector = Evaluation.collector(data.classes());
    // Portions of whole batches, so that the stored predictions of an image and its mirror image
    // fit into memory.
    int waiting = MAX_PROBABILITIES / data.classes().size() / Features.EVALUATION_BATCH;
    int step = Features.EVALUATION_BATCH * Math.max(1, waiting);
    try (TrainedStages stages = training.stages();
        Progress progress = run.events().progress(part, "images", rows.length)) {
      for (int from = 0; from < rows.length; from += step) {
        int first = from;
        int[] some = Arrays.copyOfRange(rows, from, Math.min(rows.length, from + step));
        List<float[]> mirrored = new ArrayList<>();
        if (recipe.training().averageMirror()) {
          training.predict(
              batches(features.ofMirrorImages(), some),
              stages,
              (place, row) -> {
                mirrored.add(row);
                progress.stepTo(first + (place + 1L) / 2);
              },
              computed -> {});
        }
        training.predict(
            batches(features, some),
            stages,
            (place, row) -> {
              List<float[]> views =
                  mirrored.isEmpty() ? List.of(row) : List.of(row, mirrored.get(place));
              collector.add(images.label(some[place]), mean(views));
              receiver.views(first + place, views);
              progress.stepTo(
                  first + (mirrored.isEmpty() ? place + 1L : (some.length + place + 1L) / 2));
            },
            last);
      }
    }
    return collector.evaluation();
  }

  private FeatureBatches batches(Features of, int[] rows) {
    return convex.isPresent()
        ? of.inOrder(rows, network.design().featureWidth())
        : of.inOrder(rows);
  }

  private static float[] mean(List<float[]> views) {
    if (views.size() == 1) {
      return views.get(0);
    }
    float[] mean = new float[views.get(0).length];
    for (int i = 0; i < mean.length; i++) {
      float sum = 0;
      for (float[] view : views) {
        sum += view[i];
      }
      mean[i] = sum / views.size();
    }
    return mean;
  }

  /**
   * Cross-validates on all images except given test images: in the recipe's number of folds or, if
   * that is 0 and the test images are few (see {@link #replacesTest}), in {@value #FOLDS} folds. A
   * network trained by gradients has the weights of the last fold afterwards.
   *
   * @return empty if no cross-validation is needed, or if it was interrupted
   */
  public Optional<CrossValidation> crossValidate(Survey survey) throws IOException {
    return crossValidate(survey, recipe.data().folds(), interruption);
  }

  /**
   * Cross-validates as {@link #crossValidate(Survey)}, with another number of folds.
   *
   * @param asked number of folds; 0 to cross-validate only if the test images are few
   * @param stop ends it
   */
  public Optional<CrossValidation> crossValidate(Survey survey, int asked, Interruption stop)
      throws IOException {
    if (stop.isRequested() || !(asked > 0 || replacesTest())) {
      return Optional.empty();
    }
    int[] groups = survey.groups();
    int[] candidates = candidates();
    int folds = asked > 0 ? asked : FOLDS;
    int repeats =
        asked > 0 ? 1 : Math.max(1, Math.min(MAX_REPEATS, MAX_PREDICTIONS / candidates.length));
    return CrossValidation.run(
        IntStream.range(0, repeats)
            .mapToObj(
                round ->
                    StratifiedSampler.folds(
                        candidates, data.labels(), groups, folds, recipe.seed() + round))
            .toList(),
        isConvex() ? (rest, share) -> new int[0] : DataSets.holdOut(recipe, data, groups),
        recipe.data().validationSplit(),
        split -> {
          if (isConvex() && stop.isRequested()) {
            return Optional.empty();
          }
          if (isConvex()) {
            return Optional.of(
                evaluate(
                    asked > 0 ? convex(split.train(), groups) : again(split.train()),
                    split.test()));
          }
          untrained.restore();
          try (NetworkTrainer fold =
              new NetworkTrainer(network, recipe, run.device(), TrainingEvents.NONE, stop)) {
            fit(fold, split, Checkpoints.NONE);
            return fold.isInterrupted()
                ? Optional.empty()
                : Optional.of(
                    fold.evaluate(
                        features.inOrder(split.test()),
                        data.classes(),
                        (place, row) -> outOfFold.put(split.test()[place], row)));
          }
        },
        run.events());
  }

  /**
   * Returns whether a cross-validation is needed in place of the test: a convex head's test images
   * were sampled, by the default share, and are too few per class to measure its accuracy (one
   * image in 30 is 3 points), and the recipe asks for no folds.
   */
  public boolean replacesTest() {
    double share = RecipeReader.defaults().data().testSplit();
    return isConvex()
        && recipe.data().folds() == 0
        && images.areFiles()
        && !data.has(Part.TEST)
        && recipe.data().testSplit() == share
        && share * candidates().length < MIN_TEST_PER_CLASS * data.classes().size();
  }

  private int[] candidates() {
    return images
        .readable()
        .filter(i -> !data.parts().get(i).equals(Optional.of(Part.TEST)))
        .toArray();
  }

  private Evaluation evaluate(ConvexHead head, int[] rows) {
    float[][] probabilities =
        head.probabilities(features.matrix(rows), run.network().design().stageWidths());
    for (int i = 0; i < rows.length; i++) {
      outOfFold.put(rows[i], probabilities[i]);
    }
    return evaluation(rows, probabilities);
  }

  /**
   * Reviews the labels of the images that were cross-validated.
   *
   * @return empty without a cross-validation
   */
  public Optional<LabelReview> labelReview() {
    if (outOfFold.isEmpty()) {
      return Optional.empty();
    }
    int[] rows = outOfFold.keySet().stream().mapToInt(row -> row).toArray();
    float[][] probabilities = outOfFold.values().toArray(float[][]::new);
    return Optional.of(LabelReview.ofLabels(data, rows, probabilities));
  }

  @Override
  public void close() {
    untrained.close();
    training.close();
  }
}
