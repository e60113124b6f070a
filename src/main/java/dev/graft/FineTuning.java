package dev.graft;

import dev.graft.evaluation.Evaluation;
import dev.graft.evaluation.History;
import java.util.List;

/**
 * The result of a {@link FineTuner}. Closing it frees the model; everything else stays readable.
 *
 * @param history loss, accuracy and learning rate of each epoch
 * @param validation the evaluation on the validation images, which decide when training stops
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
