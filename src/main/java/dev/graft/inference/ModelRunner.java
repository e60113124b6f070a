package dev.graft.inference;

import ai.djl.Device;
import dev.graft.GraftException;
import dev.graft.GraftException.Code;
import dev.graft.Progress;
import dev.graft.engine.Engines;
import dev.graft.image.Framing;
import dev.graft.image.ImageFileReader;
import dev.graft.image.RgbImage;
import dev.graft.io.ReadAhead;
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
 * A saved model that is asked what is in images. Any number of threads may ask one; the network
 * computes for one of them at a time. Closing it frees the model.
 */
public final class ModelRunner implements AutoCloseable {
  /** Prepared images are as small as the network's input; so many batches of them may wait. */
  private static final int AHEAD = 2;

  private final LoadedModel loaded;

  /** Makes the heat maps' network; {@code null} where only ONNX Runtime has the model. */
  private final Supplier<GradCam> gradCam;

  private boolean closed;

  /**
   * Takes a model over.
   *
   * @param loaded is closed with the classifier
   */
  ModelRunner(LoadedModel loaded, Supplier<GradCam> gradCam) {
    this.loaded = loaded;
    this.gradCam = gradCam;
  }

  /**
   * Loads a saved model on the first GPU that the engine has, else on the CPU.
   *
   * @param model a run's {@code model} folder, or a file that {@code export} wrote, which ONNX
   *     Runtime computes on the CPU
   * @throws GraftException if there is no model, or a damaged one
   */
  public static ModelRunner load(Path model) {
    return load(model, Engines.gpus() == 0 ? Device.cpu() : Device.gpu());
  }

  /** Loads a saved model on a device. */
  public static ModelRunner load(Path model, Device device) {
    return Files.isRegularFile(model)
        ? new ModelRunner(ExportedModel.load(model), null)
        : new ModelRunner(SavedModel.load(model, device), () -> GradCam.of(model, device));
  }

  /**
   * Loads a saved model on a device, unless its backbone is TorchScript: that is a program, which
   * this process would run.
   *
   * @throws GraftException if it is
   */
  public static ModelRunner loadWithoutTorchScript(Path model, Device device) {
    if (Files.isDirectory(model) && !SavedModel.contents(model).design().backbone().isOnnx()) {
      throw new GraftException(
          model + " has a backbone in TorchScript, which is a program; that is not allowed here.");
    }
    return load(model, device);
  }

  /**
   * Loads a saved model into the engine that trained it, on the CPU, even where ONNX Runtime is
   * faster: an implementation of its own to compare with. There is none for what is in 8 bits, nor
   * where no engine is that trains.
   */
  public static ModelRunner inTrainingEngine(Path folder) {
    return new ModelRunner(
        SavedModel.load(folder, Device.cpu(), !Engines.canTrain()),
        () -> GradCam.of(folder, Device.cpu()));
  }

  /** Loads the bundled EfficientNet-Lite0, which knows ImageNet's 1000 classes. */
  public static ModelRunner imageNet(Device device) {
    return new ModelRunner(
        ImageNet.load(device, OnnxBackend.suits(device)), () -> GradCam.imageNet(device));
  }

  /**
   * Loads another network that knows ImageNet's classes, downloading it if need be.
   *
   * @param weights a file or a URL; empty for the one that Keras publishes
   */
  public static ModelRunner imageNet(
      BackboneInfo entry, Optional<String> weights, Device device, Progress.Display display) {
    return new ModelRunner(ImageNet.load(entry, weights, device, display), null);
  }

  /**
   * Likewise EfficientNet-Lite0, with all but its last layer in 8 bits, in ONNX Runtime on the CPU.
   */
  public static ModelRunner imageNetInt8() {
    return new ModelRunner(ImageNet.int8(), () -> GradCam.imageNet(Device.cpu()));
  }

  /** Whether it can say where in an image a class was seen. */
  public boolean hasGradCam() {
    return gradCam != null && Engines.canTrain();
  }

  /**
   * What says where in an image a class was seen; a second network, made anew and for the caller to
   * close.
   *
   * @throws GraftException if there is none: an exported file has no gradients, nor has an engine
   *     that only predicts
   */
  public GradCam gradCam() {
    if (gradCam == null) {
      throw new GraftException(
              "Heat maps need a run's or a model's folder, or the bundled ImageNet model.")
          .withCode(Code.IMAGENET);
    }
    return gradCam.get();
  }

  /** Which part of an image it sees. */
  public Framing framing() {
    return loaded.framing();
  }

  /** The number of images that it computes fastest at a time. */
  public int batch() {
    return loaded.forward().batch();
  }

  /** For people. */
  public String name() {
    return loaded.name();
  }

  /** The classes' names, in the order of the probabilities. */
  public List<String> classes() {
    return loaded.classes();
  }

  /** Side of the network's input, in pixels. */
  public int inputSize() {
    return loaded.inputSize();
  }

  /** The {@code k} likeliest classes of an image in a file, the likeliest first. */
  public List<TopClass> classify(Path file, int k) {
    return classify(ImageFileReader.read(file, Framing.minSide(inputSize())), k);
  }

  /**
   * The {@code k} likeliest classes of an image in a stream, which stays open.
   *
   * @param name what messages call it
   */
  public List<TopClass> classify(InputStream image, String name, int k) {
    return classify(ImageFileReader.read(image, name, Framing.minSide(inputSize())), k);
  }

  private List<TopClass> classify(RgbImage image, int k) {
    return top(probabilities(List.of(prepare(image))).get(0), k);
  }

  /** The {@code k} likeliest classes, the likeliest first. */
  public List<TopClass> top(float[] probabilities, int k) {
    return TopClass.of(probabilities, classes(), k);
  }

  /**
   * Answers for any number of images, in their order. Several threads read and prepare them ahead
   * of the network, which takes them in batches; nothing starts before the first answer is asked
   * for, and no image is read much before its turn.
   *
   * @param sources are asked for by the thread that asks for the answers
   */
  public <S extends Source> Answers<S> classify(Iterator<? extends S> sources) {
    return classify(sources, ImageFileReader.threads());
  }

  /**
   * Likewise, where others have work for the processors, too.
   *
   * @param threads that read images ahead
   */
  public <S extends Source> Answers<S> classify(Iterator<? extends S> sources, int threads) {
    return new Answers<>(sources, threads);
  }

  /** What the network needs of an image; as small as the network's input. */
  public Prepared prepare(RgbImage image) {
    return new Prepared(ByteBuffer.wrap(loaded.framing().planes(image, inputSize())));
  }

  /**
   * One forward pass over images.
   *
   * @return {@code (N, classes)}; each row adds up to 1
   */
  public synchronized List<float[]> probabilities(List<Prepared> images) {
    if (closed) {
      throw new IllegalStateException("closed"); // the engine would compute with freed memory
    }
    if (images.isEmpty()) {
      return List.of();
    }
    return loaded.forward().probabilities(images);
  }

  /** Frees the model, once the forward pass in progress has ended. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      loaded.close();
    }
  }

  /**
   * An image as the network takes it.
   *
   * @param pixels {@code (3, side, side)}, R, G, B, a byte each
   */
  public record Prepared(ByteBuffer pixels) {
    /** As an image again. */
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
   * Answers, each worked out when it is asked for. Closing waits for the images that are being read
   * and begins no others.
   */
  public final class Answers<S extends Source> implements Iterator<Answer<S>>, AutoCloseable {
    private final ReadAhead<Waiting<S>> waiting;
    private final Queue<Answer<S>> ready = new ArrayDeque<>();

    private Answers(Iterator<? extends S> sources, int threads) {
      waiting = ReadAhead.of(threads, AHEAD * batch(), sources, this::read);
    }

    /** Reads and scales; what is large is gone when this returns. */
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
        Iterator<float[]> rows =
            probabilities(batch.stream().flatMap(each -> each.images().stream()).toList())
                .iterator();
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
   * @param images one, or none where there is a problem
   */
  private record Waiting<S extends Source>(
      S source, List<Prepared> images, GraftException problem) {
    Answer<S> answer(Iterator<float[]> rows) {
      return problem == null
          ? new Answer.Known<>(source, rows.next())
          : new Answer.Unknown<>(source, problem);
    }
  }
}
