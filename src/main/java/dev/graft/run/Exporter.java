package dev.graft.run;

import dev.graft.GraftException;
import dev.graft.GraftException.Code;
import dev.graft.data.DataSet;
import dev.graft.data.ImageSet;
import dev.graft.data.Part;
import dev.graft.data.duplicates.Fingerprints;
import dev.graft.engine.OnnxSession;
import dev.graft.image.Framing;
import dev.graft.inference.ExportedModel;
import dev.graft.inference.ModelRunner;
import dev.graft.inference.SavedModel;
import dev.graft.io.AtomicFiles;
import dev.graft.network.Layer;
import dev.graft.network.NetworkDesign;
import dev.graft.network.onnx.OnnxFile;
import dev.graft.network.onnx.Precision;
import dev.graft.network.onnx.RangeCalibrator;
import dev.graft.output.OutputFolder;
import dev.graft.output.RunFolder;
import dev.graft.output.RunImages;
import dev.graft.recipe.Recipe;
import dev.graft.tuning.DataSets;
import dev.graft.tuning.ModelEvaluator;
import dev.graft.tuning.RunEvents;
import dev.graft.util.Progress;
import dev.graft.util.Text;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** Exports a saved model to ONNX, after comparing the file's probabilities with the model's. */
public final class Exporter {
  /** Largest accepted difference of a probability in float32. */
  static final double MAX_DIFFERENCE = 1e-4;

  /** Largest accepted loss of accuracy by int8. */
  static final double MAX_LOST = 0.01;

  /** Images on which the file is compared with the model. */
  private static final int COMPARED = 100;

  /** Images on which both precisions are evaluated; the standard error is about 1 point. */
  private static final int EVALUATED = 2000;

  /** Images on which activation ranges are measured; more do not improve them. */
  private static final int CALIBRATED = 512;

  /** Images per forward pass. */
  private static final int BATCH = 16;

  private static final List<String> OUTPUTS = List.of(NetworkDesign.PROBABILITIES);

  private final Path run;
  private final OutputFolder output;
  private final RunEvents events;

  /** The numbers that the file computes in. */
  public enum Format {
    /** Float32. */
    ONNX(".onnx"),
    /** The backbone in int8, the head in float32. */
    INT8(".int8.onnx");

    private final String suffix;

    Format(String suffix) {
      this.suffix = suffix;
    }
  }

  /**
   * An exported file.
   *
   * @param compared number of images on which it was compared with the model
   * @param made whether these were random noise, because the run's images are not known
   * @param difference the largest difference of a probability
   * @param averageMirror whether the model's predictions are means of those of the file for an
   *     image and its mirror image
   */
  public record Exported(
      Path file,
      long bytes,
      int compared,
      boolean made,
      double difference,
      boolean averageMirror) {}

  /**
   * Accuracy and speed of int8, compared with float32.
   *
   * @param images number of images on which both were evaluated
   */
  public record Int8Cost(int images, Evaluated float32, Evaluated int8) {
    /** Returns whether the loss of accuracy is larger than accepted. */
    public boolean isTooMuch() {
      return float32.accuracy() - int8.accuracy() > MAX_LOST + 1e-9;
    }

    /** Returns the reason for a refused export, as a sentence without its end. */
    public String refusal() {
      return Text.of(
          "int8 lowers the accuracy by %.1f points, more than the limit of 1 point: nothing was"
              + " written",
          100 * (float32.accuracy() - int8.accuracy()));
    }
  }

  /** Accuracy and speed of a network. */
  public record Evaluated(double accuracy, double imagesPerSecond) {}

  /**
   * Prepares an export; reads nothing yet.
   *
   * @param run folder of a run, or of a model
   * @param output folder of runs and exports
   */
  public Exporter(Path run, OutputFolder output, RunEvents events) {
    this.run = run;
    this.output = output;
    this.events = events;
  }

  /**
   * Writes the file, which appears whole or not at all.
   *
   * @param to the file; empty for one in the output folder
   * @param decision receives the cost of int8, and may end the export by an exception
   * @throws GraftException if its probabilities differ from the model's, or if the images that it
   *     needs are not known
   */
  public Exported export(Format format, Optional<Path> to, Consumer<Int8Cost> decision)
      throws IOException {
    if (!OnnxSession.isAvailable()) {
      throw new GraftException(
          "ONNX Runtime, which checks the exported file, does not load on this machine.");
    }
    SavedModel.Contents model = SavedModel.contents(RunFolder.modelOf(run));
    Path file =
        replaceable(to.orElseGet(() -> output.exports().resolve(model.name() + format.suffix)));
    if (format == Format.INT8) {
      model.design().backbone().external().ifPresent(layer -> checkInt8(model.name(), layer));
    }
    OnnxFile onnx;
    Exported exported;
    try (Fingerprints fingerprints = new Fingerprints(output.fingerprints());
        ModelRunner classifier = ModelRunner.inTrainingEngine(RunFolder.modelOf(run))) {
      Optional<Known> known =
          format == Format.INT8
              ? Optional.of(known(model, fingerprints))
              : ifThere(model, fingerprints);
      onnx =
          format == Format.ONNX
              ? ExportedModel.onnx(model, model.precision())
              : int8(model, known.orElseThrow(), decision);
      List<ByteBuffer> pixels =
          known.map(own -> own.some(own.test(), COMPARED)).orElseGet(() -> made(model.design()));
      double difference = difference(classifier, onnx, pixels);
      check(format, difference);
      exported =
          new Exported(
              file, onnx.size(), pixels.size(), known.isEmpty(), difference, model.averageMirror());
    }
    AtomicFiles.createParent(file);
    AtomicFiles.write(file, onnx::writeTo);
    return exported;
  }

  /**
   * Checks a file's name before anything is computed.
   *
   * @return the file; of a link, the file that it leads to, so that the link stays
   */
  static Path replaceable(Path file) throws IOException {
    boolean exists = Files.exists(file);
    if (!exists && Files.isSymbolicLink(file)) {
      throw notReplaceable(file, " is a link that leads nowhere; name another file.");
    } else if (Files.isDirectory(file)) {
      throw notReplaceable(file, " is a folder; name a file.");
    }
    Path target = Files.isSymbolicLink(file) ? file.toRealPath() : file;
    if (exists && !target.toString().toLowerCase(Locale.ROOT).endsWith(".onnx")) {
      throw notReplaceable(target, " exists and is not a model; name another file.");
    }
    return target;
  }

  private static GraftException notReplaceable(Path file, String obstacle) {
    return new GraftException(file + obstacle).withCode(Code.FILE);
  }

  private static void checkInt8(String model, Layer.External backbone) {
    if (backbone.format() != Layer.External.Format.ONNX) {
      throw GraftException.of(
          "int8: the backbone of %s is in TorchScript, which can't be written as ONNX; nothing was"
              + " written. Export the backbone to ONNX, and fine-tune on that.",
          model);
    }
    try {
      OnnxFile.int8Products(backbone.file());
    } catch (GraftException e) {
      throw new GraftException(
          Text.of(
              "int8: the backbone of %s can't be quantized: %s. Nothing was written; export it in"
                  + " float32.",
              model, e.getMessage()),
          e);
    }
  }

  static void check(Format format, double difference) {
    if (format == Format.ONNX && !(difference <= MAX_DIFFERENCE)) {
      throw GraftException.of(
          "The ONNX file would give probabilities that are off by up to %.2g, more than %.0e:"
              + " nothing was written; please report it.",
          difference, MAX_DIFFERENCE);
    }
  }

  // Files.

  private OnnxFile int8(SavedModel.Contents model, Known known, Consumer<Int8Cost> decision) {
    OnnxFile float32 = ExportedModel.onnx(model, new Precision.Float32());
    boolean already = model.precision().steps() > 0;
    OnnxFile int8 =
        ExportedModel.onnx(model, already ? model.precision() : calibrated(model, known));
    if (int8.size() >= float32.size()) {
      throw new GraftException(
          "int8: the file would be no smaller than in float32, so nothing was written; export it in"
              + " float32.");
    }
    int[] evaluated = ImageSet.spread(known.test(), EVALUATED);
    decision.accept(
        new Int8Cost(
            evaluated.length,
            evaluate(float32, known, evaluated),
            evaluate(int8, known, evaluated)));
    return int8;
  }

  /** Quantizes the whole backbone: none of it will be trained again. */
  private static Precision calibrated(SavedModel.Contents model, Known known) {
    int steps = model.design().featuresEnd();
    Iterator<ByteBuffer> images =
        IntStream.of(ImageSet.spread(known.train(), CALIBRATED))
            .mapToObj(row -> direct(known.pixels(row)))
            .iterator(); // lazily
    return new Precision.Int8(
        RangeCalibrator.ranges(model.design().graph(), OUTPUTS, model.weights(), steps, images),
        steps);
  }

  // Images.

  /**
   * The run's images.
   *
   * @param labels of all images, as indices of the model's classes
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Known(
      ImageSet images, int[] labels, int[] train, int[] test, NetworkDesign design) {
    int classes() {
      return design.classes();
    }

    /** Pixels {@code (3, side, side)}, one byte each, of at most {@code max} rows. */
    List<ByteBuffer> some(int[] rows, int max) {
      return IntStream.of(ImageSet.spread(rows, max)).mapToObj(this::pixels).toList();
    }

    ByteBuffer pixels(int row) {
      int side = design.inputSize();
      return images
          .read(row, Framing.minSide(side))
          .map(image -> design.preprocessing().framing().planes(image, side))
          .map(ByteBuffer::wrap)
          .orElseThrow(
              () -> new GraftException(images.place(row) + " could be read, but can't now."));
    }
  }

  /** Returns the run's images; empty if they are not known, or not there any more. */
  private Optional<Known> ifThere(SavedModel.Contents model, Fingerprints fingerprints) {
    try {
      return Optional.of(known(model, fingerprints)).filter(found -> found.test().length > 0);
    } catch (GraftException e) {
      return Optional.empty();
    }
  }

  private Known known(SavedModel.Contents model, Fingerprints fingerprints) {
    Recipe recipe = RunImages.recipe(run);
    DataSet data = DataSets.open(recipe, events);
    RunImages own = new RunImages(run, recipe, data, fingerprints, events);
    return new Known(
        data.images(),
        ModelEvaluator.labels(data, model.classes()),
        own.part(Part.TRAIN).indices(),
        own.part(Part.TEST).indices(),
        model.design());
  }

  /** Returns random noise, which replaces the run's images if these are not known. */
  private static List<ByteBuffer> made(NetworkDesign design) {
    Random random = new Random(0);
    List<ByteBuffer> pixels = new ArrayList<>();
    for (int i = 0; i < COMPARED; i++) {
      byte[] each = new byte[3 * design.inputSize() * design.inputSize()];
      random.nextBytes(each);
      pixels.add(ByteBuffer.wrap(each));
    }
    return pixels;
  }

  // Comparison and evaluation.

  /** Returns the largest difference between probabilities of the model and of the file. */
  private double difference(ModelRunner classifier, OnnxFile model, List<ByteBuffer> pixels) {
    double greatest = 0;
    ByteBuffer buffer = batch(classifier.inputSize());
    try (OnnxSession session = model.open();
        Progress progress = events.progress("comparing", "images", pixels.size())) {
      for (int from = 0; from < pixels.size(); from += BATCH) {
        List<ByteBuffer> batch = pixels.subList(from, Math.min(from + BATCH, pixels.size()));
        List<float[]> wanted =
            classifier.probabilities(batch.stream().map(ModelRunner.Prepared::new).toList());
        FloatBuffer given = session.run(fill(buffer, batch), batch.size()).get(0);
        for (float[] row : wanted) {
          for (float probability : row) {
            greatest = Math.max(greatest, Math.abs(probability - given.get()));
          }
        }
        progress.stepTo(from + batch.size());
      }
    }
    return greatest;
  }

  private Evaluated evaluate(OnnxFile model, Known known, int[] rows) {
    int right = 0;
    long nanos = 0;
    ByteBuffer buffer = batch(known.design().inputSize());
    try (OnnxSession session = model.open();
        Progress progress = events.progress("evaluating", "images", rows.length)) {
      for (int from = 0; from < rows.length; from += BATCH) {
        int[] batch = Arrays.copyOfRange(rows, from, Math.min(from + BATCH, rows.length));
        ByteBuffer pixels = fill(buffer, IntStream.of(batch).mapToObj(known::pixels).toList());
        if (from == 0) {
          session.run(pixels, batch.length); // the first call is slower
        }
        long start = System.nanoTime();
        FloatBuffer given = session.run(pixels, batch.length).get(0);
        nanos += System.nanoTime() - start;
        for (int row : batch) {
          right += mostProbable(given, known.classes()) == known.labels()[row] ? 1 : 0;
        }
        progress.stepTo(from + batch.length);
      }
    }
    return new Evaluated((double) right / rows.length, rows.length * 1e9 / nanos);
  }

  /** Returns the most probable class of the next image. */
  private static int mostProbable(FloatBuffer probabilities, int classes) {
    int best = 0;
    float most = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < classes; i++) {
      float each = probabilities.get();
      best = each > most ? i : best;
      most = Math.max(most, each);
    }
    return best;
  }

  private static ByteBuffer direct(ByteBuffer pixels) {
    return ByteBuffer.allocateDirect(pixels.remaining()).put(pixels).flip();
  }

  /** Returns a buffer for {@link #BATCH} images in float32. */
  private static ByteBuffer batch(int side) {
    return ByteBuffer.allocateDirect(BATCH * 3 * side * side * Float.BYTES)
        .order(ByteOrder.nativeOrder());
  }

  private static ByteBuffer fill(ByteBuffer batch, List<ByteBuffer> images) {
    batch.clear();
    for (ByteBuffer image : images) {
      for (int i = 0; i < image.limit(); i++) {
        batch.putFloat(Byte.toUnsignedInt(image.get(i)));
      }
    }
    return batch.flip();
  }
}
