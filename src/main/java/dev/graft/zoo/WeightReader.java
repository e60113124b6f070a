package dev.graft.zoo;

import dev.graft.GraftException;
import dev.graft.Reason;
import dev.graft.network.Weight;
import dev.graft.network.Weights;
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
 * The weights in a file, handed out tensor by tensor in the network's own names and layout.
 *
 * <p>Opening one compares everything that the network wants with what the file says it has: names
 * or order, shapes, types, places in the file. Only the values themselves are left for {@link
 * #read}. Whatever the bytes, both end in success or in a {@link GraftException} that names the
 * file. Tensors that the network does not want are never read.
 */
public abstract sealed class WeightReader implements Closeable permits Safetensors, KerasH5 {
  /**
   * Whose names and order the file follows. It tells where the weights come from, and so which
   * preprocessing belongs to them.
   */
  public enum Convention {
    /** The network's own names, see {@link Weight#name()}. */
    GRAFT,
    /** {@code features.0.weight} and on: weights that torchvision trained. */
    TORCHVISION,
    /** Keras's layers, in the file's order. */
    KERAS
  }

  private static final byte[] HDF5_SIGNATURE = {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

  /** The file's name for messages. */
  private final String file;

  WeightReader(String file) {
    this.file = file;
  }

  /**
   * Opens a weight file, whose format its first bytes tell and, where they don't, its suffix.
   *
   * @param network the network's name, such as {@code vgg16}
   * @param wanted every tensor that the network needs, layer after layer in the network's order
   * @throws GraftException if the file cannot be read, is of no known format or is damaged, or if a
   *     wanted tensor is missing or of another shape
   */
  public static WeightReader open(Path file, String network, List<Weight> wanted) {
    if (!Files.isRegularFile(file)) {
      String folder = Files.isDirectory(file) ? ": that is a folder" : "";
      throw new GraftException("There is no weight file " + file + folder + ".");
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
      return KerasH5.open(file, network, wanted);
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

  /** Whose names and order the file follows. */
  public abstract Convention convention();

  /**
   * The values of a tensor, row-major in the weight's shape and layout; all of them finite.
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
            "%s: value %s of %s is %s, where only finite numbers make sense: use another copy of"
                + " the file.",
            file(), i, weight.name(), values[i]);
      }
    }
    return values;
  }

  /** The tensor's values, not yet looked at. */
  abstract float[] values(Weight weight);

  /** Those of one place of its window, see {@link Weights#at}. */
  float[] values(Weight kernel, int row, int column) {
    Weights whole = this::values;
    return whole.at(kernel, row, column);
  }

  /** All of them, each read when it is asked for. */
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

  /** {@code <file>: <problem>.} */
  static GraftException failure(String file, String problem, Throwable cause) {
    return new GraftException(file + ": " + problem + ".", cause);
  }

  static GraftException unreadable(String file, String what, IOException e) {
    String reason = Reason.of(e, e.getClass().getSimpleName());
    return failure(file, what + " cannot be read (" + reason + ")", e);
  }

  /** A shape as people write it: {@code (64, 3, 3, 3)}. */
  static String shape(List<Long> shape) {
    return shape.stream().map(String::valueOf).collect(Collectors.joining(", ", "(", ")"));
  }
}
