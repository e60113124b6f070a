package dev.graft.network.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.WireFormat;
import dev.graft.GraftException;
import dev.graft.util.Messages;
import dev.graft.util.Text;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * An ONNX model whose large constants, and those in files beside it (ONNX's external data), stay in
 * their files.
 *
 * @param model the rest of the model
 * @param fileBacked the constants in files
 */
record ModelSkeleton(ModelProto model, List<FileBackedTensor> fileBacked) {
  /** Minimum size of a constant that stays in the file, in bytes. */
  private static final int MIN_LARGE_BYTES = 1 << 20;

  private static final int BUFFER_BYTES = 1 << 16;

  /**
   * Reads a model.
   *
   * @throws GraftException if the file can't be read, is not an ONNX model, or lacks its data
   */
  static ModelSkeleton read(Path file) {
    try (InputStream bytes = Files.newInputStream(file)) {
      return new Parser(file, CodedInputStream.newInstance(bytes, BUFFER_BYTES)).model();
    } catch (InvalidProtocolBufferException e) {
      throw new GraftException(
          file + " can't be read: it is not an ONNX file, or it is damaged.", e);
    } catch (IOException e) {
      throw new GraftException(file + " can't be read: " + Messages.of(e, "it is gone") + ".", e);
    }
  }

  /** Returns the inputs that are not constants, which files of before IR version 4 list, too. */
  List<ValueInfoProto> inputs() {
    Set<String> constants =
        Stream.concat(
                model.getGraph().getInitializerList().stream(),
                fileBacked.stream().map(FileBackedTensor::constant))
            .map(TensorProto::getName)
            .collect(Collectors.toSet());
    return model.getGraph().getInputList().stream()
        .filter(each -> !constants.contains(each.getName()))
        .toList();
  }

  /** Returns whether constants are in files beside the model. */
  boolean hasExternalData(Path file) {
    return fileBacked.stream().anyMatch(each -> !each.file().equals(file));
  }

  /**
   * Returns a constant whose values are external data.
   *
   * @param model the file of the model, which the location of the data is relative to
   */
  private static FileBackedTensor external(TensorProto constant, Path model) throws IOException {
    Map<String, String> data = new HashMap<>();
    constant.getExternalDataList().forEach(each -> data.put(each.getKey(), each.getValue()));
    String location = data.getOrDefault("location", "");
    Path folder = model.toAbsolutePath().getParent();
    Path file;
    try {
      file = folder.resolve(location).normalize();
    } catch (InvalidPathException e) {
      throw new GraftException(
          "the name of its second file, with its weights, is not one that files can have; export it"
              + " again.",
          e);
    }
    if (location.isEmpty() || !file.startsWith(folder.normalize()) || file.equals(folder)) {
      throw new GraftException(
          "it looks for weights outside of its folder, in " + location + "; export it again.");
    }
    if (!Files.isRegularFile(file)) {
      throw new GraftException(
          "its weights are in a second file, "
              + location
              + ", which is missing; put it beside it.");
    }
    long size = Files.size(file);
    try {
      long from = Long.parseLong(data.getOrDefault("offset", "0"));
      long length = Long.parseLong(data.getOrDefault("length", Long.toString(size - from)));
      if (from < 0 || length < 0) {
        throw new GraftException("the place of its weights in " + location + " is invalid.");
      }
      if (length > Integer.MAX_VALUE || from > size - length) {
        throw new GraftException(
            Text.of(
                "its weights are in a second file, %s, which has %d bytes instead of at least %d;"
                    + " get it again.",
                location, size, from > size ? from : length + from));
      }
      TensorProto bare = constant.toBuilder().clearExternalData().clearDataLocation().build();
      return new FileBackedTensor(bare, file, from, (int) length);
    } catch (NumberFormatException e) {
      throw new GraftException("the place of its weights in " + location + " is invalid.", e);
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
      if (constant.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
        fileBacked.add(external(constant, file));
      } else if (range[1] > 0) {
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
