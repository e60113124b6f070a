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
 * An ONNX model without its large constants, which stay in its file.
 *
 * @param model all else
 */
record ModelSkeleton(ModelProto model, List<FileBackedTensor> far) {
  /** In bytes; smaller ones are read. */
  private static final int LARGE = 1 << 20;

  private static final int BUFFER = 1 << 16;

  static ModelSkeleton of(Path file) throws IOException {
    try (InputStream bytes = Files.newInputStream(file)) {
      return new Reading(file, CodedInputStream.newInstance(bytes, BUFFER)).model();
    }
  }

  /** A file, field by field; what is not looked into is kept as it is. */
  private record Reading(Path file, CodedInputStream in) {
    ModelSkeleton model() throws IOException {
      UnknownFieldSet.Builder all = UnknownFieldSet.newBuilder();
      GraphProto.Builder graph = GraphProto.newBuilder();
      List<FileBackedTensor> far = new ArrayList<>();
      fields(all, ModelProto.GRAPH_FIELD_NUMBER, length -> graph(graph, far));
      ModelProto model = ModelProto.parseFrom(all.build().toByteString());
      return new ModelSkeleton(model.toBuilder().setGraph(graph).build(), far);
    }

    private void graph(GraphProto.Builder graph, List<FileBackedTensor> far) throws IOException {
      UnknownFieldSet.Builder all = UnknownFieldSet.newBuilder();
      fields(all, GraphProto.INITIALIZER_FIELD_NUMBER, length -> constant(graph, far));
      graph.mergeFrom(all.build().toByteString());
    }

    private void constant(GraphProto.Builder graph, List<FileBackedTensor> far) throws IOException {
      UnknownFieldSet.Builder all = UnknownFieldSet.newBuilder();
      int[] place = new int[2]; // from, length
      fields(
          all,
          TensorProto.RAW_DATA_FIELD_NUMBER,
          length -> {
            if (length >= LARGE) {
              place[0] = in.getTotalBytesRead();
              place[1] = length;
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
      if (place[1] > 0) {
        far.add(new FileBackedTensor(constant, file, place[0], place[1]));
      } else {
        graph.addInitializer(constant);
      }
    }

    private interface Looking {
      void into(int length) throws IOException;
    }

    /** Reads a message to its end. */
    private void fields(UnknownFieldSet.Builder others, int field, Looking looking)
        throws IOException {
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        if (WireFormat.getTagFieldNumber(tag) == field
            && WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
          int length = in.readRawVarint32();
          int outside = in.pushLimit(length);
          looking.into(length);
          in.popLimit(outside);
        } else if (!others.mergeFieldFrom(tag, in)) {
          throw new InvalidProtocolBufferException("its fields are none of ONNX's");
        }
      }
    }
  }
}
