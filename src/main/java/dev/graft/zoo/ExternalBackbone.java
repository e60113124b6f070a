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
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Backbones of somebody else's: an ONNX file, a TorchScript file, or one that a zoo of DJL's has.
 * What such a network gives is found by a dry run.
 */
public final class ExternalBackbone {
  /** The only stage, and its only layer. */
  private static final String STAGE = "foreign";

  /** Side of the input, in pixels, where neither recipe nor file says one. */
  private static final int USUAL_SIDE = 224;

  /** Group and artifact in a zoo of DJL's, such as {@code ai.djl.pytorch:resnet18_embedding}. */
  private static final Pattern ZOO_ID = Pattern.compile("([A-Za-z][\\w.-]+):([\\w.-]+)");

  private static final Map<Key, BackboneInfo> SEEN = new ConcurrentHashMap<>();

  /** What a dry run depends on. */
  private record Key(Path file, long bytes, long modified, int inputSize) {}

  private ExternalBackbone() {}

  /** Whether a recipe's backbone is a file, or one of a zoo of DJL's. */
  static boolean is(String name) {
    return format(name).isPresent() || ZOO_ID.matcher(name).matches();
  }

  private static Optional<Format> format(String name) {
    String small = name.toLowerCase(Locale.ROOT);
    return Stream.of(Format.values()).filter(each -> small.endsWith(each.suffix())).findFirst();
  }

  /**
   * Opens such a backbone, and tries it.
   *
   * @param inputSize side of the input in pixels; 0 for what the file says, else 224
   * @throws GraftException if it is not there, is no network, or one that gives something else than
   *     features
   */
  static BackboneInfo entry(String name, int inputSize) {
    Path file = ZOO_ID.matcher(name).matches() ? ofZoo(name) : Path.of(name);
    try {
      if (!Files.isRegularFile(file)) {
        throw new GraftException("there is no such file.");
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
      int own = opened.side() > 0 ? opened.side() : number(about.get("input_size"));
      int side = inputSize > 0 ? inputSize : own > 0 ? own : USUAL_SIDE;
      if (opened.side() > 0 && opened.side() != side) {
        throw new GraftException(
            "it takes images of " + own + " pixels a side, not of input-size " + side + ".");
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

  /** Such a network's only layer. */
  public static Layer.External layer(
      Path file, Format format, String sha256, List<List<Long>> outputs) {
    return new Layer.External(STAGE, file, format, sha256, outputs);
  }

  /** A foreign network by itself. */
  public static BackboneSpec network(String name, Layer.External layer) {
    return new BackboneSpec(name, List.of(Stage.of(STAGE, layer)), List.of(STAGE), 1);
  }

  /** A file's name without its suffix, as that of folders. */
  private static String name(Path file) {
    String name = file.getFileName().toString();
    return name.substring(0, name.lastIndexOf('.')).replaceAll("[^A-Za-z0-9._-]", "-");
  }

  /** The outputs' shapes without the batch, which is of two images: what ignores it shows. */
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
                  + (images + " one is " + each.getShape() + "."));
        }
      }
      return outputs.stream()
          .map(each -> Arrays.stream(each.getShape().slice(1).getShape()).boxed().toList())
          .toList();
    }
  }

  /** What a file says of its images, in the words of a recipe, as Graft's own exports do. */
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
      throw new GraftException("its metadata makes no sense: " + e.getMessage() + ".", e);
    }
  }

  private static List<Float> numbers(String text) {
    return Pattern.compile(",").splitAsStream(text).map(String::strip).map(Float::valueOf).toList();
  }

  private static int number(String text) {
    return text != null && text.matches("[0-9]{1,4}") ? Integer.parseInt(text) : -1;
  }

  /** The file of a network of DJL's, downloaded by DJL if need be. */
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
      throw new GraftException("backbone " + id + ": it is neither TorchScript nor ONNX.");
    } catch (UnknownHostException e) {
      throw new GraftException(
          "backbone " + id + ": there is no connection to " + e.getMessage() + ".", e);
    } catch (IOException | ModelNotFoundException | MalformedModelException e) {
      throw new GraftException(
          "backbone " + id + ": DJL can't load it: " + Messages.of(e, "no zoo here has it") + ".",
          e);
    }
  }
}
