package dev.graft.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.graft.GraftException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ReadAheadTest {
  private static Iterator<Integer> numbers(int count) {
    return IntStream.range(0, count).iterator();
  }

  private static <T> List<T> all(Iterator<T> results) {
    List<T> list = new ArrayList<>();
    results.forEachRemaining(list::add);
    return list;
  }

  /** The earlier of two inputs waits for the later: only two threads get through, out of order. */
  @Test
  void resultsHaveTheOrderOfTheInputs() {
    List<CountDownLatch> done = IntStream.range(0, 6).mapToObj(i -> new CountDownLatch(1)).toList();
    List<Integer> finished = Collections.synchronizedList(new ArrayList<>());
    try (ReadAhead<Integer, String> results =
        new ReadAhead<>(
            2,
            4,
            numbers(6),
            i -> {
              if (i % 2 == 0) {
                await(done.get(i + 1));
              }
              finished.add(i);
              done.get(i).countDown();
              return "result " + i;
            })) {
      assertThat(all(results))
          .containsExactly("result 0", "result 1", "result 2", "result 3", "result 4", "result 5");
    }
    assertThat(finished).containsSubsequence(1, 0).containsSubsequence(3, 2);
  }

  @Test
  void numberOfPendingResultsIsBounded() {
    AtomicInteger taken = new AtomicInteger();
    AtomicInteger worst = new AtomicInteger();
    AtomicInteger begun = new AtomicInteger();
    Iterator<Integer> inputs =
        IntStream.range(0, 100)
            .peek(i -> worst.accumulateAndGet(i + 1 - taken.get(), Math::max))
            .iterator();
    try (ReadAhead<Integer, Integer> results =
        new ReadAhead<>(
            3,
            5,
            inputs,
            i -> {
              begun.incrementAndGet();
              return i;
            })) {
      assertThat(begun).hasValue(0); // not before the first is requested
      while (results.hasNext()) {
        assertThat(begun.get()).isLessThanOrEqualTo(taken.get() + 5);
        // The next input is begun before a result is returned.
        taken.incrementAndGet();
        results.next();
      }
    }
    assertThat(begun).hasValue(100);
    assertThat(worst).hasValue(5);
  }

  @Test
  void threadsWorkConcurrently() {
    CountDownLatch together = new CountDownLatch(3);
    try (ReadAhead<Integer, Integer> results =
        new ReadAhead<>(
            3,
            3,
            numbers(3),
            i -> {
              together.countDown();
              await(together);
              return i;
            })) {
      assertThat(all(results)).containsExactly(0, 1, 2);
    }
  }

  @Test
  void exceptionOfTheWorkReplacesItsResultOnly() {
    try (ReadAhead<Integer, Integer> results =
        new ReadAhead<>(
            2,
            3,
            numbers(5),
            i -> {
              if (i == 1) {
                throw new GraftException("number 1 is bad");
              } else if (i == 3) {
                throw new OutOfMemoryError("number 3 is large");
              }
              return i;
            })) {
      assertThat(results.next()).isEqualTo(0);
      assertThatExceptionOfType(GraftException.class)
          .isThrownBy(results::next)
          .withMessage("number 1 is bad");
      assertThat(results.next()).isEqualTo(2);
      assertThatExceptionOfType(OutOfMemoryError.class).isThrownBy(results::next);
      assertThat(results.next()).isEqualTo(4);
      assertThat(results.hasNext()).isFalse();
    }
  }

  @Test
  void exceptionOfTheInputsFollowsTheEarlierResults() {
    Iterator<Integer> inputs =
        IntStream.range(0, 5)
            .map(
                i -> {
                  if (i == 2) {
                    throw new GraftException("the folder is gone");
                  }
                  return i;
                })
            .iterator();
    try (ReadAhead<Integer, Integer> results = new ReadAhead<>(2, 4, inputs, i -> i)) {
      assertThat(results.next()).isEqualTo(0);
      assertThat(results.next()).isEqualTo(1);
      assertThatExceptionOfType(GraftException.class).isThrownBy(results::next);
      assertThat(results.hasNext()).isFalse();
    }
  }

  @Test
  void resultMayBeNull() {
    try (ReadAhead<Integer, String> results =
        new ReadAhead<>(2, 2, numbers(3), i -> i == 1 ? null : "" + i)) {
      assertThat(all(results)).containsExactly("0", null, "2");
    }
  }

  @Test
  void noInputsGiveNoResults() {
    try (ReadAhead<Integer, Integer> results = new ReadAhead<>(2, 2, numbers(0), i -> i)) {
      assertThat(results.hasNext()).isFalse();
      assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(results::next);
    }
  }

  /** An interrupted thread would close the file it writes to, and others write there too. */
  @Test
  void closeWaitsForRunningWorkWithoutInterruptingIt() throws InterruptedException {
    CountDownLatch busy = new CountDownLatch(2);
    CountDownLatch closing = new CountDownLatch(1);
    AtomicInteger begun = new AtomicInteger();
    AtomicInteger undisturbed = new AtomicInteger();
    Set<Thread> threads = Collections.synchronizedSet(new HashSet<>());
    ReadAhead<Integer, Integer> results =
        new ReadAhead<>(
            2,
            4,
            numbers(10),
            i -> {
              if (i > 0) {
                begun.incrementAndGet();
                threads.add(Thread.currentThread());
                busy.countDown();
                await(closing); // throws if it is interrupted
                undisturbed.incrementAndGet();
              }
              return i;
            });
    assertThat(results.next()).isEqualTo(0);
    busy.await();
    Thread closer = new Thread(results::close);
    closer.start();
    closer.join(100);
    assertThat(closer.isAlive()).isTrue();
    closer.interrupt(); // which does not make it abandon the work
    closer.join(100);
    assertThat(closer.isAlive()).isTrue();
    closing.countDown();
    closer.join();
    assertThat(undisturbed).hasValue(2);
    assertThat(begun).hasValue(2); // waiting inputs were not begun
    assertThat(results.hasNext()).isFalse();
    for (Thread thread : threads) {
      thread.join();
      assertThat(thread.isDaemon()).isTrue();
    }
  }

  @Test
  void interruptedWaitLosesNoResult() {
    CountDownLatch go = new CountDownLatch(1);
    try (ReadAhead<Integer, Integer> results =
        new ReadAhead<>(
            1,
            2,
            numbers(2),
            i -> {
              await(go);
              return i;
            })) {
      Thread.currentThread().interrupt();
      assertThatExceptionOfType(CancellationException.class).isThrownBy(results::next);
      assertThat(Thread.interrupted()).isTrue(); // which also clears it
      go.countDown();
      assertThat(all(results)).containsExactly(0, 1);
    }
  }

  @Test
  void zeroThreadsOrResultsAreRejected() {
    for (int[] wrong : new int[][] {{0, 1}, {1, 0}}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new ReadAhead<>(wrong[0], wrong[1], numbers(1), i -> i))
          .withMessage(
              "threads and ahead must be at least 1, not " + wrong[0] + " and " + wrong[1]);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      if (!latch.await(20, TimeUnit.SECONDS)) {
        throw new IllegalStateException("timed out");
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
