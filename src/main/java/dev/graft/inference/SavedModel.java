package dev.graft.inference;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Block;
import ai.djl.nn.BlockFactory;
import ai.djl.nn.Parameter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.graft.GraftException;
import dev.graft.engine.Engines;
import dev.graft.io.AtomicFiles;
import dev.graft.io.Hash;
import dev.graft.network.BackboneSpec;
import dev.graft.network.Layer;
import dev.graft.network.NetworkDesign;
import dev.graft.network.Preprocessing;
import dev.graft.network.Weights;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.network.djl.ExternalNetwork;
import dev.graft.network.onnx.OnnxFile;
import dev.graft.network.onnx.PixelType;
import dev.graft.network.onnx.Precision;
import dev.graft.network.onnx.Ranges;
import dev.graft.recipe.Recipe;
import dev.graft.util.Messages;
import dev.graft.zoo.BackboneInfo;
import dev.graft.zoo.ExternalBackbone;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A model on disk, which plain DJL loads with {@code Criteria.optModelPath} as {@code Image} to
 * {@code Classifications}: {@code <name>-0000.params}, {@code synset.txt} with a class a line,
 * {@code network.json}, which says how to build the network and prepare images, and {@code
 * serving.properties}, which names the class that builds it; {@code ranges.json} where the frozen
 * part was computed in 8 bits, and {@code backbone.onnx} or {@code backbone.pt} where the backbone
 * is somebody else's. (Plain DJL computes all of it in float32.)
 */
public final class SavedModel {
  private static final int FORMAT = 1;

  /** A description is half a page. */
  private static final long MOST_BYTES = 1 << 20;

  /** The greatest side of an input that a recipe may ask for. */
  static final int MOST_PIXELS = 1024;

  private static final String NETWORK = "network.json";
  private static final String RANGES = "ranges.json";
  private static final String CLASSES = "synset.txt";
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .build();

  private SavedModel() {}

  /**
   * {@code network.json}: what a {@link NetworkDesign} is made from.
   *
   * @param format of this file
   * @param weights where the backbone's came from, for people
   * @param weightsSha256 of the file of the weights
   * @param temperature what the logits are divided by; 0 in files of before there was one, for 1
   * @param rangesSha256 of {@code ranges.json}; empty where the frozen part is not in 8 bits
   */
  record Description(
      int format,
      String backbone,
      String weights,
      int inputSize,
      Preprocessing preprocessing,
      String unfreeze,
      List<String> features,
      NetworkDesign.Scaling scaling,
      Recipe.Head head,
      int classes,
      @JsonSetter(nulls = Nulls.AS_EMPTY) double temperature,
      String weightsSha256,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) @JsonSetter(nulls = Nulls.AS_EMPTY)
          String rangesSha256,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) @JsonSetter(nulls = Nulls.AS_EMPTY)
          List<Foreign> foreign) {
    /**
     * The network.
     *
     * @param folder of the model
     */
    NetworkDesign network(Path folder) throws IOException {
      BackboneSpec network =
          foreign.isEmpty()
              ? BackboneInfo.of(backbone).network()
              : ExternalBackbone.network(backbone, foreign.get(0).layer(folder));
      return NetworkDesign.of(
              network,
              inputSize,
              preprocessing,
              unfreeze,
              features,
              scaling,
              NetworkDesign.head(
                  NetworkDesign.featureWidth(network, inputSize, features),
                  head.hidden(),
                  head.inputDropout(),
                  head.dropout(),
                  classes))
          .at(temperature == 0 ? 1 : temperature);
    }
  }

  /** A backbone of somebody else's, whose file is in the model's folder. */
  record Foreign(Layer.External.Format format, String sha256, List<List<Long>> outputs) {
    /** The layer, once its file is known to be the one that was copied. */
    Layer.External layer(Path folder) throws IOException {
      Path file = file(folder, format);
      if (!Files.isRegularFile(file)) {
        throw new GraftException("it lacks " + file.getFileName() + ", its backbone.");
      }
      if (!Hash.Algorithm.SHA256.of(file).hex().equals(sha256)) {
        throw new GraftException(file.getFileName() + " has been changed or damaged.");
      }
      return ExternalBackbone.layer(file, format, sha256, outputs);
    }

    static Path file(Path folder, Layer.External.Format format) {
      return folder.resolve("backbone" + format.suffix());
    }
  }

  /**
   * Saves a trained model; the folder appears whole.
   *
   * @param folder is made; must not be there
   * @param name of the parameters' file
   * @param weights where the backbone's weights came from, for people
   * @param head what the head was made from
   * @param ranges what the frozen part was computed in 8 bits by; empty for float32
   */
  public static void save(
      DjlNetwork graft,
      Path folder,
      String name,
      String weights,
      List<String> classes,
      Recipe.Head head,
      Optional<Ranges> ranges)
      throws IOException {
    AtomicFiles.folder(
        folder, unfinished -> write(graft, unfinished, name, weights, classes, head, ranges));
  }

  private static void write(
      DjlNetwork graft,
      Path folder,
      String name,
      String weights,
      List<String> classes,
      Recipe.Head head,
      Optional<Ranges> ranges)
      throws IOException {
    NetworkDesign design = graft.design();
    try (Model model = Model.newInstance(name)) {
      Block whole = new ImageBlock(graft);
      whole.initialize(model.getNDManager(), DataType.FLOAT32, graft.inputShape());
      model.setBlock(whole);
      model.save(folder, name);
    }
    if (ranges.isPresent()) {
      Files.writeString(folder.resolve(RANGES), ranges.get().json());
    }
    Description description =
        new Description(
            FORMAT,
            design.backbone().name(),
            weights,
            design.inputSize(),
            design.preprocessing(),
            design.unfrozen(),
            design.features(),
            design.scaling(),
            head,
            classes.size(),
            design.temperature(),
            Hash.Algorithm.SHA256.of(weightFile(folder)).hex(),
            ranges.map(known -> Hash.Algorithm.SHA256.of(known.json()).hex()).orElse(""),
            foreign(design, folder));
    Files.writeString(folder.resolve(NETWORK), JSON.writeValueAsString(description) + "\n");
    Files.writeString(folder.resolve(CLASSES), String.join("\n", classes) + "\n");
    Files.writeString(
        folder.resolve("serving.properties"),
        "# Any engine of DJL's that has Graft's jar beside it\n"
            + ("blockFactory=" + BuildsBlock.class.getName() + "\n")
            + "# DJL's image translator is to leave the image alone: the block prepares it\n"
            + "toTensor=false\nbatchifier=none\napplySoftmax=true\n"
            + ("topK=" + classes.size() + "\n")
            + ("option.modelName=" + name + "\n"));
  }

  /** Copies the backbone's file, where it is somebody else's, and describes it. */
  private static List<Foreign> foreign(NetworkDesign design, Path folder) throws IOException {
    if (design.backbone().foreign().isEmpty()) {
      return List.of();
    }
    Layer.External layer = design.backbone().foreign().get();
    Path copy = Files.copy(layer.file(), Foreign.file(folder, layer.format()));
    if (!Hash.Algorithm.SHA256.of(copy).hex().equals(layer.sha256())) {
      throw new GraftException(layer.file() + " was changed while a head was trained on it.");
    }
    return List.of(new Foreign(layer.format(), layer.sha256(), layer.outputs()));
  }

  /**
   * Loads a model: on the CPU into ONNX Runtime, where it is there, else into DJL. What is in 8
   * bits only ONNX Runtime computes, on the CPU.
   *
   * @throws GraftException if the folder holds no model, or a damaged one
   */
  static LoadedModel load(Path folder, Device device) {
    return load(folder, device, OnnxBackend.suits(device));
  }

  /**
   * Likewise.
   *
   * @param onnx whether ONNX Runtime is to compute it
   */
  static LoadedModel load(Path folder, Device device, boolean onnx) {
    return read(
        folder,
        (description, design, classes) ->
            new LoadedModel(
                name(folder),
                (onnx && design.backbone().isOnnx()) || !description.rangesSha256().isEmpty()
                    ? rendered(contents(folder, description, design, classes))
                    : inTrainingEngine(folder, description, design, device),
                description.preprocessing().framing(),
                description.inputSize(),
                classes));
  }

  private static InferenceBackend inTrainingEngine(
      Path folder, Description description, NetworkDesign design, Device device)
      throws IOException, MalformedModelException {
    Engines.engine();
    design.backbone().foreign().ifPresent(layer -> ExternalNetwork.check(layer.format()));
    return new DjlBackend(loaded(folder, description, design, device), design.inputSize());
  }

  /**
   * A model as it is described, for other renderings.
   *
   * @param name for people
   * @param weights all of its network's
   * @param precision in what its head was trained
   */
  public record Contents(
      String name,
      NetworkDesign design,
      Weights weights,
      Precision precision,
      List<String> classes) {
    /**
     * The whole network, from pixels to probabilities, in ONNX.
     *
     * @param numbers in which it is to compute
     * @param metadata what the file is to say of itself
     */
    public OnnxFile onnx(Precision numbers, PixelType pixels, Map<String, String> metadata) {
      List<String> outputs = List.of(NetworkDesign.PROBABILITIES);
      return OnnxFile.of(design.graph(), outputs, weights, numbers, pixels, metadata);
    }
  }

  /**
   * Reads a model without any engine.
   *
   * @throws GraftException if the folder holds no model, or a damaged one
   */
  public static Contents contents(Path folder) {
    return read(
        folder, (description, design, classes) -> contents(folder, description, design, classes));
  }

  private static Contents contents(
      Path folder, Description description, NetworkDesign design, List<String> classes)
      throws IOException {
    Path file = checkedWeightFile(folder, description);
    Weights weights = SavedWeights.of(file, design.graph().weights());
    return new Contents(
        name(folder), design, weights, precision(folder, description, design), classes);
  }

  static InferenceBackend rendered(Contents model) {
    return new OnnxBackend(model.onnx(model.precision(), PixelType.UINT8, Map.of()).open());
  }

  private interface Reading<T> {
    T of(Description description, NetworkDesign design, List<String> classes)
        throws IOException, MalformedModelException;
  }

  private static <T> T read(Path folder, Reading<T> reading) {
    if (!Files.isRegularFile(folder.resolve(NETWORK))) {
      throw new GraftException(
          Files.isRegularFile(folder)
              ? folder + " is a file, and this needs the folder of a run or a model."
              : "There is no model in "
                  + folder
                  + ": it should hold "
                  + NETWORK
                  + " and the rest.");
    }
    Description description = describe(folder);
    try {
      NetworkDesign design = description.network(folder);
      return reading.of(description, design, classes(folder, description));
    } catch (EOFException e) {
      throw failure(folder, "the file of its weights is cut short", e);
    } catch (OutOfMemoryError e) {
      throw failure(folder, "its weights need more memory than there is", e);
    } catch (IOException | MalformedModelException | RuntimeException e) {
      // What DJL makes of a damaged file may be anything.
      throw failure(folder, Messages.of(e, "its files are damaged, or belong to another model"), e);
    }
  }

  private static Precision precision(Path folder, Description description, NetworkDesign design)
      throws IOException {
    if (description.rangesSha256().isEmpty()) {
      return new Precision.Float32();
    }
    Path file = folder.resolve(RANGES);
    if (!Files.isRegularFile(file)) {
      throw new GraftException("it lacks " + RANGES + ", which its 8 bits are fitted to.");
    }
    if (!Hash.Algorithm.SHA256.of(file).hex().equals(description.rangesSha256())) {
      throw new GraftException(RANGES + " has been changed or damaged.");
    }
    return new Precision.Int8(Ranges.ofJson(Files.readString(file)), design.cut());
  }

  /**
   * A model's folder by its own name; that of a run, which is called {@code model}, by the run's.
   */
  private static String name(Path folder) {
    Path whole = folder.toAbsolutePath().normalize();
    boolean ofRun = whole.endsWith("model") && whole.getNameCount() > 1;
    Path named = (ofRun ? whole.getParent() : whole).getFileName();
    return named == null ? folder.toString() : named.toString();
  }

  /**
   * The network, filled. {@code serving.properties} is not asked: it is for DJL's own loading, and
   * could name any class or engine.
   */
  private static Model loaded(
      Path folder, Description description, NetworkDesign design, Device device)
      throws IOException, MalformedModelException {
    Path weights = checkedWeightFile(folder, description);
    String name = weights.getFileName().toString().replaceFirst("-[0-9]{4}\\.params$", "");
    Model model = Model.newInstance(name, device);
    try {
      model.setBlock(new ImageBlock(DjlNetwork.of(design)));
      model.load(folder, name);
      // DJL takes nothing at all from a file that it doesn't know, and says nothing.
      if (!model.getBlock().getParameters().values().stream().allMatch(Parameter::isInitialized)) {
        throw new GraftException("the file of its weights is none.");
      }
      return model;
    } catch (IOException | MalformedModelException | RuntimeException | Error e) {
      model.close();
      throw e;
    }
  }

  /** The only file of weights in a folder. */
  private static Path weightFile(Path folder) throws IOException {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(folder, "*-[0-9][0-9][0-9][0-9].params")) {
      files.forEach(found::add);
    }
    if (found.size() != 1 || !Files.isRegularFile(found.get(0))) {
      throw new GraftException(
          "it should hold one file of weights, NAME-0000.params, and holds "
              + (found.isEmpty() ? "none." : "something else."));
    }
    return found.get(0);
  }

  /** The file must be the one that was written. */
  private static Path checkedWeightFile(Path folder, Description description) throws IOException {
    Path file = weightFile(folder);
    if (!Hash.Algorithm.SHA256.of(file).hex().equals(description.weightsSha256())) {
      throw new GraftException("the file of its weights has been changed or damaged.");
    }
    return file;
  }

  private static GraftException failure(Path folder, String reason, Throwable cause) {
    return new GraftException(
        "The model in " + folder + " can't be loaded: " + reason + ".", cause);
  }

  private static Description describe(Path folder) {
    Path file = folder.resolve(NETWORK);
    try {
      if (Files.size(file) > MOST_BYTES) {
        throw new GraftException(file + " is too large for the description of a network.");
      }
      Description description = JSON.readValue(Files.readString(file), Description.class);
      if (description == null) {
        throw new GraftException(file + " is damaged: it describes nothing.");
      }
      if (description.format() != FORMAT) {
        throw new GraftException(
            file + " has format " + description.format() + "; this Graft reads " + FORMAT + ".");
      }
      if (description.inputSize() < 1 || description.inputSize() > MOST_PIXELS) {
        throw new GraftException(
            file
                + (" is damaged: its inputSize is " + description.inputSize())
                + (", not 1 to " + MOST_PIXELS + "."));
      }
      return description;
    } catch (JsonProcessingException e) {
      // In brackets Jackson tells programmers what to do about it.
      throw new GraftException(file + " is damaged: " + problem(e) + ".", e);
    } catch (IOException e) {
      throw new GraftException(
          file + " can't be read: " + Messages.of(e, "it is not text") + ".", e);
    }
  }

  /** What is wrong with a description, and which of its keys it is. */
  private static String problem(JsonProcessingException e) {
    List<String> path = new ArrayList<>();
    if (e instanceof JsonMappingException mapping) {
      mapping.getPath().stream()
          .map(JsonMappingException.Reference::getFieldName)
          .filter(Objects::nonNull)
          .forEach(path::add);
    }
    if (!path.isEmpty()) {
      return "its " + String.join(".", path) + " makes no sense";
    }
    // In brackets Jackson tells programmers what to do about it.
    String reason = e.getOriginalMessage().replaceFirst(" \\(.*", "");
    return Messages.of(reason, "it describes no network");
  }

  private static List<String> classes(Path folder, Description description) throws IOException {
    Path file = folder.resolve(CLASSES);
    if (!Files.isRegularFile(file)) {
      throw new GraftException("it lacks " + CLASSES + ", the names of its classes.");
    }
    List<String> classes;
    try {
      classes = Files.readAllLines(file);
    } catch (MalformedInputException e) {
      throw new GraftException(CLASSES + " is not text in UTF-8.", e);
    }
    if (classes.stream().flatMapToInt(String::chars).anyMatch(Character::isISOControl)) {
      throw new GraftException(CLASSES + " has control characters in the name of a class.");
    }
    if (classes.size() != description.classes()) {
      throw new GraftException(
          String.format(
              Locale.ROOT,
              "%s names %d classes, but %s says that there are %d.",
              CLASSES,
              classes.size(),
              NETWORK,
              description.classes()));
    }
    return classes;
  }

  /** Builds the network of a model's folder for DJL, which then fills it. */
  public static final class BuildsBlock implements BlockFactory {
    private static final long serialVersionUID = 1L;

    @Override
    public Block newBlock(Model model, Path folder, Map<String, ?> arguments) throws IOException {
      Description description = describe(folder);
      checkedWeightFile(folder, description);
      return new ImageBlock(DjlNetwork.of(description.network(folder)));
    }
  }
}
