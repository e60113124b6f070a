package dev.graft.network.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * An ONNX model whose large constants stay in its file.
 *
 * @param model the rest of the model
 * @param fileBacked the large constants
 */
record ModelSkeleton(ModelProto model, List<FileBackedTensor> fileBacked) {
  /** Minimum size of a constant that stays in the file, in bytes. */
  private static final int MIN_LARGE_BYTES = 1 << 20;

  private static final int BUFFER_BYTES = 1 << 16;

  /**
   * Reads a model.
   *
   * @throws IOException if the file can't be read or is not an ONNX model
   */
  static ModelSkeleton of(Path file) throws IOException {
    try (InputStream bytes = Files.newInputStream(file)) {
      return new Parser(file, CodedInputStream.newInstance(bytes, BUFFER_BYTES)).model();
    }
  }

  /** Parses a file field by field; fields without large constants are copied unread. */
  private record Parser(Path file, CodedInputStream in) {
    ModelSkeleton model() throws IOException {
      UnknownFieldSet.Builder all = UnknownFieldSet.newBuilder();
      GraphProto.Builder graph = GraphProto.newBuilder();
      List<FileBackedTensor> fileBacked = new ArrayList<>();
      fields(all, ModelProto.GRAPH_FIELD_NUMBER, length -> graph(graph, fileBacked));
      ModelProto model = ModelProto.parseFrom(all.build().toByteString());
      return new ModelSkeleton(model.toBuilder().setGraph(graph).build(), fileBacked);
    }

    private void graph(GraphProto.Builder graph, List<FileBackedTensor> fileBacked)
        throws IOException {
      UnknownFieldSet.Builder all = UnknownFieldSet.newBuilder();
      fields(all, GraphProto.INITIALIZER_FIELD_NUMBER, length -> constant(graph, fileBacked));
      graph.mergeFrom(all.build().toByteString());
    }

    private void constant(GraphProto.Builder graph, List<FileBackedTensor> fileBacked)
        throws IOException {
      UnknownFieldSet.Builder all = UnknownFieldSet.newBuilder();
      int[] range = new int[2]; // from, length
      fields(
          all,
          TensorProto.RAW_DATA_FIELD_NUMBER,
          length -> {
            if (length >= MIN_LARGE_BYTES) {
              range[0] = in.getTotalBytesRead();
              range[1] = length;
              in.skipRawBytes(length);
            } else {
              all.mergeField(
                  TensorProto.RAW_DATA_FIELD_NUMBER,
                  UnknownFieldSet.Field.newBuilder()
                      .addLengthDelimited(ByteString.copyFrom(in.readRawBytes(length)))
                      .build());
            }
          });
      TensorProto constant = TensorProto.parseFrom(all.build().toByteString());
      if (range[1] > 0) {
        fileBacked.add(new FileBackedTensor(constant, file, range[0], range[1]));
      } else {
        graph.addInitializer(constant);
      }
    }

    private interface FieldParser {
      void parse(int length) throws IOException;
    }

    /**
     * Reads a message to its end.
     *
     * @param others receives all fields but one
     * @param field number of that field
     * @param parser reads that field
     */
    private void fields(UnknownFieldSet.Builder others, int field, FieldParser parser)
        throws IOException {
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        if (WireFormat.getTagFieldNumber(tag) == field
            && WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
          int length = in.readRawVarint32();
          int outerLimit = in.pushLimit(length);
          parser.parse(length);
          in.popLimit(outerLimit);
        } else if (!others.mergeFieldFrom(tag, in)) {
          throw new InvalidProtocolBufferException("its fields are not those of an ONNX model");
        }
      }
    }
  }
}
