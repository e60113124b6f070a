package dev.graft.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.withPrecision;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.graft.GraftException;
import dev.graft.Interruption;
import dev.graft.engine.Bfloat16;
import dev.graft.engine.OnnxSession;
import dev.graft.evaluation.Evaluation;
import dev.graft.evaluation.History;
import dev.graft.feature.FeatureBatches;
import dev.graft.feature.FeatureSource;
import dev.graft.network.BackboneSpec;
import dev.graft.network.Layer;
import dev.graft.network.NetworkDesign;
import dev.graft.network.Preprocessing;
import dev.graft.network.Stage;
import dev.graft.network.Weight;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.network.djl.GraphBlock;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import dev.graft.util.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Trains a network of three convolutions. */
@Tag("engine")
class NetworkTrainerTest {
  private static final int SIDE = 8;
  private static final int IMAGES = 40;
  private static final List<String> CLASSES = List.of("dark", "bright", "mixed");

  private static final BackboneSpec NETWORK =
      new BackboneSpec(
          "tiny",
          List.of(
              convolution("conv1", 3, 4),
              convolution("conv2", 4, 6),
              Stage.of("pool", new Layer.MaxPool("pool", 2)),
              convolution("conv3", 6, 8)),
          List.of("conv2", "conv3"),
          4);

  private static final BackboneSpec RESIDUAL =
      new BackboneSpec(
          "residual",
          List.of(
              convolution("conv1", 3, 6),
              Stage.residual("block2", convolution("conv2", 6, 6).layers()),
              Stage.residual("block3", convolution("conv3", 6, 6).layers())),
          List.of("block3"),
          4);

  private static Stage convolution(String name, int in, int out) {
    return Stage.of(
        name,
        new Layer.Conv2d(name, in, out, 3, 1, Layer.Padding.SAME, 1),
        new Layer.Relu(name + "_relu"));
  }

  private BackboneSpec backbone = NETWORK;

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager(Device.cpu());
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private static Recipe recipe(String... settings) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("head.hidden", "16");
    all.put("head.input-dropout", "0");
    all.put("head.dropout", "0");
    all.put("label-smoothing", "0");
    all.put("class-weights", "none");
    all.put("batch-size", "16");
    all.put("epochs", "3");
    all.put("learning-rate", "0.01");
    all.put("backbone-learning-rate", "0.01");
    for (String setting : settings) {
      all.put(setting.split("=", 2)[0], setting.split("=", 2)[1]);
    }
    return RecipeReader.read(null, all);
  }

  private DjlNetwork network(Recipe recipe) {
    return network(recipe, CLASSES.size());
  }

  private DjlNetwork network(Recipe recipe, int classes) {
    Engine.getInstance().setRandomSeed(5);
    NetworkDesign.Scaling scaling = new NetworkDesign.Scaling(1, recipe.features().standardize());
    int width = NetworkDesign.featureWidth(backbone, SIDE, List.of());
    List<Layer> head =
        NetworkDesign.head(
            width,
            recipe.head().hidden(),
            recipe.head().inputDropout(),
            recipe.head().dropout(),
            classes);
    NetworkDesign design =
        NetworkDesign.of(
            backbone,
            SIDE,
            Preprocessing.ZERO_ONE,
            recipe.backbone().unfreeze(),
            List.of(),
            scaling,
            head);
    DjlNetwork network = DjlNetwork.of(design);
    network.initialize(manager);
    network.freeze();
    float[] means = new float[width];
    float[] deviations = new float[width];
    for (int i = 0; i < width; i++) {
      means[i] = 0.01f * i;
      deviations[i] = 0.5f + 0.01f * i;
    }
    if (recipe.features().standardize()) {
      network.setStandardization(means, deviations);
    }
    return network;
  }

  private static int label(int row) {
    return row % CLASSES.size();
  }

  /** Noise whose brightness depends on the class of the row. */
  private static NDList pixels(NDManager manager, int[] rows) {
    float[] pixels = new float[rows.length * 3 * SIDE * SIDE];
    for (int i = 0, at = 0; i < rows.length; i++) {
      Random random = new Random(rows[i]);
      for (int k = 0; k < 3 * SIDE * SIDE; k++) {
        float base = label(rows[i]) == 0 ? 40 : label(rows[i]) == 1 ? 160 : random.nextInt(200);
        pixels[at++] = base + random.nextInt(55);
      }
    }
    return new NDList(manager.create(pixels, new Shape(rows.length, 3, SIDE, SIDE)));
  }

  /** Returns pixels, or their activations at the freeze boundary as from the cache. */
  private FeatureSource source(DjlNetwork network, Recipe recipe) {
    return recipe.execution().cache() ? activations(network) : NetworkTrainerTest::pixels;
  }

  private FeatureSource activations(DjlNetwork network) {
    NDList all =
        network
            .frozenPart()
            .forward(
                new ParameterStore(manager, false),
                pixels(manager, rows(0, IMAGES + VALIDATION.length)),
                false);
    return (owner, rows) -> {
      long[] index = IntStream.of(rows).asLongStream().toArray();
      NDIndex some = new NDIndex("{}", owner.create(index));
      return new NDList(all.stream().map(each -> each.get(owner, some)).toList());
    };
  }

  private static int[] rows(int from, int to) {
    return IntStream.range(from, to).toArray();
  }

  private static int[] labels(int[] rows) {
    return IntStream.of(rows).map(NetworkTrainerTest::label).toArray();
  }

  private static final int[] VALIDATION = rows(IMAGES, IMAGES + 12);

  /** The history of a training, and the evaluation of the validation rows after it. */
  private record Outcome(History history, Evaluation evaluation) {}

  private Outcome train(DjlNetwork network, Recipe recipe) throws IOException {
    return train(network, recipe, labels(VALIDATION));
  }

  private Outcome train(DjlNetwork network, Recipe recipe, int[] truths) throws IOException {
    FeatureSource source = source(network, recipe);
    int[] rows = rows(0, IMAGES);
    FeatureBatches train =
        FeatureBatches.shuffled(
            source, rows, labels(rows), recipe.training().batchSize().value(), 1, recipe.seed());
    FeatureBatches validation = FeatureBatches.inOrder(source, VALIDATION, truths, 5);
    try (NetworkTrainer training =
        new NetworkTrainer(network, recipe, Device.cpu(), TrainingEvents.NONE)) {
      History history = training.fit(train, validation);
      return new Outcome(history, training.evaluate(validation, CLASSES, (place, row) -> {}));
    }
  }

  private static final String[] RESUMED = {
    "unfreeze=conv3", "head.input-dropout=0.1", "head.dropout=0.5", "weight-decay=0.05", "mixup=0.5"
  };

  /** Of the trainings that are resumed. */
  private String precision = "float32";

  private double emaDecay;

  private Recipe resumed() {
    List<String> settings = new ArrayList<>(List.of(RESUMED));
    settings.addAll(List.of("training-precision=" + precision, "ema-decay=" + emaDecay));
    if (backbone.equals(RESIDUAL)) {
      settings.addAll(List.of("unfreeze=block2", "stochastic-depth=0.5"));
    }
    return recipe(settings.toArray(String[]::new));
  }

  /** The epochs and the hashes of the weights of a training that nothing interrupts. */
  private record Undisturbed(List<History.Epoch> epochs, Map<String, String> weights) {}

  private static final Map<String, Undisturbed> UNDISTURBED = new HashMap<>();

  /** Trains once per backbone, precision and decay. */
  private Undisturbed undisturbed() throws IOException {
    String key = backbone.name() + precision + emaDecay;
    if (!UNDISTURBED.containsKey(key)) {
      DjlNetwork network = network(resumed());
      History history = train(network, TrainingEvents.NONE, new Interruption(), Checkpoints.NONE);
      UNDISTURBED.put(
          key,
          new Undisturbed(withoutSeconds(history), hashes(network.logits(false), weight -> true)));
    }
    return UNDISTURBED.get(key);
  }

  /** Trains over 150 batches per epoch. */
  private History train(
      DjlNetwork network, TrainingEvents events, Interruption interruption, Checkpoints checkpoints)
      throws IOException {
    Recipe recipe = resumed();
    FeatureSource source = activations(network);
    int[] rows = rows(0, IMAGES);
    try (NetworkTrainer training =
        new NetworkTrainer(network, recipe, Device.cpu(), events, interruption)) {
      return training.fit(
          FeatureBatches.shuffled(source, rows, labels(rows), 16, 150, recipe.seed()),
          FeatureBatches.inOrder(source, VALIDATION, labels(VALIDATION), 5),
          checkpoints);
    }
  }

  /** Returns the events of a training that is interrupted at a batch, and at no other. */
  private static TrainingEvents interruptedAt(int epoch, int batch, Interruption interruption) {
    return new TrainingEvents() {
      @Override
      public Progress progress(String task, String unit, long total) {
        return done -> {
          if (task.startsWith("epoch " + epoch + "/") && done == batch) {
            interruption.request();
          }
        };
      }
    };
  }

  private static List<History.Epoch> withoutSeconds(History history) {
    return history.epochs().stream()
        .map(
            each ->
                new History.Epoch(
                    each.epoch(),
                    each.trainLoss(),
                    each.trainAccuracy(),
                    each.validationLoss(),
                    each.validationAccuracy(),
                    each.learningRate(),
                    0))
        .toList();
  }

  @ParameterizedTest(
      name = "{4}, decay {5}, epoch {0}, batch {1}: continues after {2} epochs and {3} batches")
  @CsvSource({
    "1, 30, 0, 0, float32, 0",
    "1, 65, 0, 64, float32, 0",
    "1, 140, 0, 128, float32, 0.9",
    "2, 1, 1, 0, float32, 0.9",
    "2, 100, 1, 64, float32, 0",
    "3, 150, 2, 128, float32, 0.9",
    "1, 65, 0, 64, bfloat16, 0",
    "2, 1, 1, 0, bfloat16, 0"
  })
  void anInterruptedTrainingContinuesToTheSameBits(
      int epoch,
      int batch,
      int epochsBefore,
      int batchesBefore,
      String arithmetic,
      double decay,
      @TempDir Path folder)
      throws IOException {
    precision = arithmetic;
    emaDecay = decay;
    backbone = RESIDUAL;
    assumeTrue(
        precision.equals("float32") || Bfloat16.obstacle(Device.cpu()).isEmpty(),
        "no bfloat16 here");
    Undisturbed undisturbed = undisturbed();
    Checkpoints checkpoints =
        new Checkpoints(folder, "run", warning -> {}, Checkpoints.Pace.ALWAYS);
    Interruption interruption = new Interruption();
    train(network(resumed()), interruptedAt(epoch, batch, interruption), interruption, checkpoints);
    List<Integer> resumed = new ArrayList<>();
    TrainingEvents events =
        new TrainingEvents() {
          @Override
          public void resumed(History before, int batches, int perEpoch) {
            resumed.addAll(List.of(before.epochs().size(), batches, perEpoch));
          }
        };

    DjlNetwork network = network(resumed());
    History again = train(network, events, new Interruption(), checkpoints);

    assertThat(resumed)
        .isEqualTo(batch == 30 ? List.of() : List.of(epochsBefore, batchesBefore, 150));
    assertThat(withoutSeconds(again)).isEqualTo(undisturbed.epochs());
    assertThat(hashes(network.logits(false), weight -> true)).isEqualTo(undisturbed.weights());
  }

  /** With and without the best epoch's weights, which are averages, too. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void averagesOfTheWeightsAreValidatedAndKept(boolean restoresBest) throws IOException {
    String[] settings = {"unfreeze=conv3", "early-stopping.restore-best=" + restoresBest};
    Recipe plain = recipe(settings);
    Recipe averaging =
        recipe(
            Stream.concat(Stream.of(settings), Stream.of("ema-decay=0.9")).toArray(String[]::new));

    Outcome weights = train(network(plain), plain);
    Outcome averages = train(network(averaging), averaging);

    List<History.Epoch> epochs = averages.history().epochs();
    History.Epoch kept = restoresBest ? averages.history().best() : epochs.get(epochs.size() - 1);
    assertThat(averages.evaluation().loss()).isCloseTo(kept.validationLoss(), within(1e-5));
    // Training itself is the same.
    assertThat(averages.history().epochs())
        .extracting(History.Epoch::trainLoss)
        .isEqualTo(weights.history().epochs().stream().map(History.Epoch::trainLoss).toList());
    assertThat(averages.evaluation().loss())
        .isNotCloseTo(weights.evaluation().loss(), within(1e-3));
  }

  private float[] features(DjlNetwork network, String engine) {
    List<float[]> batches = new ArrayList<>();
    int[] rows = rows(0, IMAGES);
    try (TrainedStages stages =
        TrainedStages.of(network, recipe("root-engine=" + engine), Device.cpu())) {
      stages.forEach(
          FeatureBatches.inOrder(activations(network), rows, labels(rows), 13),
          manager,
          (batch, features) -> {
            assertThat(features.getShape()).isEqualTo(new Shape(batch.getSize(), 14));
            batches.add(features.toFloatArray());
          });
    }
    float[] all = new float[IMAGES * 14];
    int at = 0;
    for (float[] each : batches) {
      System.arraycopy(each, 0, all, at, each.length);
      at += each.length;
    }
    return all;
  }

  @Test
  void onnxRuntimeComputesTheFeaturesOfTheTrainingEngine() throws IOException {
    assumeTrue(OnnxSession.isAvailable(), "no ONNX Runtime here");
    Recipe recipe = recipe("unfreeze=conv3");
    DjlNetwork network = network(recipe);
    float[] untrained = features(network, "onnxruntime");
    train(network, recipe);
    float[] inTraining = features(network, "training");
    float[] features = features(network, "onnxruntime");
    float most = 0;
    for (int i = 0; i < features.length; i++) {
      most = Math.max(most, Math.abs(features[i]));
      assertThat(features[i]).as("feature " + i).isCloseTo(inTraining[i], within(1e-5f));
    }
    assertThat(most).isGreaterThan(0.1f);
    // The session is opened with the weights of its time.
    assertThat(features).isNotEqualTo(untrained);
  }

  @Test
  void bfloat16IsAnotherTrainingWithNearlyTheSameLoss() throws IOException {
    assumeTrue(Bfloat16.obstacle(Device.cpu()).isEmpty(), "no bfloat16 here");
    Undisturbed inFloat32 = undisturbed();
    precision = "bfloat16";
    DjlNetwork rounded = network(recipe(RESUMED));
    History history = train(rounded, TrainingEvents.NONE, new Interruption(), Checkpoints.NONE);
    assertThat(hashes(rounded.logits(false), weight -> true)).isNotEqualTo(inFloat32.weights());
    assertThat(history.epochs().get(0).trainLoss())
        .isCloseTo(inFloat32.epochs().get(0).trainLoss(), within(0.1));
  }

  @Test
  void aTrainingGoesOnAfterCheckpointsThatCannotBeWritten(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("checkpoint"), "where the folder should be");
    List<String> warnings = new ArrayList<>();
    DjlNetwork network = network(recipe(RESUMED));
    History history =
        train(
            network,
            TrainingEvents.NONE,
            new Interruption(),
            new Checkpoints(file, "run", warnings::add, Checkpoints.Pace.ALWAYS));
    assertThat(warnings)
        .isNotEmpty()
        .allSatisfy(each -> assertThat(each).startsWith("The checkpoint was not written ("));
    assertThat(history.epochs()).hasSize(3);
    assertThat(hashes(network.logits(false), weight -> true)).isEqualTo(undisturbed().weights());
  }

  @Test
  void otherUsersOfTheEnginesRandomNumbersChangeNothing() throws IOException {
    DjlNetwork disturbed = network(recipe(RESUMED));
    TrainingEvents others =
        new TrainingEvents() {
          @Override
          public Progress progress(String task, String unit, long total) {
            return done -> Engine.getInstance().setRandomSeed(Math.toIntExact(done));
          }
        };
    train(disturbed, others, new Interruption(), Checkpoints.NONE);
    assertThat(hashes(disturbed.logits(false), weight -> true)).isEqualTo(undisturbed().weights());
  }

  @Test
  void aFinishedTrainingIsRestoredWithoutTraining(@TempDir Path folder) throws IOException {
    Checkpoints checkpoints =
        new Checkpoints(folder, "run", warning -> {}, Checkpoints.Pace.ALWAYS);
    DjlNetwork network = network(recipe(RESUMED));
    History history = train(network, TrainingEvents.NONE, new Interruption(), checkpoints);
    DjlNetwork restored = network(recipe(RESUMED));
    assertThat(train(restored, TrainingEvents.NONE, new Interruption(), checkpoints))
        .isEqualTo(history);
    assertThat(hashes(restored.logits(false), weight -> true))
        .isEqualTo(hashes(network.logits(false), weight -> true));
  }

  /** As with wrong preprocessing for the backbone. */
  @Test
  void constantFeaturesAreReported() {
    Recipe recipe = recipe("standardize=false", "batch-size=4", "head.hidden=0");
    DjlNetwork network = network(recipe, 4); // of 1, 2, 4 … gradients add up to 0 to the last bit
    FeatureSource nothing =
        (manager, rows) ->
            new NDList(
                activations(network).read(manager, rows).stream()
                    .map(values -> values.mul(0))
                    .toList());
    int[] one = {0, 3, 6, 9};
    FeatureBatches train = FeatureBatches.shuffled(nothing, one, labels(one), 4, 1, 1);
    try (NetworkTrainer training =
        new NetworkTrainer(network, recipe, Device.cpu(), TrainingEvents.NONE)) {
      assertThatExceptionOfType(GraftException.class)
          .isThrownBy(() -> training.fit(train, train))
          .withMessageStartingWith("Nothing can be learned: ");
    }
  }

  /** Returns the SHA-256 of each weight, by name. */
  private static Map<String, String> hashes(GraphBlock block, Predicate<Weight> which) {
    Map<String, String> hashes = new LinkedHashMap<>();
    block
        .byWeight()
        .forEach(
            (weight, parameter) -> {
              if (!which.test(weight)) {
                return;
              }
              byte[] bytes = parameter.getArray().toByteArray();
              try {
                byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
                hashes.put(weight.name(), HexFormat.of().formatHex(digest));
              } catch (NoSuchAlgorithmException e) {
                throw new AssertionError(e);
              }
            });
    return hashes;
  }

  private static GraphBlock head(DjlNetwork network) {
    return network.block(network.design().featuresEnd(), network.design().logitsEnd());
  }

  @ParameterizedTest(name = "unfreeze {0}, cached: {1}")
  @CsvSource({
    "none, true, 6, 0",
    "none, false, 6, 0",
    "conv3, true, 4, 2",
    "conv3, false, 4, 2",
    "pool, true, 4, 2",
    "conv1, true, 0, 6",
    "conv1, false, 0, 6"
  })
  void onlyWeightsAfterTheBoundaryChange(String unfreeze, boolean cache, int frozen, int unfrozen)
      throws IOException {
    Recipe recipe = recipe("unfreeze=" + unfreeze, "cache=" + cache);
    DjlNetwork network = network(recipe);
    Predicate<Weight> measured = weight -> weight.role().isMeasured();
    Map<String, String> frozenPart = hashes(network.frozenPart(), weight -> true);
    Map<String, String> tail = hashes(network.tail(), weight -> true);
    Map<String, String> scaling = hashes(head(network), measured);
    Map<String, String> head = hashes(head(network), measured.negate());
    assertThat(frozenPart).hasSize(frozen);
    assertThat(tail).hasSize(unfrozen);
    assertThat(scaling).hasSize(2);
    assertThat(head).hasSize(4);

    for (int round = 0; round < 2; round++) { // the second time as after a resume
      train(network, recipe);
      assertThat(hashes(network.frozenPart(), weight -> true)).isEqualTo(frozenPart);
      assertThat(hashes(head(network), measured)).isEqualTo(scaling);
      assertThat(hashes(network.tail(), weight -> true))
          .allSatisfy((name, hash) -> assertThat(hash).as(name).isNotEqualTo(tail.get(name)));
      assertThat(hashes(head(network), measured.negate()))
          .allSatisfy((name, hash) -> assertThat(hash).as(name).isNotEqualTo(head.get(name)));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "conv3"})
  void trainingOnCachedFeaturesEqualsTrainingOnPixels(String unfreeze) throws IOException {
    Recipe recipe = recipe("unfreeze=" + unfreeze);
    DjlNetwork cached = network(recipe);
    History first = train(cached, recipe).history();
    DjlNetwork throughAll = network(recipe);
    Recipe onPixels = RecipeReader.with(recipe, Map.of("cache", "false"));
    History second = train(throughAll, onPixels).history();
    assertThat(first.epochs()).hasSize(3);
    for (int i = 0; i < 3; i++) {
      assertThat(first.epochs().get(i).trainLoss())
          .isCloseTo(second.epochs().get(i).trainLoss(), within(1e-4));
      assertThat(first.epochs().get(i).validationLoss())
          .isCloseTo(second.epochs().get(i).validationLoss(), within(1e-4));
    }
    assertThat(first.epochs().get(2).trainLoss()).isLessThan(first.epochs().get(0).trainLoss());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void weightsOfTheBestOrTheLastEpochAreRestored(boolean restoreBest) throws IOException {
    Recipe recipe =
        recipe(
            "unfreeze=conv3",
            "early-stopping.restore-best=" + restoreBest,
            "early-stopping.patience=100",
            "schedule=constant",
            "epochs=3");
    // Learning raises the loss on these wrong labels: the first epoch is the best.
    int[] wrong = IntStream.of(VALIDATION).map(row -> label(row + 1)).toArray();
    Outcome outcome = train(network(recipe), recipe, wrong);
    History.Epoch last = outcome.history().epochs().get(2);
    History.Epoch best = outcome.history().best();
    assertThat(best.validationLoss()).isLessThan(last.validationLoss() - 1e-3);
    History.Epoch expected = restoreBest ? best : last;
    assertThat(outcome.evaluation().loss()).isCloseTo(expected.validationLoss(), within(1e-4));
    assertThat(outcome.evaluation().accuracy())
        .isCloseTo(expected.validationAccuracy(), within(1e-6));
  }

  @Test
  void trainingEndsAfterPatienceEpochs() throws IOException {
    Recipe recipe =
        recipe("early-stopping.patience=2", "early-stopping.min-delta=1000", "epochs=50");
    History history = train(network(recipe), recipe).history();
    assertThat(history.epochs()).hasSize(3);
    assertThat(history.best().epoch()).as("the epoch whose weights are restored").isEqualTo(1);
  }

  @Test
  void headAndUnfrozenStagesHaveSeparateLearningRates() throws IOException {
    Recipe recipe =
        recipe(
            "unfreeze=conv3",
            "optimizer=adam",
            "weight-decay=0",
            "schedule=constant",
            "batch-size=" + IMAGES,
            "epochs=1",
            "learning-rate=0.01",
            "backbone-learning-rate=0.0001");
    DjlNetwork network = network(recipe);
    Map<Parameter, float[]> tail = values(network.tail());
    Map<Parameter, float[]> head = values(network.head());
    head.keySet().removeIf(parameter -> !parameter.requiresGradient());
    train(network, recipe);
    // Adam's first step is the learning rate, whatever the gradient.
    assertThat(greatestChange(tail)).isCloseTo(1e-4, within(2e-6));
    assertThat(greatestChange(head)).isCloseTo(1e-2, within(2e-4));
  }

  /** Returns the greatest changes in both trained stages and in the head, after a training. */
  private double[] changes(int epochs, String... settings) throws IOException {
    List<String> all =
        new ArrayList<>(
            List.of(
                "unfreeze=conv2",
                "optimizer=adam",
                "weight-decay=0",
                "schedule=constant",
                "batch-size=" + IMAGES,
                "epochs=" + epochs,
                "early-stopping.restore-best=false",
                "learning-rate=0.01",
                "backbone-learning-rate=0.0001"));
    all.addAll(List.of(settings));
    Recipe recipe = recipe(all.toArray(String[]::new));
    DjlNetwork network = network(recipe);
    List<Map<Parameter, float[]>> before = new ArrayList<>();
    for (String stage : List.of("conv2", "conv3")) {
      Map<Parameter, float[]> values = values(network.tail());
      values.keySet().removeIf(each -> !stageOf(network, each).equals(stage));
      before.add(values);
    }
    Map<Parameter, float[]> head = values(network.head());
    head.keySet().removeIf(parameter -> !parameter.requiresGradient());
    before.add(head);
    train(network, recipe);
    return before.stream().mapToDouble(NetworkTrainerTest::greatestChange).toArray();
  }

  private static String stageOf(DjlNetwork network, Parameter parameter) {
    return network.tail().byWeight().entrySet().stream()
        .filter(each -> each.getValue().equals(parameter))
        .map(each -> each.getKey().layer())
        .findAny()
        .orElseThrow();
  }

  @Test
  void layerDecayMultipliesTheRateOfEachStageFromTheHead() throws IOException {
    assertThat(changes(1, "layer-decay=0.1"))
        .containsExactly(new double[] {1e-5, 1e-4, 1e-2}, withPrecision(3e-6));
  }

  @Test
  void stochasticDepthSkipsTrainedResidualBlocks() throws IOException {
    backbone = RESIDUAL;
    double[] usual = changes(1, "unfreeze=block2");
    // Almost never is the last block computed, and every second time the one before it is.
    double[] skipping = changes(1, "unfreeze=block2", "stochastic-depth=0.999999");
    assertThat(usual[1]).isCloseTo(1e-4, within(2e-6));
    assertThat(skipping[0]).isCloseTo(1e-4, within(2e-6));
    assertThat(skipping[1]).isZero();
    assertThat(skipping[2]).isCloseTo(usual[2], within(2e-4));
  }

  @Test
  void trainedStagesWaitForTheHeadEpochs() throws IOException {
    double[] changes = changes(2, "head-epochs=1");
    assertThat(changes[0]).as("one step").isBetween(0.5e-4, 1.1e-4);
    assertThat(changes[1]).as("one step").isBetween(0.5e-4, 1.1e-4);
    assertThat(changes[2]).as("two steps").isGreaterThan(1.5e-2);
  }

  /** Adam's first step would be the learning rate, but for epsilon, which is larger here. */
  @Test
  void longGradientsAreScaledToTheClipNorm() throws IOException {
    assertThat(changes(1, "clip-norm=1e-12")[2]).isBetween(1e-9, 1e-5);
    assertThat(changes(1, "clip-norm=1e9")).isEqualTo(changes(1));
  }

  private static Map<Parameter, float[]> values(Block block) {
    Map<Parameter, float[]> values = new LinkedHashMap<>();
    block
        .getParameters()
        .values()
        .forEach(each -> values.put(each, each.getArray().toFloatArray()));
    return values;
  }

  private static double greatestChange(Map<Parameter, float[]> before) {
    double greatest = 0;
    for (Map.Entry<Parameter, float[]> each : before.entrySet()) {
      float[] after = each.getKey().getArray().toFloatArray();
      for (int i = 0; i < after.length; i++) {
        greatest = Math.max(greatest, Math.abs(after[i] - each.getValue()[i]));
      }
    }
    return greatest;
  }

  /**
   * One step on all images, with a linear head, against the formulas: Kingma and Ba 2015, with
   * epsilon where Keras has it (added to the square root of the uncorrected second moment), and
   * Loshchilov and Hutter 2019 for the decay.
   */
  @ParameterizedTest
  @CsvSource({"adam, 0", "adamw, 0.5"})
  void theFirstStepIsThatOfAdamInKeras(String optimizer, double decay) throws IOException {
    double rate = 0.1;
    double epsilon = 0.003; // of the gradients' size times 0.03, so that it matters
    Recipe recipe =
        recipe(
            "head.hidden=0",
            "optimizer=" + optimizer,
            "weight-decay=" + decay,
            "epsilon=" + epsilon,
            "learning-rate=" + rate,
            "schedule=constant",
            "standardize=false",
            "batch-size=" + IMAGES,
            "epochs=1");
    DjlNetwork network = network(recipe);
    int width = network.design().featureWidth();
    int classes = CLASSES.size();
    int[] rows = rows(0, IMAGES);
    float[] features;
    float[] logits;
    try (NDManager batch = manager.newSubManager()) {
      NDList out = activations(network).read(batch, rows);
      features = out.singletonOrThrow().toFloatArray();
      logits =
          network
              .head()
              .forward(new ParameterStore(batch, false), out, false)
              .singletonOrThrow()
              .toFloatArray();
    }
    Map<Parameter, float[]> before = values(network.head());
    train(network, recipe);

    double[] kernelGradient = new double[classes * width];
    double[] biasGradient = new double[classes];
    for (int n = 0; n < IMAGES; n++) {
      double sum = 0;
      for (int c = 0; c < classes; c++) {
        sum += Math.exp(logits[n * classes + c]);
      }
      for (int c = 0; c < classes; c++) {
        double truth = label(n) == c ? 1 : 0;
        double gradient = (Math.exp(logits[n * classes + c]) / sum - truth) / IMAGES;
        biasGradient[c] += gradient;
        for (int f = 0; f < width; f++) {
          kernelGradient[c * width + f] += gradient * features[n * width + f];
        }
      }
    }
    double[][] gradients = {kernelGradient, biasGradient};
    int at = 0;
    for (Map.Entry<Parameter, float[]> each : before.entrySet()) {
      double[] gradient = gradients[at++];
      float[] after = each.getKey().getArray().toFloatArray();
      assertThat(after).hasSameSizeAs(gradient);
      for (int i = 0; i < after.length; i++) {
        double firstMoment = 0.1 * gradient[i];
        double secondMoment = 0.001 * gradient[i] * gradient[i];
        double corrected = rate * Math.sqrt(0.001) / 0.1;
        double expected =
            each.getValue()[i] * (1 - rate * decay)
                - corrected * firstMoment / (Math.sqrt(secondMoment) + epsilon);
        assertThat(after[i]).isCloseTo((float) expected, within(2e-5f));
      }
    }
  }
}
