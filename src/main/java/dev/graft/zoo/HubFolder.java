package dev.graft.zoo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.graft.GraftException;
import dev.graft.image.Framing;
import dev.graft.image.Resampling;
import dev.graft.network.Preprocessing;
import dev.graft.network.Preprocessing.ChannelOrder;
import dev.graft.util.Messages;
import dev.graft.util.Text;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A folder with a network as it lies on Hugging Face's hub: ONNX files in it or in {@code onnx/},
 * and beside them, or one folder up, {@code preprocessor_config.json} (Transformers) or {@code
 * config.json} with {@code pretrained_cfg} (timm).
 */
final class HubFolder {
  /** Names of the network, best first: of a model for images and text only the image part fits. */
  private static final List<String> NAMES = List.of("vision_model", "model");

  /** Share of Transformers' ConvNeXt for inputs below {@link #CONVNEXT_WARPED} pixels. */
  private static final double CONVNEXT_SHARE = 224 / 256.0;

  /** Side in pixels from which Transformers' ConvNeXt resizes the whole image. */
  private static final int CONVNEXT_WARPED = 384;

  /** A model card's metadata is at the top of a file that may be long. */
  private static final int MAX_CARD_LINES = 200;

  private static final long MAX_CONFIG_BYTES = 1 << 20;

  /** In Hugging Face's cache: {@code models--OWNER--NAME/snapshots/REVISION/FILE}. */
  private static final Pattern SNAPSHOT =
      Pattern.compile(".*/models--([^/]+)--([^/]+)/snapshots/([^/]+)/(.+)");

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * What a configuration says about a network's images.
   *
   * @param side of the input in pixels; 0 if it does not say
   * @param source the file that was read
   * @param notes on what Graft can't do as the file says
   */
  record Configured(Preprocessing preprocessing, int side, Path source, List<String> notes) {}

  private HubFolder() {}

  // The network's file.

  /**
   * Returns the ONNX file of a folder.
   *
   * @param variant such as {@code fp16}; empty for float32
   * @throws GraftException if there is none, or if several are equally suitable
   */
  static Path network(Path folder, Optional<String> variant) throws IOException {
    return folder.resolve(network(files(folder), variant));
  }

  /**
   * Chooses the ONNX file among the files of a repository.
   *
   * @param files paths relative to the repository, with slashes
   * @throws GraftException as for a folder
   */
  static String network(List<String> files, Optional<String> variant) {
    List<String> networks =
        files.stream().filter(file -> file.matches("(onnx/)?[^/]+\\.onnx")).sorted().toList();
    String suffix = variant.map(name -> "_" + name).orElse("") + ".onnx";
    for (String name : NAMES) {
      for (String place : List.of("onnx/", "")) {
        if (networks.contains(place + name + suffix)) {
          return place + name + suffix;
        }
      }
    }
    List<String> others =
        networks.stream().filter(file -> variant.isEmpty() || file.endsWith(suffix)).toList();
    if (others.size() == 1) {
      return others.get(0);
    }
    boolean weights =
        files.stream().anyMatch(file -> file.endsWith(".safetensors") || file.endsWith(".bin"));
    if (networks.isEmpty()) {
      throw new GraftException(
          weights
              ? "it has weights for Python, but no network in ONNX; export it with optimum-cli, or take"
                  + " one of onnx-community's."
              : "it has no .onnx file, nor has its folder onnx; name a file.");
    }
    throw new GraftException(
        variant.map(name -> "variant: there is no file for " + name).orElse("it has several files")
            + "; name one by variant or by its path: "
            + String.join(", ", networks)
            + ".");
  }

  private static List<String> files(Path folder) throws IOException {
    List<String> files = new ArrayList<>();
    for (Path each : List.of(folder, folder.resolve("onnx"))) {
      if (Files.isDirectory(each)) {
        try (Stream<Path> all = Files.list(each)) {
          all.filter(Files::isRegularFile)
              .map(file -> folder.relativize(file).toString().replace('\\', '/'))
              .forEach(files::add);
        }
      }
    }
    return files;
  }

  // Names.

  /** Returns a name for a network: that of its file or, if it is a usual one, of its folder. */
  static String name(Path file) {
    Matcher snapshot = snapshot(file);
    if (snapshot.matches()) {
      return snapshot.group(2);
    }
    String name = file.getFileName().toString().replaceFirst("\\.\\w+$", "");
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null && folder.endsWith("onnx")) {
      folder = folder.getParent();
    }
    boolean usual = NAMES.stream().anyMatch(known -> (name + "_").startsWith(known + "_"));
    return usual && folder != null && folder.getFileName() != null
        ? folder.getFileName().toString()
        : name;
  }

  /** Returns where a network came from: the repository, revision and file, or the file's name. */
  static String label(Path file) {
    Matcher in = snapshot(file);
    return in.matches()
        ? Text.of("hf:%s/%s@%s %s", in.group(1), in.group(2), in.group(3), in.group(4))
        : file.getFileName().toString();
  }

  private static Matcher snapshot(Path file) {
    return SNAPSHOT.matcher(file.toAbsolutePath().toString().replace('\\', '/'));
  }

  /** Returns the license that the model card beside a network, or one folder up, states. */
  static Optional<String> license(Path file) throws IOException {
    for (Path folder : folders(file)) {
      Path card = folder.resolve("README.md");
      if (Files.isRegularFile(card)) {
        try (Stream<String> lines = Files.lines(card, StandardCharsets.ISO_8859_1)) {
          return lines
              .limit(MAX_CARD_LINES)
              .filter(line -> line.startsWith("license:"))
              .map(line -> line.substring("license:".length()).strip())
              .findFirst();
        }
      }
    }
    return Optional.empty();
  }

  private static List<Path> folders(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    return Stream.of(folder, folder.getParent()).filter(each -> each != null).toList();
  }

  // The preprocessing.

  /**
   * Reads how images are prepared.
   *
   * @throws GraftException if a configuration is not JSON, or is invalid
   */
  static Optional<Configured> configured(Path file) throws IOException {
    for (Path folder : folders(file)) {
      Path transformers = folder.resolve("preprocessor_config.json");
      if (Files.isRegularFile(transformers)) {
        return Optional.of(checked(transformers, HubFolder::transformers));
      }
      Path timm = folder.resolve("config.json");
      if (Files.isRegularFile(timm) && json(timm).path("pretrained_cfg").isObject()) {
        return Optional.of(checked(timm, HubFolder::timm));
      }
    }
    return Optional.empty();
  }

  private interface Reading {
    Configured of(JsonNode config, Path file);
  }

  private static Configured checked(Path file, Reading reading) throws IOException {
    try {
      return reading.of(json(file), file);
    } catch (IllegalArgumentException e) {
      throw new GraftException(file + " is invalid: " + e.getMessage() + ".", e);
    }
  }

  private static JsonNode json(Path file) throws IOException {
    if (Files.size(file) > MAX_CONFIG_BYTES) {
      throw new GraftException(file + " is too large for a configuration.");
    }
    try {
      return JSON.readTree(Files.readAllBytes(file));
    } catch (JsonProcessingException e) {
      String problem = e.getOriginalMessage().replaceFirst(" \\(.*", "");
      throw new GraftException(file + " is not JSON: " + Messages.of(problem, "damaged") + ".", e);
    }
  }

  /** As {@code BaseImageProcessor} of Transformers: resize, center crop, rescale, normalize. */
  private static Configured transformers(JsonNode config, Path file) {
    List<String> notes = new ArrayList<>();
    Resampling resampling = resampling(config.path("resample"), notes);
    JsonNode size = config.path("size");
    int shortest = size.isInt() ? size.asInt() : size.path("shortest_edge").asInt();
    int square = size.path("height").asInt();
    boolean crops = config.path("do_center_crop").asBoolean() && config.has("crop_size");
    JsonNode crop = config.path("crop_size");
    int cropped =
        crop.isInt() ? crop.asInt() : crop.path("height").asInt(crop.path("shortest_edge").asInt());
    boolean convNext = config.has("crop_pct") && !crops;
    Framing framing = Framing.whole(resampling);
    int side = Math.max(shortest, square);
    if (crops && cropped > 0) {
      int resized = Math.max(cropped, Math.max(shortest, square));
      framing = Framing.crop((double) cropped / resized, resampling);
      side = cropped;
    } else if (convNext && shortest > 0 && shortest < CONVNEXT_WARPED) {
      framing = Framing.crop(config.path("crop_pct").asDouble(CONVNEXT_SHARE), resampling);
    }
    double factor =
        config.path("do_rescale").asBoolean(true)
            ? config.path("rescale_factor").asDouble(1 / 255.0)
            : 1;
    boolean normalizes = config.path("do_normalize").asBoolean(true);
    ChannelOrder order =
        config.path("do_flip_channel_order").asBoolean() ? ChannelOrder.BGR : ChannelOrder.RGB;
    List<Float> mean = normalizes ? scaled(config, "image_mean", factor) : List.of(0f, 0f, 0f);
    List<Float> deviation =
        normalizes
            ? scaled(config, "image_std", factor)
            : List.of((float) (1 / factor), (float) (1 / factor), (float) (1 / factor));
    return new Configured(new Preprocessing(framing, order, mean, deviation), side, file, notes);
  }

  /** As {@code create_transform} of timm. */
  private static Configured timm(JsonNode root, Path file) {
    JsonNode config = root.path("pretrained_cfg");
    List<String> notes = new ArrayList<>();
    Resampling resampling = resampling(config.path("interpolation"), notes);
    double share = config.path("crop_pct").asDouble(0.875);
    String mode = config.path("crop_mode").asText("center");
    if (!mode.equals("center") && !mode.equals("squash")) {
      notes.add("Its crop mode " + mode + " is not available; center is used.");
    }
    Framing framing =
        mode.equals("squash") ? Framing.whole(resampling) : Framing.crop(share, resampling);
    return new Configured(
        new Preprocessing(
            framing,
            ChannelOrder.RGB,
            scaled(config, "mean", 1 / 255.0),
            scaled(config, "std", 1 / 255.0)),
        config.path("input_size").path(2).asInt(),
        file,
        notes);
  }

  /** Returns three numbers, scaled to pixels from 0 to 255. */
  private static List<Float> scaled(JsonNode config, String key, double factor) {
    JsonNode values = config.path(key);
    List<Float> scaled = new ArrayList<>();
    for (JsonNode each : values) {
      scaled.add((float) (each.asDouble(Double.NaN) / factor));
    }
    if (scaled.size() != 3 || scaled.stream().anyMatch(each -> !Float.isFinite(each))) {
      throw new IllegalArgumentException(key + " must be three numbers, not " + values);
    }
    return scaled;
  }

  /** Reads Pillow's number of a filter, or its name. */
  private static Resampling resampling(JsonNode filter, List<String> notes) {
    String name = filter.isMissingNode() ? "2" : filter.asText();
    return switch (name) {
      case "2", "bilinear" -> Resampling.BILINEAR;
      case "3", "bicubic" -> Resampling.BICUBIC;
      default -> {
        notes.add("Its resampling filter " + name + " is not available; bicubic is used.");
        yield Resampling.BICUBIC;
      }
    };
  }
}
