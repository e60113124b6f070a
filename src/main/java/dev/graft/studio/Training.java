package dev.graft.studio;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.graft.GraftException;
import dev.graft.Interruption;
import dev.graft.Progress;
import dev.graft.evaluation.ConfusionMatrix;
import dev.graft.evaluation.Evaluation;
import dev.graft.evaluation.History;
import dev.graft.evaluation.Interval;
import dev.graft.io.AtomicFiles;
import dev.graft.io.Csv;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import dev.graft.report.RunFiles;
import dev.graft.run.FineTuneRun;
import dev.graft.run.OutputFolder;
import dev.graft.run.RunRecord;
import dev.graft.studio.ImageStore.ImageClass;
import dev.graft.training.EarlyStopping;
import dev.graft.tuning.RunEvents;
import dev.graft.util.Messages;
import io.javalin.http.ConflictResponse;
import io.javalin.http.UnprocessableContentResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** Trains on the folder's images, in the background, and reads the results of the run. */
final class Training {
  /** Fewer test images than this are not enough for one figure: they are cross-validated, too. */
  private static final int FEW = 100;

  private static final int FOLDS = 5;

  /** Mistakes that the page shows. */
  private static final int MAX_MISTAKES = 500;

  /** Names the run of the current model; may be deleted. */
  private static final String CURRENT = "model.txt";

  private final ImageStore store;
  private final OutputFolder output;
  private final ExecutorService work;
  private final Consumer<Path> trained;
  private final Runnable changed;

  private volatile State state = State.IDLE;
  private volatile Result result;
  private volatile Path run;
  private Interruption interruption;

  enum Status {
    IDLE,
    RUNNING,
    DONE,
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
   * The result of the last training.
   *
   * @param low the lower end of the accuracy's 95 % interval
   * @param images number of images that the accuracy was measured on
   * @param folds of the cross-validation; 0 if the accuracy is that of the held-out images
   * @param previous accuracy of the training before; {@code null} if there was none
   * @param confusion number of held-out images: rows are the true classes, columns the predicted
   * @param command the command line that repeats the training
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Result(
      double accuracy,
      double low,
      double high,
      int images,
      int folds,
      Double previous,
      double seconds,
      List<String> classes,
      List<List<Integer>> confusion,
      List<Mistake> mistakes,
      String command) {
    Result with(List<Mistake> some) {
      return new Result(
          accuracy, low, high, images, folds, previous, seconds, classes, confusion, some, command);
    }
  }

  /** A wrongly classified held-out image. */
  record Mistake(String path, String truth, String predicted, double probability) {}

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
    work.execute(this::reopen);
  }

  State state() {
    return state;
  }

  /** Returns the result of the last training, without the mistakes that were moved or deleted. */
  Optional<Result> result() {
    return Optional.ofNullable(result)
        .map(
            all ->
                all.with(
                    all.mistakes().stream()
                        .filter(each -> Files.exists(store.folder().resolve(each.path())))
                        .toList()));
  }

  /** Returns the run of the current model. */
  Optional<Path> run() {
    return Optional.ofNullable(run);
  }

  /** Returns the recipe: the default one, with a linear head, which is solved in seconds. */
  Recipe recipe() {
    return RecipeReader.read(null, settings(folds()));
  }

  private Map<String, String> settings(int folds) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("data", RecipeReader.text(store.folder().toString()));
    settings.put("head.hidden", "0");
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
      Path current = store.own(CURRENT);
      if (Files.isRegularFile(current)) {
        Path last = Path.of(Files.readString(current).strip());
        accept(last, RunFiles.read(last).evaluation());
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
   * @throws ConflictResponse if a training is running
   * @throws UnprocessableContentResponse if there are too few images
   */
  synchronized void start() throws IOException {
    if (state.status() == Status.RUNNING) {
      throw new ConflictResponse("A training is running already.");
    }
    if (!Preparation.areEnough(store.classes())) {
      throw new UnprocessableContentResponse(
          "Training needs two classes or more, each with at least "
              + Preparation.MIN_IMAGES
              + " different images.");
    }
    state = State.IDLE.with(Status.RUNNING, "");
    interruption = new Interruption();
    Interruption own = interruption;
    work.execute(() -> train(own));
    changed.run();
  }

  /** Ends a running training; the model before it stays. */
  synchronized void cancel() {
    if (state.status() == Status.RUNNING) {
      interruption.request();
    }
  }

  private void train(Interruption own) {
    try {
      if (!own.isRequested()) {
        FineTuneRun.Completed completed = FineTuneRun.run(recipe(), output, new Events(), own);
        if (completed.record().status() == RunRecord.Status.COMPLETED) {
          Evaluation evaluation = RunFiles.read(completed.folder()).evaluation();
          accept(completed.folder(), evaluation);
          AtomicFiles.write(store.own(CURRENT), completed.folder().toAbsolutePath() + "\n");
          state = state.with(Status.DONE, "");
          return;
        }
      }
      state = state.with(result == null ? Status.IDLE : Status.DONE, "");
    } catch (GraftException e) {
      fail(own, e.getMessage());
    } catch (IOException | RuntimeException e) {
      fail(own, Messages.sentence(Messages.of(e, "The training failed")));
    } catch (OutOfMemoryError e) {
      fail(own, "The training needs more memory than Java has here; give Java a larger heap.");
    } finally {
      changed.run();
    }
  }

  private void fail(Interruption own, String message) {
    state =
        own.isRequested()
            ? state.with(result == null ? Status.IDLE : Status.DONE, "")
            : state.with(Status.FAILED, message);
  }

  private void accept(Path folder, Evaluation evaluation) throws IOException {
    Result next = read(folder, evaluation);
    trained.accept(folder);
    run = folder;
    result = next;
  }

  private Result read(Path folder, Evaluation evaluation) throws IOException {
    List<List<String>> folds =
        Files.isRegularFile(folder.resolve("folds.csv"))
            ? Csv.read(folder.resolve("folds.csv"))
            : List.of();
    int images = evaluation.count();
    double accuracy = evaluation.accuracy();
    Interval interval = evaluation.interval();
    if (folds.size() > 1) {
      images = folds.stream().skip(1).mapToInt(row -> Integer.parseInt(row.get(1))).sum();
      int correct =
          (int)
              folds.stream()
                  .skip(1)
                  .mapToLong(
                      row ->
                          Math.round(Integer.parseInt(row.get(1)) * Double.parseDouble(row.get(2))))
                  .sum();
      accuracy = (double) correct / images;
      interval = Interval.wilson(correct, images);
    }
    return new Result(
        accuracy,
        interval.low(),
        interval.high(),
        images,
        Math.max(0, folds.size() - 1),
        result == null ? null : result.accuracy(),
        RunFiles.read(folder).number("/seconds/total").orElse(0.0),
        evaluation.classNames(),
        matrix(evaluation.confusion()),
        mistakes(folder),
        command(Math.max(0, folds.size() - 1)));
  }

  private static List<List<Integer>> matrix(ConfusionMatrix confusion) {
    return IntStream.range(0, confusion.size())
        .mapToObj(
            truth ->
                IntStream.range(0, confusion.size())
                    .mapToObj(predicted -> confusion.count(truth, predicted))
                    .toList())
        .toList();
  }

  private List<Mistake> mistakes(Path folder) throws IOException {
    return Csv.read(folder.resolve("mistakes.csv")).stream()
        .skip(1)
        .limit(MAX_MISTAKES)
        .map(
            row ->
                new Mistake(
                    store.relative(Path.of(row.get(0))),
                    row.get(1),
                    row.get(2),
                    Double.parseDouble(row.get(3))))
        .toList();
  }

  private String command(int folds) {
    StringBuilder command = new StringBuilder("graft fine-tune");
    settings(folds)
        .forEach(
            (key, value) ->
                command.append(
                    key.equals("data")
                        ? " --data " + Snippets.quoted(store.folder().toString())
                        : " --set " + key + "=" + value));
    return command
        .append(" --output ")
        .append(Snippets.quoted(output.path().toString()))
        .toString();
  }

  private final class Events implements RunEvents {
    @Override
    public Progress progress(String task, String unit, long total) {
      return done -> {
        state = state.with(task, done, total);
        changed.run();
      };
    }

    @Override
    public void say(String line) {}

    @Override
    public void epoch(History history, int epochs, EarlyStopping.Decision decision, int bestEpoch) {
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
