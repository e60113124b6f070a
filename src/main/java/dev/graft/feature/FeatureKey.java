package dev.graft.feature;

import dev.graft.image.ImageFileReader;
import dev.graft.io.Hash;
import dev.graft.network.NetworkDesign;
import java.util.List;

/**
 * Cache key: everything except the image file that features depend on. The trained stages and the
 * training parameters are not part of it.
 *
 * @param backbone name of the backbone
 * @param weights SHA-256 of the weights; for random weights the initializer and the seed
 * @param frozen names of the frozen stages, in order
 * @param features names of the frozen stages that are features
 * @param inputSize side of the input in pixels
 * @param preprocessing of images, as text
 * @param reader {@link ImageFileReader#VERSION}
 * @param layout of a record, as text
 * @param engine name, version and device, because results differ in the last digits
 */
public record FeatureKey(
    String backbone,
    String weights,
    List<String> frozen,
    List<String> features,
    int inputSize,
    String preprocessing,
    int reader,
    String layout,
    String engine) {
  /** Version of the file format and of the meaning of the fields. */
  static final int FORMAT = 2;

  public FeatureKey {
    frozen = List.copyOf(frozen);
    features = List.copyOf(features);
  }

  /**
   * Returns the key of the features of a network's frozen part.
   *
   * @param weights SHA-256 of the weights, or initializer and seed
   * @param engine name, version and device
   */
  public static FeatureKey of(
      NetworkDesign design, RecordLayout layout, String weights, String engine) {
    List<String> frozen =
        design.backbone().stages().subList(0, design.boundary()).stream()
            .map(stage -> stage.name())
            .toList();
    return new FeatureKey(
        design.backbone().name(),
        frozen.isEmpty() ? "" : weights + adapter(design),
        frozen,
        design.features().stream().filter(frozen::contains).toList(),
        design.inputSize(),
        frozen.isEmpty()
            ? design.preprocessing().framing().name()
            : design.preprocessing().toString(),
        ImageFileReader.VERSION,
        layout.toString(),
        frozen.isEmpty() ? "" : engine);
  }

  /** Returns the key of the features of another view of the same images. */
  public FeatureKey of(View view) {
    return new FeatureKey(
        backbone,
        weights,
        frozen,
        features,
        inputSize,
        preprocessing + view.suffix(),
        reader,
        layout,
        engine);
  }

  /** Returns the adapter of an external network as text; empty for Graft's own networks. */
  private static String adapter(NetworkDesign design) {
    return design.backbone().external().map(layer -> " " + layer.adapter()).orElse("");
  }

  /** Returns the key as text, one line per field; it is the header of each file of the cache. */
  public String text() {
    return String.join(
        "\n",
        "format " + FORMAT,
        "backbone " + backbone,
        "weights " + weights,
        "frozen " + String.join(" ", frozen),
        "features " + String.join(" ", features),
        "input-size " + inputSize,
        "preprocessing " + preprocessing,
        "reader " + reader,
        "layout " + layout,
        "engine " + engine,
        "");
  }

  /** Returns the SHA-256 of {@link #text()} in hexadecimal digits. */
  public String hash() {
    return Hash.Algorithm.SHA256.of(text()).hex();
  }

  /** Returns the name of the cache folder: the backbone and 24 digits of the hash. */
  public String folderName() {
    return backbone + "-" + hash().substring(0, 24);
  }
}
