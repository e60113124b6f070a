package dev.graft.data;

import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Image files with label, hash and size, in columns: a file takes its path and 50 bytes, where
 * objects would take several hundred.
 */
final class FileTable {
  private static final int HASH_BYTES = 32;

  private final List<String> classes;
  private final byte[] hashes;
  private final int[] labels;
  private final int[] sides;
  private final Part[] parts; // null for none

  /** All paths, concatenated, in UTF-8; {@link #ends} has where each ends. */
  private byte[] paths = new byte[1 << 12];

  private final int[] ends;

  /** Paths that differ after a round trip through a String, by index. */
  private final Map<Integer, Path> odd = new HashMap<>();

  private int size;

  /**
   * @param files the number of files to come
   */
  FileTable(List<String> classes, int files) {
    this.classes = classes;
    hashes = new byte[Math.multiplyExact(files, HASH_BYTES)];
    labels = new int[files];
    sides = new int[files];
    parts = new Part[files];
    ends = new int[files];
  }

  /**
   * Adds the next file.
   *
   * @param label the index of its class
   * @param hash SHA-256 of its content, 64 hexadecimal digits
   * @param shorterSide in pixels; 0 if unknown
   */
  void add(ImageFile file, int label, String hash, int shorterSide) {
    System.arraycopy(HexFormat.of().parseHex(hash), 0, hashes, size * HASH_BYTES, HASH_BYTES);
    labels[size] = label;
    sides[size] = shorterSide;
    parts[size] = file.part().orElse(null);
    byte[] path = text(file.path());
    int start = start(size);
    int end = Math.addExact(start, path.length);
    if (end > paths.length) {
      paths = Arrays.copyOf(paths, (int) Math.min(Integer.MAX_VALUE - 8, 3L * end / 2));
    }
    System.arraycopy(path, 0, paths, start, path.length);
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

  int size() {
    return size;
  }

  int label(int index) {
    return labels[index];
  }

  int shorterSide(int index) {
    return sides[index];
  }

  String hash(int index) {
    int from = index * HASH_BYTES;
    return HexFormat.of().formatHex(hashes, from, from + HASH_BYTES);
  }

  ImageFile file(int index) {
    int start = start(index);
    Path path =
        odd.containsKey(index)
            ? odd.get(index)
            : Path.of(new String(paths, start, ends[index] - start, StandardCharsets.UTF_8));
    return new ImageFile(path, classes.get(labels[index]), Optional.ofNullable(parts[index]));
  }
}
