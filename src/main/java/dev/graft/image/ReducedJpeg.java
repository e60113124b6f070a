package dev.graft.image;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;

/**
 * Decodes a photograph in JPEG at 1/2, 1/4 or 1/8 of its size, from the low frequencies of its
 * blocks alone, as libjpeg and Pillow's {@code draft} do: a block of 8x8 pixels becomes one of
 * {@code n}x{@code n} by an inverse DCT of {@code n} points. For a photograph of 12 megapixels this
 * takes a fraction of the time of decoding it whole.
 *
 * <p>It reads what cameras write: baseline, 8 bits, gray or YCbCr, all components in one scan. For
 * anything else, and for any fault, it returns nothing, and the file is decoded whole by the
 * decoder that also says what is wrong.
 */
final class ReducedJpeg {
  private static final int BLOCK = 8;
  private static final int LOOKUP_BITS = 10;

  /** Bits that say how to skip several coefficients; tables of more bits leave the cache. */
  private static final int SKIP_BITS = 13;

  /** Bit of an entry to skip by: the block ends with it. */
  private static final int END_OF_BLOCK = 1 << 15;

  /** Symbol of 16 coefficients that are zero. */
  private static final int ZEROS = 0xf0;

  /** Largest number of bits of a coefficient: ITU T.81, F.1.2.2. */
  private static final int MAX_SIZE = 10;

  private static final int END_OF_IMAGE = 0xd9;
  private static final int FIRST_RESTART = 0xd0;

  /** The index in a block, row by row, of each coefficient in the order of the file. */
  private static final int[] ZIGZAG = zigzag();

  /**
   * By the number of points of the inverse DCT: the index, in the order of the file, of the last
   * coefficient that it uses.
   */
  private static final int[] LAST_USED = {0, 0, 4, 0, 24, 0, 0, 0, 63};

  /** By the number of points, then {@code [pixel][frequency]}. */
  private static final float[][][] COSINES = cosines();

  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private final byte[] data;
  private int position;
  private long buffer;

  /** Number of bits in the buffer, and how many of them are padding after the end of the data. */
  private int buffered;

  private int madeUp;

  private static final class Fault extends Exception {
    private static final long serialVersionUID = 1L;

    Fault() {
      super(null, null, false, false); // never shown
    }
  }

  /**
   * A component of the image.
   *
   * @param horizontal blocks per unit of the scan, 1 or 2
   * @param vertical blocks per unit of the scan, 1 or 2
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Component(int horizontal, int vertical, float[] quantization, Huffman dc, Huffman ac) {}

  /**
   * The parameters of a scan, from the segments before it.
   *
   * @param restart units between two restart markers; 0 for none
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Plan(int width, int height, Component[] components, int restart) {}

  /** A Huffman code, as in ITU T.81, annex F.2.2.3. */
  static final class Huffman {
    private final int[] lookup = new int[1 << LOOKUP_BITS]; // length << 8 | symbol; 0 if longer
    private final int[] maxCode = new int[18];
    private final int[] offset = new int[17];
    private final byte[] symbols;

    /**
     * By the next bits of the scan: all coefficients that end within these bits. Each entry is the
     * number of bits, plus 16 times the number of coefficients, zeros included, plus {@link
     * #END_OF_BLOCK}; 0 if the bits hold no whole coefficient.
     */
    private final char[] skip = new char[1 << SKIP_BITS];

    /**
     * @param table the number of codes of each length, 1 to 16 bits, and the symbols
     */
    Huffman(byte[] table) {
      symbols = Arrays.copyOfRange(table, 16, table.length);
      Arrays.fill(maxCode, -1);
      maxCode[17] = Integer.MAX_VALUE;
      int code = 0;
      int next = 0;
      for (int length = 1; length <= 16; length++) {
        int count = table[length - 1] & 0xff;
        offset[length] = next - code;
        for (int i = 0; i < count && next < symbols.length; i++, code++, next++) {
          int shift = LOOKUP_BITS - length;
          if (shift >= 0 && (code + 1) << shift <= lookup.length) {
            int entry = (length << 8) | (symbols[next] & 0xff);
            Arrays.fill(lookup, code << shift, (code + 1) << shift, entry);
          }
        }
        maxCode[length] = count == 0 ? -1 : code - 1;
        code <<= 1;
      }
      for (int bits = 0; bits < skip.length; bits++) {
        skip[bits] = (char) skipping(bits);
      }
    }

    /** Returns the entry to skip by, for the next bits read as coefficients (ITU T.81, F.1.2.2). */
    private int skipping(int bits) {
      int used = 0;
      int coefficients = 0;
      while (true) {
        int next = (bits << used & (1 << SKIP_BITS) - 1) >> (SKIP_BITS - LOOKUP_BITS);
        int symbol = lookup[next] & 0xff;
        int size = symbol & 15;
        int end = used + (lookup[next] >> 8) + size;
        if (lookup[next] == 0 || size > MAX_SIZE || end > SKIP_BITS) {
          return coefficients << 4 | used;
        }
        used = end;
        if (size == 0 && symbol != ZEROS) {
          return END_OF_BLOCK | coefficients << 4 | used;
        }
        coefficients += 1 + (symbol >> 4);
      }
    }
  }

  private ReducedJpeg(byte[] data) {
    this.data = data;
  }

  /**
   * Decodes a scan.
   *
   * @param scan what follows the header of the scan
   * @param reduction 2, 4 or 8
   * @return empty if there is a fault
   */
  static Optional<PixelRows> decode(Plan plan, byte[] scan, int reduction) {
    try {
      return Optional.of(new ReducedJpeg(scan).decode(plan, BLOCK / reduction));
    } catch (Fault | IndexOutOfBoundsException e) {
      return Optional.empty();
    }
  }

  /**
   * @param points of the inverse DCT for a component with the most blocks
   */
  private PixelRows decode(Plan plan, int points) throws Fault {
    Component[] components = plan.components();
    int across = 0;
    int down = 0;
    for (Component each : components) {
      across = Math.max(across, each.horizontal());
      down = Math.max(down, each.vertical());
    }
    int columns = ceiling(plan.width(), BLOCK * across);
    int rows = ceiling(plan.height(), BLOCK * down);
    int stride = columns * across * points;
    byte[][] planes = new byte[components.length][stride * rows * down * points];
    int[] previous = new int[components.length];
    float[] block = new float[BLOCK * BLOCK];
    float[] half = new float[BLOCK * BLOCK];
    int units = rows * columns;
    for (int unit = 0; unit < units; unit++) {
      if (plan.restart() > 0 && unit > 0 && unit % plan.restart() == 0) {
        restart(unit / plan.restart() - 1);
        Arrays.fill(previous, 0);
      }
      int top = unit / columns * down * points;
      int left = unit % columns * across * points;
      for (int c = 0; c < components.length; c++) {
        Component each = components[c];
        int width = points * across / each.horizontal();
        int height = points * down / each.vertical();
        for (int v = 0; v < each.vertical(); v++) {
          for (int h = 0; h < each.horizontal(); h++) {
            previous[c] += difference(each.dc());
            block[0] = previous[c] * each.quantization()[0];
            int used = coefficients(each, block, width, height);
            int at = (top + v * height) * stride + left + h * width;
            invert(block, used, half, planes[c], at, stride, width, height);
          }
        }
      }
    }
    requireEnd();
    int reduction = BLOCK / points;
    return rows(
        planes, stride, ceiling(plan.width(), reduction), ceiling(plan.height(), reduction));
  }

  private static int ceiling(int length, int divisor) {
    return (length + divisor - 1) / divisor;
  }

  // Bits.

  private void fill() {
    if (buffered <= 32 && position + 4 <= data.length) {
      int four = (int) INT.get(data, position);
      if ((four & 0x80808080 & ~(four + 0x01010101)) == 0) { // none is 0xff
        buffer = (buffer << 32) | (four & 0xffffffffL);
        buffered += 32;
        position += 4;
        return;
      }
    }
    while (buffered <= 48) {
      int next = position < data.length ? data[position] & 0xff : 0xff;
      if (next == 0xff) {
        if (position + 1 < data.length && data[position + 1] == 0) {
          position += 2;
        } else { // a marker
          next = 0;
          madeUp += 8;
        }
      } else {
        position++;
      }
      buffer = (buffer << 8) | next;
      buffered += 8;
    }
  }

  private int bits(int count) {
    buffered -= count;
    return (int) (buffer >>> buffered) & ((1 << count) - 1);
  }

  /** Returns the next symbol; afterwards the buffer has at least 16 bits. */
  private int symbol(Huffman code) throws Fault {
    if (buffered < 32) {
      fill();
    }
    int entry = code.lookup[(int) (buffer >>> (buffered - LOOKUP_BITS)) & ((1 << LOOKUP_BITS) - 1)];
    if (entry != 0) {
      buffered -= entry >> 8;
      return entry & 0xff;
    }
    int length = LOOKUP_BITS + 1;
    int value = (int) (buffer >>> (buffered - length)) & ((1 << length) - 1);
    while (length <= 16 && value > code.maxCode[length]) {
      length++;
      value = (int) (buffer >>> (buffered - length)) & ((1 << length) - 1);
    }
    int index = length > 16 ? -1 : value + code.offset[length];
    if (index < 0 || index >= code.symbols.length) {
      throw new Fault();
    }
    buffered -= length;
    return code.symbols[index] & 0xff;
  }

  /** Returns a signed number of some bits: ITU T.81, F.2.2.1. */
  private int signed(int size) {
    int value = bits(size);
    return value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
  }

  private int difference(Huffman code) throws Fault {
    int size = symbol(code);
    if (size > 11) {
      throw new Fault();
    }
    return size == 0 ? 0 : signed(size);
  }

  /**
   * Reads the coefficients after the first into a block, row by row, and skips those that are not
   * used. Most of the time of decoding is spent here, so the state is in local variables.
   *
   * @return the number of rows and columns that may have other values than 0
   */
  private int coefficients(Component component, float[] block, int width, int height) throws Fault {
    for (int v = 0; v < height; v++) {
      for (int u = v == 0 ? 1 : 0; u < width; u++) {
        block[v * BLOCK + u] = 0;
      }
    }
    Huffman code = component.ac();
    int[] lookup = code.lookup;
    char[] skip = code.skip;
    int last = LAST_USED[Math.max(width, height)];
    long bits = buffer;
    int count = buffered;
    int used = 1;
    int k = 1;
    while (k < BLOCK * BLOCK) {
      if (count < 32) {
        buffer = bits;
        buffered = count;
        fill();
        bits = buffer;
        count = buffered;
      }
      if (k > last) {
        int several = skip[(int) (bits >>> (count - SKIP_BITS)) & ((1 << SKIP_BITS) - 1)];
        int next = k + (several >> 4 & 0x7ff);
        boolean ends = several >= END_OF_BLOCK;
        // Otherwise a part of these bits may belong to the next block.
        if (several != 0 && (next < BLOCK * BLOCK || (next == BLOCK * BLOCK && !ends))) {
          count -= several & 15;
          k = next;
          if (ends) {
            break;
          }
          continue;
        }
      }
      int entry = lookup[(int) (bits >>> (count - LOOKUP_BITS)) & ((1 << LOOKUP_BITS) - 1)];
      if (entry == 0) {
        buffered = count;
        entry = symbol(code);
        count = buffered;
      } else {
        count -= entry >> 8;
        entry &= 0xff;
      }
      int size = entry & 15;
      if (size == 0) {
        if (entry != ZEROS) {
          break;
        }
        k += 16;
        continue;
      }
      k += entry >> 4;
      count -= size;
      if (k <= last) {
        int at = ZIGZAG[k];
        int row = at / BLOCK;
        int column = at % BLOCK;
        if (row < height && column < width) {
          int value = (int) (bits >>> count) & ((1 << size) - 1);
          // ITU T.81, F.2.2.1
          int signed = value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
          block[at] = signed * component.quantization()[k];
          used = Math.max(used, 1 + Math.max(row, column));
        }
      } else if (k >= BLOCK * BLOCK || size > MAX_SIZE) {
        throw new Fault();
      }
      k++;
    }
    if (k > BLOCK * BLOCK) {
      throw new Fault();
    }
    buffer = bits;
    buffered = count;
    return used;
  }

  private void requireOwnBits() throws Fault {
    if (buffered < madeUp) {
      throw new Fault();
    }
  }

  private void restart(int number) throws Fault {
    requireOwnBits();
    requireMarker(FIRST_RESTART + number % 8);
    buffer = 0;
    buffered = 0;
    madeUp = 0;
  }

  private void requireEnd() throws Fault {
    requireOwnBits();
    requireMarker(END_OF_IMAGE);
  }

  /** Requires a marker after the last bits, of which only the padding to a byte may be unread. */
  private void requireMarker(int marker) throws Fault {
    fill();
    if (buffered - madeUp >= 8
        || position + 1 >= data.length
        || (data[position] & 0xff) != 0xff
        || (data[position + 1] & 0xff) != marker) {
      throw new Fault();
    }
    position += 2;
  }

  // Pixels.

  /**
   * Writes the inverse DCT of a block, with {@code width} and {@code height} points.
   *
   * @param used rows and columns of the block that may have other values than 0
   * @param half for intermediate values
   */
  private static void invert(
      float[] block,
      int used,
      float[] half,
      byte[] plane,
      int at,
      int stride,
      int width,
      int height) {
    if (width == 2 && height == 2) {
      float mean = block[0] / BLOCK;
      float across = block[1] / BLOCK;
      float down = block[BLOCK] / BLOCK;
      float both = block[BLOCK + 1] / BLOCK;
      plane[at] = pixel(mean + across + (down + both));
      plane[at + 1] = pixel(mean - across + (down - both));
      plane[at + stride] = pixel(mean + across - (down + both));
      plane[at + stride + 1] = pixel(mean - across - (down - both));
      return;
    }
    if (used == 1) {
      byte value = pixel(block[0] / BLOCK);
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          plane[at + y * stride + x] = value;
        }
      }
      return;
    }
    float[][] vertical = COSINES[height];
    float[][] horizontal = COSINES[width];
    int columns = Math.min(used, width);
    int rows = Math.min(used, height);
    for (int y = 0; y < height; y++) {
      for (int u = 0; u < columns; u++) {
        float sum = 0;
        for (int v = 0; v < rows; v++) {
          sum += vertical[y][v] * block[v * BLOCK + u];
        }
        half[u] = sum;
      }
      for (int x = 0; x < width; x++) {
        float sum = 0;
        for (int u = 0; u < columns; u++) {
          sum += horizontal[x][u] * half[u];
        }
        plane[at + y * stride + x] = pixel(sum);
      }
    }
  }

  private static byte pixel(float value) {
    return (byte)
        PixelRows.clip((int) (value + 128.5f)); // rounds, as negative values are clipped anyway
  }

  private static PixelRows rows(byte[][] planes, int stride, int width, int height) {
    boolean gray = planes.length == 1;
    return new PixelRows(width, height, gray ? 1 : 3) {
      @Override
      void read(int y, byte[] row) {
        int from = y * stride;
        if (gray) {
          System.arraycopy(planes[0], from, row, 0, width);
          return;
        }
        for (int x = 0, i = from; x < width; x++, i++) {
          putYcc(planes[0][i] & 0xff, planes[1][i] & 0xff, planes[2][i] & 0xff, row, 3 * x);
        }
      }
    };
  }

  private static int[] zigzag() {
    int[] order = new int[BLOCK * BLOCK];
    int next = 0;
    for (int diagonal = 0; diagonal < 2 * BLOCK - 1; diagonal++) {
      for (int i = 0; i <= diagonal; i++) {
        int row = diagonal % 2 == 0 ? diagonal - i : i;
        int column = diagonal - row;
        if (row < BLOCK && column < BLOCK) {
          order[next++] = row * BLOCK + column;
        }
      }
    }
    return order;
  }

  private static float[][][] cosines() {
    float[][][] all = new float[BLOCK + 1][][];
    for (int points = 1; points <= BLOCK; points *= 2) {
      all[points] = new float[points][points];
      for (int x = 0; x < points; x++) {
        for (int u = 0; u < points; u++) {
          double scale = u == 0 ? Math.sqrt(0.5) / 2 : 0.5;
          all[points][x][u] = (float) (scale * Math.cos((2 * x + 1) * u * Math.PI / (2 * points)));
        }
      }
    }
    return all;
  }
}
