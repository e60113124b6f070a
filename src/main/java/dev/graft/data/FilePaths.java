package dev.graft.data;

import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** Paths in one array: a path takes its text and 4 bytes, where an object takes several hundred. */
final class FilePaths {
  /** All paths, concatenated, in UTF-8; {@link #ends} has where each ends. */
  private byte[] all = new byte[1 << 12];

  private final int[] ends;

  /** Paths that differ after a round trip through a String, by index. */
  private final Map<Integer, Path> odd = new HashMap<>();

  private int size;

  /**
   * @param files the number of paths to come
   */
  FilePaths(int files) {
    ends = new int[files];
  }

  void add(Path path) {
    byte[] text = text(path);
    int start = start(size);
    int end = Math.addExact(start, text.length);
    if (end > all.length) {
      all = Arrays.copyOf(all, (int) Math.min(Integer.MAX_VALUE - 8, 3L * end / 2));
    }
    System.arraycopy(text, 0, all, start, text.length);
    ends[size++] = end;
  }

  private byte[] text(Path path) {
    String text = path.toString();
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (!leadsTo(path, new String(bytes, StandardCharsets.UTF_8))) {
      odd.put(size, path);
      return new byte[0];
    }
    return bytes;
  }

  private static boolean leadsTo(Path path, String text) {
    try {
      return Path.of(text).equals(path);
    } catch (InvalidPathException e) {
      return false;
    }
  }

  private int start(int index) {
    return index == 0 ? 0 : ends[index - 1];
  }

  Path get(int index) {
    int start = start(index);
    return odd.containsKey(index)
        ? odd.get(index)
        : Path.of(new String(all, start, ends[index] - start, StandardCharsets.UTF_8));
  }
}
