package dev.graft.inference;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Block;
import ai.djl.nn.BlockFactory;
import ai.djl.nn.Parameter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.graft.GraftException;
import dev.graft.engine.Engines;
import dev.graft.io.AtomicFiles;
import dev.graft.io.Hash;
import dev.graft.network.Adapter;
import dev.graft.network.BackboneSpec;
import dev.graft.network.Layer;
import dev.graft.network.NetworkDesign;
import dev.graft.network.Preprocessing;
import dev.graft.network.Typicality;
import dev.graft.network.Weights;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.network.djl.ExternalNetwork;
import dev.graft.network.onnx.OnnxFile;
import dev.graft.network.onnx.PixelType;
import dev.graft.network.onnx.Precision;
import dev.graft.network.onnx.Ranges;
import dev.graft.recipe.Recipe;
import dev.graft.util.InputSide;
import dev.graft.util.Messages;
import dev.graft.zoo.BackboneInfo;
import dev.graft.zoo.ExternalBackbone;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.MalformedInputException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
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
 * {@code Classifications}: {@code <name>-0000.params}, {@code synset.txt} with one class per line,
 * {@code network.json}, which describes the network and the preprocessing, and {@code
 * serving.properties}, which names the class that builds the network. {@code typicality.bin} has
 * the data for {@link Typicality}. With an int8 frozen part there is also {@code ranges.json}, and
 * with an external backbone {@code backbone.onnx} or {@code backbone.pt}. (Plain DJL computes the
 * whole network in float32, and no typicality.)
 */
public final class SavedModel {
  private static final int FORMAT = 1;

  /** Maximum size of {@code network.json} in bytes; a typical one has 1,000. */
  private static final long MAX_DESCRIPTION_BYTES = 1 << 20;

  private static final String NETWORK = "network.json";
  private static final String RANGES = "ranges.json";
  private static final String TYPICALITY = "typicality.bin";
  private static final String CLASSES = "synset.txt";

  /** Ends the message about a damaged model. */
  private static final String REMEDY = "; copy the model's folder again, or train again.";

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .build();

  private SavedModel() {}

  /**
   * Content of {@code network.json}, from which a {@link NetworkDesign} is built.
   *
   * @param format version of this file
   * @param weights provenance of the backbone's weights, as text
   * @param weightsSha256 SHA-256 of the file of the weights
   * @param temperature that divides the logits; older files have none, which reads as 0 and means 1
   * @param rangesSha256 SHA-256 of {@code ranges.json}; empty unless the frozen part is int8
   * @param averageMirror whether predictions are means of those of an image and its mirror image
   * @param typicalitySha256 SHA-256 of {@code typicality.bin}; empty if there is none
   * @param external the external backbone; empty if the backbone is built in
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
          String typicalitySha256,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT) @JsonSetter(nulls = Nulls.AS_EMPTY)
          boolean averageMirror,
      @JsonInclude(JsonInclude.Include.NON_EMPTY)
          @JsonSetter(nulls = Nulls.AS_EMPTY)
          @JsonProperty("foreign")
          List<External> external) {
    /**
     * Builds the design of the network.
     *
     * @param folder of the model
     */
    NetworkDesign network(Path folder) throws IOException {
      BackboneSpec network =
          external.isEmpty()
              ? BackboneInfo.of(backbone).network()
              : ExternalBackbone.network(backbone, external.get(0).layer(folder));
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

  /**
   * An external backbone, whose file is in the folder of the model.
   *
   * @param outputs their shapes, in files of versions without an adapter; else empty
   * @param adapter {@code null} in files of versions without one
   */
  record External(
      Layer.External.Format format,
      String sha256,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) @JsonSetter(nulls = Nulls.AS_EMPTY)
          List<List<Long>> outputs,
      @JsonInclude(JsonInclude.Include.NON_NULL) @JsonSetter(nulls = Nulls.SET) Adapter adapter) {
    /** Returns the layer, after checking that the file is unchanged. */
    Layer.External layer(Path folder) throws IOException {
      Path file = unchanged(file(folder, format), "its backbone", sha256);
      return ExternalBackbone.layer(
          file, format, sha256, adapter == null ? Adapter.of(outputs) : adapter);
    }

    static Path file(Path folder, Layer.External.Format format) {
      return folder.resolve("backbone" + format.suffix());
    }
  }

  /**
   * Saves a trained model; the folder appears only when it is complete.
   *
   * @param folder that is created; must not exist
   * @param name of the file of the weights
   * @param weights provenance of the backbone's weights, as text
   * @param classes names of the classes, in the order of the logits
   * @param head the recipe of the head
   * @param extras data of the model besides the network
   */
  public static void save(
      DjlNetwork network,
      Path folder,
      String name,
      String weights,
      List<String> classes,
      Recipe.Head head,
      Extras extras)
      throws IOException {
    AtomicFiles.folder(
        folder, unfinished -> write(network, unfinished, name, weights, classes, head, extras));
  }

  /**
   * Data of a model besides its network.
   *
   * @param ranges of the frozen part if it is int8; empty for float32
   * @param typicality tells images unlike the training images
   * @param averageMirror whether predictions are means of those of an image and its mirror image
   */
  public record Extras(
      Optional<Ranges> ranges, Optional<Typicality> typicality, boolean averageMirror) {}

  private static void write(
      DjlNetwork network,
      Path folder,
      String name,
      String weights,
      List<String> classes,
      Recipe.Head head,
      Extras extras)
      throws IOException {
    NetworkDesign design = network.design();
    try (Model model = Model.newInstance(name)) {
      Block whole = new ImageBlock(network);
      whole.initialize(model.getNDManager(), DataType.FLOAT32, network.inputShape());
      model.setBlock(whole);
      model.save(folder, name);
    }
    Optional<Ranges> ranges = extras.ranges();
    if (ranges.isPresent()) {
      Files.writeString(folder.resolve(RANGES), ranges.get().json());
    }
    Optional<byte[]> typicality = extras.typicality().map(Typicality::bytes);
    if (typicality.isPresent()) {
      Files.write(folder.resolve(TYPICALITY), typicality.get());
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
            typicality
                .map(bytes -> Hash.Algorithm.SHA256.of(ByteBuffer.wrap(bytes)).hex())
                .orElse(""),
            extras.averageMirror(),
            external(design, folder));
    Files.writeString(folder.resolve(NETWORK), JSON.writeValueAsString(description) + "\n");
    Files.writeString(folder.resolve(CLASSES), String.join("\n", classes) + "\n");
    Files.writeString(
        folder.resolve("serving.properties"),
        "# Any DJL engine, with Graft's jar on the class path\n"
            + ("blockFactory=" + BuildsBlock.class.getName() + "\n")
            + "# DJL's image translator passes images on unchanged: the block prepares them\n"
            + "toTensor=false\nbatchifier=none\napplySoftmax=true\n"
            + ("topK=" + classes.size() + "\n")
            + ("option.modelName=" + name + "\n"));
  }

  /** Copies the file of an external backbone and describes it; empty for other backbones. */
  private static List<External> external(NetworkDesign design, Path folder) throws IOException {
    if (design.backbone().external().isEmpty()) {
      return List.of();
    }
    Layer.External layer = design.backbone().external().get();
    Path copy = External.file(folder, layer.format());
    if (layer.format() == Layer.External.Format.ONNX && OnnxFile.hasExternalData(layer.file())) {
      try (FileChannel out = FileChannel.open(copy, CREATE_NEW, WRITE)) {
        OnnxFile.ofExternal(layer.file()).writeTo(out);
      }
    } else {
      Files.copy(layer.file(), copy);
    }
    if (!Hash.Algorithm.SHA256.of(copy).hex().equals(layer.sha256())) {
      throw new GraftException(layer.file() + " was changed during the training; train again.");
    }
    return List.of(new External(layer.format(), layer.sha256(), List.of(), layer.adapter()));
  }

  /**
   * Loads a model: on the CPU into ONNX Runtime if it is available, else into DJL. Int8 models are
   * always loaded into ONNX Runtime, on the CPU.
   *
   * @throws GraftException if the folder holds no model, or a damaged one
   */
  static LoadedModel load(Path folder, Device device) {
    return load(folder, device, OnnxBackend.suits(device));
  }

  /**
   * Loads a model.
   *
   * @param onnx whether ONNX Runtime computes it, which is always so for int8
   * @throws GraftException if the folder holds no model, or a damaged one
   */
  static LoadedModel load(Path folder, Device device, boolean onnx) {
    return read(
        folder,
        (description, design, classes) ->
            new LoadedModel(
                name(folder),
                averaged(
                    (onnx && design.backbone().isOnnx()) || isInt8(description)
                        ? rendered(contents(folder, description, design, classes))
                        : inTrainingEngine(folder, description, design, device),
                    description),
                description.preprocessing().framing(),
                description.inputSize(),
                classes));
  }

  private static InferenceBackend averaged(InferenceBackend single, Description description) {
    return description.averageMirror()
        ? new MirrorAverage(single, description.inputSize())
        : single;
  }

  /** Returns whether a model is in int8. */
  static boolean isInt8(Path folder) {
    return read(folder, (description, design, classes) -> isInt8(description));
  }

  private static boolean isInt8(Description description) {
    return !description.rangesSha256().isEmpty();
  }

  private static InferenceBackend inTrainingEngine(
      Path folder, Description description, NetworkDesign design, Device device)
      throws IOException, MalformedModelException {
    Engines.engine();
    design.backbone().external().ifPresent(layer -> ExternalNetwork.check(layer.format()));
    Optional<Typicality> typicality = typicality(folder, description, design);
    return new DjlBackend(
        loaded(folder, description, design, device), design.inputSize(), typicality);
  }

  /**
   * A saved model without an engine.
   *
   * @param name for messages
   * @param weights of the whole network
   * @param precision of the frozen part that the head was trained on
   * @param typicality computes the typicality of images; empty if the model has none
   * @param averageMirror whether predictions are means of those of an image and its mirror image
   * @param classes names of the classes, in the order of the probabilities
   */
  public record Contents(
      String name,
      NetworkDesign design,
      Weights weights,
      Precision precision,
      Optional<Typicality> typicality,
      boolean averageMirror,
      List<String> classes) {
    /** Returns the network with its weights, in the engine that trains. */
    DjlNetwork network(NDManager manager) {
      DjlNetwork network = DjlNetwork.of(design);
      network.initialize(manager);
      network.logits(true).setWeights(weights);
      return network;
    }

    /**
     * Returns the whole network, from pixels to probabilities and typicality, as an ONNX file.
     *
     * @param target precision of the file
     * @param pixels type of the input
     * @param metadata of the file
     */
    public OnnxFile onnx(Precision target, PixelType pixels, Map<String, String> metadata) {
      List<String> outputs = List.of(NetworkDesign.PROBABILITIES);
      return typicality
          .map(known -> OnnxFile.of(design, known, weights, target, pixels, metadata))
          .orElseGet(() -> OnnxFile.of(design.graph(), outputs, weights, target, pixels, metadata));
    }
  }

  /**
   * Reads a model without starting an engine.
   *
   * @throws GraftException if the folder holds no model, or a damaged one
   */
  public static Contents contents(Path folder) {
    return read(
        folder, (description, design, classes) -> contents(folder, description, design, classes));
  }

  /**
   * Returns the design of a saved model, without reading its weights.
   *
   * @throws GraftException if the model is missing or damaged
   */
  static NetworkDesign design(Path folder) {
    return read(folder, (description, design, classes) -> design);
  }

  private static Contents contents(
      Path folder, Description description, NetworkDesign design, List<String> classes)
      throws IOException {
    Path file = checkedWeightFile(folder, description);
    Weights weights = SavedWeights.of(file, design.graph().weights());
    return new Contents(
        name(folder),
        design,
        weights,
        precision(folder, description, design),
        typicality(folder, description, design),
        description.averageMirror(),
        classes);
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
              ? folder + " is a file; name the folder of a run or of a model."
              : Files.exists(folder)
                  ? folder
                      + (" has no model: " + NETWORK + " is missing; name the folder of a run or")
                      + " of a model, or copy the model's folder again."
                  : "The folder " + folder + " does not exist.");
    }
    Description description = describe(folder);
    try {
      NetworkDesign design = description.network(folder);
      return reading.of(description, design, classes(folder, description));
    } catch (EOFException e) {
      throw failure(folder, "the file of its weights is truncated" + REMEDY, e);
    } catch (OutOfMemoryError e) {
      throw failure(
          folder,
          "its weights need more memory than Java's heap has; set a larger one with -Xmx.",
          e);
    } catch (GraftException | FileSystemException e) {
      throw failure(folder, Messages.of(e, "its files can't be read") + ".", e);
    } catch (IOException | MalformedModelException | RuntimeException e) {
      // A damaged file can cause any exception in DJL.
      String reason = Messages.of(e, "its files are damaged, or belong to another model");
      throw failure(folder, reason + REMEDY, e);
    }
  }

  private static Optional<Typicality> typicality(
      Path folder, Description description, NetworkDesign design) throws IOException {
    if (description.typicalitySha256().isEmpty()) {
      return Optional.empty();
    }
    Path file =
        unchanged(
            folder.resolve(TYPICALITY),
            "a summary of its training images",
            description.typicalitySha256());
    return Optional.of(Typicality.read(Files.readAllBytes(file), design.lastFeatureWidth()));
  }

  private static Precision precision(Path folder, Description description, NetworkDesign design)
      throws IOException {
    if (!isInt8(description)) {
      return new Precision.Float32();
    }
    Path file =
        unchanged(
            folder.resolve(RANGES), "the ranges of its int8 values", description.rangesSha256());
    return new Precision.Int8(Ranges.ofJson(Files.readString(file)), design.cut());
  }

  /**
   * Returns a file of a model, after checking that it is unchanged.
   *
   * @param content of the file, for the message
   */
  private static Path unchanged(Path file, String content, String sha256) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw damaged(file.getFileName() + ", " + content + ", is missing");
    }
    if (!Hash.Algorithm.SHA256.of(file).hex().equals(sha256)) {
      throw damaged(file.getFileName() + " has been changed or damaged");
    }
    return file;
  }

  /**
   * Returns the name of a model: that of its folder or, for the folder {@code model} of a run, that
   * of the run.
   */
  private static String name(Path folder) {
    Path whole = folder.toAbsolutePath().normalize();
    boolean ofRun = whole.endsWith("model") && whole.getNameCount() > 1;
    Path named = (ofRun ? whole.getParent() : whole).getFileName();
    return named == null ? folder.toString() : named.toString();
  }

  /**
   * Loads a model into DJL without reading {@code serving.properties}, which could name any class
   * or engine.
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
      // DJL silently reads nothing from a file of unknown format.
      if (!model.getBlock().getParameters().values().stream().allMatch(Parameter::isInitialized)) {
        throw damaged("the file of its weights is not one that DJL wrote");
      }
      return model;
    } catch (IOException | MalformedModelException | RuntimeException | Error e) {
      model.close();
      throw e;
    }
  }

  /** Returns the only file of weights in a folder. */
  private static Path weightFile(Path folder) throws IOException {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(folder, "*-[0-9][0-9][0-9][0-9].params")) {
      files.forEach(found::add);
    }
    if (found.size() != 1 || !Files.isRegularFile(found.get(0))) {
      throw damaged(
          "it must hold one file of weights, NAME-0000.params, and holds "
              + (found.isEmpty() ? "none" : "others"));
    }
    return found.get(0);
  }

  /** Returns the file of weights, after checking that it is unchanged. */
  private static Path checkedWeightFile(Path folder, Description description) throws IOException {
    Path file = weightFile(folder);
    if (!Hash.Algorithm.SHA256.of(file).hex().equals(description.weightsSha256())) {
      throw damaged("the file of its weights has been changed or damaged");
    }
    return file;
  }

  /**
   * Returns an exception for a missing or damaged file, with the remedy.
   *
   * @param problem without a period
   */
  static GraftException damaged(String problem) {
    return new GraftException(problem + REMEDY);
  }

  private static GraftException failure(Path folder, String reason, Throwable cause) {
    return new GraftException("The model in " + folder + " can't be loaded: " + reason, cause);
  }

  private static Description describe(Path folder) {
    Path file = folder.resolve(NETWORK);
    try {
      if (Files.size(file) > MAX_DESCRIPTION_BYTES) {
        throw damaged(file + " is too large for the description of a network");
      }
      JsonNode tree = JSON.readTree(Files.readString(file));
      if (tree.path("scaling") instanceof ObjectNode scaling && !scaling.has("normalize")) {
        scaling.put("normalize", false); // before version 0.2
      }
      if (tree.path("head") instanceof ObjectNode head && !head.has("solver")) {
        head.put("solver", "gradient"); // before version 0.2
      }
      Description description = JSON.treeToValue(tree, Description.class);
      if (description == null) {
        throw damaged(file + " is damaged: it is empty");
      }
      if (description.format() != FORMAT) {
        throw new GraftException(
            file
                + " has format "
                + description.format()
                + ", and this version of Graft reads format "
                + FORMAT
                + "; use a newer version.");
      }
      if (description.inputSize() < 1 || description.inputSize() > InputSide.MAX) {
        throw damaged(
            file
                + (" is damaged: its inputSize is " + description.inputSize())
                + (", not 1 to " + InputSide.MAX));
      }
      return description;
    } catch (JsonProcessingException e) {
      throw new GraftException(file + " is damaged: " + problem(e) + REMEDY, e);
    } catch (IOException e) {
      throw new GraftException(
          file + " can't be read: " + Messages.of(e, "it is not text") + ".", e);
    }
  }

  /**
   * Returns a clause that names the invalid key of a description, or says why the text is not JSON.
   */
  private static String problem(JsonProcessingException e) {
    List<String> path = new ArrayList<>();
    if (e instanceof JsonMappingException mapping) {
      mapping.getPath().stream()
          .map(JsonMappingException.Reference::getFieldName)
          .filter(Objects::nonNull)
          .forEach(path::add);
    }
    if (!path.isEmpty()) {
      return "its " + String.join(".", path) + " is invalid";
    }
    // Jackson adds advice for programmers in parentheses.
    String reason = e.getOriginalMessage().replaceFirst(" \\(.*", "");
    return Messages.of(reason, "it does not describe a network");
  }

  private static List<String> classes(Path folder, Description description) throws IOException {
    Path file = folder.resolve(CLASSES);
    if (!Files.isRegularFile(file)) {
      throw damaged(CLASSES + ", the names of its classes, is missing");
    }
    List<String> classes;
    try {
      classes = Files.readAllLines(file);
    } catch (MalformedInputException e) {
      throw new GraftException(CLASSES + " is not text in UTF-8" + REMEDY, e);
    }
    for (int i = 0; i < classes.size(); i++) {
      String name = classes.get(i);
      int first = classes.indexOf(name);
      if (name.isBlank() || first < i) {
        throw GraftException.of(
            "%s, line %d, %s; give each class a name of its own.",
            file,
            i + 1,
            name.isBlank() ? "is blank" : "repeats the name in line " + (first + 1) + ", " + name);
      }
    }
    if (classes.stream().flatMapToInt(String::chars).anyMatch(Character::isISOControl)) {
      throw damaged(CLASSES + " has control characters in the name of a class");
    }
    if (classes.size() != description.classes()) {
      throw damaged(
          String.format(
              Locale.ROOT,
              "%s names %d classes, and %s has %d",
              CLASSES,
              classes.size(),
              NETWORK,
              description.classes()));
    }
    return classes;
  }

  /** Builds the network of a model folder for plain DJL, which then loads the weights. */
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
