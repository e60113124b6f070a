package dev.graft.util;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;

/** Reads files that are bundled with Graft. */
public final class Resource {
  private Resource() {}

  /**
   * Returns the content of a bundled file.
   *
   * @param neighbor a class in the file's package
   * @param name the file's name, without the package
   */
  public static byte[] bytes(Class<?> neighbor, String name) {
    try (InputStream in = Objects.requireNonNull(neighbor.getResourceAsStream(name), name)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
