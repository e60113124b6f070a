package dev.graft;

import dev.graft.recipe.RecipeReader;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** The networks that a {@link FineTuner} can start from. */
public final class Backbones {
  private Backbones() {}

  /** A network with its weights, as recipe settings. */
  public static final class Backbone {
    private final Map<String, String> settings;

    private Backbone(Map<String, String> settings) {
      this.settings = Map.copyOf(settings);
    }

    Map<String, String> settings() {
      return settings;
    }
  }

  /** Returns EfficientNet-Lite0 with its bundled weights: the default for photographs. */
  public static Backbone efficientNetLite0() {
    return named("efficientnet-lite0");
  }

  /** Returns VGG16 without its dense layers, with its bundled weights. */
  public static Backbone vgg16() {
    return named("vgg16");
  }

  /** Returns a backbone by its name in a recipe, such as {@code xception}. */
  public static Backbone named(String name) {
    Objects.requireNonNull(name, "name");
    return new Backbone(Map.of("backbone", RecipeReader.text(name)));
  }

  /**
   * Returns a backbone with weights from a file.
   *
   * @param weights a file in Keras's HDF5 format or in safetensors
   */
  public static Backbone named(String name, Path weights) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(weights, "weights");
    return new Backbone(Map.of("backbone", RecipeReader.text(name), "weights", text(weights)));
  }

  /**
   * Returns an external network that brings its preprocessing, which stays frozen: a folder as on
   * Hugging Face's hub with {@code preprocessor_config.json}, or a backbone that {@code graft
   * export --backbone} wrote. For any other file, {@link FineTuner#fit} throws a {@link
   * GraftException}: use {@link #file(Path, float[], float[])}. A TorchScript file is a program:
   * use only files that you trust.
   */
  public static Backbone file(Path fileOrFolder) {
    return new Backbone(
        Map.of("backbone", text(Objects.requireNonNull(fileOrFolder, "fileOrFolder"))));
  }

  /**
   * Returns an external network, ONNX or TorchScript, which stays frozen. A TorchScript file is a
   * program: use only files that you trust.
   *
   * @param mean of each channel, R, G, B, for pixel values from 0 to 255
   * @param deviation the divisor of each channel, R, G, B; above 0
   * @throws GraftException if one of the two does not have three finite numbers, or if a deviation
   *     is not above 0
   */
  public static Backbone file(Path file, float[] mean, float[] deviation) {
    Objects.requireNonNull(file, "file");
    requireChannels("mean", Objects.requireNonNull(mean, "mean"), -Float.MAX_VALUE);
    requireChannels("deviation", Objects.requireNonNull(deviation, "deviation"), Float.MIN_VALUE);
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("backbone", text(file));
    settings.put("mean", Arrays.toString(mean));
    settings.put("deviation", Arrays.toString(deviation));
    return new Backbone(settings);
  }

  private static void requireChannels(String name, float[] values, float min) {
    boolean valid = values.length == 3;
    for (float each : values) {
      valid &= each >= min && each <= Float.MAX_VALUE;
    }
    if (!valid) {
      throw GraftException.of(
          "%s is %s: give three numbers%s, for R, G and B.",
          name, Arrays.toString(values), min > 0 ? " above 0" : "");
    }
  }

  private static String text(Path file) {
    return RecipeReader.text(file.toString());
  }
}
