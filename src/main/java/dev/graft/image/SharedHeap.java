package dev.graft.image;

import dev.graft.io.IoSupplier;
import java.io.IOException;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Retries a read that ran out of memory once, with no other read in progress. Images that are read
 * concurrently share the heap, so which one runs out of memory is arbitrary.
 */
final class SharedHeap {
  private final ReadWriteLock lock = new ReentrantReadWriteLock();

  <T> T read(IoSupplier<T> reading) throws IOException {
    try {
      return under(lock.readLock(), reading);
    } catch (IOException | RuntimeException | OutOfMemoryError e) {
      if (!isOutOfMemory(e)) {
        throw e;
      }
    }
    return under(lock.writeLock(), reading);
  }

  private static <T> T under(Lock lock, IoSupplier<T> reading) throws IOException {
    lock.lock();
    try {
      return reading.get();
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether the cause is an OutOfMemoryError, which decoders wrap in other exceptions. */
  static boolean isOutOfMemory(Throwable thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof OutOfMemoryError) {
        return true;
      }
    }
    return false;
  }
}
