package dev.graft.web;

import io.javalin.http.ContentTooLargeResponse;
import io.javalin.http.HttpResponseException;

/**
 * The part of the heap that request bodies may fill together. A body reserves its bytes before it
 * allocates them, so that many large ones are refused and do not exhaust the heap.
 */
public final class MemoryBudget {
  /** A quarter; the rest is for decoded images, the model and everything else. */
  private static final int SHARE_OF_HEAP = 4;

  private final long total;
  private long reserved;

  public MemoryBudget(long total) {
    this.total = total;
  }

  /** Returns a quarter of the heap. */
  public static MemoryBudget ofHeap() {
    return new MemoryBudget(Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP);
  }

  /** The share of the budget that one request holds. Not thread-safe. */
  public final class Reservation implements AutoCloseable {
    private long bytes;

    /**
     * Reserves this many bytes in place of the previous reservation.
     *
     * @throws HttpResponseException 413 if they exceed the whole budget, 429 if they exceed the
     *     part that is free now
     */
    public void resize(long to) {
      synchronized (MemoryBudget.this) {
        long others = reserved - bytes;
        if (to > total) {
          throw new ContentTooLargeResponse(
              "The request needs more memory than this server has for requests.");
        }
        if (to > bytes && others + to > total) {
          throw new HttpResponseException(
              429, "Too many large requests are in progress; try again soon.");
        }
        reserved = others + to;
        bytes = to;
      }
    }

    @Override
    public void close() {
      resize(0);
    }
  }

  /** Returns the bytes that all requests have reserved. */
  public synchronized long reserved() {
    return reserved;
  }

  /** Returns a reservation of no bytes. */
  public Reservation reservation() {
    return new Reservation();
  }
}
