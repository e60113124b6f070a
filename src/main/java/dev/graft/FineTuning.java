package dev.graft;

import dev.graft.evaluation.Evaluation;
import dev.graft.evaluation.History;
import java.util.List;

/**
 * What a {@link FineTuner} returns. Closing it frees the model; everything else stays readable.
 *
 * @param history loss, accuracy and learning rate of each epoch
 * @param validation the result on the images that decided when training stopped
 * @param test the result on the images that decided nothing
 * @param split which image was used for what
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
