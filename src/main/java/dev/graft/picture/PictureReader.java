package dev.graft.picture;

import com.twelvemonkeys.imageio.stream.ByteArrayImageInputStream;
import dev.graft.io.Hash;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.IIOException;
import javax.imageio.stream.ImageInputStream;

/**
 * Reads picture files into 8-bit sRGB, upright: grey becomes three equal channels, 16 bits their
 * upper 8, transparency white; the EXIF orientation is obeyed, and an embedded colour profile is
 * applied, unless it is broken, or sRGB. The first frame of an animation counts. All else is taken
 * as it stands in the file, gamma included, as Pillow takes it and therefore as the backbones saw
 * it in training: grey and RGB without a profile are Pillow's pixels, bit by bit. (16-bit grey is
 * where Pillow is not followed: it cuts off at 255 instead of dividing.)
 *
 * <p>A picture of more than 25 megapixels is thinned out while it is decoded, by the smallest whole
 * factor that brings it below, whatever size was asked for: so it fits into a common heap.
 *
 * <p>What cannot be read in full is not read at all: every fault is a {@link Unreadable} of one
 * sentence that begins with the file's name. All methods may be called from several threads.
 */
public final class PictureReader {
  /**
   * Changes whenever the same file would give other pixels: what was computed from pixels, and is
   * kept on disk, is of no use then.
   */
  public static final int VERSION = 3;

  /** Bytes for a photograph of 24 megapixels while it is decoded, with some to spare. */
  private static final long DECODING = 200L << 20;

  /** A larger file is decoded where it lies, and hashed after that. */
  private static final long IN_MEMORY = 64L << 20;

  /** What the TIFF decoder says about features that it lacks, and not about damage. */
  private static final Pattern UNSUPPORTED =
      Pattern.compile(
          "(Unsupported (TIFF|BitsPerSample|SamplesPerPixel|Planar)|Unknown TIFF).*"
              + "|.* not supported: .*"
              + "|Embedded ICC color profile for Photometric Separated .* data");

  private static final SharedHeap HEAP = new SharedHeap();

  private PictureReader() {}

  /** As many pictures at a time as there are processors, and room in the heap; at least 1. */
  public static int threads() {
    Runtime machine = Runtime.getRuntime();
    return threads(machine.availableProcessors(), machine.maxMemory());
  }

  /**
   * @param heap in bytes
   */
  static int threads(int processors, long heap) {
    return (int) Math.max(1, Math.min(processors, heap / DECODING));
  }

  /**
   * What a file says of its picture.
   *
   * @param format PNG, JPEG, GIF, BMP, TIFF or WEBP
   * @param width of the upright picture in pixels
   * @param height of the upright picture in pixels
   */
  public record Header(String format, int width, int height) {}

  /** Reads a file in its full size. */
  public static Picture read(Path file) {
    return read(file, 0);
  }

  /**
   * Reads a file, reduced by the greatest whole factor that leaves its shorter side at least so
   * long, each pixel the mean of a box.
   *
   * @param least in pixels; 0 for full size
   */
  public static Picture read(Path file, int least) {
    return opened(file, whole(file, source -> source.read(least))).get(0);
  }

  /**
   * Reads a file that must hold what it held when it was hashed: what is decoded, once, is what has
   * that hash, whoever writes to the file meanwhile.
   *
   * @param content the SHA-256 of its bytes
   * @param leasts a picture for each of them, reduced as above
   */
  public static List<Picture> read(Path file, Hash content, int... leasts) {
    return opened(
        file,
        channel -> {
          if (channel.size() > IN_MEMORY) {
            List<Picture> pictures = whole(file, source -> source.read(leasts)).of(channel);
            requireUnchanged(file, content, Hash.Algorithm.SHA256.of(file));
            return pictures;
          }
          return guarded(
              () -> {
                byte[] bytes = bytes(channel);
                requireUnchanged(file, content, Hash.Algorithm.SHA256.of(ByteBuffer.wrap(bytes)));
                return new ByteArrayImageInputStream(bytes);
              },
              channel.size(),
              file.toString(),
              source -> source.read(leasts));
        });
  }

  private static byte[] bytes(FileChannel file) throws IOException {
    byte[] bytes = new byte[(int) file.size()];
    int read = Channels.newInputStream(file.position(0)).readNBytes(bytes, 0, bytes.length);
    return read == bytes.length ? bytes : Arrays.copyOf(bytes, read);
  }

  private static void requireUnchanged(Path file, Hash then, Hash now) {
    if (!now.equals(then)) {
      throw new Unreadable(file.toString(), "was changed while it was in use; start again.");
    }
  }

  /**
   * Reads the bytes of a file in its full size.
   *
   * @param name what messages call it
   */
  public static Picture read(byte[] bytes, String name) {
    return read(bytes, name, 0);
  }

  /**
   * Reads the bytes of a file, reduced as in {@link #read(Path, int)}.
   *
   * @param name what messages call it
   */
  public static Picture read(byte[] bytes, String name, int least) {
    return guarded(
            () -> new ByteArrayImageInputStream(bytes),
            bytes.length,
            name,
            source -> source.read(least))
        .get(0);
  }

  /**
   * Reads the bytes of a file from a stream, which stays open, reduced as in {@link #read(Path,
   * int)}.
   *
   * @param name what messages call it
   */
  public static Picture read(InputStream in, String name, int least) {
    try {
      return read(in.readAllBytes(), name, least);
    } catch (IOException e) {
      throw new Unreadable(name, "can't be read: " + e.getMessage() + ".", e);
    }
  }

  /** Reads no more of a file than it takes to know its size. */
  public static Header header(Path file) {
    return opened(file, whole(file, PictureSource::header));
  }

  /**
   * Likewise, of the bytes of a file.
   *
   * @param name what messages call it
   */
  public static Header header(byte[] bytes, String name) {
    return guarded(
        () -> new ByteArrayImageInputStream(bytes), bytes.length, name, PictureSource::header);
  }

  private interface Use<S, T> {
    T of(S source) throws IOException;
  }

  private static <T> Use<FileChannel, T> whole(Path file, Use<PictureSource, T> use) {
    return channel -> guarded(() -> FileView.of(channel), channel.size(), file.toString(), use);
  }

  private static <T> T opened(Path file, Use<FileChannel, T> use) {
    if (Files.isDirectory(file)) {
      throw new Unreadable(file.toString(), "is a folder, not a picture.");
    }
    if (!Files.exists(file)) {
      throw new Unreadable(file.toString(), "does not exist.");
    }
    if (!Files.isRegularFile(file)) {
      throw new Unreadable(file.toString(), "is a device or a pipe, not a picture.");
    }
    try (FileChannel channel = FileChannel.open(file)) {
      return use.of(channel);
    } catch (AccessDeniedException e) {
      throw new Unreadable(file.toString(), "cannot be opened: check its permissions.", e);
    } catch (IOException e) {
      throw new Unreadable(file.toString(), "cannot be opened: " + e.getMessage() + ".", e);
    }
  }

  /**
   * @param stream opened anew for each attempt
   */
  private static <T> T guarded(
      SharedHeap.Reading<ImageInputStream> stream,
      long length,
      String name,
      Use<PictureSource, T> use) {
    try {
      return HEAP.read(
          () -> {
            ImageInputStream opened = stream.read();
            return use.of(new PictureSource(format(opened, name), opened, length, name));
          });
    } catch (Unreadable e) {
      throw e;
    } catch (IOException | RuntimeException | VirtualMachineError e) {
      if (SharedHeap.isWanting(e)) {
        throw new Unreadable(
            name, "takes more memory than there is; give Java more by -Xmx, or leave it out.", e);
      }
      Matcher lacking = UNSUPPORTED.matcher(String.valueOf(e.getMessage()));
      if (e instanceof IIOException && lacking.lookingAt()) {
        throw Unreadable.unsupported(name, "an unusual TIFF file (" + lacking.group() + ")");
      }
      // The decoders throw whatever damage leads them to, bad indices, negative sizes and so on;
      // the words that go with it are of use to nobody but their authors.
      throw new Unreadable(name, "is damaged or cut off.", e);
    }
  }

  private static PictureFormat format(ImageInputStream stream, String name) throws IOException {
    byte[] start = new byte[PictureFormat.LONGEST_SIGNATURE];
    int read = Math.max(0, stream.read(start));
    if (read == 0) {
      throw new Unreadable(name, "is empty.");
    }
    return PictureFormat.of(Arrays.copyOf(start, read))
        .orElseThrow(
            () ->
                new Unreadable(
                    name,
                    "is not a picture that Graft reads" + " (PNG, JPEG, GIF, BMP, TIFF or WebP)."));
  }
}
