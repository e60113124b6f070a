package dev.graft.inference;

import ai.djl.Device;
import dev.graft.GraftException;
import dev.graft.GraftException.Code;
import dev.graft.engine.Engines;
import dev.graft.image.Framing;
import dev.graft.image.ImageFileReader;
import dev.graft.image.RgbImage;
import dev.graft.io.ReadAhead;
import dev.graft.util.Progress;
import dev.graft.zoo.BackboneInfo;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.function.Supplier;

/**
 * Classifies images with a saved model. Thread-safe: concurrent calls wait for the network, which
 * computes one batch at once. Closing the runner frees the model.
 */
public final class ModelRunner implements AutoCloseable {
  /** Maximum number of batches of prepared images that wait for the network. */
  private static final int MAX_BATCHES_AHEAD = 2;

  private final LoadedModel loaded;

  /** Creates the network for heat maps; {@code null} if the model can't compute gradients. */
  private final Supplier<GradCam> gradCam;

  private final boolean hasStages;

  private boolean closed;

  /**
   * @param loaded closed with this runner
   * @param gradCam creates the network for heat maps; {@code null} for none
   */
  ModelRunner(LoadedModel loaded, Supplier<GradCam> gradCam) {
    this(loaded, gradCam, true);
  }

  private ModelRunner(LoadedModel loaded, Supplier<GradCam> gradCam, boolean hasStages) {
    this.loaded = loaded;
    this.gradCam = gradCam;
    this.hasStages = hasStages;
  }

  /**
   * Loads a saved model on the first GPU that the engine has, else on the CPU.
   *
   * @param model the {@code model} folder of a run, or a file that {@code export} wrote, which ONNX
   *     Runtime computes on the CPU
   * @throws GraftException if the model is missing or damaged
   */
  public static ModelRunner load(Path model) {
    return load(model, Engines.gpus() == 0 ? Device.cpu() : Device.gpu());
  }

  /**
   * Loads a saved model on a device, or on the CPU if it {@linkplain #isAlwaysOnCpu always is}.
   *
   * @throws GraftException if the model is missing or damaged
   */
  public static ModelRunner load(Path model, Device device) {
    if (Files.isRegularFile(model)) {
      return new ModelRunner(ExportedModel.load(model), null);
    }
    boolean hasStages = GradCam.isPossible(model); // before there is a model to close
    return new ModelRunner(
        SavedModel.load(model, device), () -> GradCam.of(model, device), hasStages);
  }

  /**
   * Returns whether ONNX Runtime computes a saved model on the CPU, whatever the device: a model in
   * int8, or a file that {@code export} wrote.
   *
   * @throws GraftException if the model is missing or damaged
   */
  public static boolean isAlwaysOnCpu(Path model) {
    return Files.isRegularFile(model) || SavedModel.isInt8(model);
  }

  /**
   * Loads a saved model on a device, unless its backbone is TorchScript, because that is code which
   * this process would execute.
   *
   * @throws GraftException if the backbone is TorchScript, or if the model is missing or damaged
   */
  public static ModelRunner loadWithoutTorchScript(Path model, Device device) {
    if (Files.isDirectory(model) && !SavedModel.design(model).backbone().isOnnx()) {
      throw new GraftException(
          model + " has a TorchScript backbone, which contains code, and is not allowed here.");
    }
    return load(model, device);
  }

  /**
   * Loads a saved model into DJL's engine, on the CPU, even if ONNX Runtime is faster, to compare
   * the two. Int8 models, and all models if no engine that trains is available, are loaded into
   * ONNX Runtime. Each image is predicted alone, without its mirror image.
   */
  public static ModelRunner inTrainingEngine(Path folder) {
    return new ModelRunner(
        SavedModel.load(folder, Device.cpu(), !Engines.canTrain()).single(),
        () -> GradCam.of(folder, Device.cpu()));
  }

  /** Loads the bundled EfficientNet-Lite0 with its 1,000 ImageNet classes. */
  public static ModelRunner imageNet(Device device) {
    return new ModelRunner(
        ImageNet.load(device, OnnxBackend.suits(device)), () -> GradCam.imageNet(device));
  }

  /**
   * Loads another ImageNet classifier; its weights are downloaded on first use.
   *
   * @param weights file or URL; empty for the file that Keras publishes
   * @throws GraftException if no such file is published, it can't be downloaded, or it does not fit
   */
  public static ModelRunner imageNet(
      BackboneInfo entry, Optional<String> weights, Device device, Progress.Display display) {
    return new ModelRunner(ImageNet.load(entry, weights, device, display), null);
  }

  /** Loads the bundled EfficientNet-Lite0 with all but its last layer in int8, in ONNX Runtime. */
  public static ModelRunner imageNetInt8() {
    return new ModelRunner(ImageNet.loadInt8(), () -> GradCam.imageNet(Device.cpu()));
  }

  /** Returns whether {@link #gradCam} is available. */
  public boolean hasGradCam() {
    return gradCam != null && hasStages && Engines.canTrain();
  }

  /**
   * Creates heat maps of this model. They have a network of their own, which the caller closes.
   *
   * @throws GraftException if the model is an exported file, which has no gradients, or if no
   *     engine that trains is available
   */
  public GradCam gradCam() {
    if (gradCam == null) {
      throw new GraftException(
              "Heat maps need a run's or a model's folder, or the bundled ImageNet model.")
          .withCode(Code.IMAGENET);
    }
    return gradCam.get();
  }

  /** Returns how an image becomes the input. */
  public Framing framing() {
    return loaded.framing();
  }

  /** Returns the batch size that computes fastest, or nearly so. */
  public int batch() {
    return loaded.backend().batch();
  }

  /** Returns the name of the model for messages. */
  public String name() {
    return loaded.name();
  }

  /** Returns whether results have a typicality; models saved before it was added have none. */
  public boolean hasTypicality() {
    return loaded.backend().hasTypicality();
  }

  /** Returns the names of the classes, in the order of the probabilities. */
  public List<String> classes() {
    return loaded.classes();
  }

  /** Returns the side of the input in pixels. */
  public int inputSize() {
    return loaded.inputSize();
  }

  /**
   * Classifies an image file and returns the {@code k} most probable classes, the most probable
   * first.
   *
   * @throws GraftException if the image can't be read
   */
  public List<TopClass> classify(Path file, int k) {
    return top(output(file).probabilities(), k);
  }

  /**
   * Classifies an image from a stream, which stays open, and returns the {@code k} most probable
   * classes, the most probable first.
   *
   * @param name of the image in messages
   * @throws GraftException if the image can't be read
   */
  public List<TopClass> classify(InputStream image, String name, int k) {
    return top(output(image, name).probabilities(), k);
  }

  /**
   * Returns the whole result of an image file.
   *
   * @throws GraftException if the image can't be read
   */
  public Output output(Path file) {
    return output(ImageFileReader.read(file, Framing.minSide(inputSize())), file.toString());
  }

  /**
   * Returns the whole result of an image from a stream, which stays open.
   *
   * @param name of the image in messages
   * @throws GraftException if the image can't be read
   */
  public Output output(InputStream image, String name) {
    return output(ImageFileReader.read(image, name, Framing.minSide(inputSize())), name);
  }

  private Output output(RgbImage image, String name) {
    return outputs(List.of(prepare(image))).get(0).requireFinite(name);
  }

  /** Returns the {@code k} most probable classes, the most probable first. */
  public List<TopClass> top(float[] probabilities, int k) {
    return TopClass.of(probabilities, classes(), k);
  }

  /**
   * Classifies any number of images, in order. Several threads read and prepare images ahead of the
   * network, which computes them in batches. Reading starts at the first call of {@code hasNext} or
   * {@code next}, and at most a few batches are read ahead.
   *
   * @param sources iterated by the thread that iterates the answers
   */
  public <S extends Source> Answers<S> classify(Iterator<? extends S> sources) {
    return classify(sources, ImageFileReader.threads());
  }

  /**
   * Classifies any number of images, in order, with a limited number of reading threads.
   *
   * @param sources iterated by the thread that iterates the answers
   * @param threads that read and prepare images
   */
  public <S extends Source> Answers<S> classify(Iterator<? extends S> sources, int threads) {
    return new Answers<>(sources, threads);
  }

  /** Prepares an image as input of the network. */
  public Prepared prepare(RgbImage image) {
    return new Prepared(ByteBuffer.wrap(loaded.framing().planes(image, inputSize())));
  }

  /**
   * Runs one forward pass over images.
   *
   * @return probabilities {@code (N, classes)}; each row adds up to 1
   * @throws IllegalStateException if this runner is closed
   */
  public List<float[]> probabilities(List<Prepared> images) {
    return outputs(images).stream().map(Output::probabilities).toList();
  }

  /**
   * Runs one forward pass over images.
   *
   * @return one result per image, in order
   * @throws IllegalStateException if this runner is closed
   */
  public synchronized List<Output> outputs(List<Prepared> images) {
    if (closed) {
      throw new IllegalStateException( // otherwise the engine would read freed memory
          "This classifier is closed: load the model again.");
    }
    if (images.isEmpty()) {
      return List.of();
    }
    return loaded.backend().outputs(images);
  }

  /** Frees the model, after the forward pass in progress. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      loaded.close();
    }
  }

  /**
   * An image as input of the network.
   *
   * @param pixels {@code (3, side, side)}, R, G, B from 0 to 255, one byte per value
   */
  public record Prepared(ByteBuffer pixels) {
    /** Returns the input as an image of {@code side} x {@code side} pixels. */
    public RgbImage image(int side) {
      int plane = side * side;
      byte[] rgb = new byte[3 * plane];
      for (int i = 0; i < rgb.length; i++) {
        rgb[i] = pixels.get(pixels.position() + i % 3 * plane + i / 3);
      }
      return new RgbImage(side, side, rgb);
    }
  }

  /**
   * Answers, computed lazily. Closing waits for the images that are being read and starts no
   * others.
   */
  public final class Answers<S extends Source> implements Iterator<Answer<S>>, AutoCloseable {
    private final ReadAhead<S, Waiting<S>> waiting;
    private final Queue<Answer<S>> ready = new ArrayDeque<>();

    private Answers(Iterator<? extends S> sources, int threads) {
      waiting = new ReadAhead<>(threads, MAX_BATCHES_AHEAD * batch(), sources, this::read);
    }

    /** Reads and prepares an image; the large original can be collected when this returns. */
    private Waiting<S> read(S source) {
      try {
        RgbImage image = source.read(Framing.minSide(inputSize()));
        return new Waiting<>(source, List.of(prepare(image)), null);
      } catch (GraftException e) {
        return new Waiting<>(source, List.of(), e);
      } catch (OutOfMemoryError e) {
        String why =
            source.name() + " needs more memory than Java has here; give Java a larger heap.";
        return new Waiting<>(source, List.of(), new GraftException(why, e).withCode(Code.HEAP));
      }
    }

    @Override
    public boolean hasNext() {
      return !ready.isEmpty() || waiting.hasNext();
    }

    @Override
    public Answer<S> next() {
      if (ready.isEmpty()) {
        List<Waiting<S>> batch = new ArrayList<>(List.of(waiting.next()));
        while (batch.size() < batch() && waiting.hasNext()) {
          batch.add(waiting.next());
        }
        Iterator<Output> rows =
            outputs(batch.stream().flatMap(each -> each.images().stream()).toList()).iterator();
        batch.forEach(each -> ready.add(each.answer(rows)));
      }
      return ready.remove();
    }

    @Override
    public void close() {
      waiting.close();
    }
  }

  /**
   * An image that waits for its batch.
   *
   * @param images one, or none if it could not be read
   * @param problem why it could not be read; {@code null} if it was read
   */
  private record Waiting<S extends Source>(
      S source, List<Prepared> images, GraftException problem) {
    Answer<S> answer(Iterator<Output> rows) {
      if (problem != null) {
        return new Answer.Unknown<>(source, problem);
      }
      try {
        return new Answer.Known<>(source, rows.next().requireFinite(source.name()));
      } catch (GraftException e) {
        return new Answer.Unknown<>(source, e);
      }
    }
  }
}
