package dev.graft.network.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import dev.graft.GraftException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A constant whose values stay in the file of an external model until they are copied into the
 * written file, because the values of all constants may not fit into Java's heap.
 *
 * @param constant the tensor without its values
 * @param file that holds the values
 * @param from offset of the values in the file, in bytes
 * @param length of the values in bytes
 */
record FileBackedTensor(TensorProto constant, Path file, long from, int length) {
  private static final int BUFFER_BYTES = 1 << 16;

  FileBackedTensor named(String name) {
    return new FileBackedTensor(constant.toBuilder().setName(name).build(), file, from, length);
  }

  /** Returns the size of the serialized {@code TensorProto} with its values, in bytes. */
  int size() {
    return constant.getSerializedSize()
        + CodedOutputStream.computeTagSize(TensorProto.RAW_DATA_FIELD_NUMBER)
        + CodedOutputStream.computeUInt32SizeNoTag(length)
        + length;
  }

  /**
   * Returns the values, which must be float32.
   *
   * @throws IOException if the file can't be read
   */
  float[] floats() throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      in.skipNBytes(from);
      FloatBuffer values =
          ByteBuffer.wrap(in.readNBytes(length)).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
      float[] floats = new float[values.remaining()];
      values.get(floats);
      return floats;
    }
  }

  void writeTo(CodedOutputStream out) throws IOException {
    constant.writeTo(out);
    out.writeTag(TensorProto.RAW_DATA_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    out.writeUInt32NoTag(length);
    try (InputStream in = Files.newInputStream(file)) {
      in.skipNBytes(from);
      for (int left = length; left > 0; ) {
        byte[] chunk = in.readNBytes(Math.min(left, BUFFER_BYTES));
        if (chunk.length == 0) {
          throw new GraftException(file + " was changed while it was read; try again.");
        }
        out.writeRawBytes(chunk);
        left -= chunk.length;
      }
    }
  }
}
