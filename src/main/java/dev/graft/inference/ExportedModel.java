package dev.graft.inference;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.graft.GraftException;
import dev.graft.engine.OnnxSession;
import dev.graft.image.Framing;
import dev.graft.io.AtomicFiles;
import dev.graft.network.onnx.OnnxFile;
import dev.graft.network.onnx.PixelType;
import dev.graft.network.onnx.Precision;
import dev.graft.util.GitCommit;
import dev.graft.util.Messages;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A whole network as one ONNX file, from pixels to probabilities, and in its metadata what else is
 * needed: the classes, the input's side, and how an image becomes the input.
 */
public final class ExportedModel {
  private static final String CLASSES = "classes";
  private static final String INPUT_SIZE = "input_size";
  private static final String FRAMING = "framing";
  private static final String RUN = "run";
  private static final ObjectMapper JSON = new ObjectMapper();

  private ExportedModel() {}

  /** Returns a saved model as an ONNX file with its metadata; nothing is written. */
  public static OnnxFile onnx(SavedModel.Contents model, Precision precision) {
    return model.onnx(precision, PixelType.FLOAT32, metadata(model));
  }

  /** Writes a saved model as an ONNX file, in the precision of the model. */
  public static void write(SavedModel.Contents model, Path file) throws IOException {
    AtomicFiles.write(file, onnx(model, model.precision())::writeTo);
  }

  static Map<String, String> metadata(SavedModel.Contents model) {
    Map<String, String> metadata = new LinkedHashMap<>();
    try {
      metadata.put(CLASSES, JSON.writeValueAsString(model.classes()));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e); // a list of texts
    }
    metadata.put(INPUT_SIZE, Integer.toString(model.design().inputSize()));
    metadata.put(FRAMING, framing(model.design().preprocessing().framing()));
    metadata.put(RUN, model.name());
    metadata.put("graft", GitCommit.ofGraft());
    return metadata;
  }

  /** For whoever has to do the same in another language; its first word is for Graft. */
  public static String framing(Framing framing) {
    String part =
        switch (framing) {
          case WHOLE -> "the whole image";
          case CENTRE -> "the centred square of 224/256 of the shorter side";
        };
    return framing.name().toLowerCase(Locale.ROOT)
        + (": " + part + ", resized to the input by Pillow's bicubic");
  }

  /**
   * Opens a file, on the CPU.
   *
   * @throws GraftException if it is none of these, or damaged
   */
  static LoadedModel load(Path file) {
    try {
      OnnxSession session = OnnxSession.open(file);
      try {
        return loaded(session);
      } catch (IOException | RuntimeException | Error e) {
        session.close();
        throw e;
      }
    } catch (IOException | RuntimeException e) {
      // A file of anybody's may say anything.
      throw new GraftException(
          file + " is no model that export wrote: " + Messages.of(e, "its metadata is not") + ".",
          e);
    }
  }

  private static LoadedModel loaded(OnnxSession session) throws IOException {
    Map<String, String> about = session.metadata();
    if (!about.keySet().containsAll(List.of(CLASSES, INPUT_SIZE, FRAMING, RUN))) {
      throw new GraftException("its metadata lacks classes, input_size, framing or run");
    }
    List<String> classes = JSON.readValue(about.get(CLASSES), new TypeReference<>() {});
    int side = Integer.parseInt(about.get(INPUT_SIZE));
    if (side < 1 || side > SavedModel.MOST_PIXELS || side != session.side()) {
      throw new GraftException("its input_size is not that of its input");
    }
    String framing = about.get(FRAMING).replaceFirst(":.*", "").toUpperCase(Locale.ROOT);
    InferenceBackend forward = new OnnxBackend(session);
    var blank = new ModelRunner.Prepared(ByteBuffer.allocate(3 * side * side));
    if (forward.probabilities(List.of(blank)).get(0).length != classes.size()) {
      throw new GraftException("it has another number of probabilities than of classes");
    }
    return new LoadedModel(about.get(RUN), forward, Framing.valueOf(framing), side, classes);
  }
}
