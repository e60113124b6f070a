package dev.graft.inference;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import dev.graft.GraftException;
import dev.graft.network.Weight;
import dev.graft.network.Weights;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * The arrays of a {@code .params} file. DJL does not check their types and sizes, and an engine
 * that gets an unsupported type crashes the JVM; therefore the arrays are read here and compared
 * with the design of the network before the engine gets them.
 *
 * <p>The file is as DJL's {@code Block.saveParameters} writes it. The headers of blocks between the
 * arrays repeat what the design describes and are skipped, so that their nesting does not matter.
 * An array is {@code P}, a version, its name and {@code NDAR}, a version, again a name, whether it
 * is sparse, its type, shape and byte order, and its values.
 */
final class SavedWeights {
  private final DataInputStream file;

  private SavedWeights(InputStream file) {
    this.file = new DataInputStream(file);
  }

  /** First bytes of a file that DJL wrote. */
  private static final String MAGIC = "DJL@";

  /**
   * Sets the values of parameters.
   *
   * @param file positioned after the file header, where the blocks start
   * @param parameters of the network's weights, in order; not initialized yet
   * @param manager owns the arrays
   * @throws GraftException if type or shape of an array differ from those of its weight
   * @throws java.io.EOFException if the file ends before the last array does
   */
  static void fill(InputStream file, Map<Weight, Parameter> parameters, NDManager manager)
      throws IOException {
    read(
        file,
        parameters.keySet(),
        (weight, values) -> {
          Parameter parameter = parameters.get(weight);
          parameter.setShape(null); // DJL accepts an array only if no shape is set
          parameter.setArray(manager.create(values, shape(weight)));
        });
  }

  /**
   * Reads all weights of a file, without an engine.
   *
   * @param wanted weights, in the order of the network
   * @throws GraftException if the file is not one that DJL wrote, or if type or shape of an array
   *     differ from those of its weight
   * @throws java.io.EOFException if the file ends before the last array does
   */
  static Weights of(Path path, List<Weight> wanted) throws IOException {
    Map<Weight, float[]> all = new HashMap<>();
    try (InputStream file = new BufferedInputStream(Files.newInputStream(path), 1 << 16)) {
      String magic = new String(file.readNBytes(MAGIC.length()), StandardCharsets.ISO_8859_1);
      if (!magic.equals(MAGIC)) {
        throw SavedModel.damaged("the file of its weights is not one that DJL wrote");
      }
      read(file, wanted, all::put);
    }
    return all::get;
  }

  /**
   * Reads weights.
   *
   * @param consumer receives each with its values, in row-major order
   */
  private static void read(
      InputStream file, Collection<Weight> wanted, BiConsumer<Weight, float[]> consumer)
      throws IOException {
    SavedWeights weights = new SavedWeights(file);
    for (Weight each : wanted) {
      consumer.accept(each, weights.next(each));
    }
  }

  private static Shape shape(Weight weight) {
    return new Shape(weight.shape().stream().mapToLong(Long::longValue).toArray());
  }

  private float[] next(Weight weight) throws IOException {
    skipTo(weight.role().suffix());
    int version = file.readInt();
    if (version > 1 && file.readBoolean()) {
      file.readUTF();
    }
    require(file.readUTF().equals("DENSE"), weight, "is not dense");
    require(file.readUTF().equals("FLOAT32"), weight, "is not of type float32");
    require(file.readInt() == weight.shape().size(), weight, "has another shape");
    for (long length : weight.shape()) {
      require(file.readLong() == length, weight, "has another shape");
    }
    file.skipNBytes((long) Character.BYTES * file.readInt()); // the layout of the axes
    boolean bigEndian = version > 2 && file.readByte() == '>';
    require(file.readInt() == Float.BYTES * weight.size(), weight, "has another length");
    ByteBuffer bytes = ByteBuffer.wrap(new byte[Float.BYTES * weight.size()]);
    file.readFully(bytes.array());
    float[] values = new float[weight.size()];
    bytes.order(bigEndian ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().get(values);
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw wrong(weight, "holds " + value);
      }
    }
    return values;
  }

  /** Skips to the content of the next array of a name. */
  private void skipTo(String name) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream header = new DataOutputStream(bytes);
    header.writeChar('P');
    header.writeByte(1);
    header.writeUTF(name);
    header.writeUTF("NDAR");
    byte[] wanted = bytes.toByteArray();
    byte[] last = new byte[wanted.length];
    while (!Arrays.equals(last, wanted)) {
      System.arraycopy(last, 1, last, 0, last.length - 1);
      last[last.length - 1] = file.readByte();
    }
  }

  private static void require(boolean holds, Weight weight, String problem) {
    if (!holds) {
      throw wrong(weight, problem);
    }
  }

  private static GraftException wrong(Weight weight, String problem) {
    return SavedModel.damaged(
        "its weights do not fit the network that it describes: " + weight.name() + " " + problem);
  }
}
