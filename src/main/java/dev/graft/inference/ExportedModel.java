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
import dev.graft.util.Build;
import dev.graft.util.InputSide;
import dev.graft.util.Messages;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A whole network as one ONNX file, from pixels to probabilities. Its metadata holds the classes,
 * the side of the input, and how an image becomes the input.
 */
public final class ExportedModel {
  private static final String CLASSES = "classes";
  private static final String INPUT_SIZE = "input_size";
  private static final String FRAMING = "framing";
  private static final String RUN = "run";

  /** Present, as "true", if predictions are means of those of an image and its mirror image. */
  private static final String AVERAGE_MIRROR = "average_mirror";

  private static final ObjectMapper JSON = new ObjectMapper();

  private ExportedModel() {}

  /** Returns a saved model as an ONNX file with its metadata, in memory. */
  public static OnnxFile onnx(SavedModel.Contents model, Precision precision) {
    return model.onnx(precision, PixelType.FLOAT32, metadata(model));
  }

  /** Writes a saved model to an ONNX file, in the precision of the model. */
  public static void write(SavedModel.Contents model, Path file) throws IOException {
    AtomicFiles.write(file, onnx(model, model.precision())::writeTo);
  }

  static Map<String, String> metadata(SavedModel.Contents model) {
    Map<String, String> metadata = new LinkedHashMap<>();
    try {
      metadata.put(CLASSES, JSON.writeValueAsString(model.classes()));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e); // impossible for strings
    }
    metadata.put(INPUT_SIZE, Integer.toString(model.design().inputSize()));
    metadata.put(FRAMING, framing(model.design().preprocessing().framing()));
    metadata.put(RUN, model.name());
    if (model.averageMirror()) {
      metadata.put(AVERAGE_MIRROR, "true");
    }
    metadata.put("graft", Build.commit());
    return metadata;
  }

  /**
   * Describes a framing in the metadata: its name, which Graft reads, and a description for
   * programs in other languages.
   */
  public static String framing(Framing framing) {
    String part =
        switch (framing.part()) {
          case WHOLE -> "the whole image, resized to the input";
          case CENTRE -> "the centered square of 224/256 of the shorter side, resized to the input";
          case CROP ->
              "resized so that the shorter side is the input's side divided by "
                  + framing.share()
                  + ", then the center of the input's size";
          case SQUASHED_CROP ->
              "resized to a square whose side is the input's divided by "
                  + framing.share()
                  + ", then the center of the input's size";
        };
    return framing.name().toLowerCase(Locale.ROOT)
        + (": " + part + " by Pillow's ")
        + framing.resampling().name().toLowerCase(Locale.ROOT);
  }

  /**
   * Loads a file that {@code export} wrote into ONNX Runtime, on the CPU.
   *
   * @throws GraftException if {@code export} did not write it, or it is damaged
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
      // The metadata of an unknown file can cause any exception.
      throw new GraftException(
          file
              + " is damaged, or was not written by export: "
              + Messages.of(e, "its metadata is invalid")
              + ". Export the model again.",
          e);
    }
  }

  private static LoadedModel loaded(OnnxSession session) throws IOException {
    Map<String, String> metadata = session.metadata();
    if (!metadata.keySet().containsAll(List.of(CLASSES, INPUT_SIZE, FRAMING, RUN))) {
      throw new GraftException("its metadata lacks classes, input_size, framing or run");
    }
    List<String> classes = JSON.readValue(metadata.get(CLASSES), new TypeReference<>() {});
    int side = Integer.parseInt(metadata.get(INPUT_SIZE));
    if (side < 1 || side > InputSide.MAX || side != session.side()) {
      throw new GraftException("its input_size differs from the size of its input");
    }
    String framing = metadata.get(FRAMING).replaceFirst(":.*", "");
    InferenceBackend backend = new OnnxBackend(session);
    var blank = new ModelRunner.Prepared(ByteBuffer.allocate(3 * side * side));
    if (backend.outputs(List.of(blank)).get(0).probabilities().length != classes.size()) {
      throw new GraftException("its number of probabilities differs from its number of classes");
    }
    return new LoadedModel(
        metadata.get(RUN),
        metadata.containsKey(AVERAGE_MIRROR) ? new MirrorAverage(backend, side) : backend,
        Framing.of(framing),
        side,
        classes);
  }
}
