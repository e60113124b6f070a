package dev.graft.training;

import dev.graft.Progress;
import dev.graft.evaluation.History;

/** What a training tells of itself while it goes on; the words for it are others' business. */
public interface TrainingEvents extends Progress.Display {
  /** For who does not want to know. */
  TrainingEvents UNHEARD =
      new TrainingEvents() {
        @Override
        public void say(String line) {}

        @Override
        public Progress progress(String task, String unit, long total) {
          return Progress.NONE;
        }

        @Override
        public void epoch(
            History history, int epochs, EarlyStopping.Decision decision, int bestEpoch) {}

        @Override
        public void stoppedEarly(int patience) {}

        @Override
        public void restored(int bestEpoch) {}
      };

  /**
   * An epoch is over.
   *
   * @param history up to this epoch
   * @param epochs at most
   * @param bestEpoch from 1; 0 while there is none
   */
  void epoch(History history, int epochs, EarlyStopping.Decision decision, int bestEpoch);

  /** Nothing improved in so many epochs. */
  void stoppedEarly(int patience);

  /** The weights are again those of the best epoch. */
  void restored(int bestEpoch);
}
