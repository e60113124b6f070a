package dev.graft.zoo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.graft.GraftException;
import dev.graft.image.Framing;
import dev.graft.image.Resampling;
import dev.graft.network.Preprocessing;
import dev.graft.network.Preprocessing.ChannelOrder;
import dev.graft.util.InputSide;
import dev.graft.util.Messages;
import dev.graft.util.Text;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;
import java.util.regex.Pattern;

/**
 * The preprocessing in a configuration beside a network, or one folder up: {@code
 * preprocessor_config.json} of Transformers, or {@code config.json} with {@code pretrained_cfg} of
 * timm.
 *
 * @param preprocessing empty if the file has none
 * @param side of the input in pixels; 0 if the file has none
 * @param notes sentences about the files that were read, and about settings that Graft does not
 *     support
 */
record HubPreprocessing(Optional<Preprocessing> preprocessing, int side, List<String> notes) {
  /** Preprocessing of networks that take bytes: pixels as they are. */
  static final Preprocessing AS_THEY_ARE =
      new Preprocessing(Framing.WHOLE, ChannelOrder.RGB, List.of(0f, 0f, 0f), List.of(1f, 1f, 1f));

  /** Largest side of a resized image, of which the center is cropped. */
  private static final int MAX_RESIZED = 4096;

  /** Largest mean of a channel, a little above a pixel's value for the sake of rounding. */
  private static final float MAX_MEAN = 256;

  /** Side in pixels from which Transformers' ConvNeXt resizes the whole image. */
  private static final int CONVNEXT_WARPED = 384;

  /** Resized shorter side divided by {@code size}, in Transformers' LeViT. */
  private static final double LEVIT_ENLARGEMENT = 256 / 224.0;

  private static final String TRANSFORMERS = "preprocessor_config.json";
  private static final String TIMM = "config.json";
  private static final String TIMM_KEY = "pretrained_cfg";
  private static final long MAX_BYTES = 1 << 20;
  private static final int MAX_SHOWN = 60;

  /**
   * Image processors of Transformers for which a size that is a plain number is the length of the
   * shorter side ({@code default_to_square=False}).
   */
  private static final Pattern SHORTER_SIDE =
      Pattern.compile("(CLIP|ChineseCLIP|Bit|ConvNext|Levit|MobileNet|MobileViT|PoolFormer).*");

  private static final Pattern BOTH_SIDES =
      Pattern.compile("(ViT|DeiT|Beit|Siglip|EfficientNet|Blip).*");

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Settings that the recipe gives, so that they are not read from files.
   *
   * @param arithmetic mean, deviation and order
   * @param framing framing, with its share, and input-size
   */
  record Given(boolean arithmetic, boolean framing) {
    /** The keys of the arithmetic. */
    static final String ARITHMETIC = "mean=[…], deviation=[…] and order=rgb (or bgr)";

    /** Returns a remedy for what can't be read. */
    static String arithmeticRemedy() {
      return "set what is right: " + ARITHMETIC;
    }
  }

  /** Something in a file that can't be used. */
  private static final class Invalid extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Invalid(String problem, String remedy) {
      super(problem + "; " + remedy);
    }
  }

  /** How an image is framed, and the side of the input. */
  private record Framed(Framing framing, int side) {}

  /**
   * A size in pixels.
   *
   * @param both whether it is the length of both sides, not only of the shorter one
   */
  private record Size(int side, boolean both) {}

  /**
   * Reads how images are prepared; empty without such a file, or if nothing is left to read.
   *
   * @param network its file
   * @throws GraftException if a configuration can't be used
   */
  static Optional<HubPreprocessing> of(Path network, Given given) throws IOException {
    HubPreprocessing ignored = null;
    if (given.arithmetic && given.framing) {
      return Optional.empty();
    }
    for (Path folder : HubFolder.folders(network)) {
      for (String name : List.of(TRANSFORMERS, TIMM)) {
        Path file = folder.resolve(name);
        if (Files.isRegularFile(file)) {
          HubPreprocessing found = read(file, given);
          if (found.preprocessing.isPresent()) {
            return Optional.of(found);
          }
          ignored = ignored == null ? found : ignored;
        }
      }
    }
    return Optional.ofNullable(ignored);
  }

  private static HubPreprocessing read(Path file, Given given) throws IOException {
    JsonNode root;
    try {
      root = json(file);
    } catch (Invalid e) {
      if (given.arithmetic) {
        return ignored(file, "mean, deviation and order are set, and it can't be read");
      }
      throw new GraftException(file + " " + e.getMessage() + ".", e);
    }
    boolean timm = file.endsWith(TIMM);
    if (timm && !root.path(TIMM_KEY).isObject()) {
      return ignored(file, "it has no " + TIMM_KEY + ", timm's preprocessing");
    }
    try {
      return read(file, timm ? root.path(TIMM_KEY) : root, timm, given);
    } catch (Invalid e) {
      throw new GraftException(file + " can't be used: " + e.getMessage() + ".", e);
    }
  }

  private static HubPreprocessing ignored(Path file, String why) {
    return new HubPreprocessing(
        Optional.empty(), 0, List.of(Text.of("%s is ignored: %s.", file, why)));
  }

  private static JsonNode json(Path file) throws IOException {
    if (Files.size(file) > MAX_BYTES) {
      throw new Invalid("is too large for a configuration", Given.arithmeticRemedy());
    }
    String problem;
    try {
      JsonNode root = JSON.readTree(Files.readAllBytes(file));
      if (root.isObject()) {
        return root;
      }
      problem = "it is not an object";
    } catch (JsonProcessingException e) {
      problem = Messages.of(e.getOriginalMessage().replaceFirst("(?s)( \\(|\n).*", ""), "damaged");
    } catch (IOException e) {
      problem = "damaged";
    }
    throw new Invalid(
        "is not a JSON configuration: " + problem.replaceFirst("\\.$", ""),
        Given.arithmeticRemedy());
  }

  private static HubPreprocessing read(Path file, JsonNode config, boolean timm, Given given) {
    List<String> notes = new ArrayList<>();
    Preprocessing read =
        given.arithmetic
            ? AS_THEY_ARE
            : timm
                ? arithmetic(
                    three(config, "mean", v -> 255 * v), three(config, "std", v -> 255 * v))
                : transformers(config);
    Framed framed = new Framed(Framing.WHOLE, 0);
    if (!given.framing) {
      framed = timm ? timmFraming(config, notes) : transformersFraming(config, notes);
    }
    List<String> said = new ArrayList<>();
    if (!given.framing) {
      said.add(described(framed.framing, framed.side));
    }
    if (!given.arithmetic) {
      said.add(described(read));
    }
    notes.add(0, Text.of("Preprocessing from %s: %s.", file, String.join(", ", said)));
    return new HubPreprocessing(Optional.of(read.with(framed.framing)), framed.side, notes);
  }

  // Descriptions.

  /** Returns a clause on the arithmetic. */
  static String described(Preprocessing arithmetic) {
    return Text.of(
        "%s, mean %s, deviation %s (pixels 0 to 255)",
        arithmetic.order(), arithmetic.mean(), arithmetic.deviation());
  }

  /**
   * Returns a clause on a framing.
   *
   * @param side of the input in pixels; 0 if it is not known
   */
  static String described(Framing framing, int side) {
    String how = framing.resampling().name().toLowerCase(Locale.ROOT);
    String resized =
        side > 0
            ? Math.round(side / framing.share()) + " pixels"
            : "the input's side divided by " + framing.share();
    String center = side > 0 ? Text.of("the center of %dx%d", side, side) : "its center";
    return switch (framing.part()) {
      case WHOLE -> Text.of("the whole image resized (%s)", how);
      case CENTRE -> Text.of("the center of the image resized (%s)", how);
      case CROP -> Text.of("the shorter side resized to %s (%s), %s", resized, how, center);
      case SQUASHED_CROP ->
          Text.of("the whole image resized to a square of %s (%s), %s", resized, how, center);
    };
  }

  // Framing.

  private static Invalid unframed(String problem) {
    return new Invalid(
        problem,
        "set what is right: framing=squash (or framing=center-crop and crop-share=0.875) and"
            + " input-size=224");
  }

  /** Reads the framing of {@code BaseImageProcessor} of Transformers: resize, then center crop. */
  private static Framed transformersFraming(JsonNode config, List<String> notes) {
    Resampling resampling = resampling(config.path("resample"), "bilinear", notes);
    String type = type(config);
    boolean crops = config.path("do_center_crop").asBoolean();
    boolean knownAsBoth = BOTH_SIDES.matcher(type).matches();
    int most = crops ? MAX_RESIZED : InputSide.MAX;
    Optional<Size> size = size(config, "size", knownAsBoth, most);
    if (!config.path("do_resize").asBoolean(true)) {
      notes.add("It says do_resize false, for images of the right size; others are resized here.");
    }
    if (crops) {
      int cropped =
          size(config, "crop_size", true, InputSide.MAX)
              .orElseThrow(() -> unframed("do_center_crop is true, and crop_size is missing"))
              .side();
      Size resized = resized(config, size.orElse(new Size(cropped, false)));
      if (cropped > resized.side) {
        throw unframed(
            Text.of("crop_size is %d, which is more than size, %d", cropped, resized.side));
      }
      boolean plain = config.path("size").isNumber();
      if (plain && !knownAsBoth && !SHORTER_SIDE.matcher(type).matches()) {
        notes.add("Its size is a plain number, which is taken for the shorter side's.");
      }
      double share = (double) cropped / resized.side;
      return new Framed(
          resized.both
              ? share == 1 ? Framing.whole(resampling) : Framing.squashedCrop(share, resampling)
              : Framing.crop(share, resampling),
          cropped);
    }
    if (size.isEmpty()) {
      return new Framed(Framing.whole(resampling), 0);
    }
    int side = size.get().side;
    if (config.has("crop_pct") && !size.get().both && side < CONVNEXT_WARPED) {
      return new Framed(Framing.crop(share(config, side), resampling), side);
    }
    if (config.path("size").has("shortest_edge") && !config.has("crop_pct")) {
      notes.add(
          "It resizes the shorter side and crops nothing; here the whole image becomes a square.");
    }
    return new Framed(Framing.whole(resampling), side);
  }

  /** Returns the name of an image processor of Transformers; empty if it is missing. */
  private static String type(JsonNode config) {
    return config
        .path("image_processor_type")
        .asText(config.path("feature_extractor_type").asText());
  }

  /**
   * Returns the size that an image has before its center is cropped: {@code size}, but with {@code
   * crop_pct} (Transformers' PoolFormer) and in LeViT a larger shorter side, rounded down.
   */
  private static Size resized(JsonNode config, Size size) {
    if (config.hasNonNull("crop_pct")) {
      return new Size((int) (size.side / cropShare(config, size.side)), false);
    }
    return type(config).startsWith("Levit") && !size.both
        ? new Size((int) (LEVIT_ENLARGEMENT * size.side), false)
        : size;
  }

  /** Reads the framing of {@code create_transform} of timm. */
  private static Framed timmFraming(JsonNode config, List<String> notes) {
    Resampling resampling = resampling(config.path("interpolation"), "bicubic", notes);
    int side = 0;
    JsonNode input = config.path("input_size");
    if (!input.isMissingNode() && !input.isNull()) {
      if (input.size() != 3 || input.path(0).asInt() != 3 || !input.get(1).equals(input.get(2))) {
        throw unframed("input_size is " + shown(input) + ", not [3, SIDE, SIDE]");
      }
      side = length(input.get(1), "input_size", InputSide.MAX);
    }
    String mode = config.path("crop_mode").asText("center");
    if (mode.equals("squash")) {
      return new Framed(Framing.whole(resampling), side);
    }
    if (!mode.equals("center")) {
      notes.add(
          "Its crop mode "
              + shown(config.path("crop_mode"))
              + " is not available; center is used.");
    }
    return new Framed(Framing.crop(share(config, side), resampling), side);
  }

  /**
   * Returns the input's side divided by the resized image's, which is rounded down, as timm and
   * Transformers' ConvNeXt do.
   */
  private static double share(JsonNode config, int side) {
    double share = cropShare(config, side);
    return side == 0 ? share : side / Math.floor(side / share);
  }

  /** Reads {@code crop_pct}, which is from 0 to 1 in spite of its name. */
  private static double cropShare(JsonNode config, int side) {
    JsonNode value = config.path("crop_pct");
    double share =
        value.isMissingNode() || value.isNull() ? Framing.IMAGENET_SHARE : value.asDouble(-1);
    if (!(share > 0 && share <= 1) || side / share > MAX_RESIZED) {
      throw unframed("crop_pct is " + shown(value) + ", not a share above 0 and up to 1");
    }
    return share;
  }

  /** Reads a size; empty if it is missing. */
  private static Optional<Size> size(JsonNode config, String key, boolean plainIsBoth, int most) {
    JsonNode size = config.path(key);
    if (size.isMissingNode() || size.isNull()) {
      return Optional.empty();
    }
    if (size.has("height") || size.has("width")) {
      int height = length(size.path("height"), key + ".height", most);
      int width = length(size.path("width"), key + ".width", most);
      if (height != width) {
        throw unframed(Text.of("%s is %dx%d, and Graft's inputs are square", key, width, height));
      }
      return Optional.of(new Size(height, true));
    }
    if (size.has("shortest_edge")) {
      int side = length(size.path("shortest_edge"), key + ".shortest_edge", most);
      return Optional.of(new Size(side, false));
    }
    return Optional.of(new Size(length(size, key, most), plainIsBoth));
  }

  private static int length(JsonNode value, String key, int most) {
    boolean fits = value.isIntegralNumber() && value.canConvertToInt();
    if (!fits || value.asInt() < InputSide.MIN || value.asInt() > most) {
      throw unframed(
          Text.of(
              "%s is %s, not a number of pixels from %d to %d",
              key, shown(value), InputSide.MIN, most));
    }
    return value.asInt();
  }

  private static String shown(JsonNode value) {
    String text = value.isMissingNode() ? "missing" : value.toString();
    return text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "…";
  }

  /**
   * Reads Pillow's number of a filter, or its name.
   *
   * @param usual the filter if the file names none
   */
  private static Resampling resampling(JsonNode filter, String usual, List<String> notes) {
    String name = filter.isMissingNode() || filter.isNull() ? usual : filter.asText();
    return switch (name) {
      case "2", "bilinear" -> Resampling.BILINEAR;
      case "3", "bicubic" -> Resampling.BICUBIC;
      default -> {
        notes.add("Its resampling filter " + name + " is not available; bicubic is used.");
        yield Resampling.BICUBIC;
      }
    };
  }

  // Arithmetic.

  private static Invalid uncounted(String problem) {
    return new Invalid(problem, Given.arithmeticRemedy());
  }

  /**
   * Reads the arithmetic of {@code BaseImageProcessor} of Transformers: rescale, then normalize.
   * MobileViT's processor does not normalize, so its older files have no mean. EfficientNet's can
   * subtract 1 after rescaling, and with {@code include_top}, its default, divides by the deviation
   * once more.
   */
  private static Preprocessing transformers(JsonNode config) {
    boolean rescales = config.path("do_rescale").asBoolean(true);
    JsonNode given = config.path("rescale_factor");
    double factor = !rescales ? 1 : given.isMissingNode() ? 1 / 255.0 : given.asDouble(-1);
    if (!(factor > 0 && Double.isFinite(factor))) {
      throw uncounted("rescale_factor is " + shown(given) + ", not a number above 0");
    }
    String type = type(config);
    boolean normalizes =
        config
            .path("do_normalize")
            .asBoolean(config.hasNonNull("image_mean") || !type.startsWith("MobileViT"));
    boolean divides = type.startsWith("EfficientNet") && config.path("include_top").asBoolean(true);
    int divisions = (normalizes ? 1 : 0) + (divides ? 1 : 0);
    double offset = rescales && config.path("rescale_offset").asBoolean() ? 1 : 0;
    // ((factor x - offset) - mean) / std^divisions, as (x - mean') / deviation'
    Preprocessing read =
        arithmetic(
            normalizes
                ? three(config, "image_mean", each -> (each + offset) / factor)
                : Collections.nCopies(3, (float) (offset / factor)),
            divisions > 0
                ? three(config, "image_std", each -> Math.pow(each, divisions) / factor)
                : Collections.nCopies(3, (float) (1 / factor)));
    return config.path("do_flip_channel_order").asBoolean()
        ? read.with(Optional.of(ChannelOrder.BGR), List.of(), List.of())
        : read;
  }

  private static Preprocessing arithmetic(List<Float> mean, List<Float> deviation) {
    if (Preprocessing.isForUnitPixels(mean, deviation)) {
      throw uncounted(
          "its mean and deviation are for pixels from 0 to 1, and it does not rescale pixels"
              + " (do_rescale, rescale_factor)");
    }
    if (mean.stream().anyMatch(each -> Math.abs(each) > MAX_MEAN)) {
      throw uncounted(
          Text.of(
              "its mean, rescaled to pixels from 0 to 255, is %s; it seems to be for such pixels"
                  + " already",
              mean));
    }
    try {
      return new Preprocessing(Framing.WHOLE, ChannelOrder.RGB, mean, deviation);
    } catch (IllegalArgumentException e) {
      throw uncounted(e.getMessage());
    }
  }

  /** Returns three numbers, converted to pixels from 0 to 255. */
  private static List<Float> three(JsonNode config, String key, DoubleUnaryOperator converted) {
    JsonNode values = config.path(key);
    List<Float> three = new ArrayList<>();
    for (JsonNode each : values) {
      three.add(each.isNumber() ? (float) converted.applyAsDouble(each.asDouble()) : Float.NaN);
    }
    if (three.size() != 3 || three.stream().anyMatch(each -> !Float.isFinite(each))) {
      throw uncounted(key + " is " + shown(values) + ", not three numbers");
    }
    return three;
  }
}
