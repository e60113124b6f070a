package dev.graft.report;

import dev.graft.GraftException;
import dev.graft.evaluation.History;
import dev.graft.network.NetworkDesign;
import dev.graft.util.Names;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A comparison of runs.
 *
 * @param runs at least one
 * @param notebook whether the Keras notebook is compared, too
 */
public record Comparison(List<RunFiles> runs, boolean notebook) {
  /**
   * The source of the notebook's results, for people; losses and accuracies of its epochs are
   * unknown.
   */
  public static final String NOTEBOOK_SOURCE =
      "the Keras notebook (Keras 2.1, 2018, on its own machine); its figures per epoch are not"
          + " known";

  private static final String NONE = "–";

  private static final String NOTEBOOK_NAME = "Keras notebook";

  /** The results of the notebook by the names of their rows, as in docs/results.md. */
  private static final Map<String, String> NOTEBOOK_RESULTS =
      named(
          "test accuracy", Pages.number("%.4f", Pages.NOTEBOOK),
          "first epoch, seconds", "1395",
          "training, seconds", "16560");

  /** Values of {@code run.json} that describe a run, by the names of their rows. */
  private static final Map<String, String> INPUTS =
      named(
          "backbone", "/backbone",
          "weights", "/weights/source",
          "weights, SHA-256", "/weights/sha256",
          "data", "/data/name",
          "data, SHA-256", "/data/sha256",
          "training images", "/data/train",
          "validation images", "/data/validation",
          "test images", "/data/test",
          "engine", "/engine/name",
          "engine version", "/engine/version",
          "device", "/engine/device",
          "Java", "/engine/java",
          "system", "/engine/os",
          "commit", "/gitCommit");

  /** Values of {@code run.json} that are results. */
  private static final Map<String, String> RESULTS =
      named(
          "test accuracy", "/test/accuracy",
          "95 % interval, low", "/test/interval/low",
          "95 % interval, high", "/test/interval/high",
          "top-3 accuracy", "/test/top3Accuracy",
          "cross-validation accuracy", "/crossValidation/accuracy/mean",
          "cross-validation 95 %, low", "/crossValidation/interval/low",
          "cross-validation 95 %, high", "/crossValidation/interval/high",
          "macro F1", "/test/macro/f1",
          "test loss", "/test/loss",
          "calibration error", "/test/ece",
          "temperature", "/calibration/temperature",
          "validation accuracy", "/validation/accuracy",
          "out-of-fold accuracy", "/validation/accuracy",
          "epochs", "/epochs/run",
          "best epoch", "/epochs/best",
          "trained parameters", "/parameters/trained",
          "feature extraction, seconds", "/seconds/features",
          "first epoch, seconds", "",
          "training, seconds", "/seconds/training",
          "total, seconds", "/seconds/total");

  /** Keys that a convex head ignores, see docs/your-images.md; and those of early stopping. */
  private static final Set<String> GRADIENT_TRAINING =
      Set.of(
          "backbone-learning-rate",
          "batch-size",
          "clip-norm",
          "crops",
          "cutout",
          "ema-decay",
          "epochs",
          "epsilon",
          "feature-power",
          "head.dropout",
          "head.hidden",
          "head.input-dropout",
          "initializer",
          "label-smoothing",
          "learning-rate",
          "min-steps",
          "mirror",
          "mixup",
          "optimizer",
          "rand-augment",
          "schedule",
          "split",
          "standardize",
          "training-precision",
          "validation-split",
          "warmup-epochs",
          "weight-decay");

  /** Keys that have no effect on a frozen backbone. */
  private static final Set<String> TRAINED_STAGES =
      Set.of("backbone-learning-rate", "layer-decay", "head-epochs", "stochastic-depth");

  /** Results that are whole numbers. */
  private static final Set<String> COUNTS =
      Set.of("/epochs/run", "/epochs/best", "/parameters/trained");

  private static final int HASH_DIGITS = 12;

  /**
   * A row of a table.
   *
   * @param values one per run
   */
  public record Row(String name, List<String> values) {
    private boolean differs() {
      return Set.copyOf(values).size() > 1;
    }

    private boolean isKnown() {
      return values.stream().anyMatch(value -> !value.equals(NONE));
    }
  }

  /** Creates a comparison of runs with each other. */
  public Comparison(List<RunFiles> runs) {
    this(runs, false);
  }

  /**
   * Creates a comparison of runs with the notebook.
   *
   * @throws GraftException if one is not of all of CIFAR-10
   */
  public static Comparison withNotebook(List<RunFiles> runs) {
    for (RunFiles run : runs) {
      String data = run.at("/data/name");
      if (!data.equals("cifar10")) {
        throw new GraftException(
            "notebook: the run in "
                + run.folder()
                + " is of "
                + data
                + ", and the notebook is of all of CIFAR-10; give runs of cifar10.");
      }
    }
    return new Comparison(runs, true);
  }

  /** Returns the names of the columns. */
  public List<String> columns() {
    Stream<String> names = runs.stream().map(RunFiles::name);
    return Stream.concat(names, notebook ? Stream.of(NOTEBOOK_NAME) : Stream.empty()).toList();
  }

  private static Map<String, String> named(String... pairs) {
    Map<String, String> named = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      named.put(pairs[i], pairs[i + 1]);
    }
    return named;
  }

  /** Returns the settings, data and machine that differ between the runs. */
  public List<Row> differences() {
    Set<String> keys = new LinkedHashSet<>();
    runs.forEach(run -> keys.addAll(run.settings().keySet()));
    Stream<Row> settings = keys.stream().map(key -> row(key, run -> setting(run, key)));
    Stream<Row> inputs =
        INPUTS.entrySet().stream()
            .filter(each -> !keys.contains(each.getKey()))
            .map(each -> row(each.getKey(), run -> input(run, each.getValue())));
    return Stream.concat(settings, inputs).filter(Row::differs).toList();
  }

  /** Returns a setting of a run; {@code null} if it has none, or does not use it. */
  private static String setting(RunFiles run, String key) {
    boolean ignored =
        (isConvex(run) && isIgnoredByConvexHead(key))
            || (NetworkDesign.NONE.equals(run.settings().get("unfreeze"))
                && isOfTrainedStages(key));
    return ignored ? null : run.settings().get(key);
  }

  /** Returns whether a key of a recipe has no effect on a frozen backbone. */
  public static boolean isOfTrainedStages(String key) {
    return TRAINED_STAGES.contains(key);
  }

  /** Returns whether a convex head ignores a key of a recipe, such as {@code head.dropout}. */
  public static boolean isIgnoredByConvexHead(String key) {
    return GRADIENT_TRAINING.contains(key) || key.startsWith("early-stopping.");
  }

  /**
   * Returns a warning if the runs have different classes or test images, so that their results say
   * little about each other.
   */
  public Optional<String> warning() {
    List<String> others = new ArrayList<>();
    if (runs.stream().map(run -> run.evaluation().classNames()).distinct().count() > 1) {
      others.add("classes");
    }
    List<Set<String>> hashes = runs.stream().map(RunFiles::testHashes).toList();
    boolean known = hashes.stream().noneMatch(Set::isEmpty);
    Stream<Object> tests =
        known
            ? hashes.stream().map(each -> each)
            : runs.stream().map(run -> List.of(run.at("/data/sha256"), run.evaluation().count()));
    if (tests.distinct().count() > 1) {
      others.add(known ? "test images" : "data");
    }
    List<String> data = runs.stream().map(run -> run.at("/data/name")).distinct().toList();
    return others.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "Warning: the runs have different "
                + String.join(" and ", others)
                + (data.size() > 1 ? (known ? " (data: " : " (") + Names.few(data) + ")" : "")
                + ", so their results are not comparable.");
  }

  private static String input(RunFiles run, String pointer) {
    String value = run.at(pointer);
    boolean isLong = pointer.endsWith("sha256") && value.length() > HASH_DIGITS;
    return isLong ? value.substring(0, HASH_DIGITS) + "…" : value;
  }

  /**
   * Returns the results that at least one run has; those of cross-validations first if one was made
   * because the test images are few.
   */
  public List<Row> outcome() {
    boolean leads = runs.stream().anyMatch(RunFiles::crossValidationLeads);
    return RESULTS.entrySet().stream()
        .sorted(
            Comparator.comparing(
                each -> !(leads && each.getValue().startsWith("/crossValidation/")))) // stable
        .filter(each -> notebook || !each.getValue().isEmpty())
        .map(each -> row(each.getKey(), run -> result(run, each.getKey(), each.getValue())))
        .map(this::withNotebook)
        .filter(Row::isKnown)
        .toList();
  }

  private Row withNotebook(Row row) {
    if (!notebook) {
      return row;
    }
    String value = NOTEBOOK_RESULTS.getOrDefault(row.name(), NONE);
    return new Row(row.name(), Stream.concat(row.values().stream(), Stream.of(value)).toList());
  }

  /** A convex head has an out-of-fold accuracy, on the training images, and no validation. */
  private static String result(RunFiles run, String name, String pointer) {
    boolean isOfOtherHeads =
        pointer.startsWith("/validation/") && isConvex(run) == name.startsWith("validation");
    return isOfOtherHeads ? NONE : rounded(run, pointer);
  }

  private static boolean isConvex(RunFiles run) {
    return run.at("/head/solver").equals("newton");
  }

  private static String rounded(RunFiles run, String pointer) {
    if (pointer.isEmpty()) {
      return run.history().epochs().isEmpty()
          ? NONE
          : Pages.number("%.1f", run.history().epochs().get(0).seconds());
    }
    if (pointer.endsWith("top3Accuracy") && run.evaluation().classNames().size() <= 3) {
      return NONE; // always 1
    }
    String format =
        pointer.startsWith("/seconds/") ? "%.1f" : COUNTS.contains(pointer) ? "%,.0f" : "%.4f";
    return run.number(pointer).map(value -> Pages.number(format, value)).orElse(NONE);
  }

  private Row row(String name, Function<RunFiles, String> value) {
    List<String> values = new ArrayList<>();
    runs.forEach(
        run -> {
          String found = value.apply(run);
          values.add(found == null ? NONE : found);
        });
    return new Row(name, List.copyOf(values));
  }

  /** Returns loss and accuracy over the epochs, as elements of a page. */
  public List<String> curves() {
    Map<String, History> histories = new LinkedHashMap<>();
    for (int i = 0; i < runs.size(); i++) {
      if (!runs.get(i).history().epochs().isEmpty()) {
        histories.put(i + 1 + ": " + runs.get(i).name(), runs.get(i).history());
      }
    }
    return Pages.curves(
        histories, notebook ? Map.of(NOTEBOOK_NAME + ", test", Pages.NOTEBOOK) : Map.of());
  }
}
