package dev.graft.network;

import dev.graft.GraftException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * Typicality: how similar an image is to the training images, by the mean similarity to the nearest
 * of them (after Sun et al. 2022, "Out-of-Distribution Detection with Deep Nearest Neighbors", who
 * take the k-th nearest alone): features of the backbone's last stage, divided by their length, are
 * compared by their dot product. The result is the share of held-out images of the known classes
 * that are no more similar to the stored training images than this one.
 *
 * <p>docs/your-images.md says how the method and its constants were chosen.
 *
 * @param bank the training images that others are compared with
 * @param neighbors the number of nearest images whose similarity counts
 * @param heldOut the mean similarity of each held-out image to these, ascending; at least one
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Typicality(Bank bank, int neighbors, float[] heldOut) {
  /** The name of the output of an ONNX file. */
  public static final String NAME = "typicality";

  /** Typicality below which messages call an image unlike the training images. */
  public static final double UNLIKE = 0.01;

  /** The number of nearest images whose similarity counts. */
  private static final int NEIGHBORS = 5;

  /** Maximum number of stored values, one byte each; more change nothing and cost time. */
  private static final int MAX_VALUES = 2 << 20;

  /** Maximum number of held-out images; more do not make the share more precise. */
  public static final int MAX_HELD_OUT = 1000;

  private static final int FORMAT = 0x47545031; // GTP1
  private static final int HEADER_BYTES = 5 * Integer.BYTES;

  /**
   * Training images, as vectors of length 1 that are stored in int8.
   *
   * @param width values per image
   * @param values {@code (rows, width)}, -127 to 127
   * @param scales one per image; multiplied by the values they give the vector
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Bank(int width, byte[] values, float[] scales) {
    /** Stores vectors of any length, {@code (rows, width)}. */
    public static Bank of(float[] vectors, int width) {
      byte[] values = new byte[vectors.length];
      float[] scales = new float[vectors.length / width];
      for (int row = 0; row < scales.length; row++) {
        double length = 0;
        float largest = 0;
        for (int i = row * width; i < (row + 1) * width; i++) {
          length += (double) vectors[i] * vectors[i];
          largest = Math.max(largest, Math.abs(vectors[i]));
        }
        if (largest > 0) {
          for (int i = row * width; i < (row + 1) * width; i++) {
            values[i] = (byte) Math.round(127 * vectors[i] / largest);
          }
          scales[row] = (float) (largest / 127 / Math.sqrt(length));
        }
      }
      return new Bank(width, values, scales);
    }

    /** Returns the maximum number of images of this width. */
    public static int maxRows(int width) {
      return Math.max(2, MAX_VALUES / width);
    }

    /** Returns the number of images. */
    public int rows() {
      return scales.length;
    }

    /** Returns the values with a column per image, {@code (width, rows)}. */
    public byte[] columns() {
      byte[] columns = new byte[values.length];
      for (int row = 0; row < rows(); row++) {
        for (int i = 0; i < width; i++) {
          columns[i * rows() + row] = values[row * width + i];
        }
      }
      return columns;
    }
  }

  public Typicality {
    heldOut = heldOut.clone();
    Arrays.sort(heldOut);
  }

  /**
   * Returns the number of nearest images whose similarity counts.
   *
   * @param others the number of images to compare with
   */
  public static int neighbors(int others) {
    return Math.max(1, Math.min(NEIGHBORS, others));
  }

  /**
   * Returns the mean of the k largest similarities of a row.
   *
   * @param similarities with the row from {@code from} to {@code to}
   */
  public static float similarity(float[] similarities, int from, int to, int k) {
    float[] largest = new float[k]; // ascending
    Arrays.fill(largest, Float.NEGATIVE_INFINITY);
    for (int i = from; i < to; i++) {
      if (similarities[i] > largest[0]) {
        int at = 1;
        for (; at < k && largest[at] < similarities[i]; at++) {
          largest[at - 1] = largest[at];
        }
        largest[at - 1] = similarities[i];
      }
    }
    float sum = 0;
    for (float each : largest) {
      sum += each / k;
    }
    return sum;
  }

  /**
   * Returns the mean similarity of each stored image to its nearest others, without the images of
   * its own group, such as near-duplicates; images with fewer than k such others are left out.
   *
   * @param similarities of some consecutive rows to all, {@code (some, rows)}
   * @param groups the group of each of all rows
   * @param first of these rows
   */
  public static float[] leaveOneOut(float[] similarities, int[] groups, int first, int k) {
    int rows = groups.length;
    float[] means = new float[similarities.length / rows];
    int count = 0;
    float[] others = new float[rows];
    for (int row = 0; row < means.length; row++) {
      int left = 0;
      for (int other = 0; other < rows; other++) {
        if (groups[other] != groups[first + row]) {
          others[left++] = similarities[row * rows + other];
        }
      }
      if (left >= k) {
        means[count++] = similarity(others, 0, left, k);
      }
    }
    return Arrays.copyOf(means, count);
  }

  /**
   * Returns the share of held-out images that are at most as similar: the typicality.
   *
   * @param similarity mean similarity of the image to its nearest stored images
   */
  public float share(float similarity) {
    int nearer = 0;
    for (float each : heldOut) {
      nearer += similarity < each ? 1 : 0;
    }
    return (float) (heldOut.length - nearer) / heldOut.length;
  }

  /** Returns the content of a file from which {@link #read} gives the same. */
  public byte[] bytes() {
    int floats = bank.rows() + heldOut.length;
    ByteBuffer out =
        ByteBuffer.allocate(HEADER_BYTES + bank.values().length + Float.BYTES * floats);
    out.putInt(FORMAT)
        .putInt(bank.width())
        .putInt(bank.rows())
        .putInt(neighbors)
        .putInt(heldOut.length)
        .put(bank.values())
        .asFloatBuffer()
        .put(bank.scales())
        .put(heldOut);
    return out.array();
  }

  /**
   * Reads what {@link #bytes} returned.
   *
   * @param width of the features of the backbone's last stage
   * @throws GraftException if it is damaged, or belongs to another network
   */
  public static Typicality read(byte[] bytes, int width) {
    if (bytes.length < HEADER_BYTES) {
      throw new GraftException("typicality.bin is damaged.");
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    boolean known = in.getInt() == FORMAT && in.getInt() == width;
    int rows = in.getInt();
    int neighbors = in.getInt();
    int heldOut = in.getInt();
    long length = HEADER_BYTES + (long) rows * width + 4L * rows + 4L * heldOut;
    if (!known
        || rows <= 0
        || neighbors <= 0
        || neighbors > rows
        || heldOut <= 0
        || length != bytes.length) {
      throw new GraftException("typicality.bin is damaged, or belongs to another network.");
    }
    Bank bank = new Bank(width, new byte[rows * width], new float[rows]);
    float[] similarities = new float[heldOut];
    FloatBuffer floats = in.get(bank.values()).asFloatBuffer();
    for (int i = 0; i < floats.limit(); i++) {
      if (!Float.isFinite(floats.get(i))) {
        throw new GraftException("typicality.bin is damaged.");
      }
    }
    floats.get(bank.scales()).get(similarities);
    return new Typicality(bank, neighbors, similarities);
  }
}
