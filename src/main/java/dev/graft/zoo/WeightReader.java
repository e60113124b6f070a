package dev.graft.zoo;

import dev.graft.GraftException;
import dev.graft.network.Weight;
import dev.graft.network.Weights;
import dev.graft.util.Messages;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Reads the weights in a file, tensor by tensor, in Graft's names and layout.
 *
 * <p>Opening a file compares the weights of the network with the file's tensors: names or order,
 * shapes, types and offsets. Only the values remain for {@link #read}. For any bytes, both either
 * succeed or throw a {@link GraftException} that names the file. Other tensors are never read.
 */
public abstract sealed class WeightReader implements Closeable permits Safetensors, KerasH5 {
  /**
   * The naming convention of a file, which reveals where the weights were trained and thus their
   * preprocessing.
   */
  public enum Convention {
    /** Graft's names, see {@link Weight#name()}. */
    GRAFT,
    /** {@code features.0.weight} and so on, of weights that torchvision trained. */
    TORCHVISION,
    /** Keras's layers, in the order of the file. */
    KERAS
  }

  private static final byte[] HDF5_SIGNATURE = {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

  /** The file's name for messages. */
  private final String file;

  WeightReader(String file) {
    this.file = file;
  }

  /**
   * Opens a weight file. The format is detected by the first bytes, otherwise by the suffix.
   *
   * @param file a safetensors or Keras HDF5 file
   * @param network the network's name, such as {@code vgg16}
   * @param wanted all weights of the network, in its order
   * @throws GraftException if the file is unreadable, damaged or of another format, or if a wanted
   *     tensor is missing or has another shape
   */
  public static WeightReader open(Path file, String network, List<Weight> wanted) {
    if (!Files.isRegularFile(file)) {
      throw new GraftException(
          file
              + (Files.isDirectory(file)
                  ? ": it is a folder; give a weight file in it."
                  : ": the weight file does not exist."));
    }
    byte[] start;
    try (InputStream in = Files.newInputStream(file)) {
      start = in.readNBytes(9);
    } catch (IOException e) {
      throw unreadable(file.toString(), "it", e);
    }
    String name = file.toString().toLowerCase(Locale.ROOT);
    if (Arrays.equals(Arrays.copyOf(start, 8), HDF5_SIGNATURE)
        || name.endsWith(".h5")
        || name.endsWith(".hdf5")) {
      try {
        return KerasH5.open(file, network, wanted);
      } catch (NoClassDefFoundError e) {
        // An optional dependency, which programs that embed Graft do without.
        throw new GraftException(
            file
                + ": HDF5 needs the library io.jhdf:jhdf, which is not there: add this dependency,"
                + " or give the weights as safetensors.",
            e);
      }
    }
    // A safetensors file starts with the length of its header, which is JSON: an object.
    if ((start.length == 9 && start[8] == '{') || name.endsWith(".safetensors")) {
      return Safetensors.open(file, network, wanted);
    }
    throw GraftException.of(
        "%s is neither a safetensors file nor a Keras HDF5 file%s: give one of these.",
        file, looksLike(start));
  }

  private static String looksLike(byte[] start) {
    String text = new String(start, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
    if (start.length == 0) {
      return " but empty";
    }
    if (text.startsWith("pk")) {
      return " but a ZIP archive, such as Keras's .keras or PyTorch's .pth";
    }
    return text.startsWith("<") ? " but looks like a web page" : "";
  }

  /** Returns the naming convention of the file. */
  public abstract Convention convention();

  /**
   * Returns the values of a tensor, row-major in the weight's shape; all of them are finite.
   *
   * @param weight one of those that the reader was opened for
   * @throws GraftException if the file cannot be read to the tensor's end, or a value is not finite
   */
  public final float[] read(Weight weight) {
    return finite(weight, values(weight));
  }

  private float[] finite(Weight weight, float[] values) {
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        throw GraftException.of(
            "%s: value %s of %s is %s, but weights must be finite; use another copy of the file.",
            file(), i, weight.name(), values[i]);
      }
    }
    return values;
  }

  /** Returns the values of a tensor, which may be NaN or infinite. */
  abstract float[] values(Weight weight);

  /** Returns the values at one position of a kernel's window, see {@link Weights#at}. */
  float[] values(Weight kernel, int row, int column) {
    Weights whole = this::values;
    return whole.at(kernel, row, column);
  }

  /** Returns all weights, each of which is read when it is requested. */
  public final Weights weights() {
    return new Weights() {
      @Override
      public float[] of(Weight weight) {
        return read(weight);
      }

      @Override
      public float[] at(Weight kernel, int row, int column) {
        return finite(kernel, values(kernel, row, column));
      }
    };
  }

  @Override
  public abstract void close();

  final String file() {
    return file;
  }

  /** Returns an exception with the message {@code <file>: <problem>.} */
  static GraftException failure(String file, String problem, Throwable cause) {
    return new GraftException(file + ": " + problem + ".", cause);
  }

  static GraftException unreadable(String file, String what, IOException e) {
    String reason = Messages.of(e, e.getClass().getSimpleName());
    return failure(file, what + " cannot be read (" + reason + ")", e);
  }

  /** Formats a shape: {@code (64, 3, 3, 3)}. */
  static String shape(List<Long> shape) {
    return shape.stream().map(String::valueOf).collect(Collectors.joining(", ", "(", ")"));
  }
}
