package dev.graft;

import ai.djl.Device;
import dev.graft.data.DataSet;
import dev.graft.engine.Devices;
import dev.graft.evaluation.Evaluation;
import dev.graft.image.ImageFileReader;
import dev.graft.image.RgbImage;
import dev.graft.inference.Answer;
import dev.graft.inference.ModelRunner;
import dev.graft.inference.Output;
import dev.graft.inference.Source;
import dev.graft.inference.TopClass;
import dev.graft.tuning.ModelEvaluator;
import dev.graft.util.Progress;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * A model that classifies images. Any number of threads may use one; closing it frees the model.
 *
 * <pre>{@code
 * try (Classifier classifier = Classifier.load(Path.of("model"))) {
 *   ClassProbability best = classifier.classify(Path.of("car.png"), 1).get(0);
 *   System.out.println(best.name() + " " + best.probability());
 * }
 * }</pre>
 */
public final class Classifier implements AutoCloseable {
  private final ModelRunner model;

  Classifier(ModelRunner model) {
    this.model = model;
  }

  /**
   * Loads a saved model, on the first GPU that the engine has, else on the CPU. A model with a
   * TorchScript backbone contains a program, which runs: load only models that you trust.
   *
   * @param model a {@code model} folder, or an exported {@code .onnx} file
   * @throws GraftException if the model is missing or damaged
   */
  public static Classifier load(Path model) {
    return new Classifier(ModelRunner.load(Objects.requireNonNull(model, "model")));
  }

  /**
   * Loads a saved model on a device. A model in int8 and an exported file are always computed on
   * the CPU.
   *
   * @param model a {@code model} folder, or an exported {@code .onnx} file
   * @param device {@code auto} (the first GPU that the engine has, else the CPU), {@code cpu}, or
   *     {@code gpu0}, {@code gpu1}, …
   * @throws GraftException if the model is missing or damaged, or if there is no such device
   */
  public static Classifier load(Path model, String device) {
    Objects.requireNonNull(model, "model");
    return new Classifier(
        ModelRunner.load(model, Devices.device(Objects.requireNonNull(device, "device"))));
  }

  /** Loads the bundled EfficientNet-Lite0 with ImageNet's 1000 classes, on the CPU. */
  public static Classifier imageNet() {
    return new Classifier(ModelRunner.imageNet(Device.cpu()));
  }

  /** Returns the class names, in the order of their indices. */
  public List<String> classes() {
    return model.classes();
  }

  /**
   * Classifies an image file: PNG, JPEG, GIF, BMP, TIFF or WebP.
   *
   * @param top the number of classes to return
   * @return the most likely classes, most likely first
   * @throws GraftException if the file is not a readable image, or {@code top} is negative
   * @throws IllegalStateException if this classifier is closed
   */
  public List<ClassProbability> classify(Path image, int top) {
    Objects.requireNonNull(image, "image");
    requireCount(top);
    return probabilities(model.classify(image, top));
  }

  /**
   * Classifies an image that a stream contains as a file. The stream stays open.
   *
   * @param name the image's name in error messages
   * @param top the number of classes to return
   * @return the most likely classes, most likely first
   * @throws GraftException if the content is not a readable image, or {@code top} is negative
   * @throws IllegalStateException if this classifier is closed
   */
  public List<ClassProbability> classify(InputStream image, String name, int top) {
    Objects.requireNonNull(image, "image");
    Objects.requireNonNull(name, "name");
    requireCount(top);
    return probabilities(model.classify(image, name, top));
  }

  /**
   * Classifies an image file, and computes its {@linkplain Classification#typicality() typicality}.
   *
   * @param top the number of classes to return
   * @throws GraftException if the file is not a readable image, or {@code top} is negative
   * @throws IllegalStateException if this classifier is closed
   */
  public Classification predict(Path image, int top) {
    Objects.requireNonNull(image, "image");
    requireCount(top);
    return classification(model.output(image), top);
  }

  /**
   * Classifies an image that a stream contains as a file, and computes its {@linkplain
   * Classification#typicality() typicality}. The stream stays open.
   *
   * @param name the image's name in error messages
   * @param top the number of classes to return
   * @throws GraftException if the content is not a readable image, or {@code top} is negative
   * @throws IllegalStateException if this classifier is closed
   */
  public Classification predict(InputStream image, String name, int top) {
    Objects.requireNonNull(image, "image");
    Objects.requireNonNull(name, "name");
    requireCount(top);
    return classification(model.output(image, name), top);
  }

  /**
   * Classifies any number of image files, in order. Several threads read the files ahead of the
   * network, which computes them in batches; only a few batches are in memory at once. An
   * unreadable file has a {@linkplain ClassifiedImage#problem problem} instead of classes.
   *
   * <p>The stream is sequential and computed lazily. Close it if it is not read to its end:
   *
   * <pre>{@code
   * try (Stream<ClassifiedImage> results = classifier.predictAll(files, 1)) {
   *   results.forEach(System.out::println);
   * }
   * }</pre>
   *
   * @param images read by the thread that reads the stream
   * @param top the number of classes to return for each image
   * @throws GraftException if {@code top} is negative
   * @throws IllegalStateException when the stream is read, if this classifier is closed
   */
  public Stream<ClassifiedImage> predictAll(Iterable<Path> images, int top) {
    requireCount(top);
    Objects.requireNonNull(images, "images");
    ModelRunner.Answers<FileSource> answers =
        model.classify(
            StreamSupport.stream(images.spliterator(), false).map(FileSource::new).iterator());
    return StreamSupport.stream(
            Spliterators.spliteratorUnknownSize(answers, Spliterator.ORDERED), false)
        .map(answer -> classified(answer, top))
        .onClose(answers::close);
  }

  private ClassifiedImage classified(Answer<FileSource> answer, int top) {
    return new ClassifiedImage(
        answer.source().file(),
        answer instanceof Answer.Known<FileSource> known
            ? Optional.of(classification(known.output(), top))
            : Optional.empty(),
        answer.problem());
  }

  /**
   * Evaluates the model on labeled images: on the test images if some are given, else on all. The
   * labels are matched by name with the model's classes. Images that turn out to be unreadable are
   * left out, see {@link LabeledImages#unreadable}.
   *
   * @return the evaluation, with the model's classes
   * @throws GraftException if the images have classes that the model does not know, or if too many
   *     of them are unreadable
   * @throws IllegalStateException if this classifier is closed
   */
  public Evaluation evaluate(LabeledImages images) {
    DataSet data = Objects.requireNonNull(images, "images").data();
    int[] labels = ModelEvaluator.labels(data, classes());
    return ModelEvaluator.evaluate(
            model, data.images(), ModelEvaluator.images(data), labels, Progress.Display.NONE)
        .evaluation();
  }

  private Classification classification(Output output, int top) {
    return new Classification(
        probabilities(model.top(output.probabilities(), top)), output.typicality());
  }

  private static void requireCount(int top) {
    if (top < 0) {
      throw GraftException.of("The number of classes to return is %s: give 0 or more.", top);
    }
  }

  private static List<ClassProbability> probabilities(List<TopClass> classes) {
    return classes.stream()
        .map(
            each -> new ClassProbability(each.index(), each.id(), each.label(), each.probability()))
        .toList();
  }

  private record FileSource(Path file) implements Source {
    @Override
    public String name() {
      return file.toString();
    }

    @Override
    public RgbImage read(int minSide) {
      return ImageFileReader.read(file, minSide);
    }
  }

  @Override
  public void close() {
    model.close();
  }
}
