package dev.graft.serve;

import dev.graft.inference.ModelRunner;
import dev.graft.inference.ModelRunner.Prepared;
import dev.graft.inference.Output;
import dev.graft.web.Deadline;
import io.javalin.http.HttpResponseException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Collects images of concurrent requests into batches for the network. The first image of a batch
 * waits at most {@link #MAX_WAIT} for others; while the network computes, the next batch fills.
 */
final class Batches implements AutoCloseable {
  /** Maximum time that an image waits for others, in nanoseconds. */
  private static final long MAX_WAIT = TimeUnit.MILLISECONDS.toNanos(5);

  /** Marks the end of the queue. */
  private static final Waiting END = new Waiting(null, null, null, null);

  private final BlockingQueue<Waiting> queue = new LinkedBlockingQueue<>();
  private final Thread thread = new Thread(this::work, "graft-batches");
  private boolean closed;

  private record Waiting(
      ServedModel model, Prepared image, Deadline deadline, CompletableFuture<Output> output) {}

  Batches() {
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * Computes an image's result.
   *
   * @param model must stay open until the result is complete, whether or not the caller still waits
   * @param deadline after which the image is not computed any more
   */
  synchronized CompletableFuture<Output> output(
      ServedModel model, Prepared image, Deadline deadline) {
    CompletableFuture<Output> output = new CompletableFuture<>();
    if (closed) {
      output.completeExceptionally(new HttpResponseException(503, "This server is shutting down."));
    } else {
      queue.add(new Waiting(model, image, deadline, output));
    }
    return output;
  }

  int size() {
    return queue.size();
  }

  private void work() {
    try {
      for (Waiting first = queue.take(); first.model() != null; ) {
        first = batch(first);
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e); // no other code has this thread
    }
  }

  /** Computes a batch that begins with an image; returns the first one of the next batch. */
  private Waiting batch(Waiting first) throws InterruptedException {
    List<Waiting> batch = new ArrayList<>(List.of(first));
    long end = System.nanoTime() + MAX_WAIT;
    Waiting next = null;
    while (batch.size() < first.model().classifier().batch()) {
      next = queue.poll(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
      if (next == null || next.model() != first.model()) {
        break;
      }
      batch.add(next);
      next = null;
    }
    compute(batch);
    return next == null ? queue.take() : next;
  }

  private static void compute(List<Waiting> gathered) {
    List<Waiting> batch = gathered.stream().filter(each -> !each.deadline().hasPassed()).toList();
    gathered.stream()
        .filter(each -> !batch.contains(each))
        .forEach(each -> each.output().completeExceptionally(Deadline.missed()));
    if (batch.isEmpty()) {
      return;
    }
    ModelRunner classifier = batch.get(0).model().classifier();
    try {
      List<Output> rows = classifier.outputs(batch.stream().map(Waiting::image).toList());
      for (int i = 0; i < batch.size(); i++) {
        batch.get(i).output().complete(rows.get(i));
      }
    } catch (OutOfMemoryError e) {
      batch.forEach(each -> each.output().completeExceptionally(e));
    } catch (RuntimeException | Error e) {
      HttpResponseException failure =
          new HttpResponseException(500, "The model could not compute this image.");
      failure.initCause(e);
      batch.forEach(each -> each.output().completeExceptionally(failure));
    }
  }

  /** Computes what is queued, and accepts nothing new. */
  @Override
  public synchronized void close() {
    closed = true;
    queue.add(END);
  }
}
