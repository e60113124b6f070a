package dev.graft.tuning;

import dev.graft.GraftException;
import dev.graft.data.DataSet;
import dev.graft.data.ImageSet;
import dev.graft.data.Part;
import dev.graft.evaluation.Evaluation;
import dev.graft.image.RgbImage;
import dev.graft.inference.Answer;
import dev.graft.inference.ModelRunner;
import dev.graft.inference.Source;
import dev.graft.util.Names;
import dev.graft.util.Progress;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** Evaluates a saved model on labeled images. */
public final class ModelEvaluator {
  private ModelEvaluator() {}

  /**
   * The result on some images.
   *
   * @param images the evaluated images, in the order of the predictions
   */
  @SuppressWarnings("ArrayRecordComponent") // one per evaluation, never compared
  public record Evaluated(int[] images, Evaluation evaluation) {}

  /**
   * Returns the test images; without a test set, all images.
   *
   * @throws GraftException if none of them can be read
   */
  public static int[] images(DataSet data) {
    int[] images =
        data.has(Part.TEST)
            ? data.indices(Optional.of(Part.TEST))
            : data.images().readable().toArray();
    if (images.length == 0) {
      throw new GraftException(
          "data: no image of "
              + data.name()
              + (data.has(Part.TEST) ? " that can be read is in its test part" : " can be read")
              + "; repair the unreadable ones, or add images.");
    }
    return images;
  }

  /**
   * Returns the labels of all images, as indices of a model's classes.
   *
   * @param known the model's classes
   * @throws GraftException if the data has other classes
   */
  public static int[] labels(DataSet data, List<String> known) {
    Map<String, Integer> indices = new HashMap<>();
    IntStream.range(0, known.size()).forEach(i -> indices.putIfAbsent(known.get(i), i));
    List<String> unknown =
        data.classes().stream().filter(name -> !indices.containsKey(name)).toList();
    if (!unknown.isEmpty()) {
      throw new GraftException(
          "data: "
              + data.name()
              + " has classes that the model does not know: "
              + Names.first(20, unknown)
              + ". It knows "
              + Names.first(20, known)
              + ".");
    }
    return IntStream.of(data.labels())
        .map(label -> indices.get(data.classes().get(label)))
        .toArray();
  }

  /**
   * Evaluates a model on some images of a set, without those that turn out to be unreadable.
   *
   * @param labels of all images of the set, see {@link #labels}
   * @throws GraftException if too many images are unreadable, or if the network computes NaN
   */
  public static Evaluated evaluate(
      ModelRunner model, ImageSet images, int[] chosen, int[] labels, Progress.Display display) {
    Evaluation.Collector collector = Evaluation.collector(model.classes());
    IntStream.Builder evaluated = IntStream.builder();
    Iterator<SetImage> sources =
        IntStream.of(chosen).mapToObj(index -> new SetImage(images, index)).iterator();
    try (ModelRunner.Answers<SetImage> answers = model.classify(sources);
        Progress progress = display.progress("evaluating", "images", chosen.length)) {
      for (int done = 1; answers.hasNext(); done++) {
        Answer<SetImage> answer = answers.next();
        int index = answer.source().index();
        if (!images.quarantine().contains(index)) {
          collector.add(labels[index], answer.probabilities());
          evaluated.add(index);
        }
        progress.stepTo(done);
      }
    }
    images.quarantine().check();
    int[] readable = evaluated.build().toArray();
    if (readable.length == 0) {
      throw new GraftException(
          "data: none of the images to evaluate on can be read; repair them, or add images.");
    }
    return new Evaluated(readable, collector.evaluation());
  }

  /** An image of a set, by its index. */
  private record SetImage(ImageSet images, int index) implements Source {
    @Override
    public String name() {
      return images.place(index);
    }

    @Override
    public RgbImage read(int minSide) {
      return images
          .read(index, minSide)
          .orElseThrow(() -> new GraftException(name() + " can't be read."));
    }
  }
}
