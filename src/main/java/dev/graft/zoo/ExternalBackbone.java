package dev.graft.zoo;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.repository.zoo.ZooModel;
import dev.graft.GraftException;
import dev.graft.io.Hash;
import dev.graft.network.Adapter;
import dev.graft.network.BackboneSpec;
import dev.graft.network.Layer;
import dev.graft.network.Layer.External.Format;
import dev.graft.network.OutputSelection;
import dev.graft.network.Preprocessing;
import dev.graft.network.Stage;
import dev.graft.network.djl.ExternalNetwork;
import dev.graft.network.onnx.OnnxFile;
import dev.graft.network.onnx.OnnxProbe;
import dev.graft.util.Messages;
import dev.graft.util.Progress;
import dev.graft.zoo.HubPreprocessing.Given;
import java.io.IOException;
import java.net.UnknownHostException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * An external backbone: an ONNX file, a TorchScript file, a folder as on Hugging Face's hub, or a
 * model of a DJL model zoo. A dry run finds the layout of its input and outputs.
 *
 * @param info its description as a backbone
 * @param declared lines about its inputs and outputs, as the file declares them
 * @param notes sentences about the dry run and the configuration files
 */
public record ExternalBackbone(BackboneInfo info, List<String> declared, List<String> notes) {
  /**
   * The settings of a recipe for an external backbone.
   *
   * @param inputSize side of the input in pixels; 0 for the side that the file sets, else 224
   * @param variant of the files in a folder; empty for float32
   * @param arithmeticGiven whether it sets mean, deviation and order
   * @param framingGiven whether it sets the framing and the input size
   */
  public record Options(
      int inputSize,
      Optional<String> variant,
      OutputSelection.Wanted wanted,
      boolean arithmeticGiven,
      boolean framingGiven) {
    private Given given(boolean takesBytes) {
      return new Given(arithmeticGiven || takesBytes, framingGiven);
    }
  }

  /** Name of the only stage and of its only layer; part of the format of {@code network.json}. */
  private static final String STAGE = "foreign";

  /** Side of the input in pixels if neither the recipe nor the file sets one. */
  private static final int DEFAULT_INPUT_SIZE = 224;

  /** Group and artifact in a DJL model zoo, such as {@code ai.djl.pytorch:resnet18_embedding}. */
  private static final Pattern ZOO_ID = Pattern.compile("([A-Za-z][\\w.-]+):([\\w.-]+)");

  private static final Map<Key, ExternalBackbone> SEEN = new ConcurrentHashMap<>();

  /** Identifies a dry run: the file as it is on disk, and the options. */
  private record Key(Path file, long bytes, long modified, Options options) {}

  /** Returns whether the backbone of a recipe is an external file or a model of a DJL model zoo. */
  static boolean is(String name) {
    return isFile(name) || HubRepository.of(name).isPresent() || ZOO_ID.matcher(name).matches();
  }

  private static boolean isFile(String name) {
    try {
      String small = name.toLowerCase(Locale.ROOT);
      return Arrays.stream(Format.values()).anyMatch(each -> small.endsWith(each.suffix()))
          || Files.exists(Path.of(name));
    } catch (InvalidPathException e) {
      return false;
    }
  }

  /**
   * Opens an external backbone and runs it on noise.
   *
   * @param name path of a file or folder, or {@code group:artifact} of a DJL model zoo
   * @throws GraftException if it is missing or not a network, or if its input or outputs do not fit
   */
  static ExternalBackbone of(String name, Options options) {
    try {
      Path file = file(name, options);
      Key key =
          new Key(
              file.toAbsolutePath(),
              Files.size(file),
              Files.getLastModifiedTime(file).toMillis(),
              options);
      ExternalBackbone seen = SEEN.get(key);
      if (seen == null) {
        seen = tried(file, format(file), options);
        SEEN.put(key, seen);
      }
      return seen;
    } catch (GraftException | IOException e) {
      throw new GraftException(
          prefixed(name, Messages.sentence(String.valueOf(e.getMessage()))), e);
    }
  }

  /**
   * Downloads a network of Hugging Face's hub, unless it is in the cache; does nothing for others.
   *
   * @param display shows the progress
   * @throws GraftException if that fails
   */
  public static void fetch(String name, Optional<String> variant, Progress.Display display) {
    try {
      HubRepository.of(name).ifPresent(repository -> repository.network(variant, display));
    } catch (GraftException e) {
      throw new GraftException(prefixed(name, e.getMessage()), e);
    }
  }

  /** Returns a clause on how images are prepared for an input of this side, in pixels. */
  public static String described(Preprocessing preprocessing, int side) {
    return HubPreprocessing.described(preprocessing.framing(), side)
        + ", "
        + HubPreprocessing.described(preprocessing);
  }

  /**
   * Returns a message that starts with the backbone's name, unless it names the backbone already.
   */
  public static String prefixed(String name, String message) {
    String prefix = "backbone " + name + ": ";
    return message.startsWith(prefix) ? message : prefix + message;
  }

  private static Path file(String name, Options options) throws IOException {
    Optional<HubRepository> repository = HubRepository.of(name);
    if (repository.isPresent()) {
      return repository.get().network(options.variant(), Progress.Display.NONE);
    }
    boolean isFile = isFile(name);
    if (isFile && Files.isDirectory(Path.of(name))) {
      return HubFolder.network(Path.of(name), options.variant());
    }
    if (isFile && !Files.isRegularFile(Path.of(name))) {
      throw new GraftException("the file does not exist; check the path.");
    }
    if (options.variant().isPresent()) {
      throw new GraftException(
          "variant: it chooses among the files of a folder, and backbone names none; set it to"
              + " auto.");
    }
    return isFile ? Path.of(name) : ofZoo(name);
  }

  /** Returns the format of a file, or explains why other files are not networks. */
  private static Format format(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    if (name.endsWith(".onnx")) {
      return Format.ONNX;
    }
    if (name.endsWith(".pt") || name.endsWith(".pth")) {
      return Format.TORCHSCRIPT; // a file of another kind gets a hint when it is opened
    }
    throw new GraftException(
        name.endsWith(".pt2")
            ? "it is an exported program (torch.export), which only Python runs; export it to ONNX:"
                + " torch.onnx.export(model, example, FILE)."
            : name.matches(".*\\.(safetensors|bin|h5|keras|ckpt|pkl)")
                ? "it holds weights, not a network; give an .onnx or .pt file, or give it as"
                    + " weights of a built-in network."
                : "it is neither an .onnx nor a .pt (TorchScript) file, nor a folder.");
  }

  private static ExternalBackbone tried(Path file, Format format, Options options)
      throws IOException {
    return switch (format) {
      case ONNX -> onnx(file, options);
      case TORCHSCRIPT -> torchScript(file, options);
    };
  }

  private static ExternalBackbone onnx(Path file, Options options) throws IOException {
    OnnxProbe probe = new OnnxProbe(file);
    Map<String, String> about = probe.metadata();
    OptionalInt fixed = probe.side();
    Given given = options.given(probe.takesBytes());
    boolean describesItself = about.containsKey("mean") && about.containsKey("deviation");
    Optional<HubPreprocessing> configured =
        describesItself ? Optional.empty() : HubPreprocessing.of(file, given);
    int side =
        side(
            options,
            fixed.orElseGet(() -> Metadata.side(about)),
            configured.map(HubPreprocessing::side).orElse(0));
    // A file that can't be opened at all is reported before a wrong size.
    OnnxProbe.Probed found = probe.run(fixed.orElse(side), options.wanted());
    if (fixed.isPresent() && fixed.getAsInt() != side) {
      throw GraftException.of(
          "it takes images of %1$dx%1$d pixels; set input-size to %1$d, not %2$d.",
          fixed.getAsInt(), side);
    }
    String sha256 =
        OnnxFile.hasExternalData(file)
            ? Hash.Algorithm.SHA256.of(OnnxFile.ofExternal(file)::writeTo).hex()
            : Hash.Algorithm.SHA256.of(file).hex();
    List<String> notes = new ArrayList<>(found.notes());
    Optional<Preprocessing> own =
        describesItself
            ? Optional.of(Metadata.preprocessing(about, given))
            : configured.flatMap(HubPreprocessing::preprocessing);
    if (probe.takesBytes()) {
      notes.add(
          "Preprocessing: none, because the network takes bytes"
              + (describesItself ? "; mean and deviation of its metadata are not used." : "."));
      own = own.or(() -> Optional.of(HubPreprocessing.AS_THEY_ARE));
    }
    configured.ifPresent(each -> notes.addAll(each.notes()));
    Layer.External layer = layer(file, Format.ONNX, sha256, found.adapter());
    List<String> declared = new ArrayList<>();
    declared.add("Input, as declared: " + probe.input());
    probe.outputs().forEach(each -> declared.add("Output, as declared: " + each));
    return backbone(layer, side, own, declared, notes);
  }

  private static int side(Options options, int ofFile, int ofConfiguration) {
    if (options.inputSize() > 0) {
      return options.inputSize();
    }
    return ofFile > 0 ? ofFile : ofConfiguration > 0 ? ofConfiguration : DEFAULT_INPUT_SIZE;
  }

  private static ExternalBackbone torchScript(Path file, Options options) throws IOException {
    Optional<HubPreprocessing> configured = HubPreprocessing.of(file, options.given(false));
    int side = side(options, 0, configured.map(HubPreprocessing::side).orElse(0));
    List<String> notes = new ArrayList<>();
    Adapter adapter;
    try (Model model = ExternalNetwork.torchScript(file, Device.cpu())) {
      adapter = adapter(model, side, options.wanted(), notes);
    }
    configured.ifPresent(each -> notes.addAll(each.notes()));
    String sha256 = Hash.Algorithm.SHA256.of(file).hex();
    return backbone(
        layer(file, Format.TORCHSCRIPT, sha256, adapter),
        side,
        configured.flatMap(HubPreprocessing::preprocessing),
        List.of(),
        notes);
  }

  private static Adapter adapter(
      Model model, int side, OutputSelection.Wanted wanted, List<String> notes) {
    GraftException first = null;
    for (Adapter.Type type : List.of(Adapter.Type.FLOAT32, Adapter.Type.FLOAT16)) {
      for (int images : new int[] {2, 1}) {
        try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
          NDArray pixels = manager.randomUniform(-2, 2, new Shape(images, 3, side, side));
          NDList outputs = ExternalNetwork.outputs(model, pixels, type);
          List<OutputSelection.Candidate> candidates = candidates(outputs, images);
          if (candidates.stream().allMatch(each -> !each.problem().isEmpty()) && images > 1) {
            continue;
          }
          OutputSelection selection = OutputSelection.of(candidates, side, wanted);
          if (type == Adapter.Type.FLOAT16) {
            notes.add("Input: float16.");
          }
          if (images == 1) {
            notes.add("It is computed image by image, because it can't compute several at once.");
          }
          notes.addAll(selection.notes());
          return new Adapter(new Adapter.Input(false, type), images == 1, selection.outputs());
        } catch (GraftException e) {
          first = first == null ? e : first;
        }
      }
    }
    throw first;
  }

  private static List<OutputSelection.Candidate> candidates(NDList outputs, int images) {
    List<OutputSelection.Candidate> candidates = new ArrayList<>();
    for (int i = 0; i < outputs.size(); i++) {
      NDArray each = outputs.get(i);
      Shape shape = each.getShape();
      String name = each.getName() == null ? Integer.toString(i) : each.getName();
      boolean fits = shape.dimension() >= 2 && shape.dimension() <= 4 && shape.get(0) == images;
      String problem =
          !each.getDataType().isFloating()
              ? "it is of " + each.getDataType() + ", not of floating-point numbers"
              : fits ? "" : "its shape for " + images + " images is " + shape;
      List<Long> values =
          fits ? Arrays.stream(shape.slice(1).getShape()).boxed().toList() : List.of();
      candidates.add(new OutputSelection.Candidate(i, name, values, problem));
    }
    return candidates;
  }

  private static ExternalBackbone backbone(
      Layer.External layer,
      int side,
      Optional<Preprocessing> own,
      List<String> declared,
      List<String> notes)
      throws IOException {
    Optional<String> license = HubFolder.license(layer.file());
    license.ifPresent(
        text -> notes.add("License of the weights, by their model card: " + text + "."));
    BackboneSpec network = network(name(layer.file()), layer);
    return new ExternalBackbone(
        new BackboneInfo(
            network,
            network,
            new BackboneInfo.InputSize(side, side),
            own,
            BackboneInfo.PretrainedWeights.of("not known", license.orElse("its own"))),
        List.copyOf(declared),
        List.copyOf(notes));
  }

  /** Creates the only layer of an external network. */
  public static Layer.External layer(Path file, Format format, String sha256, Adapter adapter) {
    return new Layer.External(STAGE, file, format, sha256, adapter);
  }

  /** Creates a network of one stage from an external layer. */
  public static BackboneSpec network(String name, Layer.External layer) {
    return new BackboneSpec(name, List.of(Stage.of(STAGE, layer)), List.of(STAGE), 1);
  }

  /** Returns the name of a network, with only characters that folders may have. */
  private static String name(Path file) {
    return HubFolder.name(file).replaceAll("[^A-Za-z0-9._-]", "-");
  }

  /** Returns the file of a model of a DJL model zoo, which DJL downloads on first use. */
  private static Path ofZoo(String id) {
    int colon = id.indexOf(':');
    Criteria<NDList, NDList> criteria =
        Criteria.builder()
            .setTypes(NDList.class, NDList.class)
            .optGroupId(id.substring(0, colon))
            .optArtifactId(id.substring(colon + 1))
            .optDevice(Device.cpu())
            .build();
    try (ZooModel<NDList, NDList> model = criteria.loadModel();
        DirectoryStream<Path> files =
            Files.newDirectoryStream(
                model.getModelPath(), file -> isFile(file.getFileName().toString()))) {
      for (Path file : files) {
        return file;
      }
      throw new GraftException("backbone " + id + ": the model is neither TorchScript nor ONNX.");
    } catch (UnknownHostException e) {
      throw new GraftException("backbone " + id + ": no connection to " + e.getMessage() + ".", e);
    } catch (IOException | ModelNotFoundException | MalformedModelException e) {
      throw new GraftException(
          "backbone "
              + id
              + ": DJL can't load it: "
              + Messages.of(e, "no model zoo on the class path has it")
              + ".",
          e);
    }
  }
}
