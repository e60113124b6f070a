package dev.graft.training;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.dataset.Dataset;
import ai.djl.training.listener.EpochTrainingListener;
import ai.djl.training.listener.EvaluatorTrainingListener;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.listener.TrainingListenerAdapter;
import ai.djl.training.tracker.ParameterTracker;
import ai.djl.translate.TranslateException;
import dev.graft.GraftException;
import dev.graft.Interruption;
import dev.graft.evaluation.Evaluation;
import dev.graft.evaluation.History;
import dev.graft.feature.FeatureBatches;
import dev.graft.network.djl.Arithmetic;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.network.djl.GraphBlock;
import dev.graft.recipe.Recipe;
import dev.graft.util.Progress;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Trains a network by DJL's {@code EasyTrain} and evaluates it. Batches hold cached activations at
 * the freeze boundary or, if the recipe has no cache, pixels, which then pass through the frozen
 * part in every epoch.
 */
public final class NetworkTrainer implements AutoCloseable {
  private final DjlNetwork network;
  private final Recipe recipe;
  private final TrainingEvents events;
  private final Model model;
  private final Arithmetic arithmetic;
  private final Device device;
  private final Shape[] inputs;
  private final Interruption interruption;
  private boolean interrupted;

  /** Creates a trainer that can't be interrupted. */
  public NetworkTrainer(DjlNetwork network, Recipe recipe, Device device, TrainingEvents events) {
    this(network, recipe, device, events, new Interruption());
  }

  /**
   * Creates a trainer.
   *
   * @param interruption stops the training after the current step
   */
  public NetworkTrainer(
      DjlNetwork network,
      Recipe recipe,
      Device device,
      TrainingEvents events,
      Interruption interruption) {
    this.interruption = interruption;
    this.network = network;
    this.recipe = recipe;
    this.events = events;
    this.device = device;
    boolean fromPixels = !recipe.execution().cache();
    Shape[] pixels = {network.inputShape()};
    inputs = fromPixels ? pixels : network.frozenPart().getOutputShapes(pixels);
    // A new model, because DJL unfreezes all parameters of a model that was loaded.
    model = Model.newInstance("graft", device);
    arithmetic =
        Arithmetic.open(
            device, recipe.training().precision().is(Recipe.TrainingPrecision.BFLOAT16));
    model.setBlock(
        network
            .withStochasticDepth(recipe.training().stochasticDepth())
            .trainable(fromPixels, arithmetic));
  }

  /** Creates a snapshot for the trained weights, which is empty until it is saved. */
  public WeightSnapshot weights() {
    network.freeze();
    return new WeightSnapshot(model.getBlock(), model.getNDManager());
  }

  /**
   * Trains until the last epoch, early stopping or an interruption. The weights are then those of
   * the last epoch or, with {@code restore-best} or after an interruption, those of the best epoch.
   *
   * @throws GraftException if the loss is NaN or the features of all images are the same
   */
  public History fit(FeatureBatches train, FeatureBatches validation) throws IOException {
    return fit(train, validation, Checkpoints.NONE);
  }

  /**
   * Trains as {@link #fit(FeatureBatches, FeatureBatches)}, after restoring the newest checkpoint,
   * if there is one; the result is the same, bit for bit, as without the interruption.
   *
   * @param checkpoints receives the checkpoints
   */
  public History fit(FeatureBatches train, FeatureBatches validation, Checkpoints checkpoints)
      throws IOException {
    Recipe.Training settings = recipe.training();
    LearningRate rate =
        LearningRate.of(
            settings.schedule(), settings.warmupEpochs(), settings.epochs(), train.batches());
    EarlyStopping earlyStopping =
        new EarlyStopping(settings.earlyStopping().patience(), settings.earlyStopping().minDelta());
    var history =
        new HistoryListener(earlyStopping, step -> settings.learningRate().value() * rate.at(step));
    CrossEntropy loss = loss(train);
    var accuracy = new Resumable.OfAccuracy();
    try (WeightSnapshot best = weights();
        var averages = new AveragedWeights(settings.emaDecay(), weights(), weights());
        var optimizer =
            new SavableAdam(
                recipe, rates(rate, train.batches()), best.trained(), model.getNDManager());
        var progress = new ProgressListener(events, settings.epochs(), train.batches(), history)) {
      var seeds = new SeedListener(recipe.seed());
      var checkpoint =
          new CheckpointListener(
              checkpoints, best, averages, optimizer, history, List.of(loss, accuracy));
      // The first two are DJL's and compute the results that the others read.
      TrainingListener[] listeners = {
        new EpochTrainingListener(),
        new EvaluatorTrainingListener(),
        history,
        progress,
        new DivergenceListener(history),
        new BestWeightsListener(history, best),
        averages,
        seeds,
        checkpoint,
        new InterruptionListener(interruption),
        new EarlyStoppingListener(history, settings.epochs())
      };
      DefaultTrainingConfig config =
          new DefaultTrainingConfig(loss)
              .addEvaluator(accuracy)
              .optDevices(new Device[] {device})
              .optOptimizer(optimizer)
              .addTrainingListeners(listeners);
      try (Trainer trainer =
          new StepTrainer(model, config, best.trained(), settings.clipNorm(), averages)) {
        trainer.initialize(inputs);
        int batches =
            checkpoint
                .restore(trainer.getManager(), train.batches())
                .map(Checkpoints.Header::batch)
                .orElse(0);
        int epochs = history.epochs();
        Optional<Mixup> mixup = mixup(train);
        if (epochs > 0 || batches > 0) {
          train.resumeAfter(epochs, batches);
          mixup.ifPresent(each -> each.resumeAfter(epochs, batches));
          progress.resume(batches);
          events.resumed(history.history(), batches, train.batches());
        }
        seeds.start(trainer, epochs, batches);
        train.endEpochsWhen(events::endsEpoch);
        if (history.decision() != EarlyStopping.Decision.STOP) {
          EasyTrain.fit(
              trainer,
              settings.epochs() - epochs,
              shown(train, mixup),
              averages.before(validation));
        }
      } catch (EarlyStoppingListener.Stopped stopped) {
        events.stoppedEarly(earlyStopping.patience());
      } catch (InterruptionListener.Interrupted e) {
        interrupted = true;
      } catch (TranslateException e) {
        throw new IllegalStateException(e);
      }
      Optional<History.Epoch> restored = history.history().findBest();
      if (restored.isPresent() && (settings.earlyStopping().restoreBest() || interrupted)) {
        best.restore();
        events.restored(restored.get().epoch(), history.epochs());
      } else {
        averages.use();
      }
      return history.history();
    }
  }

  /**
   * Trains with a growing learning rate and records the loss of each step, until the highest rate
   * or until the loss has become several times its lowest value. The weights are lost.
   *
   * @param train repeated if it has too few batches
   * @param low rate of the first step
   * @param high rate of the last step
   * @param steps at least 2
   */
  public RangeTest rangeTest(FeatureBatches train, double low, double high, int steps)
      throws IOException {
    CrossEntropy loss = loss(train);
    IntToDoubleFunction growing =
        step -> RangeTest.rate(low, high, step, steps) / recipe.training().learningRate().value();
    double[] last = {Double.NaN};
    TrainingListener observer =
        new TrainingListenerAdapter() {
          @Override
          public void onTrainingBatch(Trainer trainer, BatchData batch) {
            last[0] =
                loss.evaluate(batch.getLabels().get(device), batch.getPredictions().get(device))
                    .getFloat();
          }
        };
    RangeTest test = new RangeTest(List.of());
    try (WeightSnapshot weights = weights();
        var averages = new AveragedWeights(0, weights(), weights());
        var optimizer =
            new SavableAdam(
                recipe, rates(growing, growing), weights.trained(), model.getNDManager());
        Trainer trainer =
            new StepTrainer(
                model,
                new DefaultTrainingConfig(loss)
                    .optDevices(new Device[] {device})
                    .optOptimizer(optimizer)
                    .addTrainingListeners(observer),
                weights.trained(),
                recipe.training().clipNorm(),
                averages);
        Progress progress = events.progress("range test", "steps", steps)) {
      trainer.initialize(inputs);
      Dataset shown = shown(train, mixup(train));
      while (test.steps().size() < steps && !test.hasDiverged()) {
        for (Batch batch : trainer.iterateDataset(shown)) {
          try (batch) {
            if (test.steps().size() == steps || test.hasDiverged()) {
              break;
            }
            EasyTrain.trainBatch(trainer, batch);
            trainer.step();
          }
          test = test.plus(RangeTest.rate(low, high, test.steps().size(), steps), last[0]);
          progress.stepTo(test.steps().size());
        }
      }
    } catch (TranslateException e) {
      throw new IllegalStateException(e);
    }
    return test;
  }

  /** Returns whether {@link #fit} was interrupted; the weights are then those of the best epoch. */
  public boolean isInterrupted() {
    return interrupted;
  }

  private static Dataset shown(FeatureBatches train, Optional<Mixup> mixup) {
    return mixup.isPresent() ? mixup.get() : train;
  }

  private Optional<Mixup> mixup(FeatureBatches train) {
    double alpha = recipe.training().mixup();
    return alpha > 0 ? Optional.of(new Mixup(train, alpha, recipe.seed())) : Optional.empty();
  }

  private CrossEntropy loss(FeatureBatches train) {
    int classes = network.design().classes();
    int[] labels = IntStream.range(0, train.size()).map(train::label).toArray();
    double smoothing = recipe.training().labelSmoothing();
    return switch (recipe.training().classWeights()) {
      case NONE -> new CrossEntropy(smoothing);
      case BALANCED -> new CrossEntropy(smoothing, CrossEntropy.balanced(labels, classes));
      case LOGIT_ADJUSTED ->
          CrossEntropy.adjusted(smoothing, CrossEntropy.logShares(labels, classes));
    };
  }

  /** Returns the learning rates of a schedule; head and trained stages have separate ones. */
  private ParameterTracker rates(LearningRate rate, int batches) {
    long steps = Math.round(recipe.training().headEpochs() * batches);
    int alone = Math.toIntExact(Math.min(steps, rate.steps() - 1));
    LearningRate ofBackbone = rate.startingAt(alone);
    return rates(rate::at, step -> step < alone ? 0 : ofBackbone.at(step - alone));
  }

  /**
   * Returns the learning rates of head and trained stages.
   *
   * @param head a fraction of the head's rate at a step, counted from 0
   * @param backbone a fraction of the last trained stage's rate
   */
  private ParameterTracker rates(IntToDoubleFunction head, IntToDoubleFunction backbone) {
    Recipe.Training settings = recipe.training();
    Map<String, Integer> stagesToHead = network.stagesToHead();
    // DJL counts steps from 1.
    return (id, step) -> {
      Integer stages = stagesToHead.get(id);
      return (float)
          (stages == null
              ? head.applyAsDouble(step - 1) * settings.learningRate().value()
              : backbone.applyAsDouble(step - 1)
                  * settings.backboneLearningRate()
                  * Math.pow(settings.layerDecay(), stages));
    };
  }

  /** Receives the probabilities of each evaluated row. */
  public interface RowListener {
    /**
     * Receives the next row.
     *
     * @param index in the order of the batches, from 0
     * @param probabilities one per class
     */
    void row(int index, float[] probabilities);
  }

  /**
   * Evaluates rows in order, with dropout off, in float32.
   *
   * @param classes names of the classes
   * @param listener receives the probabilities of every row
   */
  public Evaluation evaluate(FeatureBatches rows, List<String> classes, RowListener listener) {
    Evaluation.Collector collector = Evaluation.collector(classes);
    try (TrainedStages stages = stages()) {
      predict(
          rows,
          stages,
          (index, row) -> {
            collector.add(rows.label(index), row);
            listener.row(index, row);
          },
          features -> {});
    }
    return collector.evaluation();
  }

  /** Opens the trained stages with their current weights, for {@link #predict}. */
  public TrainedStages stages() {
    return TrainedStages.of(network, recipe, device);
  }

  /**
   * Predicts rows in order, with dropout off, in float32.
   *
   * @param listener receives the probabilities of every row
   * @param ofFeatures receives the features {@code (N, F)} of each batch, closed afterwards
   */
  public void predict(
      FeatureBatches rows,
      TrainedStages stages,
      RowListener listener,
      Consumer<NDArray> ofFeatures) {
    GraphBlock head = network.probabilities();
    int classes = network.design().classes();
    int[] next = {0};
    stages.forEach(
        rows,
        model.getNDManager(),
        (batch, features) -> {
          ofFeatures.accept(features);
          ParameterStore parameters = new ParameterStore(batch.getManager(), false);
          NDList probabilities = head.forward(parameters, new NDList(features), false);
          float[] values = probabilities.singletonOrThrow().toFloatArray();
          for (int i = 0; i < batch.getSize(); i++) {
            listener.row(next[0]++, Arrays.copyOfRange(values, i * classes, (i + 1) * classes));
          }
        });
  }

  @Override
  public void close() {
    model.close();
    arithmetic.close();
  }
}
