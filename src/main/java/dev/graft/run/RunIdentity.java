package dev.graft.run;

import ai.djl.engine.Engine;
import dev.graft.GraftException;
import dev.graft.data.DataSet;
import dev.graft.engine.Devices;
import dev.graft.engine.OnnxSession;
import dev.graft.network.NetworkDesign;
import dev.graft.output.RunImages;
import dev.graft.output.RunRecord;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import dev.graft.tuning.DataSets;
import dev.graft.tuning.PreparedRun;
import dev.graft.tuning.RecipeResolver;
import dev.graft.tuning.RunEvents;
import dev.graft.util.Build;
import dev.graft.util.Names;
import dev.graft.util.Text;
import dev.graft.zoo.LoadedBackbone;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The inputs that a run's result depends on. They are recorded in {@code run.json} and in the
 * checkpoints, and compared before the run is resumed.
 */
record RunIdentity(PreparedRun run) {
  /**
   * Checks a recipe before a run is resumed. If it is invalid and differs from the run's own, the
   * error lists the differences; otherwise it is the error of {@link RecipeResolver#check}.
   */
  static void requireResumable(Path run, Recipe asked) {
    RunImages.recipe(run); // refuses a damaged one
    try {
      RecipeResolver.check(asked);
    } catch (GraftException e) {
      // The differences explain more than the error. Keys that are still auto do not differ.
      List<String> differences =
          differences(run, asked).stream()
              .filter(each -> !each.endsWith(" and is " + Recipe.AUTO))
              .toList();
      requireEqual(run, differences);
      throw e;
    }
  }

  RunRecord.Data data() {
    DataSet data = run.data();
    return new RunRecord.Data(data.name(), data.classes().size(), data.sha256());
  }

  RunRecord.Provenance provenance() {
    Engine engine = Engine.getInstance();
    Recipe recipe = run.recipe();
    LoadedBackbone.Provenance weights = run.backbone().weights();
    return new RunRecord.Provenance(
        run.backbone().network().name(),
        new RunRecord.Weights(weights.source(), weights.sha256(), weights.pretrained()),
        recipe.seed(),
        new RunRecord.Engine(
            engine.getEngineName(),
            engine.getVersion(),
            Engine.getDjlVersion(),
            run.device().toString(),
            Devices.threads(),
            recipe.head().solver().is(Recipe.Solver.NEWTON)
                ? null
                : recipe.training().precision().value().name().toLowerCase(Locale.ROOT),
            System.getProperty("java.version"),
            System.getProperty("os.name") + " " + System.getProperty("os.arch")),
        featureEngine(engine),
        Build.commit(),
        parameters(run.network().design()));
  }

  private static List<String> differences(Path run, Recipe now) {
    return RecipeReader.differences(RunImages.recipe(run), DataSets.withAbsolutePaths(now));
  }

  /** Refuses to continue a run with other settings. */
  private static void requireEqual(Path run, List<String> differences) {
    if (!differences.isEmpty()) {
      throw GraftException.of(
          "%s can't be resumed with other settings (%s): a run is resumed with the recipe it was"
              + " started with. Leave these settings out, or start a new run.",
          run, String.join("; ", differences));
    }
  }

  /**
   * Refuses to continue a run with other data, weights, recipe, engine or version of Graft, and
   * warns of another number of threads.
   */
  void requireSame(Path folder, RunRecord before, RunEvents events) {
    if (!before.hasIdentity()) {
      throw new GraftException(
          folder + " can't be resumed, because its run.json is damaged; start a new run.");
    }
    RunRecord.Provenance then = before.provenance();
    RunRecord.Provenance now = provenance();
    if (then.gitCommit().equals(now.gitCommit())) { // otherwise new keys would count as settings
      requireEqual(folder, differences(folder, run.recipe()));
    }
    List<String> differences = new ArrayList<>();
    if (!before.data().sha256().equals(run.data().sha256())) {
      differences.add("the images of " + run.data().name() + " have changed");
    }
    if (!then.weights().equals(now.weights())) {
      differences.add("the weights of the backbone have changed");
    }
    if (!engine(then).equals(engine(now))) {
      differences.add("the engine was " + engine(then) + " and is " + engine(now));
    }
    if (!then.gitCommit().equals(now.gitCommit())) {
      differences.add(
          "Graft was built from " + then.gitCommit() + " and is from " + now.gitCommit());
    }
    if (!differences.isEmpty()) {
      throw GraftException.of(
          "%s can't be resumed, because %s. Change that back, or start a new run.",
          folder, String.join("; ", differences));
    }
    if (!Objects.equals(then.engine().threads(), now.engine().threads())) {
      events.warned(
          Text.of(
              "The run was started with %s, and goes on with %s, so its results may differ in the"
                  + " last digits from those without the interruption.",
              threads(then), threads(now)));
    }
  }

  /**
   * Refuses to continue from a checkpoint of another recipe.
   *
   * @param checkpoint the {@linkplain #text identity} in the checkpoint, if there is one
   */
  void requireSame(Path folder, Optional<String> checkpoint) {
    String now = text();
    if (checkpoint.isPresent() && !checkpoint.get().equals(now)) {
      throw GraftException.of(
          "%s can't be resumed, because its recipe.yaml was changed after its last checkpoint (%s)."
              + " Change that back, or start a new run with it.",
          folder,
          String.join(
              "; ",
              RecipeReader.differences(
                  RecipeReader.parse(recipe(checkpoint.get())), RecipeReader.parse(recipe(now)))));
    }
  }

  private static String threads(RunRecord.Provenance provenance) {
    Integer threads = provenance.engine().threads();
    return threads == null ? "the engine's number of threads" : Names.count(threads, "thread");
  }

  private static String engine(RunRecord.Provenance provenance) {
    RunRecord.Engine engine = provenance.engine();
    return engine.name() + " " + engine.version() + " on " + engine.device();
  }

  /** Returns the identity for the run's checkpoints. */
  String text() {
    return String.join(
        "\n", // the recipe starts in the fifth line
        run.data().sha256(),
        run.backbone().weights().sha256(),
        engine(provenance()),
        Build.commit(),
        RecipeReader.write(DataSets.withAbsolutePaths(run.recipe())));
  }

  private static String recipe(String text) {
    return text.lines().skip(4).collect(Collectors.joining("\n"));
  }

  static RunRecord.Parameters parameters(NetworkDesign design) {
    return new RunRecord.Parameters(design.parameters(), design.trainedParameters());
  }

  private RunRecord.FeatureEngine featureEngine(Engine engine) {
    if (run.network().design().cut() == 0) {
      return null;
    }
    Recipe.Execution execution = run.recipe().execution();
    String precision = execution.precision().name().toLowerCase(Locale.ROOT);
    return execution.frozenPartEngine().is(Recipe.FrozenPartEngine.ONNXRUNTIME)
        ? new RunRecord.FeatureEngine(OnnxSession.NAME, OnnxSession.version(), precision)
        : new RunRecord.FeatureEngine(engine.getEngineName(), engine.getVersion(), precision);
  }
}
