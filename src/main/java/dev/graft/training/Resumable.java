package dev.graft.training;

import ai.djl.training.evaluator.Accuracy;
import ai.djl.training.listener.EvaluatorTrainingListener;

/** A metric whose sums over the current epoch can be saved and restored. */
interface Resumable {
  /** Name of the sums over the training batches of an epoch. */
  String EPOCH = EvaluatorTrainingListener.TRAIN_EPOCH;

  /**
   * The sums over the training images of an epoch so far.
   *
   * @param sum of the metric
   * @param images number of images
   */
  record Sums(double sum, long images) {}

  Sums sums();

  void restore(Sums saved);

  /** DJL's accuracy. */
  final class OfAccuracy extends Accuracy implements Resumable {
    @Override
    public Sums sums() {
      return new Sums(correctInstances.get(EPOCH), totalInstances.get(EPOCH));
    }

    @Override
    public void restore(Sums saved) {
      correctInstances.put(EPOCH, (long) saved.sum());
      totalInstances.put(EPOCH, saved.images());
    }
  }
}
