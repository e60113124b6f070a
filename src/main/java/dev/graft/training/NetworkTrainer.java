package dev.graft.training;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.evaluator.Accuracy;
import ai.djl.training.listener.EpochTrainingListener;
import ai.djl.training.listener.EvaluatorTrainingListener;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.optimizer.Adam;
import ai.djl.training.optimizer.AdamW;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.ParameterTracker;
import ai.djl.translate.TranslateException;
import dev.graft.GraftException;
import dev.graft.Interruption;
import dev.graft.evaluation.Evaluation;
import dev.graft.evaluation.History;
import dev.graft.feature.FeatureBatches;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.network.djl.GraphBlock;
import dev.graft.recipe.Recipe;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A graft in DJL's hands: fitted by {@code EasyTrain}, and asked afterwards. It is fed either with
 * what the frozen root gives, kept by the feature cache, or with pixels, which then go through the
 * root every time.
 */
public final class NetworkTrainer implements AutoCloseable {
  private final DjlNetwork graft;
  private final boolean fromPixels;
  private final Recipe recipe;
  private final TrainingEvents events;
  private final Model model;
  private final Device device;
  private final Shape[] inputs;
  private final Interruption interruption;
  private boolean interrupted;

  /**
   * @param fromPixels whether batches hold pixels, and not what the root gives
   */
  public NetworkTrainer(
      DjlNetwork graft, boolean fromPixels, Recipe recipe, Device device, TrainingEvents events) {
    this(graft, fromPixels, recipe, device, events, new Interruption());
  }

  /**
   * @param interruption stops the training after the current step
   */
  public NetworkTrainer(
      DjlNetwork graft,
      boolean fromPixels,
      Recipe recipe,
      Device device,
      TrainingEvents events,
      Interruption interruption) {
    this.interruption = interruption;
    this.graft = graft;
    this.fromPixels = fromPixels;
    this.recipe = recipe;
    this.events = events;
    this.device = device;
    Shape[] pixels = {graft.inputShape()};
    inputs = fromPixels ? pixels : graft.root().getOutputShapes(pixels);
    // A model of its own: DJL thaws everything in one that was loaded.
    model = Model.newInstance("graft", device);
    model.setBlock(graft.trainable(fromPixels));
  }

  /** A copy of the trained weights, to be kept and gone back to. */
  public WeightSnapshot weights() {
    graft.freeze();
    return new WeightSnapshot(model.getBlock(), model.getNDManager());
  }

  /**
   * Trains until the last epoch or until early stopping, and keeps the weights that the recipe
   * wants kept.
   */
  public History fit(FeatureBatches train, FeatureBatches validation) throws IOException {
    LearningRate rate =
        LearningRate.of(recipe.schedule(), recipe.warmupEpochs(), recipe.epochs(), train.batches());
    EarlyStopping earlyStopping =
        new EarlyStopping(recipe.earlyStopping().patience(), recipe.earlyStopping().minDelta());
    var history =
        new HistoryListener(train.batches(), step -> recipe.learningRate() * rate.at(step));
    try (WeightSnapshot best = weights();
        var progress =
            new ProgressListener(
                events, recipe.epochs(), train.batches(), history, earlyStopping)) {
      // The first two are DJL's and compute the figures that the others read; the last may stop.
      TrainingListener[] listeners = {
        new EpochTrainingListener(),
        new EvaluatorTrainingListener(),
        history,
        progress,
        new DivergenceListener(),
        new BestWeightsListener(history, earlyStopping, best),
        new InterruptionListener(interruption),
        new EarlyStoppingListener(history, earlyStopping, recipe.epochs())
      };
      DefaultTrainingConfig config =
          new DefaultTrainingConfig(loss(train))
              .addEvaluator(new Accuracy())
              .optDevices(new Device[] {device})
              .optOptimizer(optimizer(rate))
              .addTrainingListeners(listeners);
      try (Trainer trainer = model.newTrainer(config)) {
        trainer.initialize(inputs);
        EasyTrain.fit(trainer, recipe.epochs(), train, validation);
      } catch (EarlyStoppingListener.Stopped stopped) {
        events.stoppedEarly(earlyStopping.patience());
      } catch (InterruptionListener.Interrupted e) {
        interrupted = true;
      } catch (TranslateException e) {
        throw new IllegalStateException(e);
      } catch (IllegalStateException e) {
        throw noGradients(e);
      }
      if (recipe.earlyStopping().restoreBest() || interrupted) {
        best.restore();
        events.restored(earlyStopping.after(history.validationLosses()).bestEpoch());
      }
      return history.history();
    }
  }

  /**
   * Whether {@link #fit} was stopped from outside; the weights are those of the best epoch then.
   */
  public boolean isInterrupted() {
    return interrupted;
  }

  /** DJL looks at the first step's gradients: of features that are all alike they add up to 0. */
  private static RuntimeException noGradients(IllegalStateException e) {
    return String.valueOf(e.getMessage()).startsWith("Gradient values are all zeros")
        ? new GraftException(
            "Nothing can be learnt: the backbone's features are the same for all images. Check"
                + " how images are prepared for it (mean, deviation, order, input-size), or take"
                + " another one.",
            e)
        : e;
  }

  private CrossEntropy loss(FeatureBatches train) {
    int classes = graft.design().classes();
    int[] labels = IntStream.range(0, train.size()).map(train::label).toArray();
    double smoothing = recipe.labelSmoothing();
    return switch (recipe.classWeights()) {
      case NONE -> new CrossEntropy(smoothing);
      case BALANCED -> new CrossEntropy(smoothing, CrossEntropy.balanced(labels, classes));
      case LOGIT_ADJUSTED ->
          CrossEntropy.adjusted(smoothing, CrossEntropy.logShares(labels, classes));
    };
  }

  /** The head learns at one rate, the backbone's unfrozen stages at their own. */
  private Optimizer optimizer(LearningRate rate) {
    Set<String> backbone =
        graft.tail().getParameters().values().stream()
            .map(Parameter::getId)
            .collect(Collectors.toUnmodifiableSet());
    // DJL counts steps from 1.
    ParameterTracker tracker =
        (id, step) ->
            (float)
                (rate.at(step - 1)
                    * (backbone.contains(id)
                        ? recipe.backboneLearningRate()
                        : recipe.learningRate()));
    return switch (recipe.optimizer()) {
      case ADAM ->
          Adam.builder()
              .optLearningRateTracker(tracker)
              .optEpsilon((float) recipe.epsilon())
              .build();
      case ADAMW ->
          AdamW.builder()
              .optLearningRateTracker(tracker)
              .optEpsilon((float) recipe.epsilon())
              .optWeightDecays((float) recipe.weightDecay())
              .build();
    };
  }

  /** A row that was judged, with all its probabilities. */
  public interface Judged {
    /**
     * Takes the next row.
     *
     * @param place in the batches' order, from 0
     * @param probabilities one a class
     */
    void row(int place, float[] probabilities);
  }

  /**
   * Judges rows in order, with dropout off.
   *
   * @param judged is told of every row
   */
  public Evaluation evaluate(FeatureBatches rows, List<String> classes, Judged judged) {
    Evaluation.Collector collector = Evaluation.collector(classes);
    NDManager manager = model.getNDManager();
    GraphBlock network = graft.probabilities(fromPixels);
    int place = 0;
    for (Batch batch : rows.getData(manager)) {
      try (batch) {
        ParameterStore parameters = new ParameterStore(batch.getManager(), false);
        NDList probabilities = network.forward(parameters, batch.getData(), false);
        float[] values = probabilities.singletonOrThrow().toFloatArray();
        for (int i = 0; i < batch.getSize(); i++, place++) {
          float[] row = Arrays.copyOfRange(values, i * classes.size(), (i + 1) * classes.size());
          collector.add(rows.label(place), row);
          judged.row(place, row);
        }
      }
    }
    return collector.evaluation();
  }

  @Override
  public void close() {
    model.close();
  }
}
