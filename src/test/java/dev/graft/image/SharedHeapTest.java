package dev.graft.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.graft.io.IoSupplier;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import javax.imageio.IIOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class SharedHeapTest {
  private final SharedHeap heap = new SharedHeap();

  @Test
  @Timeout(20)
  void anImageThatFindsTheHeapFullIsReadAgainAlone() throws Exception {
    int count = 4;
    AtomicInteger atWork = new AtomicInteger();
    AtomicInteger read = new AtomicInteger();
    CyclicBarrier together = new CyclicBarrier(count);
    Thread[] threads =
        Stream.generate(
                () ->
                    new Thread(
                        () -> {
                          AtomicInteger attempts = new AtomicInteger();
                          IoSupplier<Integer> reading =
                              () -> {
                                atWork.incrementAndGet();
                                try {
                                  if (attempts.incrementAndGet() == 1) {
                                    await(together);
                                    throw new OutOfMemoryError("while all are at work");
                                  }
                                  Thread.onSpinWait();
                                  assertThat(atWork.get()).isEqualTo(1);
                                  return read.incrementAndGet();
                                } finally {
                                  atWork.decrementAndGet();
                                }
                              };
                          try {
                            heap.read(reading);
                          } catch (IOException e) {
                            throw new UncheckedIOException(e);
                          }
                        }))
            .limit(count)
            .toArray(Thread[]::new);

    Stream.of(threads).forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(read).hasValue(count);
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void anImageThatAloneNeedsTooMuchMemoryIsTriedTwice() {
    AtomicInteger attempts = new AtomicInteger();

    assertThatExceptionOfType(OutOfMemoryError.class)
        .isThrownBy(
            () ->
                heap.read(
                    () -> {
                      throw new OutOfMemoryError("" + attempts.incrementAndGet());
                    }))
        .withMessage("2");
  }

  @Test
  void aDamagedImageIsNotReadAgain() {
    AtomicInteger attempts = new AtomicInteger();

    assertThatExceptionOfType(IIOException.class)
        .isThrownBy(
            () ->
                heap.read(
                    () -> {
                      throw new IIOException("" + attempts.incrementAndGet());
                    }))
        .withMessage("1");
  }

  @Test
  void outOfMemoryIsRecognizedInExceptionsOfDecoders() {
    Exception hidden = new IIOException("sorry", new RuntimeException(new OutOfMemoryError()));

    assertThat(SharedHeap.isOutOfMemory(hidden)).isTrue();
    assertThat(SharedHeap.isOutOfMemory(new IIOException("sorry"))).isFalse();
  }
}
