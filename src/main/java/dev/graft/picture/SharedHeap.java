package dev.graft.picture;

import java.io.IOException;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Pictures that are read at the same time share the heap, so that which of them finds it full is
 * chance. That one is read once more with nothing beside it.
 */
final class SharedHeap {
  interface Reading<T> {
    T read() throws IOException;
  }

  private final ReadWriteLock lock = new ReentrantReadWriteLock();

  <T> T read(Reading<T> reading) throws IOException {
    try {
      return under(lock.readLock(), reading);
    } catch (IOException | RuntimeException | OutOfMemoryError e) {
      if (!isWanting(e)) {
        throw e;
      }
    }
    return under(lock.writeLock(), reading);
  }

  private static <T> T under(Lock lock, Reading<T> reading) throws IOException {
    lock.lock();
    try {
      return reading.read();
    } finally {
      lock.unlock();
    }
  }

  /** Whether it failed for want of memory: decoders hide that in exceptions of their own. */
  static boolean isWanting(Throwable thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof OutOfMemoryError) {
        return true;
      }
    }
    return false;
  }
}
