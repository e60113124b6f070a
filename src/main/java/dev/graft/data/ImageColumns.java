package dev.graft.data;

import java.util.HexFormat;
import java.util.List;

/**
 * Images with label, hash and size in columns: 40 bytes per image, where objects would take several
 * hundred.
 */
abstract class ImageColumns implements ImageSet {
  private static final int HASH_BYTES = 32;

  private final List<String> classes;
  private final byte[] hashes;
  private final int[] labels;
  private final int[] shorterSides;
  private final Quarantine quarantine;
  private int size;

  /**
   * @param images the number of images to come
   * @param maxBad the share of them that may be unreadable, in [0, 1]
   */
  ImageColumns(List<String> classes, int images, double maxBad) {
    this.classes = List.copyOf(classes);
    hashes = new byte[Math.multiplyExact(images, HASH_BYTES)];
    labels = new int[images];
    shorterSides = new int[images];
    quarantine = new Quarantine(images, maxBad);
  }

  /**
   * Adds the next image.
   *
   * @param label the index of its class
   * @param hash SHA-256 of its content, 64 hexadecimal digits
   * @param shorterSide in pixels; 0 if unknown
   */
  final void add(int label, String hash, int shorterSide) {
    System.arraycopy(HexFormat.of().parseHex(hash), 0, hashes, size * HASH_BYTES, HASH_BYTES);
    labels[size] = label;
    shorterSides[size++] = shorterSide;
  }

  @Override
  public final List<String> classes() {
    return classes;
  }

  @Override
  public final int size() {
    return size;
  }

  @Override
  public final int label(int index) {
    return labels[index];
  }

  @Override
  public final String hash(int index) {
    int from = index * HASH_BYTES;
    return HexFormat.of().formatHex(hashes, from, from + HASH_BYTES);
  }

  @Override
  public final int shorterSide(int index) {
    return shorterSides[index];
  }

  @Override
  public final Quarantine quarantine() {
    return quarantine;
  }
}
