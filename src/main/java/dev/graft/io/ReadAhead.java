package dev.graft.io;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Maps a sequence on several threads, ahead of the thread that takes the results. The results have
 * the order of the inputs, and their number is bounded, so that any number of inputs fits into
 * constant memory.
 *
 * <p>Only one thread may take results; it also iterates over the inputs, no further than needed.
 * Work starts with the first call of {@link #hasNext} or {@link #next}. An exception of the work is
 * thrown by {@link #next} in place of its result; the following results are still available.
 * Closing waits for running work and starts no more, so resources of the work can be closed after.
 *
 * @param <S> the type of the inputs
 * @param <T> the type of the results
 */
public final class ReadAhead<S, T> implements Iterator<T>, AutoCloseable {
  private final ThreadPoolExecutor threads;
  private final int ahead;
  private final Iterator<? extends S> inputs;
  private final Function<? super S, ? extends T> work;
  private final Deque<Future<T>> pending = new ArrayDeque<>();
  private boolean exhausted;

  /**
   * Prepares the work.
   *
   * @param threads the number of inputs that are processed concurrently
   * @param ahead the maximum number of results that are in progress or waiting to be taken
   * @param inputs are read by the consuming thread
   * @param work is called on any of the threads
   */
  public ReadAhead(
      int threads, int ahead, Iterator<? extends S> inputs, Function<? super S, ? extends T> work) {
    if (threads < 1 || ahead < 1) {
      throw new IllegalArgumentException(
          "threads and ahead must be at least 1, not " + threads + " and " + ahead);
    }
    int size = Math.min(threads, ahead);
    this.threads =
        new ThreadPoolExecutor(
            size, size, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), ReadAhead::daemon);
    this.threads.allowCoreThreadTimeOut(true); // in case the rest is neither taken nor closed
    this.ahead = ahead;
    this.inputs = inputs;
    this.work = work;
  }

  /** Creates a thread that does not prevent the program's exit. */
  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "read-ahead");
    thread.setDaemon(true);
    return thread;
  }

  private void fill() {
    try {
      while (!exhausted && pending.size() < ahead) {
        if (inputs.hasNext()) {
          S input = inputs.next();
          pending.add(threads.submit(() -> work.apply(input)));
        } else {
          exhausted = true;
        }
      }
    } catch (RuntimeException e) {
      // The inputs failed: thrown after the results of the previous inputs.
      exhausted = true;
      pending.add(CompletableFuture.failedFuture(e));
    }
  }

  @Override
  public boolean hasNext() {
    fill();
    return !pending.isEmpty();
  }

  /**
   * Returns the next result, and waits for it if necessary.
   *
   * @throws CancellationException if the thread is interrupted; its interrupt flag stays set, and
   *     the result can still be taken
   */
  @Override
  public T next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    try {
      T result = pending.element().get();
      removeFirst();
      return result;
    } catch (ExecutionException e) {
      removeFirst();
      throw unchecked(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      CancellationException canceled = new CancellationException("interrupted");
      canceled.initCause(e);
      throw canceled;
    }
  }

  /** Removes the first result and submits the next input, which is processed meanwhile. */
  private void removeFirst() {
    pending.remove();
    fill();
  }

  /** Returns the exception of a function, which is never checked. */
  private static RuntimeException unchecked(Throwable failure) {
    if (failure instanceof Error error) {
      throw error;
    }
    return (RuntimeException) failure;
  }

  @Override
  public void close() {
    exhausted = true;
    // Without interrupts, which would close a FileChannel for all its users.
    pending.forEach(each -> each.cancel(false));
    pending.clear();
    threads.shutdown();
    boolean interrupted = false;
    boolean ended = false;
    while (!ended) {
      try {
        ended = threads.awaitTermination(1, TimeUnit.DAYS);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
