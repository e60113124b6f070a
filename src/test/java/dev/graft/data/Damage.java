package dev.graft.data;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.InflaterInputStream;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Kinds of damage after which no decoder can read a PNG file. The file must be one of {@link
 * SampleMaker#png}: signature, IHDR, one IDAT, IEND.
 */
enum Damage {
  /** An empty file. */
  EMPTY {
    @Override
    byte[] damaged(byte[] png, Random random) {
      return new byte[0];
    }
  },
  /** A page of HTML, as a failed download leaves it. */
  TEXT {
    @Override
    byte[] damaged(byte[] png, Random random) {
      return "<html><body>404 Not Found</body></html>\n".getBytes(StandardCharsets.US_ASCII);
    }
  },
  /** PNG's signature of eight bytes, and no more. */
  SIGNATURE_ONLY {
    @Override
    byte[] damaged(byte[] png, Random random) {
      return Arrays.copyOf(png, HEADER_CHUNK);
    }
  },
  /** Ends within IHDR. */
  CUT_IN_HEADER {
    @Override
    byte[] damaged(byte[] png, Random random) {
      return Arrays.copyOf(png, HEADER_CHUNK + 1 + random.nextInt(DATA_CHUNK - HEADER_CHUNK - 1));
    }
  },
  /** Ends half-way, within IDAT. */
  CUT_IN_MIDDLE {
    @Override
    byte[] damaged(byte[] png, Random random) {
      return Arrays.copyOf(png, png.length / 2);
    }
  },
  /** A third of the compressed pixels is zeros, as a lost block of a disk leaves it. */
  ZEROED_BLOCK {
    @Override
    byte[] damaged(byte[] png, Random random) {
      int length = dataLength(png);
      int start = DATA + random.nextInt(length - length / 3);
      byte[] bytes = png.clone();
      Arrays.fill(bytes, start, start + length / 3, (byte) 0);
      return bytes;
    }

    @Override
    boolean harmless(byte[] bytes) {
      return super.harmless(bytes) || hasAllRows(bytes);
    }
  },
  /** Random bytes under the name of a JPEG. */
  GARBAGE {
    @Override
    byte[] damaged(byte[] png, Random random) {
      byte[] bytes = new byte[png.length];
      random.nextBytes(bytes);
      return bytes;
    }

    @Override
    String extension() {
      return "jpg";
    }
  },
  /** The header, with the right checksum, declares 100,000 x 100,000 pixels. */
  HUGE_SIZE {
    @Override
    byte[] damaged(byte[] png, Random random) {
      return withSize(png, 100_000, 100_000);
    }
  },
  /** The header, with the right checksum, declares a width of 0. */
  ZERO_WIDTH {
    @Override
    byte[] damaged(byte[] png, Random random) {
      return withSize(png, 0, 32);
    }
  },
  /** One bit of the compressed pixels has flipped. */
  FLIPPED_BIT {
    @Override
    byte[] damaged(byte[] png, Random random) {
      byte[] bytes = png.clone();
      bytes[DATA + random.nextInt(dataLength(png))] ^= (byte) (1 << random.nextInt(8));
      return bytes;
    }

    @Override
    boolean harmless(byte[] bytes) {
      return super.harmless(bytes) || hasAllRows(bytes);
    }
  };

  private static final int HEADER_CHUNK = 8;
  private static final int DATA_CHUNK = HEADER_CHUNK + 12 + 13;
  private static final int DATA = DATA_CHUNK + 8;
  private static final int MAX_TRIES = 1_000;

  /** Returns the damaged bytes, which may still be readable. */
  abstract byte[] damaged(byte[] png, Random random);

  /**
   * Returns damaged bytes that can't be read: many a flipped bit changes only a few pixels, which a
   * decoder that ignores checksums does not notice.
   */
  byte[] unreadable(byte[] png, Random random) {
    for (int i = 0; i < MAX_TRIES; i++) {
      byte[] bytes = damaged(png, random);
      if (!harmless(bytes)) {
        return bytes;
      }
    }
    throw new IllegalStateException(
        String.format(Locale.ROOT, "%d times, the damage %s did no harm", MAX_TRIES, title()));
  }

  /** Returns whether some decoder can read a damaged file. */
  boolean harmless(byte[] bytes) {
    return decodes(bytes);
  }

  /** Returns the file's suffix. */
  String extension() {
    return "png";
  }

  /** Returns the name in the list of damaged files, such as {@code cut-in-header}. */
  String title() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Returns whether ImageIO, which ignores checksums, can read a file. */
  static boolean decodes(byte[] bytes) {
    try {
      // Given the bytes as they are, ImageIO would copy them to a temporary file.
      return ImageIO.read(new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) != null;
    } catch (IOException | RuntimeException e) {
      return false;
    }
  }

  private static byte[] withSize(byte[] png, int width, int height) {
    ByteBuffer bytes = ByteBuffer.wrap(png.clone());
    bytes.putInt(HEADER_CHUNK + 8, width).putInt(HEADER_CHUNK + 12, height);
    CRC32 sum = new CRC32(); // of the chunk's type and its 13 bytes
    sum.update(bytes.array(), HEADER_CHUNK + 4, 4 + 13);
    return bytes.putInt(HEADER_CHUNK + 8 + 13, (int) sum.getValue()).array();
  }

  private static int dataLength(byte[] png) {
    return ByteBuffer.wrap(png).getInt(DATA_CHUNK);
  }

  /** Returns whether all rows of pixels can be decompressed; what follows them is ignored. */
  private static boolean hasAllRows(byte[] bytes) {
    int height = ByteBuffer.wrap(bytes).getInt(HEADER_CHUNK + 12);
    byte[] row = new byte[1 + 3 * ByteBuffer.wrap(bytes).getInt(HEADER_CHUNK + 8)];
    try (var rows =
        new DataInputStream(
            new InflaterInputStream(new ByteArrayInputStream(bytes, DATA, dataLength(bytes))))) {
      for (int y = 0; y < height; y++) {
        rows.readFully(row);
      }
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
