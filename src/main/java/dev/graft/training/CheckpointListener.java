package dev.graft.training;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import ai.djl.training.Trainer;
import ai.djl.training.listener.TrainingListenerAdapter;
import dev.graft.evaluation.History;
import dev.graft.network.djl.ParameterWriter;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Writes checkpoints after epochs and, in long epochs, at the start of sections of {@link
 * SeedListener}; and restores the newest one. Must come after the listeners whose state it saves.
 *
 * <p>DJL notifies listeners of a training batch after its backward pass, but before the weights are
 * updated: the state is then that after the batch before, except for the sums of the metrics.
 */
final class CheckpointListener extends TrainingListenerAdapter {
  private final Checkpoints checkpoints;
  private final WeightSnapshot best;
  private final AveragedWeights averages;
  private final SavableAdam optimizer;
  private final HistoryListener history;
  private final List<Resumable> metrics;
  private List<Resumable.Sums> sumsBefore = List.of();
  private int batch;
  private long written = System.nanoTime();
  private long cost;

  /**
   * @param best the best weights so far, and the list of trained parameters
   * @param metrics whose sums over an epoch are saved
   */
  CheckpointListener(
      Checkpoints checkpoints,
      WeightSnapshot best,
      AveragedWeights averages,
      SavableAdam optimizer,
      HistoryListener history,
      List<Resumable> metrics) {
    this.checkpoints = checkpoints;
    this.best = best;
    this.averages = averages;
    this.optimizer = optimizer;
    this.history = history;
    this.metrics = List.copyOf(metrics);
  }

  /**
   * Restores the newest checkpoint.
   *
   * @param batches per epoch
   * @return its header; empty if there is none
   */
  Optional<Checkpoints.Header> restore(NDManager parent, int batches) throws IOException {
    try (NDManager manager = parent.newSubManager()) {
      Optional<Checkpoints.Saved> saved = checkpoints.newest(manager);
      saved.ifPresent(found -> restore(found, batches));
      return saved.map(Checkpoints.Saved::header);
    }
  }

  private void restore(Checkpoints.Saved saved, int batches) {
    Checkpoints.Header header = saved.header();
    List<Parameter> trained = best.trained();
    int count = trained.size();
    NDList arrays = saved.arrays();
    for (int i = 0; i < count; i++) {
      ParameterWriter.set(trained.get(i), arrays.get(i));
    }
    int moments = arrays.size() - 2 * count;
    int step = header.epoch() * batches + header.batch();
    optimizer.restore(arrays.subList(moments, arrays.size()), step);
    int copies = averages.isOff() ? moments : moments - count;
    averages.resume(List.copyOf(arrays.subList(copies, moments)), step);
    best.setCopies(List.copyOf(arrays.subList(count, copies)));
    history.resume(new History(header.history()), step, header.epochSeconds());
    sumsBefore = header.sums();
    for (int i = 0; i < metrics.size(); i++) {
      metrics.get(i).restore(header.sums().get(i));
    }
    batch = header.batch();
  }

  @Override
  public void onTrainingBatch(Trainer trainer, BatchData data) {
    if (batch > 0
        && batch % SeedListener.SECTION == 0
        && System.nanoTime() - written > checkpoints.pace().interval().toNanos()) {
      write();
    }
    batch++;
    sumsBefore = sums();
  }

  @Override
  public void onEpoch(Trainer trainer) {
    batch = 0;
    sumsBefore = sums();
    if (cost <= checkpoints.pace().maxShare() * (System.nanoTime() - written)) {
      write();
    }
  }

  private List<Resumable.Sums> sums() {
    return metrics.stream().map(Resumable::sums).toList();
  }

  private void write() {
    if (checkpoints.isOff()) {
      return;
    }
    long start = System.nanoTime();
    NDList arrays = new NDList();
    best.trained().stream().map(Parameter::getArray).forEach(arrays::add);
    arrays.addAll(best.copies());
    arrays.addAll(averages.values());
    arrays.addAll(optimizer.moments());
    checkpoints.write(
        new Checkpoints.Header(
            checkpoints.run(),
            history.epochs(),
            batch,
            history.secondsOfEpoch(),
            history.history().epochs(),
            sumsBefore,
            arrays.stream().map(array -> array.getShape().getShape()).toList()),
        arrays);
    written = System.nanoTime();
    cost = written - start;
  }
}
