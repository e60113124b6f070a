package dev.graft.studio;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.graft.GraftException;
import dev.graft.evaluation.History;
import dev.graft.labels.LabelFiles;
import dev.graft.output.OutputFolder;
import dev.graft.output.RunRecord;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import dev.graft.report.RunFiles;
import dev.graft.run.FineTuneRun;
import dev.graft.run.RunInterruption;
import dev.graft.studio.ImageStore.ImageClass;
import dev.graft.studio.Refusal.Reason;
import dev.graft.training.EarlyStopping;
import dev.graft.tuning.Features;
import dev.graft.tuning.LabelReview;
import dev.graft.tuning.PreparedRun;
import dev.graft.tuning.RunEvents;
import dev.graft.util.Messages;
import dev.graft.util.PathText;
import dev.graft.util.Progress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.function.Consumer;

/** Trains on the folder's images, in the background, and reads the results of the run. */
final class Training {
  /**
   * With fewer test images than this, a single accuracy is not reliable, so the run is
   * cross-validated, too.
   */
  private static final int FEW = 100;

  private static final int FOLDS = 5;

  /** Share of the memory that checking labels may take. */
  private static final double CHECK = 0.6;

  /** The table of trainings; may be deleted. */
  private static final String TRAININGS = "trainings.csv";

  private final ImageStore store;
  private final OutputFolder output;
  private final ExecutorService work;
  private final Consumer<Path> trained;
  private final Runnable changed;

  private volatile State state = State.IDLE;
  private volatile Result result;
  private volatile Path run;
  private volatile boolean checking;
  private final Trainings trainings;
  private RunInterruption interruption;

  enum Status {
    @JsonProperty("idle")
    IDLE,
    @JsonProperty("running")
    RUNNING,
    @JsonProperty("done")
    DONE,
    @JsonProperty("failed")
    FAILED
  }

  /**
   * The state of the training.
   *
   * @param task of a running training, such as {@code features}; empty before the first
   * @param message why it failed; empty if it did not
   */
  record State(
      Status status, String task, long done, long total, List<Epoch> epochs, String message) {
    static final State IDLE = new State(Status.IDLE, "", 0, 0, List.of(), "");

    State with(Status other, String why) {
      return new State(other, "", 0, 0, epochs, why);
    }

    State with(String otherTask, long nowDone, long ofTotal) {
      return new State(status, otherTask, nowDone, ofTotal, epochs, message);
    }

    State with(List<Epoch> all) {
      return new State(status, task, done, total, all, message);
    }
  }

  /** A point of the learning curve; accuracies from 0 to 1. */
  record Epoch(int epoch, double train, double validation) {}

  /**
   * @param trained receives the folder of each completed run, whose model is used from then on
   * @param changed is called when the state has changed
   */
  Training(
      ImageStore store,
      OutputFolder output,
      ExecutorService work,
      Consumer<Path> trained,
      Runnable changed) {
    this.store = store;
    this.output = output;
    this.work = work;
    this.trained = trained;
    this.changed = changed;
    trainings = new Trainings(store.own(TRAININGS));
    work.execute(this::reopen);
  }

  State state() {
    return state;
  }

  /**
   * Returns the last training's result, without the images that were moved, deleted or marked as
   * correctly labeled.
   */
  Optional<Result> result() {
    return Optional.ofNullable(result).map(all -> all.with(store::isUnsettled));
  }

  /** Returns whether wrong labels are being searched for. */
  boolean isCheckingLabels() {
    return checking;
  }

  /** Returns the completed trainings, the oldest first. */
  List<Trainings.Entry> trainings() {
    return trainings.all();
  }

  /** Returns the run of the current model. */
  Optional<Path> run() {
    return Optional.ofNullable(run);
  }

  /**
   * Returns the recipe: the default one, with a linear head, which is solved in seconds for up to
   * {@link dev.graft.tuning.SolverChoice#MAX_IMAGES} images.
   */
  Recipe recipe() {
    return RecipeReader.read(null, settings(folds()));
  }

  private Map<String, String> settings(int folds) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("data", RecipeReader.text(store.folder().toString()));
    settings.put("head.hidden", "0");
    // Images that are damaged, or deleted meanwhile, are left out.
    settings.put("max-bad", "0.9");
    if (folds > 0) {
      settings.put("folds", Integer.toString(folds));
    }
    return settings;
  }

  /** Returns the number of folds: cross-validation where few images are held out. */
  private int folds() {
    try {
      int images = store.classes().stream().mapToInt(ImageClass::images).sum();
      int heldOut = (int) (RecipeReader.defaults().data().testSplit() * images);
      return heldOut < FEW ? FOLDS : 0;
    } catch (IOException e) {
      return 0;
    }
  }

  /** Loads the model of the last session, if its run is still there. */
  private void reopen() {
    try {
      Optional<Path> last = trainings.read();
      if (last.isPresent()) {
        accept(last.get(), Result.of(last.get(), store));
        synchronized (this) {
          state = state.status() == Status.IDLE ? state.with(Status.DONE, "") : state;
        }
      }
    } catch (IOException | RuntimeException e) {
      return; // the run was deleted: as if nothing had been trained
    } finally {
      changed.run();
    }
  }

  /**
   * Starts to train.
   *
   * @throws Refusal if a training is running, or if there are too few images
   */
  synchronized void start() throws IOException {
    if (state.status() == Status.RUNNING) {
      throw new Refusal(Reason.TRAINING_RUNS);
    }
    if (!Preparation.areEnough(store.classes())) {
      throw new Refusal(Reason.TOO_FEW_IMAGES, Integer.toString(Preparation.MIN_IMAGES));
    }
    state = State.IDLE.with(Status.RUNNING, "");
    interruption = new RunInterruption();
    RunInterruption own = interruption;
    work.execute(() -> train(own));
    changed.run();
  }

  /** Ends a running training; the model before it stays. */
  synchronized void cancel() {
    if (state.status() == Status.RUNNING) {
      interruption.request();
    }
  }

  private void train(RunInterruption own) {
    try {
      if (!own.isRequested()) {
        int images = store.classes().stream().mapToInt(ImageClass::images).sum();
        FineTuneRun.Completed completed = FineTuneRun.run(recipe(), output, new Events(own), own);
        if (completed.record().status() == RunRecord.Status.COMPLETED && !own.isRequested()) {
          Result next = Result.of(completed.folder(), store);
          accept(completed.folder(), next);
          trainings.add(Trainings.Entry.of(completed.folder(), images, next));
          state = state.with(Status.DONE, "");
          return;
        }
      }
      state = state.with(result == null ? Status.IDLE : Status.DONE, "");
    } catch (GraftException e) {
      fail(own, e.getMessage());
    } catch (IOException | RuntimeException e) {
      fail(own, Messages.sentence(Messages.of(e, "The cause is unknown")));
    } catch (OutOfMemoryError e) {
      fail(own, "The training needs more memory than Java has here; give Java a larger heap.");
    } finally {
      changed.run();
    }
  }

  private void fail(RunInterruption own, String message) {
    state =
        own.isRequested()
            ? state.with(result == null ? Status.IDLE : Status.DONE, "")
            : state.with(Status.FAILED, message);
  }

  private void accept(Path folder, Result next) {
    trained.accept(folder);
    run = folder;
    result = next;
    if (next.suspects() == null) {
      checking = true;
      work.execute(() -> checkLabels(folder));
    }
  }

  /** Searches for wrong labels; a cross-validated run has done so already. */
  private void checkLabels(Path folder) {
    try (PreparedRun prepared = output.prepare(recipe(), new RunEvents() {})) {
      if (folder.equals(run) && hasRoom(prepared)) {
        try (Features features = prepared.features(prepared.ranges())) {
          LabelReview review = LabelReview.of(prepared, features, prepared.survey());
          LabelFiles.write(review, store.folder(), folder.resolve(LabelFiles.CSV));
        }
        result = result.withSuspects(RunFiles.labels(folder));
      }
    } catch (IOException | RuntimeException | OutOfMemoryError e) {
      String why = "The labels can't be checked: " + Messages.of(e, "the cause is unknown") + ".";
      synchronized (this) {
        state = state.status() == Status.DONE ? state.with(Status.DONE, why) : state;
      }
    } finally {
      checking = false;
      changed.run();
    }
  }

  private static boolean hasRoom(PreparedRun prepared) {
    return LabelReview.bytes(prepared) <= CHECK * Runtime.getRuntime().maxMemory();
  }

  /** Returns the Graft command that repeats the last training. */
  String command() {
    int folds = result == null ? 0 : result.folds();
    StringBuilder command = new StringBuilder("fine-tune");
    settings(folds)
        .forEach(
            (key, value) ->
                command.append(
                    key.equals("data")
                        ? " --data " + PathText.quoted(store.folder().toString())
                        : " --set " + key + "=" + value));
    return command
        .append(" --output ")
        .append(PathText.quoted(output.path().toString()))
        .toString();
  }

  private final class Events implements RunEvents {
    private final RunInterruption own;

    Events(RunInterruption own) {
      this.own = own;
    }

    @Override
    public Progress progress(String task, String unit, long total) {
      return done -> {
        if (task.equals("features") && own.isRequested()) {
          throw new GraftException("Canceled."); // what is cached stays
        }
        state = state.with(task, done, total);
        changed.run();
      };
    }

    @Override
    public void epoch(History history, int epochs, EarlyStopping.Decision decision) {
      state =
          state
              .with("training", history.epochs().size(), epochs)
              .with(
                  history.epochs().stream()
                      .map(
                          each ->
                              new Epoch(
                                  each.epoch(), each.trainAccuracy(), each.validationAccuracy()))
                      .toList());
      changed.run();
    }
  }
}
