package dev.graft.io;

import java.io.IOException;

/** Reads, opens or computes something, which may fail with an {@link IOException}. */
public interface IoSupplier<T> {
  T get() throws IOException;
}
