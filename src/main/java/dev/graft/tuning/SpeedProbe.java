package dev.graft.tuning;

import ai.djl.Device;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.graft.Interruption;
import dev.graft.data.DataSet;
import dev.graft.data.ImageSet;
import dev.graft.data.Part;
import dev.graft.engine.Devices;
import dev.graft.feature.FeatureBatches;
import dev.graft.feature.FeatureExtractor;
import dev.graft.feature.FeatureSource;
import dev.graft.feature.FrozenPart;
import dev.graft.feature.PixelSource;
import dev.graft.feature.RecordLayout;
import dev.graft.feature.View;
import dev.graft.image.Augmentation;
import dev.graft.io.IoSupplier;
import dev.graft.network.Graph;
import dev.graft.network.NetworkDesign;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.network.onnx.RangeCalibrator;
import dev.graft.network.onnx.Ranges;
import dev.graft.recipe.Recipe;
import dev.graft.training.NetworkTrainer;
import dev.graft.training.Standardization;
import dev.graft.training.TrainingEvents;
import dev.graft.tuning.TimePlanner.Estimate;
import dev.graft.util.Progress;
import dev.graft.zoo.LoadedBackbone;
import java.io.IOException;
import java.lang.ref.SoftReference;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/** Measures how long plans take on this machine, by a few batches and a few steps of each. */
public final class SpeedProbe {
  /** Images whose features are computed: a first batch that is not measured, and some more. */
  private static final int IMAGES = 64 * 4;

  /** Input size at which frozen plans are measured, in pixels. */
  private static final int SIDE = 96;

  /** Maximum number of training steps, of which the first is not measured. */
  private static final int STEPS = 12;

  /** Time after which no further step is trained, in seconds. */
  private static final double MAX_SECONDS = 1.5;

  /** Share of the time after which further plans with trained stages are not measured. */
  private static final double MAX_PLANNING = 0.15;

  /** Time of a forward pass as a share of a training step: one of three products per weight. */
  public static final double FORWARD = 0.35;

  /** Charts, pages and files of a run, in seconds. */
  public static final double FILES = 4;

  /** Fit of a convex head, in seconds per image: 1.9 s for 195 photographs on two busy cores. */
  private static final double NEWTON = 0.01;

  private final IoSupplier<DataSet> source;

  /**
   * Cleared if memory is short: a run opens the data itself, while this is kept for other plans.
   */
  private SoftReference<DataSet> data;

  private final int size;
  private final int classes;
  private final int imageSide;
  private final double opening;
  private final int train;
  private final int validation;
  private final int test;

  /** The test images that the data itself has; 0 if they are sampled from all images. */
  private final int givenTest;

  private final MeasuredSpeeds speeds = new MeasuredSpeeds();

  /**
   * Opens the data.
   *
   * @param asked the user's recipe, which says how the images are split
   * @param source opens it again if memory was short in between
   */
  public SpeedProbe(IoSupplier<DataSet> source, Recipe asked) throws IOException {
    Stopwatch watch = new Stopwatch();
    DataSet opened = source.get();
    this.source = source;
    this.data = new SoftReference<>(opened);
    opening = watch.lap();
    classes = opened.classes().size();
    imageSide = opened.sizes().median();
    size = opened.images().size();
    givenTest = opened.indices(Optional.of(Part.TEST)).length;
    test = givenTest > 0 ? givenTest : (int) (asked.data().testSplit() * size);
    validation =
        opened.has(Part.VALIDATION)
            ? opened.indices(Optional.of(Part.VALIDATION)).length
            : (int) (asked.data().validationSplit() * (size - test));
    train = size - test - validation;
  }

  /** Returns the number of images. */
  public int images() {
    return size;
  }

  /**
   * Measures plans, the most accurate first, until none of the others could be better. If this
   * takes long, further plans with trained stages are skipped, except the last plan.
   *
   * @param plans in the order of their highest accuracies
   * @param given keys that the user has set
   */
  public TimePlanner measure(List<Plan> plans, Recipe asked, Set<String> given, TimeLimit limit)
      throws IOException {
    return measure(plans, plan -> estimate(plan, plan.over(asked, given), limit), limit);
  }

  /** Measures a plan. */
  interface Measurement {
    /** Returns the time that it takes. */
    Estimate of(Plan plan) throws IOException;
  }

  static TimePlanner measure(List<Plan> plans, Measurement measurement, TimeLimit limit)
      throws IOException {
    List<Estimate> estimates = new ArrayList<>();
    for (Plan plan : plans) {
      // Frozen plans share one measurement; the last plan is the fastest.
      boolean isQuick = plan.isForAllImages() || plan.equals(plans.get(plans.size() - 1));
      if (!estimates.isEmpty() && !isQuick && limit.shareGone() > MAX_PLANNING) {
        continue;
      }
      double found =
          estimates.isEmpty()
              ? -1
              : new TimePlanner(estimates)
                  .fitting(limit.secondsLeft())
                  .map(TimePlanner.Choice::accuracy)
                  .orElse(-1.0);
      if (found >= plan.maxAccuracy()) {
        break;
      }
      estimates.add(measurement.of(plan));
    }
    return new TimePlanner(estimates);
  }

  private Estimate estimate(Plan plan, Recipe asked, TimeLimit limit) throws IOException {
    Device device = Devices.device(asked.execution().device());
    Recipe recipe = RecipeResolver.resolve(asked, size, imageSide, device);
    boolean trainsBackbone = !recipe.backbone().unfreeze().equals(NetworkDesign.NONE);
    // One measurement of frozen stages serves all sizes: their work grows with the number of
    // pixels. That of trained stages grows more slowly.
    boolean ownSize = plan.isGiven() || trainsBackbone;
    int side = ownSize ? recipe.input().size().value() : SIDE;
    double pixels = Math.pow((double) recipe.input().size().value() / side, 2);
    double passes = pixels * size * DoubleStream.of(shares(recipe)).sum();
    boolean newton = recipe.head().solver().is(Recipe.Solver.NEWTON);
    Recipe measured = recipe.with(recipe.input().withSize(side));
    try (Networks networks = new Networks(measured, device)) {
      MeasuredSpeeds.Speed speed =
          speeds.of(
              measured,
              feature -> !newton && feature * passes <= limit.secondsLeft(), // otherwise hopeless
              networks);
      return estimate(plan, recipe, passes * speed.feature(), speed.trained());
    }
  }

  /** Returns, for each view in its order, the share of all images whose features are computed. */
  public double[] shares(Recipe recipe) {
    return Features.views(recipe, Augmentation.NONE).stream()
        .mapToDouble(view -> share(view, recipe.training()))
        .toArray();
  }

  private double share(View view, Recipe.Training training) {
    boolean predicts = view.equals(View.MIRROR_IMAGE) && training.averageMirror();
    if (view.equals(View.IMAGE) || (predicts && training.mirror())) {
      return 1;
    }
    int images = predicts ? validation + test : size - givenTest;
    return Math.max(1.0, images) / size; // the parts are estimates, and never empty
  }

  /** Measures the networks of a recipe, which are loaded when they are needed. */
  private final class Networks implements MeasuredSpeeds.Measurement, AutoCloseable {
    private final Recipe recipe;
    private final Device device;
    private LoadedBackbone backbone;
    private DjlNetwork network;

    Networks(Recipe recipe, Device device) {
      this.recipe = recipe;
      this.device = device;
    }

    private DjlNetwork network() throws IOException {
      if (network == null) {
        backbone = PreparedRun.backbone(recipe, device, Progress.Display.NONE);
        network = PreparedRun.network(recipe, backbone, classes);
      }
      return network;
    }

    @Override
    public double feature() throws IOException {
      boolean frozen = recipe.execution().cache() && network().design().cut() > 0;
      return frozen ? secondsPerImage(network(), recipe, device) : 0;
    }

    @Override
    public double trained() throws IOException {
      return secondsPerTrainedImage(network(), recipe, device);
    }

    @Override
    public void close() {
      if (backbone != null) {
        backbone.close();
      }
    }
  }

  private Estimate estimate(Plan plan, Recipe recipe, double features, double image) {
    boolean newton = recipe.head().solver().is(Recipe.Solver.NEWTON);
    double fitting = newton ? NEWTON * train : 0;
    double images =
        Math.max(
                train,
                (double) recipe.training().minSteps() * recipe.training().batchSize().value())
            + FORWARD * validation;
    double folds = recipe.data().folds() * (newton ? fitting : image * images * plan.maxEpochs());
    int views = recipe.training().averageMirror() ? 2 : 1;
    int passed =
        recipe.backbone().unfreeze().equals(NetworkDesign.NONE)
            ? 0
            : Math.min(Standardization.MAX_IMAGES, train);
    return new Estimate(
        plan,
        features,
        image,
        images,
        2 * opening + fitting + FORWARD * image * passed,
        FILES + folds + FORWARD * image * (views * (validation + test) + passed));
  }

  private DataSet data() throws IOException {
    DataSet held = data.get();
    if (held == null) {
      held = source.get();
      data = new SoftReference<>(held);
    }
    return held;
  }

  private double secondsPerImage(DjlNetwork network, Recipe recipe, Device device)
      throws IOException {
    NetworkDesign design = network.design();
    ImageSet images = data().images();
    RecordLayout layout =
        RecordLayout.of(design, recipe.execution().cacheType() == Recipe.CacheType.FLOAT16);
    PixelSource pixels = new PixelSource(images, design.preprocessing(), design.inputSize());
    Optional<Ranges> ranges =
        recipe.execution().precision() == Recipe.Precision.INT8
            ? Optional.of(noise(network))
            : Optional.empty();
    List<Integer> rows =
        IntStream.of(ImageSet.spread(images.readable().toArray(), IMAGES)).boxed().toList();
    Clock clock = new Clock();
    try (FrozenPart part =
        FrozenPartChoice.of(recipe, network, pixels, layout, device, ranges).open()) {
      new FeatureExtractor(part, pixels, layout, clock::check, Progress.NONE)
          .fill(rows, (done, records) -> clock.add(done.size()));
    } catch (Clock.Enough e) {
      // Enough batches were measured.
    }
    return clock.secondsPerPiece();
  }

  /** Returns ranges of two images of noise: the values don't change the speed. */
  private static Ranges noise(DjlNetwork network) {
    Graph graph = network.design().graph();
    int cut = network.design().cut();
    byte[] bytes = new byte[Math.toIntExact(2 * graph.pixels().size())];
    new Random(2).nextBytes(bytes);
    ByteBuffer batch = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    return RangeCalibrator.ranges(
        graph, graph.crossing(cut), network.frozenPart().weights(), cut, List.of(batch).iterator());
  }

  private static double secondsPerTrainedImage(DjlNetwork network, Recipe recipe, Device device)
      throws IOException {
    List<RecordLayout.Field> fields = inputs(network.design(), recipe.execution().cache());
    FeatureSource noise =
        (manager, rows) -> {
          NDList batch = new NDList();
          for (RecordLayout.Field field : fields) {
            Shape shape = new Shape(rows.length).addAll(field.shape());
            batch.add(manager.randomUniform(0, 1, shape));
          }
          return batch;
        };
    return secondsPerTrainedImage(network, recipe, device, noise);
  }

  /**
   * Returns the arrays that training reads for each image: features or, without a cache, pixels.
   */
  static List<RecordLayout.Field> inputs(NetworkDesign design, boolean cache) {
    int side = design.inputSize();
    return cache
        ? RecordLayout.of(design, false).fields()
        : List.of(new RecordLayout.Field(new Shape(3, side, side), DataType.FLOAT32));
  }

  /**
   * Measures training on the features of a prepared run; its network is not usable afterwards.
   *
   * @return seconds per image of a training step
   */
  public static double secondsPerTrainedImage(PreparedRun run, Features features)
      throws IOException {
    int[] rows = run.data().images().readable().toArray();
    return secondsPerTrainedImage(
        run.network(),
        run.recipe(),
        run.device(),
        (manager, some) ->
            features
                .source()
                .read(manager, IntStream.of(some).map(each -> rows[each % rows.length]).toArray()));
  }

  private static double secondsPerTrainedImage(
      DjlNetwork network, Recipe recipe, Device device, FeatureSource source) throws IOException {
    int classes = network.design().classes();
    int[] rows = IntStream.range(0, STEPS * recipe.training().batchSize().value()).toArray();
    int[] labels = IntStream.of(rows).map(row -> row % classes).toArray();
    Interruption stop = new Interruption();
    Clock clock = new Clock();
    TrainingEvents steps =
        new TrainingEvents() {
          @Override
          public Progress progress(String task, String unit, long total) {
            return done -> {
              clock.add(recipe.training().batchSize().value());
              if (clock.isEnough() || done == total) {
                stop.request();
              }
            };
          }
        };
    try (NetworkTrainer trainer = new NetworkTrainer(network, recipe, device, steps, stop)) {
      FeatureBatches train =
          FeatureBatches.shuffled(
              source, rows, labels, recipe.training().batchSize().value(), 1, recipe.seed());
      trainer.fit(
          train,
          FeatureBatches.inOrder(source, rows, labels, recipe.training().batchSize().value()));
    }
    return clock.secondsPerPiece();
  }

  /** Times pieces of work, the first of which is not measured. */
  private static final class Clock {
    /** Ends a pass over images. */
    static final class Enough extends RuntimeException {
      private static final long serialVersionUID = 1L;

      Enough() {
        super("measured", null, false, false);
      }
    }

    private final long opened = System.nanoTime();
    private long first;
    private long last;
    private int unmeasured;
    private int pieces;

    void add(int count) {
      last = System.nanoTime();
      if (first == 0) {
        first = last;
        unmeasured = count;
      } else {
        pieces += count;
      }
    }

    boolean isEnough() {
      return pieces > 0 && last - first > MAX_SECONDS * 1e9;
    }

    void check() {
      if (isEnough()) {
        throw new Enough();
      }
    }

    double secondsPerPiece() {
      return pieces > 0 ? (last - first) / 1e9 / pieces : (last - opened) / 1e9 / unmeasured;
    }
  }
}
