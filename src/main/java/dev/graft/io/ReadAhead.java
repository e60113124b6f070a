package dev.graft.io;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * Work on a sequence, done by several threads ahead of the one that takes the results: these come
 * in the order of the inputs, and only so many of them are under way or waiting that any number of
 * inputs fits into constant memory.
 *
 * <p>For one consuming thread, which also walks the inputs, never further than needed. Nothing
 * starts before the first result is asked for. What the work throws is thrown by {@link #next} in
 * that result's place; the results after it can still be had. Closing it waits for the pieces that
 * are at work and begins no others: what the work uses may be closed after it.
 */
public final class ReadAhead<T> implements Iterator<T>, AutoCloseable {
  private final ExecutorService threads;
  private final int ahead;
  private final BooleanSupplier more;

  /** Hands one more piece of work to the threads; to be asked only where there is one. */
  private final Function<ExecutorService, Future<T>> submit;

  private final Deque<Future<T>> underWay = new ArrayDeque<>();
  private boolean exhausted;

  private ReadAhead(
      int threads, int ahead, BooleanSupplier more, Function<ExecutorService, Future<T>> submit) {
    if (threads < 1 || ahead < 1) {
      throw new IllegalArgumentException(
          "at least 1 thread and 1 result ahead, not " + threads + " and " + ahead);
    }
    this.threads = Executors.newFixedThreadPool(Math.min(threads, ahead), ReadAhead::daemon);
    this.ahead = ahead;
    this.more = more;
    this.submit = submit;
  }

  /**
   * Lays out the work.
   *
   * @param threads how many inputs are worked on at a time
   * @param ahead how many results at most are under way or waiting to be taken
   * @param work is done on any of the threads
   */
  public static <S, T> ReadAhead<T> of(
      int threads, int ahead, Iterator<? extends S> inputs, Function<? super S, ? extends T> work) {
    return new ReadAhead<>(
        threads,
        ahead,
        inputs::hasNext,
        pool -> {
          S input = inputs.next();
          return pool.submit(() -> work.apply(input));
        });
  }

  /** A program may end while one is at work. */
  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "read-ahead");
    thread.setDaemon(true);
    return thread;
  }

  private void fill() {
    try {
      while (!exhausted && underWay.size() < ahead) {
        if (more.getAsBoolean()) {
          underWay.add(submit.apply(threads));
        } else {
          exhausted = true;
        }
      }
    } catch (RuntimeException e) {
      // The inputs failed: that has its turn after the results of those before.
      exhausted = true;
      underWay.add(CompletableFuture.failedFuture(e));
    }
  }

  @Override
  public boolean hasNext() {
    fill();
    return !underWay.isEmpty();
  }

  /**
   * The next result, waiting for it if need be.
   *
   * @throws CancellationException if the thread is interrupted; it stays so, and nothing is lost
   */
  @Override
  public T next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    try {
      T result = underWay.element().get();
      taken();
      return result;
    } catch (ExecutionException e) {
      taken();
      throw unchecked(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      CancellationException cancelled = new CancellationException("interrupted");
      cancelled.initCause(e);
      throw cancelled;
    }
  }

  /** Makes room, and uses it at once, so that the threads work while the result is used. */
  private void taken() {
    underWay.remove();
    fill();
  }

  /** A function throws nothing that is checked. */
  private static RuntimeException unchecked(Throwable failure) {
    if (failure instanceof Error error) {
      throw error;
    }
    return (RuntimeException) failure;
  }

  @Override
  public void close() {
    exhausted = true;
    // Not interrupted: a thread that is interrupted while it writes closes the file for all others.
    underWay.forEach(each -> each.cancel(false));
    underWay.clear();
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
