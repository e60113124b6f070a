package dev.graft.bench;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import com.fasterxml.jackson.annotation.JsonInclude;
import dev.graft.data.Cifar10Images;
import dev.graft.data.ImageSet;
import dev.graft.engine.Bfloat16;
import dev.graft.engine.Devices;
import dev.graft.engine.OnnxSession;
import dev.graft.feature.EngineFrozenPart;
import dev.graft.feature.FeatureBatches;
import dev.graft.feature.FeatureSource;
import dev.graft.feature.FrozenPart;
import dev.graft.feature.OnnxFrozenPart;
import dev.graft.feature.PixelSource;
import dev.graft.feature.RecordLayout;
import dev.graft.image.Framing;
import dev.graft.inference.ModelRunner;
import dev.graft.network.Graph;
import dev.graft.network.Layer;
import dev.graft.network.NetworkDesign;
import dev.graft.network.Preprocessing;
import dev.graft.network.Step;
import dev.graft.network.Weights;
import dev.graft.network.djl.Arithmetic;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.network.onnx.OnnxFile;
import dev.graft.network.onnx.PixelType;
import dev.graft.network.onnx.Precision;
import dev.graft.network.onnx.RangeCalibrator;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import dev.graft.training.NetworkTrainer;
import dev.graft.training.TrainingEvents;
import dev.graft.tuning.Features;
import dev.graft.tuning.PreparedRun;
import dev.graft.tuning.RecipeResolver;
import dev.graft.tuning.ResidentMemory;
import dev.graft.tuning.Stopwatch;
import dev.graft.util.Progress;
import dev.graft.zoo.BackboneInfo;
import dev.graft.zoo.LoadedBackbone;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Measures the speed of each stage in several runs, and compares it with the peak of the machine.
 */
public final class Benchmark {
  /** Number of JPEG files of 640 x 480 pixels for measuring {@code infer}. */
  private static final int PHOTOGRAPHS = 48;

  /** Numbers of training and validation images, as in CIFAR-10. */
  private static final int TRAINED = 45_000;

  private static final int VALIDATED = 5_000;

  /** Channels and number of the matrix products that measure the peak of the machine. */
  private static final int CHANNELS = 1024;

  private static final int PRODUCTS = 4;

  /** Images per training step. */
  private static final int STEP = 128;

  private final int runs;
  private final boolean quick;
  private final Consumer<Figure> listener;

  /** Peak in float32 and in int8, in GFLOP/s. */
  private double peakFloat32 = Double.NaN;

  private double peakInt8 = Double.NaN;

  /**
   * A figure.
   *
   * @param runs number of runs
   * @param gigaflops the median in billions of operations per second, a multiplication with its
   *     addition counted as two; null if not known
   * @param share of the machine's peak in the same precision; null if not known
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Figure(
      String what,
      String unit,
      int runs,
      double min,
      double median,
      double max,
      Double gigaflops,
      Double share) {
    public static Figure of(String what, String unit, double... values) {
      double[] sorted = values.clone();
      Arrays.sort(sorted);
      int n = sorted.length;
      double median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
      return new Figure(what, unit, n, sorted[0], median, sorted[n - 1], null, null);
    }

    /**
     * Returns the figure with its operations per second.
     *
     * @param operations per unit
     */
    Figure against(double operations, double peak) {
      double gigaflops = median * operations / 1e9;
      return new Figure(what, unit, runs, min, median, max, gigaflops, gigaflops / peak);
    }
  }

  /**
   * Prepares a benchmark.
   *
   * @param runs per figure
   * @param quick whether to keep each run short
   * @param listener receives each figure
   */
  public Benchmark(int runs, boolean quick, Consumer<Figure> listener) {
    this.runs = runs;
    this.quick = quick;
    this.listener = listener;
  }

  /** Measures everything; a quick benchmark takes about a minute. */
  public void run() throws IOException {
    startUp();
    Devices.engine(); // fails here if no engine can train, as most figures need one
    peaks();
    for (BackboneInfo entry : List.of(BackboneInfo.VGG16, BackboneInfo.EFFICIENTNET_LITE0)) {
      frozenParts(entry, entry.inputSize().small());
    }
    frozenParts(
        BackboneInfo.EFFICIENTNET_LITE0, BackboneInfo.EFFICIENTNET_LITE0.inputSize().photographs());
    inference();
    training();
    head("default recipe's head", null);
    Path notebook = Path.of("conf", "notebook.yaml");
    if (Files.isRegularFile(notebook)) {
      head("notebook's head", notebook);
    }
    Long memory = ResidentMemory.peak();
    if (memory != null) {
      listener.accept(Figure.of("peak memory of this process", "MB", memory / 1e6));
    }
  }

  /** Must come first: later stages use libraries that are loaded here. */
  private void startUp() {
    byte[] image = Photographs.jpeg(0);
    try (ModelRunner classifier = ModelRunner.imageNet(Device.cpu())) {
      classifier.classify(new ByteArrayInputStream(image), "photograph", 1);
    }
    double started = ManagementFactory.getRuntimeMXBean().getStartTime();
    listener.accept(
        Figure.of(
            "from the JVM's start to the first answer",
            "s",
            (System.currentTimeMillis() - started) / 1000));
  }

  // The machine.

  /** Measures matrix products, which no network can exceed. */
  private void peaks() {
    if (!OnnxSession.isAvailable()) {
      return;
    }
    List<Step> steps = new ArrayList<>();
    Layer toFloat =
        new Layer.Normalize(
            "normalization",
            Preprocessing.ChannelOrder.RGB,
            Collections.nCopies(3, 0f),
            Collections.nCopies(3, 255f));
    steps.add(Step.of(toFloat, Graph.PIXELS));
    String last = toFloat.name();
    for (int i = 0; i <= PRODUCTS; i++) {
      int in = i == 0 ? 3 : CHANNELS;
      Layer.Conv2d product =
          new Layer.Conv2d("product" + i, in, CHANNELS, 1, 1, Layer.Padding.VALID, 1);
      steps.add(Step.of(product, last));
      last = product.name();
    }
    steps.add(Step.of(new Layer.GlobalAveragePool("average"), last));
    Graph graph = new Graph(new Shape(3, 32, 32), steps);
    Random random = new Random(1);
    Weights weights =
        weight -> {
          float[] values = new float[weight.size()];
          for (int i = 0; i < values.length; i++) {
            values[i] = (random.nextFloat() - 0.5f) / 32;
          }
          return values;
        };
    double operations = 2.0 * multiplications(graph, graph.size());
    ByteBuffer pixels = noise(graph, 1);
    Precision int8 = int8(graph, List.of("average"), weights, graph.size());
    peakFloat32 = peak("float32", graph, weights, new Precision.Float32(), pixels, operations);
    peakInt8 = peak("int8", graph, weights, int8, pixels, operations);
  }

  private double peak(
      String numbers,
      Graph graph,
      Weights weights,
      Precision precision,
      ByteBuffer pixels,
      double operations) {
    OnnxFile model =
        OnnxFile.of(graph, List.of("average"), weights, precision, PixelType.UINT8, Map.of());
    try (OnnxSession session = model.open()) {
      double[] speeds = speeds(1, () -> session.run(pixels, 1));
      double[] gigaflops = Arrays.stream(speeds).map(speed -> speed * operations / 1e9).toArray();
      Figure figure =
          Figure.of("products of 1024 x 1024 matrices, " + numbers, "GFLOP/s", gigaflops);
      listener.accept(figure);
      return figure.max();
    }
  }

  /** Returns the multiplications of a graph's first steps, for one image. */
  static long multiplications(Graph graph, int steps) {
    Map<String, Shape> shapes = graph.shapes();
    return graph.steps().subList(0, steps).stream()
        .mapToLong(step -> multiplications(step.layer(), shapes.get(step.name())))
        .sum();
  }

  private static long multiplications(Layer layer, Shape output) {
    if (layer instanceof Layer.Conv2d conv) {
      return output.size() * conv.kernel() * conv.kernel() * (conv.in() / conv.groups());
    }
    return layer instanceof Layer.Dense dense ? (long) dense.in() * dense.out() : 0;
  }

  private static Precision int8(Graph graph, List<String> outputs, Weights weights, int steps) {
    Iterator<ByteBuffer> batch = List.of(noise(graph, 2)).iterator();
    return new Precision.Int8(RangeCalibrator.ranges(graph, outputs, weights, steps, batch), steps);
  }

  private static ByteBuffer noise(Graph graph, int images) {
    byte[] bytes = new byte[Math.toIntExact(images * graph.pixels().size())];
    new Random(2).nextBytes(bytes);
    return ByteBuffer.allocateDirect(bytes.length).order(ByteOrder.nativeOrder()).put(bytes).flip();
  }

  private static LoadedBackbone load(Recipe recipe) {
    return PreparedRun.backbone(recipe, Device.cpu(), Progress.Display.NONE);
  }

  // Timing.

  /**
   * Returns the pieces per second of each run, after a first call that is not counted.
   *
   * @param pieces processed by one call
   */
  private double[] speeds(int pieces, Runnable call) {
    call.run();
    double atLeast = quick ? 0.5 : 2;
    return IntStream.range(0, runs)
        .mapToDouble(
            run -> {
              Stopwatch watch = new Stopwatch();
              double seconds = 0;
              int done = 0;
              while (seconds < atLeast) {
                call.run();
                done += pieces;
                seconds += watch.lap();
              }
              return done / seconds;
            })
        .toArray();
  }

  // Frozen parts.

  private void frozenParts(BackboneInfo entry, int side) {
    Recipe recipe =
        RecipeResolver.resolve(
            RecipeReader.read(
                null, Map.of("backbone", entry.id(), "input-size", Integer.toString(side))));
    try (LoadedBackbone backbone = load(recipe)) {
      DjlNetwork network = PreparedRun.network(recipe, backbone, 10);
      NetworkDesign design = network.design();
      Graph graph = design.graph();
      RecordLayout layout = RecordLayout.of(design, false);
      double operations = 2.0 * multiplications(graph, design.cut());
      String what = entry.id() + " at " + side + ", ";
      ImageSet unread = Cifar10Images.sample().images();
      PixelSource source = new PixelSource(unread, design.preprocessing(), side);
      int batch = side > 128 ? 16 : 64;
      ByteBuffer pixels = noise(graph, batch);
      measure(
          what + Devices.engine() + ", float32",
          new EngineFrozenPart(network.frozenPart(), source, layout, Device.cpu()),
          pixels,
          batch,
          operations,
          peakFloat32);
      if (!OnnxSession.isAvailable()) {
        return;
      }
      Weights weights = network.frozenPart().weights();
      String onnx = what + OnnxSession.NAME + " " + OnnxSession.version() + ", ";
      measure(
          onnx + "float32",
          new OnnxFrozenPart(design, weights, new Precision.Float32(), layout),
          pixels,
          batch,
          operations,
          peakFloat32);
      measure(
          onnx + "int8",
          new OnnxFrozenPart(
              design,
              weights,
              int8(graph, graph.crossing(design.cut()), weights, design.cut()),
              layout),
          pixels,
          batch,
          operations,
          peakInt8);
    }
  }

  private void measure(
      String what,
      FrozenPart opened,
      ByteBuffer pixels,
      int batch,
      double operations,
      double peak) {
    try (FrozenPart frozen = opened) {
      double[] speeds = speeds(batch, () -> frozen.forward(pixels.duplicate(), batch));
      listener.accept(Figure.of(what, "images/s", speeds).against(operations, peak));
    }
  }

  // Inference.

  private void inference() {
    List<InMemory> photographs =
        IntStream.range(0, PHOTOGRAPHS)
            .mapToObj(i -> new InMemory("photograph " + i, Photographs.jpeg(i)))
            .toList();
    try (ModelRunner classifier = ModelRunner.imageNet(Device.cpu())) {
      double[] decoded =
          speeds(
              PHOTOGRAPHS,
              () -> {
                try (var answers = classifier.classify(photographs.iterator())) {
                  answers.forEachRemaining(answer -> answer.probabilities());
                }
              });
      listener.accept(Figure.of("infer, JPEG of 640 x 480 decoded", "images/s", decoded));
      int minSide = Framing.minSide(classifier.inputSize());
      List<ModelRunner.Prepared> prepared =
          photographs.stream()
              .limit(16)
              .map(each -> classifier.prepare(each.read(minSide)))
              .toList();
      double[] bare = speeds(prepared.size(), () -> classifier.probabilities(prepared));
      listener.accept(Figure.of("infer, without decoding", "images/s", bare));
      latency(classifier, photographs);
    }
  }

  private void latency(ModelRunner classifier, List<InMemory> photographs) {
    List<Double> milliseconds = new ArrayList<>();
    for (int i = 0; i < (quick ? 100 : 1000); i++) {
      InMemory each = photographs.get(i % PHOTOGRAPHS);
      Stopwatch watch = new Stopwatch();
      classifier.classify(new ByteArrayInputStream(each.bytes()), each.name(), 3);
      milliseconds.add(1000 * watch.lap());
    }
    Collections.sort(milliseconds);
    int n = milliseconds.size();
    listener.accept(Figure.of("one prediction, p50", "ms", milliseconds.get(n / 2)));
    listener.accept(Figure.of("one prediction, p99", "ms", milliseconds.get(n * 99 / 100)));
  }

  // Training.

  /** Measures steps of a head and of tails: forward and backward pass, without the optimizer. */
  private void training() {
    steps(BackboneInfo.VGG16, 32, NetworkDesign.NONE);
    steps(BackboneInfo.VGG16, 32, "block5_conv1");
    steps(BackboneInfo.VGG16, 32, "block4_conv1");
    for (int side : new int[] {96, 160, 224}) {
      steps(BackboneInfo.EFFICIENTNET_LITE0, side, "blocks.11");
    }
  }

  void steps(BackboneInfo entry, int side, String unfreeze) {
    Map<String, String> settings =
        Map.of(
            "backbone",
            entry.id(),
            "input-size",
            Integer.toString(side),
            "unfreeze",
            unfreeze,
            "head.hidden",
            unfreeze.equals(NetworkDesign.NONE) ? "2048" : "0");
    Recipe recipe = RecipeResolver.resolve(RecipeReader.read(null, settings));
    try (LoadedBackbone backbone = load(recipe)) {
      DjlNetwork network = PreparedRun.network(recipe, backbone, 10);
      String what =
          "training, "
              + entry.id()
              + " at "
              + side
              + (unfreeze.equals(NetworkDesign.NONE) ? ", head, " : " from " + unfreeze + ", ");
      steps(what + "float32, conv2d", network, network.logits(false));
      try (Arithmetic float32 = Arithmetic.open(Device.cpu(), false)) {
        steps(what + "float32", network, network.trainable(false, float32));
      }
      if (Bfloat16.obstacle(Device.cpu()).isEmpty()) {
        try (Arithmetic bfloat16 = Arithmetic.open(Device.cpu(), true)) {
          steps(what + "bfloat16", network, network.trainable(false, bfloat16));
        }
      }
    }
  }

  /** Measures a rendering of the trained part; the first layer's input needs no gradient. */
  private void steps(String what, DjlNetwork network, Block trained) {
    Graph graph = network.design().graph();
    int cut = network.design().cut();
    double operations =
        2.0 * 3 * (multiplications(graph, graph.size()) - multiplications(graph, cut));
    try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      NDList inputs = new NDList();
      for (String name : graph.crossing(cut)) {
        Shape shape = new Shape(STEP).addAll(graph.shapes().get(name));
        inputs.add(manager.randomUniform(0, 1, shape));
      }
      // Otherwise the first step does it, with a manager that is closed after the step.
      trained.initialize(manager, DataType.FLOAT32, inputs.getShapes());
      double[] speeds = speeds(STEP, () -> step(trained, inputs, manager));
      listener.accept(Figure.of(what, "images/s", speeds).against(operations, peakFloat32));
    }
  }

  private static void step(Block trained, NDList inputs, NDManager manager) {
    try (NDManager pass = manager.newSubManager();
        GradientCollector gradients = manager.getEngine().newGradientCollector()) {
      NDList batch = new NDList();
      for (NDArray each : inputs) {
        NDArray copy = each.duplicate();
        copy.attach(pass);
        batch.add(copy);
      }
      NDList logits = trained.forward(new ParameterStore(pass, false), batch, true);
      gradients.backward(logits.singletonOrThrow().logSoftmax(1).mean());
    }
  }

  // Heads.

  /** Synthetic feature rows; a few different ones are repeated. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record SyntheticFeatures(int width, float[] values) implements FeatureSource {
    private static final int DIFFERENT = 4096;

    static SyntheticFeatures of(int width) {
      float[] values = new float[DIFFERENT * width];
      Random random = new Random(4);
      for (int i = 0; i < values.length; i++) {
        values[i] = random.nextFloat();
      }
      return new SyntheticFeatures(width, values);
    }

    @Override
    public NDList read(NDManager manager, int[] rows) {
      FloatBuffer batch = FloatBuffer.allocate(rows.length * width);
      for (int row : rows) {
        batch.put(values, row % DIFFERENT * width, width);
      }
      return new NDList(manager.create(batch.flip(), new Shape(rows.length, width)));
    }
  }

  private void head(String what, Path file) throws IOException {
    int epochs = quick ? 2 : runs + 1;
    String number = Integer.toString(epochs);
    Recipe recipe =
        RecipeResolver.resolve(
            RecipeReader.read(file, Map.of("epochs", number, "early-stopping.patience", number)),
            TRAINED + VALIDATED,
            32);
    try (LoadedBackbone backbone = load(recipe)) {
      DjlNetwork network = PreparedRun.network(recipe, backbone, 10);
      FeatureSource source = SyntheticFeatures.of(network.design().featureWidth());
      int[] rows = IntStream.range(0, TRAINED).toArray();
      int[] labels = IntStream.range(0, TRAINED).map(row -> row % 10).toArray();
      int[] held = IntStream.range(0, VALIDATED).toArray();
      try (NetworkTrainer training =
          new NetworkTrainer(network, recipe, Device.cpu(), TrainingEvents.NONE)) {
        double[] seconds =
            training
                .fit(
                    FeatureBatches.shuffled(
                        source,
                        rows,
                        labels,
                        recipe.training().batchSize().value(),
                        1,
                        recipe.seed()),
                    FeatureBatches.inOrder(
                        source, held, Arrays.copyOf(labels, VALIDATED), Features.EVALUATION_BATCH))
                .epochs()
                .stream()
                .skip(1) // warms up
                .mapToDouble(epoch -> epoch.seconds())
                .toArray();
        listener.accept(Figure.of(what + ", epoch of 45,000 images", "s", seconds));
      }
    }
  }
}
