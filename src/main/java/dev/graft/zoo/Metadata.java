package dev.graft.zoo;

import dev.graft.GraftException;
import dev.graft.image.Framing;
import dev.graft.image.Resampling;
import dev.graft.network.Preprocessing;
import dev.graft.network.Preprocessing.ChannelOrder;
import dev.graft.util.InputSide;
import dev.graft.util.Text;
import dev.graft.zoo.HubPreprocessing.Given;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** The preprocessing in the metadata of an ONNX file; keys and values are those of recipes. */
final class Metadata {
  private static final String SIZE = "input_size";

  private static final int MAX_SHOWN = 60;

  private Metadata() {}

  /**
   * Returns the side of the input in pixels; 0 if there is none.
   *
   * @throws GraftException if it is not one that Graft can use
   */
  static int side(Map<String, String> about) {
    String text = about.getOrDefault(SIZE, "").strip();
    if (text.isEmpty()) {
      return 0;
    }
    int side = text.matches("[0-9]{1,4}") ? Integer.parseInt(text) : 0;
    if (side < InputSide.MIN || side > InputSide.MAX) {
      throw invalid(
          about, SIZE, Text.of("a number of pixels from %d to %d", InputSide.MIN, InputSide.MAX));
    }
    return side;
  }

  /**
   * Reads the preprocessing.
   *
   * @param about has mean and deviation
   * @param given by the recipe, and not read
   * @throws GraftException if it is invalid
   */
  static Preprocessing preprocessing(Map<String, String> about, Given given) {
    Framing framing = given.framing() ? Framing.WHOLE : framing(about);
    if (given.arithmetic()) {
      return HubPreprocessing.AS_THEY_ARE.with(framing);
    }
    List<Float> mean = numbers(about, "mean");
    List<Float> deviation = numbers(about, "deviation");
    if (deviation.stream().anyMatch(each -> each <= 0)) {
      throw invalid(about, "deviation", "three numbers above 0");
    }
    if (Preprocessing.isForUnitPixels(mean, deviation)) {
      throw new GraftException(
          Text.of(
              "mean %s and deviation %s of its metadata are for pixels from 0 to 1, and Graft's are"
                  + " from 0 to 255; %s.",
              mean, deviation, Given.arithmeticRemedy()));
    }
    return new Preprocessing(framing, order(about), mean, deviation);
  }

  private static GraftException invalid(Map<String, String> about, String key, String wanted) {
    String value = about.getOrDefault(key, "").replaceAll("\\p{Cntrl}", " ");
    return new GraftException(
        Text.of(
            "its metadata says %s=%s, which is not %s; set what is right: %s.",
            key,
            value.length() > MAX_SHOWN ? value.substring(0, MAX_SHOWN) + "…" : value,
            wanted,
            switch (key) {
              case SIZE -> "input-size=224";
              case "framing" -> "framing=squash and input-size=224";
              default -> Given.ARITHMETIC;
            }));
  }

  private static ChannelOrder order(Map<String, String> about) {
    return switch (about.getOrDefault("order", "rgb").strip().toLowerCase(Locale.ROOT)) {
      case "rgb" -> ChannelOrder.RGB;
      case "bgr" -> ChannelOrder.BGR;
      default -> throw invalid(about, "order", "rgb or bgr");
    };
  }

  private static List<Float> numbers(Map<String, String> about, String key) {
    try {
      List<Float> numbers =
          Pattern.compile(",")
              .splitAsStream(about.get(key).strip().replaceAll("^\\[|]$", ""))
              .map(String::strip)
              .map(Float::valueOf)
              .toList();
      if (numbers.size() == 3 && numbers.stream().allMatch(Float::isFinite)) {
        return numbers;
      }
    } catch (NumberFormatException e) {
      // refused below
    }
    throw invalid(about, key, "three numbers");
  }

  /** Reads a framing: the recipe's names, or Graft's own, before a colon. */
  private static Framing framing(Map<String, String> about) {
    String name = about.getOrDefault("framing", "squash").replaceFirst("(?s):.*", "").strip();
    if (name.equalsIgnoreCase("squash")) {
      return Framing.WHOLE;
    }
    if (name.equalsIgnoreCase("center-crop")) {
      return Framing.crop(Framing.IMAGENET_SHARE, Resampling.BICUBIC);
    }
    try {
      return Framing.of(name);
    } catch (IllegalArgumentException e) {
      throw invalid(about, "framing", "squash, center-crop or a framing of Graft's exports");
    }
  }
}
