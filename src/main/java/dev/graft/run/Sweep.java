package dev.graft.run;

import dev.graft.GraftException;
import dev.graft.data.Split;
import dev.graft.data.duplicates.Survey;
import dev.graft.evaluation.Evaluation;
import dev.graft.evaluation.History;
import dev.graft.io.AtomicFiles;
import dev.graft.io.Csv;
import dev.graft.network.NetworkDesign;
import dev.graft.output.OutputFolder;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import dev.graft.report.Comparison;
import dev.graft.report.Pages;
import dev.graft.report.SweepPage;
import dev.graft.tuning.DataSets;
import dev.graft.tuning.Features;
import dev.graft.tuning.PreparedRun;
import dev.graft.tuning.RecipeResolver;
import dev.graft.tuning.RunEvents;
import dev.graft.tuning.SolverChoice;
import dev.graft.tuning.Stopwatch;
import dev.graft.tuning.Tuning;
import dev.graft.util.Names;
import dev.graft.util.Text;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Trains with every combination of a grid on the same features and images, and chooses the best on
 * the validation images. Only the chosen one is tested, by a run of its own.
 */
public final class Sweep {
  /** Learning curves on the page. */
  private static final int MAX_CURVES = 8;

  private final Grid grid;
  private final OutputFolder output;
  private final RunEvents events;
  private final RunInterruption interruption;
  private final List<Trial> trials = new ArrayList<>();

  /** Name of the data, once it has been opened. */
  private String data = "";

  /**
   * A training.
   *
   * @param settings of the grid
   * @param outcome empty if the training failed
   * @param failure the reason; empty otherwise
   */
  public record Trial(Map<String, String> settings, Optional<Outcome> outcome, String failure) {
    /** Returns the settings as one text, such as {@code learning-rate=1e-3 head.hidden=0}. */
    public String name() {
      return Sweep.name(settings);
    }
  }

  /**
   * The result of a training, on the validation images; for a convex head, on the training images,
   * each predicted by heads that did not see it.
   *
   * @param history without epochs for a convex head
   */
  public record Outcome(double accuracy, double loss, History history, double seconds) {}

  /**
   * The result of a sweep.
   *
   * @param folder of {@code sweep.csv} and {@code sweep.html}
   * @param trials the best first; the first is the chosen one
   * @param run of the chosen one
   */
  public record Result(Path folder, List<Trial> trials, FineTuneRun.Completed run) {}

  private Sweep(Grid grid, OutputFolder output, RunEvents events, RunInterruption interruption) {
    this.grid = grid;
    this.output = output;
    this.events = events;
    this.interruption = interruption;
  }

  /**
   * Runs a sweep.
   *
   * @param asked the recipe of all combinations
   * @param listener receives each trial when it ends
   * @param events of the run of the chosen combination, and the progress of all
   * @throws GraftException if a combination is not a valid recipe, or if none could be trained
   */
  public static Result run(
      Recipe asked,
      Grid grid,
      OutputFolder output,
      Consumer<Trial> listener,
      RunEvents events,
      RunInterruption interruption)
      throws IOException {
    Sweep sweep = new Sweep(grid, output, events, interruption);
    List<Map<String, String>> combinations = grid.combinations();
    for (Map<String, String> settings : combinations) {
      try {
        RecipeResolver.check(RecipeReader.with(asked, settings), events);
      } catch (GraftException e) {
        throw new GraftException("grid: " + name(settings) + ": " + e.getMessage(), e);
      }
    }
    sweep.warnOfKeysWithoutEffect(asked);
    Recipe common = sweep.comparable(asked, combinations);
    Path folder = sweep.tryAll(common, combinations, listener);
    return sweep.choose(common, folder);
  }

  private static String name(Map<String, String> settings) {
    return String.join(
        " ", settings.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList());
  }

  private void warnOfKeysWithoutEffect(Recipe asked) {
    List<String> keys = grid.keys().stream().filter(Comparison::isOfTrainedStages).toList();
    if (!keys.isEmpty()
        && !grid.keys().contains("unfreeze")
        && asked.backbone().unfreeze().equals(NetworkDesign.NONE)) {
      events.warned(
          String.join(", ", keys)
              + (keys.size() == 1 ? " has" : " have")
              + " no effect, because unfreeze is none.");
    }
  }

  /** Returns the folder of the table, which is written after each trial. */
  private Path tryAll(
      Recipe common, List<Map<String, String>> combinations, Consumer<Trial> listener)
      throws IOException {
    Path[] table = {null};
    Closeable exit =
        interruption.atExit(
            () -> {
              if (table[0] != null) {
                events.say(
                    Text.of(
                        "Interrupted after %s; the table so far: %s",
                        Names.count(trials.size(), "combination"), table[0]));
              }
            });
    try (exit) {
      for (Map<String, String> settings : combinations) {
        Trial trial = trial(RecipeReader.with(common, settings), settings);
        Path file = table[0] == null ? output.sweep(data).resolve("sweep.csv") : table[0];
        trials.add(trial);
        AtomicFiles.write(file, csv(Optional.empty()));
        table[0] = file;
        listener.accept(trial);
      }
    }
    return table[0].getParent();
  }

  /**
   * Returns a recipe for all combinations in which all heads are trained by gradients, if they
   * can't be compared as they are: a convex head is evaluated on the training images, out of fold.
   */
  private Recipe comparable(Recipe asked, List<Map<String, String>> combinations)
      throws IOException {
    if (!mixesSolvers(asked, combinations, 0)) {
      return asked;
    }
    Recipe first = RecipeReader.with(asked, combinations.get(0));
    int images = DataSets.open(first, new ProgressOnly(events)).images().size();
    if (!mixesSolvers(asked, combinations, images)) {
      return asked;
    }
    events.warned(
        "head.solver is gradient for all combinations, so that all are compared on the same"
            + " validation images; convex heads (newton) are evaluated on other ones, or without"
            + " averages over mirror images.");
    return asked.with(asked.head().withSolver(Recipe.Solver.GRADIENT));
  }

  /**
   * Returns whether the combinations can't be compared as they are: their heads are found in
   * different ways, or they differ in what the out-of-fold figures of a convex head do not show.
   */
  static boolean mixesSolvers(Recipe asked, List<Map<String, String>> combinations, int images) {
    Set<Recipe.Solver> solvers =
        combinations.stream()
            .map(settings -> SolverChoice.of(RecipeReader.with(asked, settings), images).solver())
            .collect(Collectors.toSet());
    boolean mixesAverages =
        combinations.stream().map(settings -> settings.get("average-mirror")).distinct().count()
            > 1;
    return solvers.size() > 1 || (mixesAverages && solvers.contains(Recipe.Solver.NEWTON));
  }

  private Trial trial(Recipe recipe, Map<String, String> settings) throws IOException {
    Stopwatch watch = new Stopwatch();
    try (PreparedRun prepared = output.prepare(recipe, new ProgressOnly(events));
        Features features = prepared.features(prepared.ranges())) {
      data = prepared.data().name();
      Survey survey = prepared.survey();
      Split split = prepared.split(survey);
      watch.lap();
      try (Tuning tuning = new Tuning(prepared, features, new ProgressOnly(events), interruption)) {
        History history = tuning.fit(split, survey);
        double seconds = watch.lap();
        if (tuning.isInterrupted()) {
          return new Trial(settings, Optional.empty(), "Interrupted.");
        }
        Evaluation evaluation = tuning.validate(split).evaluation();
        return new Trial(
            settings,
            Optional.of(new Outcome(evaluation.accuracy(), evaluation.loss(), history, seconds)),
            "");
      } catch (GraftException e) { // a learning rate that is too high, for example
        return new Trial(settings, Optional.empty(), e.getMessage());
      }
    }
  }

  private Result choose(Recipe asked, Path folder) throws IOException {
    trials.sort(Comparator.comparing(Sweep::accuracy).reversed().thenComparing(Sweep::loss));
    Trial best = trials.get(0);
    if (best.outcome().isEmpty()) {
      throw new GraftException("No combination could be trained. The first: " + best.failure());
    }
    events.say("Training the best combination again, to test it: " + best.name());
    FineTuneRun.Completed run =
        FineTuneRun.run(RecipeReader.with(asked, best.settings()), output, events, interruption);
    double test = run.record().outcome().test().accuracy();
    AtomicFiles.write(folder.resolve("sweep.csv"), csv(Optional.of(test)));
    Map<String, History> curves = new LinkedHashMap<>();
    trials.stream()
        .filter(trial -> trial.outcome().isPresent())
        .limit(MAX_CURVES)
        .forEach(trial -> curves.put(trial.name(), trial.outcome().get().history()));
    Pages.write(
        folder.resolve("sweep.html"),
        new SweepPage(
            grid.keys(),
            trials.stream().map(Sweep::row).toList(),
            Text.of("%.4f", test),
            String.valueOf(run.folder().getFileName()),
            curves));
    return new Result(folder, List.copyOf(trials), run);
  }

  private static double accuracy(Trial trial) {
    return trial.outcome().map(Outcome::accuracy).orElse(-1.0);
  }

  private static double loss(Trial trial) {
    return trial.outcome().map(Outcome::loss).orElse(Double.POSITIVE_INFINITY);
  }

  private static SweepPage.Row row(Trial trial) {
    return new SweepPage.Row(List.copyOf(trial.settings().values()), figures(trial));
  }

  /** Returns validation accuracy and loss, epochs, the best epoch and seconds, as text. */
  public static List<String> figures(Trial trial) {
    if (trial.outcome().isEmpty()) {
      return List.of("failed", "", "", "", "");
    }
    Outcome outcome = trial.outcome().get();
    int epochs = outcome.history().epochs().size();
    return List.of(
        Text.of("%.4f", outcome.accuracy()),
        Text.of("%.4f", outcome.loss()),
        epochs == 0 ? "" : Integer.toString(epochs),
        epochs == 0 ? "" : Integer.toString(outcome.history().best().epoch()),
        Text.of("%.1f", outcome.seconds()));
  }

  /** Returns one row per trial; once one is chosen, with its test accuracy. */
  private String csv(Optional<Double> test) {
    StringBuilder csv =
        new StringBuilder(
            Csv.row(
                Stream.concat(
                        grid.keys().stream(),
                        Stream.of(
                            "validation_accuracy",
                            "validation_loss",
                            "epochs_run",
                            "best_epoch",
                            "seconds",
                            "test_accuracy",
                            "failure"))
                    .toList()));
    for (int i = 0; i < trials.size(); i++) {
      Trial trial = trials.get(i);
      List<String> row = new ArrayList<>(trial.settings().values());
      List<String> figures = figures(trial);
      row.addAll(trial.outcome().isPresent() ? figures : List.of("", "", "", "", ""));
      row.add(i == 0 ? test.map(accuracy -> Text.of("%.4f", accuracy)).orElse("") : "");
      row.add(trial.failure());
      csv.append(Csv.row(row));
    }
    return csv.toString();
  }
}
