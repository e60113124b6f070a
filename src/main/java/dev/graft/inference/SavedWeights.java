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

/**
 * The arrays of a {@code .params} file. DJL itself believes what the file says of their types and
 * sizes, and an engine that is given a type which it doesn't have ends the JVM; so they are read
 * here, and compared with what the network wants before the engine sees them.
 *
 * <p>The file is a nest of blocks, as DJL writes it: between the arrays stand the heads of blocks,
 * which say nothing that the network's description doesn't, and are passed over. So it doesn't
 * matter how the blocks were nested. An array is {@code P}, a version, its name and {@code NDAR}, a
 * version, again a name, whether it is sparse, its type, shape and byte order, and its values.
 */
final class SavedWeights {
  private final DataInputStream file;

  private SavedWeights(InputStream file) {
    this.file = new DataInputStream(file);
  }

  /** What DJL begins its files with. */
  private static final String MAGIC = "DJL@";

  /** Takes a weight's values. */
  interface Taker {
    void take(Weight weight, float[] values);
  }

  /**
   * Fills parameters.
   *
   * @param file after its own head, where the blocks begin
   * @param parameters those of the network's weights, in order; nothing in them yet
   * @throws GraftException if an array is not what the network wants
   * @throws java.io.EOFException if the file ends before the last array does
   */
  static void fill(InputStream file, Map<Weight, Parameter> parameters, NDManager manager)
      throws IOException {
    read(
        file,
        parameters.keySet(),
        (weight, values) -> {
          Parameter parameter = parameters.get(weight);
          parameter.setShape(null); // DJL takes an array only where no shape is set
          parameter.setArray(manager.create(values, shape(weight)));
        });
  }

  /**
   * All weights of a file, without DJL.
   *
   * @param wanted in the network's order
   * @throws GraftException if it is no such file, or an array is not what the network wants
   * @throws java.io.EOFException if the file ends before the last array does
   */
  static Weights of(Path path, List<Weight> wanted) throws IOException {
    Map<Weight, float[]> all = new HashMap<>();
    try (InputStream file = new BufferedInputStream(Files.newInputStream(path), 1 << 16)) {
      String magic = new String(file.readNBytes(MAGIC.length()), StandardCharsets.ISO_8859_1);
      if (!magic.equals(MAGIC)) {
        throw new GraftException("the file of its weights is none.");
      }
      read(file, wanted, all::put);
    }
    return all::get;
  }

  private static void read(InputStream file, Collection<Weight> wanted, Taker taker)
      throws IOException {
    SavedWeights weights = new SavedWeights(file);
    for (Weight each : wanted) {
      taker.take(each, weights.next(each));
    }
  }

  private static Shape shape(Weight weight) {
    return new Shape(weight.shape().stream().mapToLong(Long::longValue).toArray());
  }

  private float[] next(Weight weight) throws IOException {
    passTo(weight.role().suffix());
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
    file.skipNBytes((long) Character.BYTES * file.readInt()); // what each axis is
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

  /** Goes on behind the beginning of the next array of a name. */
  private void passTo(String name) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream beginning = new DataOutputStream(bytes);
    beginning.writeChar('P');
    beginning.writeByte(1);
    beginning.writeUTF(name);
    beginning.writeUTF("NDAR");
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
    return new GraftException(
        "its weights are not those of the network that it describes: "
            + weight.name()
            + " "
            + problem
            + ".");
  }
}
