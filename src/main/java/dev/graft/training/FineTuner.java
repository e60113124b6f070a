package dev.graft.training;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import ai.djl.training.initializer.XavierInitializer;
import dev.graft.Console;
import dev.graft.GraftException;
import dev.graft.artefact.GitCommit;
import dev.graft.artefact.RunFolder;
import dev.graft.artefact.RunRecord;
import dev.graft.artefact.SavedModel;
import dev.graft.data.Cifar10;
import dev.graft.data.DataSet;
import dev.graft.data.Picture;
import dev.graft.data.Split;
import dev.graft.evaluation.Evaluation;
import dev.graft.evaluation.History;
import dev.graft.feature.FeatureBatches;
import dev.graft.feature.FeatureCache;
import dev.graft.feature.FeatureExtractor;
import dev.graft.feature.FeatureKey;
import dev.graft.feature.FeatureSource;
import dev.graft.feature.PixelSource;
import dev.graft.feature.RecordLayout;
import dev.graft.network.Graft;
import dev.graft.network.GraftedNetwork;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import dev.graft.report.Charts;
import dev.graft.zoo.Backbone;
import dev.graft.zoo.BackboneEntry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;

/** A run, from pictures to verdict. Closing it frees the network. */
public final class FineTuner implements AutoCloseable {
  /** Rows that are judged at a time. */
  private static final int EVALUATION_BATCH = 256;

  /**
   * Training pictures that a standardisation is measured on where each costs a forward pass; where
   * features are at hand it is all of them.
   */
  private static final int MEASURED = 5_000;

  /** Test pictures that are drawn with their predictions. */
  private static final int DRAWN = 10;

  private final Stopwatch total = new Stopwatch();
  private final Recipe recipe;
  private final Path output;
  private final Console console;
  private final Device device;
  private final DataSet data;
  private final String dataHash;
  private final Split split;
  private final Backbone backbone;
  private final Graft graft;

  /** A completed run. */
  public record Verdict(Path folder, RunRecord record) {}

  /**
   * Gets everything ready that a recipe asks for; nothing is written yet.
   *
   * @param output folder of runs and features
   * @throws GraftException if data, weights or recipe don't allow the run
   */
  public FineTuner(Recipe recipe, Path output, Console console) {
    this.recipe = recipe;
    this.output = output;
    this.console = console;
    device = Computer.device(recipe.device());
    Engine.getInstance().setRandomSeed(Long.hashCode(recipe.seed()));
    BackboneEntry entry = BackboneEntry.of(recipe.backbone());
    Designs.check(recipe, entry);
    data = data();
    dataHash = data.sha256();
    split = split();
    backbone =
        Backbone.load(entry, recipe.weights(), Designs.inputSize(recipe, entry), device, console);
    GraftedNetwork design = Designs.of(recipe, entry, backbone.preprocessing(), classes().size());
    graft = Graft.of(design, backbone.trunk());
    initialize();
  }

  /** The network that is trained. */
  public GraftedNetwork network() {
    return graft.design();
  }

  Graft graft() {
    return graft;
  }

  /**
   * Runs the recipe.
   *
   * @throws GraftException if training fails; the folder says so then
   */
  public Verdict run() throws IOException {
    try (RunFolder folder = RunFolder.create(output, runName(), record())) {
      try {
        return run(folder);
      } catch (IOException | RuntimeException e) {
        folder.fail(e.getMessage());
        throw e;
      }
    }
  }

  private Verdict run(RunFolder folder) throws IOException {
    console.logTo(folder.path().resolve("log.txt"));
    folder.write("recipe.yaml", RecipeReader.write(recipe));

    Stopwatch watch = new Stopwatch();
    Features features = recipe.cache() ? cachedFeatures() : pixels();
    double featureSeconds = watch.seconds();

    watch = new Stopwatch();
    FeatureBatches train = shuffled(features, split.train(), recipe.seed());
    FeatureBatches validation = inOrder(features, split.validation());
    try (GraftTraining training =
        new GraftTraining(graft, !recipe.cache(), recipe, device, console)) {
      standardize(features, training);
      History history = training.fit(train, validation);
      double trainingSeconds = watch.seconds();

      watch = new Stopwatch();
      Evaluation onValidation = training.evaluate(validation, classes(), (place, row) -> {});
      Evaluation onTest = judgeTest(features, training, folder);
      figures(folder, history, onTest);
      SavedModel.save(
          graft, folder.model(), runName(), backbone.weights().title(), classes(), recipe.head());
      double evaluationSeconds = watch.seconds();

      RunRecord completed =
          folder
              .record()
              .completed(
                  new RunRecord.Epochs(
                      history.epochs().size(),
                      history.best().epoch(),
                      history.epochs().size() < recipe.epochs()),
                  new RunRecord.Figures(onValidation.loss(), onValidation.accuracy()),
                  RunRecord.TestFigures.of(onTest),
                  new RunRecord.Seconds(
                      featureSeconds, trainingSeconds, evaluationSeconds, total.seconds()),
                  features.cache());
      folder.complete(completed);
      return new Verdict(folder.path(), completed);
    }
  }

  // Pictures.

  private DataSet data() {
    DataSet found =
        recipe.data().equals(Cifar10.SAMPLE)
            ? Cifar10.sample()
            : Cifar10.find(recipe.dataDir().stream().map(Path::of).toList());
    console.say("Data: " + found.origin());
    return found;
  }

  private Split split() {
    int[] all = labels(IntStream.range(0, data.train().size()).toArray());
    Split parts =
        switch (recipe.split()) {
          case STRATIFIED -> Split.stratified(all, recipe.validationSplit(), recipe.seed());
          case LAST -> Split.last(all.length, recipe.validationSplit());
        };
    console.say(
        String.format(
            Locale.ROOT,
            "Split: %,d pictures for training, %,d for validation, %,d for the test; %d classes",
            parts.train().length,
            parts.validation().length,
            data.test().size(),
            classes().size()));
    return parts;
  }

  private List<String> classes() {
    return data.train().classes();
  }

  /** Truths of training pictures. */
  private int[] labels(int[] rows) {
    return IntStream.of(rows).map(data.train()::label).toArray();
  }

  private int[] testLabels() {
    return IntStream.range(0, data.test().size()).map(data.test()::label).toArray();
  }

  // The network.

  /** Draws the new weights; those that were loaded stay. */
  private void initialize() {
    XavierInitializer initializer =
        switch (recipe.initializer()) {
          case GLOROT_UNIFORM ->
              new XavierInitializer(
                  XavierInitializer.RandomType.UNIFORM, XavierInitializer.FactorType.AVG, 3);
          case HE_UNIFORM ->
              new XavierInitializer(
                  XavierInitializer.RandomType.UNIFORM, XavierInitializer.FactorType.IN, 6);
        };
    graft.head().setInitializer(initializer, Parameter.Type.WEIGHT);
    NDManager manager = backbone.model().getNDManager();
    graft.initialize(manager);
    if (!backbone.weights().isLoaded()) {
      backbone.trunk().getParameters().values().stream()
          .filter(parameter -> parameter.getType() == Parameter.Type.WEIGHT)
          .forEach(parameter -> redraw(parameter, initializer, manager));
    }
    graft.freeze();
  }

  /** DJL draws a backbone's weights as it is loaded, before the recipe's word on it is known. */
  private static void redraw(Parameter parameter, XavierInitializer initializer, NDManager owner) {
    NDArray array = parameter.getArray();
    parameter.freeze(true); // a weight that records gradients can't be written to
    try (NDArray drawn = initializer.initialize(owner, array.getShape(), array.getDataType())) {
      drawn.copyTo(array);
    }
  }

  // Features.

  /** Where batches come from, and what the record says of the cache. */
  private record Features(FeatureSource source, RunRecord.Cache cache) {}

  private PixelSource pixelSource() {
    GraftedNetwork design = graft.design();
    return new PixelSource(
        List.of(data.train(), data.test()), design.preprocessing(), design.inputSize());
  }

  private Features pixels() {
    console.say("No cache: every epoch goes through the whole network.");
    return new Features(pixelSource(), new RunRecord.Cache(false, 0));
  }

  private Features cachedFeatures() throws IOException {
    PixelSource pixels = pixelSource();
    RecordLayout layout =
        RecordLayout.of(graft.design(), recipe.cacheType() == Recipe.CacheType.FLOAT16);
    FeatureKey key =
        FeatureKey.of(
            graft.design(), layout, weightsId(), dataHash, Computer.engine() + " on " + device);
    Path folder = output.resolve("features");

    Optional<FeatureCache> there = FeatureCache.find(folder, key, layout, pixels.size());
    if (there.isPresent()) {
      console.say("Features: in the cache already, no forward pass is needed.");
      return new Features(there.get(), new RunRecord.Cache(true, there.get().bytes()));
    }
    console.say(
        String.format(
            Locale.ROOT,
            "Features: computing %,d pictures' once (%s), to be kept in %s",
            pixels.size(),
            layout,
            folder));
    Stopwatch watch = new Stopwatch();
    try (NDManager manager = NDManager.newBaseManager(device);
        Console.Progress progress = console.progress("features", "pictures", pixels.size())) {
      FeatureCache made =
          FeatureCache.create(
              folder,
              key,
              layout,
              pixels.size(),
              FeatureExtractor.BATCH,
              new FeatureExtractor(graft.root(), pixels, layout, manager, progress));
      console.say(
          String.format(
              Locale.ROOT,
              "Features: done in %s, %.0f pictures a second, %,d MB",
              Console.duration(watch.seconds()),
              pixels.size() / watch.seconds(),
              made.bytes() >> 20));
      return new Features(made, new RunRecord.Cache(false, made.bytes()));
    }
  }

  private String weightsId() {
    return backbone.weights().isLoaded()
        ? backbone.weights().sha256()
        : "random, " + recipe.initializer() + ", seed " + recipe.seed();
  }

  private FeatureBatches shuffled(Features features, int[] rows, long seed) {
    return FeatureBatches.shuffled(features.source(), rows, labels(rows), recipe.batchSize(), seed);
  }

  private FeatureBatches inOrder(Features features, int[] rows) {
    return FeatureBatches.inOrder(features.source(), rows, labels(rows), EVALUATION_BATCH);
  }

  // Training.

  private void standardize(Features features, GraftTraining training) {
    if (!graft.design().scaling().standardize()) {
      return;
    }
    boolean forwardPass = !recipe.cache() || graft.design().trainsBackbone();
    int[] measured =
        forwardPass && split.train().length > MEASURED
            ? new Random(recipe.seed())
                .ints(0, split.train().length)
                .distinct()
                .limit(MEASURED)
                .map(i -> split.train()[i])
                .toArray()
            : split.train();
    try (NDManager manager = NDManager.newBaseManager(device)) {
      Standardization.fit(
          graft.scaling(),
          graft.design().featureWidth(),
          training.beforeScaling(),
          inOrder(features, measured),
          manager);
    }
  }

  // Verdict.

  /** The test pictures, once; the first ones are drawn with what the model says of them. */
  private Evaluation judgeTest(Features features, GraftTraining training, RunFolder folder) {
    int first = data.train().size();
    int[] rows = IntStream.range(first, first + data.test().size()).toArray();
    int[] truths = testLabels();
    FeatureBatches batches =
        FeatureBatches.inOrder(features.source(), rows, truths, EVALUATION_BATCH);
    return training.evaluate(
        batches,
        classes(),
        (place, row) -> {
          if (place < DRAWN) {
            Picture picture = data.test().picture(place);
            Charts.prediction(
                folder.plots().resolve("test-" + place + ".png"),
                Charts.picture(picture.rgb(), picture.width(), picture.height()),
                classes(),
                truths[place],
                row);
          }
        });
  }

  private void figures(RunFolder folder, History history, Evaluation onTest) throws IOException {
    folder.write("history.csv", history.toCsv());
    folder.write("predictions.csv", onTest.predictionsCsv());
    folder.write("confusion.csv", onTest.confusion().toCsv());
    String title = recipe.backbone() + " on " + data.name() + ", " + backbone.weights().title();
    Charts.loss(folder.plots().resolve("loss.png"), history, title);
    Charts.accuracy(folder.plots().resolve("accuracy.png"), history, title);
    Charts.confusion(folder.plots().resolve("confusion.png"), onTest.confusion(), title);
  }

  private String runName() {
    return recipe.backbone() + "-" + data.name();
  }

  private RunRecord record() {
    Engine engine = Engine.getInstance();
    Backbone.Provenance weights = backbone.weights();
    return new RunRecord(
        RunRecord.Status.RUNNING,
        null,
        recipe.backbone(),
        new RunRecord.Weights(weights.source(), weights.sha256(), weights.pretrained()),
        new RunRecord.Data(
            data.name(),
            split.train().length,
            split.validation().length,
            data.test().size(),
            classes().size(),
            dataHash,
            0),
        recipe.seed(),
        new RunRecord.Engine(
            engine.getEngineName(),
            engine.getVersion(),
            Engine.getDjlVersion(),
            device.toString(),
            System.getProperty("java.version"),
            System.getProperty("os.name") + " " + System.getProperty("os.arch")),
        GitCommit.here(),
        new RunRecord.Parameters(graft.design().parameters(), graft.design().trainedParameters()),
        null,
        null,
        null,
        null,
        null);
  }

  @Override
  public void close() {
    backbone.close();
  }
}
