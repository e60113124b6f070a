package dev.graft.image;

import com.twelvemonkeys.imageio.stream.ByteArrayImageInputStream;
import dev.graft.io.Hash;
import dev.graft.io.IoSupplier;
import dev.graft.util.Messages;
import dev.graft.util.Names;
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
 * Reads image files into upright 8-bit sRGB. Gray becomes three equal channels, 16-bit samples are
 * reduced to their upper 8 bits, and transparency becomes white. The EXIF orientation is applied,
 * and so is an embedded color profile unless it is broken or sRGB. Of an animation, the first frame
 * is read. Sample values, gamma included, are those of the file, as in Pillow, and therefore as in
 * the training of the backbones: gray and RGB without a profile equal Pillow's pixels. (16-bit gray
 * is the exception: Pillow clips at 255 instead of dividing.)
 *
 * <p>An image of more than 25 megapixels is subsampled while it is decoded, by the smallest whole
 * factor that brings it below that, so that it fits into a heap of usual size. A JPEG of 2
 * megapixels or more that is to be reduced is decoded at 1/2, 1/4 or 1/8 of its size, see {@link
 * ReducedJpeg}.
 *
 * <p>A file that cannot be read completely is refused by an {@link UnreadableImage} with one
 * sentence that begins with the file's name. All methods are thread-safe.
 */
public final class ImageFileReader {
  /**
   * The version of the pixels. It changes whenever a file would give other pixels than before, and
   * invalidates what was computed from them and cached on disk.
   */
  public static final int VERSION = 6;

  /** The bytes of heap that decoding a photograph of 24 megapixels takes, rounded up. */
  private static final long DECODING = 200L << 20;

  /** The largest file, in bytes, that is hashed and decoded from a copy in memory. */
  private static final long IN_MEMORY = 64L << 20;

  private static final String HEIC_REMEDY =
      "Convert HEIC to JPEG: on macOS in Preview (Export), on Linux by"
          + " `heif-convert FILE FILE.jpg`, on Windows in Photos (Save as); an iPhone takes JPEG with"
          + " Settings, Camera, Formats, Most Compatible.";

  /** The TIFF decoder's messages about features that it lacks, as opposed to damage. */
  private static final Pattern UNSUPPORTED =
      Pattern.compile(
          "(Unsupported (TIFF|BitsPerSample|SamplesPerPixel|Planar)|Unknown TIFF).*"
              + "|.* not supported: .*"
              + "|Embedded ICC color profile for Photometric Separated .* data");

  private static final SharedHeap HEAP = new SharedHeap();

  private ImageFileReader() {}

  /**
   * Returns the number of images to decode at once: one per processor as far as the heap allows,
   * and at least 1.
   */
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
   * The format and size of an image.
   *
   * @param format PNG, JPEG, GIF, BMP, TIFF or WEBP
   * @param width of the upright image, in pixels
   * @param height of the upright image, in pixels
   */
  public record Header(String format, int width, int height) {}

  /** Reads a file in its full size. */
  public static RgbImage read(Path file) {
    return read(file, 0);
  }

  /**
   * Reads a file, reduced by the largest whole factor that leaves the shorter side at least as long
   * as {@code minSide}. Each pixel is the mean of a box.
   *
   * @param minSide in pixels; 0 for the full size
   */
  public static RgbImage read(Path file, int minSide) {
    return opened(file, whole(file, source -> source.read(minSide))).get(0);
  }

  /**
   * Reads a file that must not have changed since it was hashed. The bytes that are decoded are the
   * bytes that are compared with the hash.
   *
   * @param content the SHA-256 of the file
   * @param minSides the smallest lengths of the shorter side, in pixels; one image is returned for
   *     each
   */
  public static List<RgbImage> read(Path file, Hash content, int... minSides) {
    return opened(
        file,
        channel -> {
          if (channel.size() > IN_MEMORY) {
            List<RgbImage> images = whole(file, source -> source.read(minSides)).of(channel);
            requireUnchanged(file, content, Hash.Algorithm.SHA256.of(file));
            return images;
          }
          return guarded(
              () -> {
                byte[] bytes = bytes(channel);
                requireUnchanged(file, content, Hash.Algorithm.SHA256.of(ByteBuffer.wrap(bytes)));
                return new ByteArrayImageInputStream(bytes);
              },
              channel.size(),
              file.toString(),
              source -> source.read(minSides));
        });
  }

  private static byte[] bytes(FileChannel file) throws IOException {
    byte[] bytes = new byte[(int) file.size()];
    int read = Channels.newInputStream(file.position(0)).readNBytes(bytes, 0, bytes.length);
    return read == bytes.length ? bytes : Arrays.copyOf(bytes, read);
  }

  private static void requireUnchanged(Path file, Hash then, Hash now) {
    if (!now.equals(then)) {
      throw new UnreadableImage(file.toString(), "was changed while it was in use; start again.");
    }
  }

  /**
   * Reads the bytes of a file in its full size.
   *
   * @param name of the file, for messages
   */
  public static RgbImage read(byte[] bytes, String name) {
    return read(bytes, name, 0);
  }

  /**
   * Reads the bytes of a file, reduced as in {@link #read(Path, int)}.
   *
   * @param name of the file, for messages
   */
  public static RgbImage read(byte[] bytes, String name, int minSide) {
    return guarded(
            () -> new ByteArrayImageInputStream(bytes),
            bytes.length,
            name,
            source -> source.read(minSide))
        .get(0);
  }

  /**
   * Reads a file from a stream, which is not closed, reduced as in {@link #read(Path, int)}.
   *
   * @param name of the file, for messages
   */
  public static RgbImage read(InputStream in, String name, int minSide) {
    try {
      return read(in.readAllBytes(), name, minSide);
    } catch (IOException e) {
      throw new UnreadableImage(name, "can't be read: " + Messages.reason(e) + ".", e);
    }
  }

  /** Reads the format and size of a file without decoding it. */
  public static Header header(Path file) {
    return opened(file, whole(file, ImageSource::header));
  }

  /**
   * Reads the format and size from the bytes of a file, without decoding it.
   *
   * @param name of the file, for messages
   */
  public static Header header(byte[] bytes, String name) {
    return guarded(
        () -> new ByteArrayImageInputStream(bytes), bytes.length, name, ImageSource::header);
  }

  private interface Use<S, T> {
    T of(S source) throws IOException;
  }

  private static <T> Use<FileChannel, T> whole(Path file, Use<ImageSource, T> use) {
    return channel -> guarded(() -> FileView.of(channel), channel.size(), file.toString(), use);
  }

  private static <T> T opened(Path file, Use<FileChannel, T> use) {
    if (Files.isDirectory(file)) {
      throw new UnreadableImage(file.toString(), "is a folder, not an image.");
    }
    if (!Files.exists(file)) {
      throw new UnreadableImage(file.toString(), "does not exist.");
    }
    if (!Files.isRegularFile(file)) {
      throw new UnreadableImage(file.toString(), "is a device or a pipe, not an image.");
    }
    try (FileChannel channel = FileChannel.open(file)) {
      return use.of(channel);
    } catch (AccessDeniedException e) {
      throw new UnreadableImage(file.toString(), "cannot be opened: check its permissions.", e);
    } catch (IOException e) {
      throw new UnreadableImage(
          file.toString(), "cannot be opened: " + Messages.reason(e) + ".", e);
    }
  }

  /**
   * @param stream opens the file, once per attempt
   */
  private static <T> T guarded(
      IoSupplier<ImageInputStream> stream, long length, String name, Use<ImageSource, T> use) {
    try {
      return HEAP.read(
          () -> {
            ImageInputStream opened = stream.get();
            return use.of(new ImageSource(format(opened, name), opened, length, name));
          });
    } catch (UnreadableImage e) {
      throw e;
    } catch (IOException | RuntimeException | VirtualMachineError e) {
      if (SharedHeap.isOutOfMemory(e)) {
        throw new UnreadableImage(
            name, "does not fit into memory; give Java more with -Xmx, or leave the image out.", e);
      }
      Matcher lacking = UNSUPPORTED.matcher(String.valueOf(e.getMessage()));
      if (e instanceof IIOException && lacking.lookingAt()) {
        throw UnreadableImage.unsupported(name, "an unusual TIFF file (" + lacking.group() + ")");
      }
      // On damaged data, decoders throw exceptions of many types, whose messages help no user.
      throw new UnreadableImage(name, "is damaged or cut off.", e);
    }
  }

  /** Returns a message about images in HEIC that were ignored, with a remedy on each platform. */
  public static String ignoredHeic(long images) {
    return "Ignored "
        + Names.count(images, "image")
        + " in HEIC, which Graft cannot read. "
        + HEIC_REMEDY;
  }

  private static ImageFormat format(ImageInputStream stream, String name) throws IOException {
    byte[] start = new byte[ImageFormat.MAX_SIGNATURE];
    int read = Math.max(0, stream.read(start));
    if (read == 0) {
      throw new UnreadableImage(name, "is empty.");
    }
    if (ImageFormat.isHeic(start)) {
      throw new UnreadableImage(
          name, "is an image in HEIC, which Graft cannot read. " + HEIC_REMEDY);
    }
    return ImageFormat.of(Arrays.copyOf(start, read))
        .orElseThrow(
            () ->
                new UnreadableImage(
                    name, "is not an image that Graft reads (PNG, JPEG, GIF, BMP, TIFF or WebP)."));
  }
}
