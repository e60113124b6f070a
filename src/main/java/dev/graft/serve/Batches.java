package dev.graft.serve;

import dev.graft.inference.Classifier;
import dev.graft.inference.Classifier.Prepared;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Puts pictures that come in together through the network together. The first one waits for others
 * no longer than {@link #MOST_WAITING}; while the network computes, the next ones gather anyway.
 */
final class Batches implements AutoCloseable {
  /** In nanoseconds. */
  private static final long MOST_WAITING = TimeUnit.MILLISECONDS.toNanos(5);

  private final BlockingQueue<Waiting> queue = new LinkedBlockingQueue<>();
  private final Thread thread = new Thread(this::work, "graft-batches");
  private volatile boolean closed;

  /** A picture, the model that it was prepared for, and who waits for the answer. */
  private record Waiting(Served model, Prepared picture, CompletableFuture<float[]> answer) {}

  Batches() {
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * Asks for a picture's probabilities, one a class.
   *
   * @param model is in the caller's hand until the answer is there
   */
  CompletableFuture<float[]> ask(Served model, Prepared picture) {
    CompletableFuture<float[]> answer = new CompletableFuture<>();
    queue.add(new Waiting(model, picture, answer));
    return answer;
  }

  int size() {
    return queue.size();
  }

  private void work() {
    while (!closed) {
      try {
        gather(queue.take());
      } catch (InterruptedException e) {
        return; // closed
      }
    }
  }

  private void gather(Waiting first) throws InterruptedException {
    List<Waiting> batch = new ArrayList<>(List.of(first));
    long end = System.nanoTime() + MOST_WAITING;
    while (batch.size() < first.model().classifier().batch()) {
      Waiting next = queue.poll(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
      if (next == null) {
        break;
      }
      if (next.model() != first.model()) {
        compute(batch);
        batch.clear();
        first = next;
      }
      batch.add(next);
    }
    compute(batch);
  }

  private static void compute(List<Waiting> batch) {
    Classifier classifier = batch.get(0).model().classifier();
    try {
      List<float[]> rows = classifier.probabilities(batch.stream().map(Waiting::picture).toList());
      for (int i = 0; i < batch.size(); i++) {
        batch.get(i).answer().complete(rows.get(i));
      }
    } catch (RuntimeException | Error e) {
      batch.forEach(each -> each.answer().completeExceptionally(e));
    }
  }

  /** Leaves what waits unanswered; whoever closes has waited for it. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
  }
}
