package dev.graft;

import dev.graft.evaluation.Evaluation;
import dev.graft.evaluation.History;
import java.util.List;

/**
 * The result of a {@link FineTuner}. Closing it frees the model; everything else stays readable.
 *
 * @param history loss, accuracy and learning rate of each epoch; without epochs if the head was
 *     solved as a convex problem ({@code head.solver} in docs/recipes.md)
 * @param validation the evaluation on the validation images, which decide when training stops; for
 *     a convex head, on the training images, each predicted by heads that did not see it
 * @param test the evaluation on the test images, which are used only once
 * @param split the images of each part
 * @param model the trained model
 */
public record FineTuning(
    History history, Evaluation validation, Evaluation test, Split split, TrainedModel model)
    implements AutoCloseable {
  /** The names of the images in each part; no image is in two parts. */
  public record Split(List<String> train, List<String> validation, List<String> test) {
    public Split {
      train = List.copyOf(train);
      validation = List.copyOf(validation);
      test = List.copyOf(test);
    }
  }

  @Override
  public void close() {
    model.close();
  }
}
