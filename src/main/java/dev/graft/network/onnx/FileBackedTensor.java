package dev.graft.network.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import dev.graft.GraftException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A constant whose values stay in another model's file until they are copied to where they belong:
 * all of them would not fit into Java's heap.
 *
 * @param constant without its values
 * @param file where these are
 * @param from the first of their bytes there
 * @param length number of their bytes
 */
record FileBackedTensor(TensorProto constant, Path file, int from, int length) {
  private static final int BUFFER = 1 << 16;

  FileBackedTensor named(String name) {
    return new FileBackedTensor(constant.toBuilder().setName(name).build(), file, from, length);
  }

  /** How long it is as a {@code TensorProto}. */
  int size() {
    return constant.getSerializedSize()
        + CodedOutputStream.computeTagSize(TensorProto.RAW_DATA_FIELD_NUMBER)
        + CodedOutputStream.computeUInt32SizeNoTag(length)
        + length;
  }

  void writeTo(CodedOutputStream out) throws IOException {
    constant.writeTo(out);
    out.writeTag(TensorProto.RAW_DATA_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    out.writeUInt32NoTag(length);
    try (InputStream in = Files.newInputStream(file)) {
      in.skipNBytes(from);
      for (int left = length; left > 0; ) {
        byte[] some = in.readNBytes(Math.min(left, BUFFER));
        if (some.length == 0) {
          throw new GraftException(file + " was changed while it was read.");
        }
        out.writeRawBytes(some);
        left -= some.length;
      }
    }
  }
}
