package dev.graft.bench;

import ai.djl.Device;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.annotation.JsonInclude;
import dev.graft.Progress;
import dev.graft.data.Cifar10Images;
import dev.graft.data.ImageSet;
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
import dev.graft.image.ImageFileReader;
import dev.graft.image.RgbImage;
import dev.graft.inference.ModelRunner;
import dev.graft.inference.Source;
import dev.graft.network.Graph;
import dev.graft.network.Layer;
import dev.graft.network.NetworkDesign;
import dev.graft.network.Preprocessing;
import dev.graft.network.Step;
import dev.graft.network.Weights;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.network.onnx.OnnxFile;
import dev.graft.network.onnx.PixelType;
import dev.graft.network.onnx.Precision;
import dev.graft.network.onnx.RangeCalibrator;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import dev.graft.training.NetworkTrainer;
import dev.graft.training.TrainingEvents;
import dev.graft.training.WeightInitializer;
import dev.graft.tuning.Features;
import dev.graft.tuning.PeakMemory;
import dev.graft.tuning.RecipeResolver;
import dev.graft.tuning.Stopwatch;
import dev.graft.zoo.BackboneInfo;
import dev.graft.zoo.LoadedBackbone;
import dev.graft.zoo.WeightSource;
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
 * How fast everything is here, each figure of several runs one after the other, beside what the
 * machine can do at all.
 */
public final class Benchmark {
  /** Images of 640 x 480 pixels, as JPEG files, that {@code infer} is measured with. */
  private static final int PHOTOGRAPHS = 48;

  /** As CIFAR-10 has to train on and to validate by. */
  private static final int TRAINED = 45_000;

  private static final int VALIDATED = 5_000;

  /** Channels of the matrices that the machine's peak is measured with, and their number. */
  private static final int CHANNELS = 1024;

  private static final int PRODUCTS = 4;

  private final int runs;
  private final boolean quick;
  private final Consumer<Figure> told;

  /** Multiplications and additions a second in float32 and in 8 bits, in billions. */
  private double peakFloat32 = Double.NaN;

  private double peakInt8 = Double.NaN;

  /**
   * A figure.
   *
   * @param runs how many it comes from
   * @param gigaflops what the median means in billions of operations a second, a multiplication
   *     with its addition as two; where it is known
   * @param share of the machine's own peak in these numbers
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
     * With what it means.
     *
     * @param operations of one unit
     */
    Figure against(double operations, double peak) {
      double gigaflops = median * operations / 1e9;
      return new Figure(what, unit, runs, min, median, max, gigaflops, gigaflops / peak);
    }
  }

  /**
   * @param runs of each figure
   * @param quick whether to measure each for a moment only
   * @param told takes the figures one by one
   */
  public Benchmark(int runs, boolean quick, Consumer<Figure> told) {
    this.runs = runs;
    this.quick = quick;
    this.told = told;
  }

  /** Measures everything, in about a minute if it is to be quick. */
  public void run() throws IOException {
    startUp();
    Devices.engine(); // without one that trains most of this is not to be had
    peaks();
    for (BackboneInfo entry : List.of(BackboneInfo.VGG16, BackboneInfo.EFFICIENTNET_LITE0)) {
      roots(entry, entry.inputSize());
    }
    roots(BackboneInfo.EFFICIENTNET_LITE0, BackboneInfo.EFFICIENTNET_LITE0.photographSize());
    inference();
    head("default recipe's head", null);
    Path notebook = Path.of("conf", "notebook.yaml");
    if (Files.isRegularFile(notebook)) {
      head("notebook's head", notebook);
    }
    Long memory = PeakMemory.bytes();
    if (memory != null) {
      told.accept(Figure.of("peak memory of this process", "MB", memory / (double) (1 << 20)));
    }
  }

  /** Has to be first: what is loaded then is loaded for everything after it too. */
  private void startUp() {
    byte[] image = Photographs.jpeg(0);
    try (ModelRunner classifier = ModelRunner.imageNet(Device.cpu())) {
      classifier.classify(new ByteArrayInputStream(image), "photograph", 1);
    }
    double started = ManagementFactory.getRuntimeMXBean().getStartTime();
    told.accept(
        Figure.of(
            "from the JVM's start to the first answer",
            "s",
            (System.currentTimeMillis() - started) / 1000));
  }

  // The machine.

  /** Products of matrices: what no network can surpass. */
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
    peakInt8 = peak("8 bits", graph, weights, int8, pixels, operations);
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
      told.accept(figure);
      return figure.max();
    }
  }

  /** Of a graph's first steps, for one image. */
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

  // Timing.

  /**
   * How often a second, in each of the runs; the first time of all does not count.
   *
   * @param pieces that a call does
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

  // Frozen roots.

  private void roots(BackboneInfo entry, int side) {
    Recipe recipe =
        RecipeResolver.resolve(
            RecipeReader.read(
                null, Map.of("backbone", entry.id(), "input-size", Integer.toString(side))));
    try (LoadedBackbone backbone =
        LoadedBackbone.load(
            entry, WeightSource.PRETRAINED, side, Device.cpu(), Progress.Display.NONE)) {
      NetworkDesign design = RecipeResolver.of(recipe, 10);
      DjlNetwork graft = DjlNetwork.of(design, backbone.trunk());
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
          new EngineFrozenPart(graft.frozenPart(), source, layout, Device.cpu()),
          pixels,
          batch,
          operations,
          peakFloat32);
      if (!OnnxSession.isAvailable()) {
        return;
      }
      Weights weights = graft.frozenPart().weights();
      String onnx = what + OnnxSession.NAME + " " + OnnxSession.version() + ", ";
      measure(
          onnx + "float32",
          new OnnxFrozenPart(design, weights, new Precision.Float32(), layout),
          pixels,
          batch,
          operations,
          peakFloat32);
      measure(
          onnx + "8 bits",
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
    try (FrozenPart root = opened) {
      double[] speeds = speeds(batch, () -> root.forward(pixels.duplicate(), batch));
      told.accept(Figure.of(what, "pictures/s", speeds).against(operations, peak));
    }
  }

  // Inference.

  /** The bytes of an image file. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record InMemory(String name, byte[] bytes) implements Source {
    @Override
    public RgbImage read(int least) {
      return ImageFileReader.read(bytes, name, least);
    }
  }

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
      told.accept(Figure.of("infer, JPEG of 640 x 480 decoded", "pictures/s", decoded));
      int least = Framing.least(classifier.inputSize());
      List<ModelRunner.Prepared> prepared =
          photographs.stream().limit(16).map(each -> classifier.prepare(each.read(least))).toList();
      double[] bare = speeds(prepared.size(), () -> classifier.probabilities(prepared));
      told.accept(Figure.of("infer, without decoding", "pictures/s", bare));
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
    told.accept(Figure.of("one prediction, p50", "ms", milliseconds.get(n / 2)));
    told.accept(Figure.of("one prediction, p99", "ms", milliseconds.get(n * 99 / 100)));
  }

  // Heads.

  /** Rows of made features; as many as are needed are copied from a few. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record MadeUp(int width, float[] values) implements FeatureSource {
    private static final int DIFFERENT = 4096;

    static MadeUp of(int width) {
      float[] values = new float[DIFFERENT * width];
      Random random = new Random(4);
      for (int i = 0; i < values.length; i++) {
        values[i] = random.nextFloat();
      }
      return new MadeUp(width, values);
    }

    @Override
    public NDList read(ai.djl.ndarray.NDManager manager, int[] rows) {
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
    BackboneInfo entry = RecipeResolver.entry(recipe);
    try (LoadedBackbone backbone =
        LoadedBackbone.load(
            entry,
            WeightSource.PRETRAINED,
            recipe.inputSize(),
            Device.cpu(),
            Progress.Display.NONE)) {
      DjlNetwork graft = DjlNetwork.of(RecipeResolver.of(recipe, 10), backbone.trunk());
      WeightInitializer.initialize(graft, backbone, recipe.initializer());
      FeatureSource source = MadeUp.of(graft.design().featureWidth());
      int[] rows = IntStream.range(0, TRAINED).toArray();
      int[] labels = IntStream.range(0, TRAINED).map(row -> row % 10).toArray();
      int[] held = IntStream.range(0, VALIDATED).toArray();
      try (NetworkTrainer training =
          new NetworkTrainer(graft, false, recipe, Device.cpu(), TrainingEvents.NONE)) {
        double[] seconds =
            training
                .fit(
                    FeatureBatches.shuffled(
                        source, rows, labels, recipe.batchSize(), 1, recipe.seed()),
                    FeatureBatches.inOrder(
                        source, held, Arrays.copyOf(labels, VALIDATED), Features.EVALUATION_BATCH))
                .epochs()
                .stream()
                .skip(1) // warms up
                .mapToDouble(epoch -> epoch.seconds())
                .toArray();
        told.accept(Figure.of(what + ", an epoch of 45,000 images", "s", seconds));
      }
    }
  }
}
