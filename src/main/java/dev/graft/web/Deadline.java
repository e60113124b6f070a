package dev.graft.web;

import io.javalin.http.HttpResponseException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The time by which a request must be answered, shared by all of its steps.
 *
 * @param nanoTime on the clock of {@link System#nanoTime}
 */
public record Deadline(long nanoTime) {
  /** Returns the time after this duration from now. */
  public static Deadline after(Duration duration) {
    return new Deadline(System.nanoTime() + duration.toNanos());
  }

  /** Returns the milliseconds left, rounded up; 0 once the deadline has passed. */
  public long millisLeft() {
    long nanos = nanoTime - System.nanoTime();
    return nanos <= 0 ? 0 : 1 + TimeUnit.NANOSECONDS.toMillis(nanos);
  }

  /** Returns whether the deadline is over. */
  public boolean hasPassed() {
    return millisLeft() == 0;
  }

  /**
   * Throws the answer to a late request.
   *
   * @throws HttpResponseException if the deadline has passed
   */
  public void require() {
    if (hasPassed()) {
      throw missed();
    }
  }

  /**
   * Waits for a result.
   *
   * @throws HttpResponseException if the deadline passes first
   * @throws ExecutionException if the computation fails
   */
  public <T> T await(CompletableFuture<T> result) throws ExecutionException {
    try {
      return result.get(millisLeft(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw missed();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw missed();
    }
  }

  /** Returns the answer to a late request. */
  public static HttpResponseException missed() {
    return new HttpResponseException(503, "The answer took too long; try again later.");
  }
}
