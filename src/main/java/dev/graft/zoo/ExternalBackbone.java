package dev.graft.zoo;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.repository.zoo.ZooModel;
import dev.graft.GraftException;
import dev.graft.image.Framing;
import dev.graft.io.Hash;
import dev.graft.network.BackboneSpec;
import dev.graft.network.Layer;
import dev.graft.network.Layer.External.Format;
import dev.graft.network.Preprocessing;
import dev.graft.network.Stage;
import dev.graft.network.djl.ExternalNetwork;
import dev.graft.util.Messages;
import java.io.IOException;
import java.net.UnknownHostException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * External backbones: an ONNX file, a TorchScript file, or a model of a DJL model zoo. The shapes
 * of the outputs are found by a dry run.
 */
public final class ExternalBackbone {
  /** Name of the only stage and of its only layer; part of the format of {@code network.json}. */
  private static final String STAGE = "foreign";

  /** Side of the input in pixels if neither the recipe nor the file sets one. */
  private static final int DEFAULT_INPUT_SIZE = 224;

  /** Group and artifact in a DJL model zoo, such as {@code ai.djl.pytorch:resnet18_embedding}. */
  private static final Pattern ZOO_ID = Pattern.compile("([A-Za-z][\\w.-]+):([\\w.-]+)");

  private static final Map<Key, BackboneInfo> SEEN = new ConcurrentHashMap<>();

  /** Identifies a dry run: the file as it is on disk, and the requested input size. */
  private record Key(Path file, long bytes, long modified, int inputSize) {}

  private ExternalBackbone() {}

  /** Whether the backbone of a recipe is an external file or a model of a DJL model zoo. */
  static boolean is(String name) {
    return format(name).isPresent() || ZOO_ID.matcher(name).matches();
  }

  private static Optional<Format> format(String name) {
    String small = name.toLowerCase(Locale.ROOT);
    return Stream.of(Format.values()).filter(each -> small.endsWith(each.suffix())).findFirst();
  }

  /**
   * Opens an external backbone and runs it once on zeros.
   *
   * @param name path of a file, or {@code group:artifact} of a DJL model zoo
   * @param inputSize side of the input in pixels; 0 for the side that the file sets, else 224
   * @throws GraftException if the file is missing or not a network, or if its outputs are not
   *     {@code (N, C)} or {@code (N, C, H, W)}
   */
  static BackboneInfo entry(String name, int inputSize) {
    Path file = ZOO_ID.matcher(name).matches() ? ofZoo(name) : Path.of(name);
    try {
      if (!Files.isRegularFile(file)) {
        throw new GraftException("the file does not exist; check the path.");
      }
      Key key =
          new Key(
              file.toAbsolutePath(),
              Files.size(file),
              Files.getLastModifiedTime(file).toMillis(),
              inputSize);
      BackboneInfo seen = SEEN.get(key);
      if (seen == null) {
        seen = tried(file, format(file.toString()).orElseThrow(), inputSize);
        SEEN.put(key, seen);
      }
      return seen;
    } catch (GraftException | IOException e) {
      throw new GraftException(
          "backbone " + name + ": " + Messages.sentence(String.valueOf(e.getMessage())), e);
    }
  }

  private static BackboneInfo tried(Path file, Format format, int inputSize) throws IOException {
    try (ExternalNetwork opened = ExternalNetwork.open(file, format, Device.cpu())) {
      Map<String, String> about = opened.metadata();
      OptionalInt fixed = opened.inputSize();
      int own = fixed.orElse(number(about.get("input_size")));
      int side = inputSize > 0 ? inputSize : own > 0 ? own : DEFAULT_INPUT_SIZE;
      if (fixed.isPresent() && own != side) {
        throw new GraftException(
            "it takes images of "
                + own
                + "x"
                + own
                + " pixels; set input-size to "
                + own
                + ", not "
                + side
                + ".");
      }
      Layer.External layer =
          layer(file, format, Hash.Algorithm.SHA256.of(file).hex(), outputs(opened, side));
      BackboneSpec network = network(name(file), layer);
      return new BackboneInfo(
          network,
          network,
          side,
          side,
          preprocessing(about),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          "not known",
          "its own");
    }
  }

  /** Creates the only layer of an external network. */
  public static Layer.External layer(
      Path file, Format format, String sha256, List<List<Long>> outputs) {
    return new Layer.External(STAGE, file, format, sha256, outputs);
  }

  /** Creates a network of one stage from an external layer. */
  public static BackboneSpec network(String name, Layer.External layer) {
    return new BackboneSpec(name, List.of(Stage.of(STAGE, layer)), List.of(STAGE), 1);
  }

  /** Returns the name of a file without its suffix, with only characters that folders may have. */
  private static String name(Path file) {
    String name = file.getFileName().toString();
    return name.substring(0, name.lastIndexOf('.')).replaceAll("[^A-Za-z0-9._-]", "-");
  }

  /**
   * Returns the shapes of the outputs without the batch axis. The batch has two images, so that a
   * network with a fixed batch of 1 is detected.
   */
  private static List<List<Long>> outputs(ExternalNetwork opened, int side) {
    int images = 2;
    try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      NDArray pixels = manager.zeros(new Shape(images, 3, side, side));
      NDList outputs = opened.outputs(pixels);
      for (NDArray each : outputs) {
        int axes = each.getShape().dimension();
        if ((axes != 2 && axes != 4) || each.getShape().get(0) != images) {
          throw new GraftException(
              "each output must be (N, C) or (N, C, H, W), but for N = "
                  + (images + " an output is " + each.getShape() + "."));
        }
      }
      return outputs.stream()
          .map(each -> Arrays.stream(each.getShape().slice(1).getShape()).boxed().toList())
          .toList();
    }
  }

  /** Reads the preprocessing from the metadata of a file; the keys are those of recipes. */
  private static Optional<Preprocessing> preprocessing(Map<String, String> about) {
    if (!about.containsKey("mean") || !about.containsKey("deviation")) {
      return Optional.empty();
    }
    Framing framing =
        about.getOrDefault("framing", "whole").startsWith("centre")
            ? Framing.CENTRE
            : Framing.WHOLE;
    boolean bgr = about.getOrDefault("order", "rgb").equals("bgr");
    try {
      return Optional.of(
          new Preprocessing(
              framing,
              bgr ? Preprocessing.ChannelOrder.BGR : Preprocessing.ChannelOrder.RGB,
              numbers(about.get("mean")),
              numbers(about.get("deviation"))));
    } catch (IllegalArgumentException e) {
      throw new GraftException("its metadata is invalid: " + e.getMessage() + ".", e);
    }
  }

  private static List<Float> numbers(String text) {
    return Pattern.compile(",").splitAsStream(text).map(String::strip).map(Float::valueOf).toList();
  }

  private static int number(String text) {
    return text != null && text.matches("[0-9]{1,4}") ? Integer.parseInt(text) : -1;
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
                model.getModelPath(), file -> format(file.toString()).isPresent())) {
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
