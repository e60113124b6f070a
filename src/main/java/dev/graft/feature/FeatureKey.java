package dev.graft.feature;

import dev.graft.image.ImageFileReader;
import dev.graft.io.Hash;
import dev.graft.network.NetworkDesign;
import java.util.List;

/**
 * Everything that the features of an image depend on beside the image, and nothing else: what is
 * trained behind the freeze boundary, and how, does not matter.
 *
 * @param backbone its name
 * @param weights SHA-256 of its weights; for random weights how they were drawn, and from which
 *     seed
 * @param frozen names of the frozen stages, in order
 * @param features names of the frozen stages that are features
 * @param inputSize side of the input in pixels
 * @param preprocessing what is done to an image, as text
 * @param reader {@link ImageFileReader#VERSION}
 * @param layout what is kept of an image, as text
 * @param engine name, version and device, since these differ in the last digits
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
  /** Changes whenever the file's format or the meaning of a field does. */
  static final int FORMAT = 2;

  public FeatureKey {
    frozen = List.copyOf(frozen);
    features = List.copyOf(features);
  }

  /** The key of what a network's root makes of an image. */
  public static FeatureKey of(
      NetworkDesign design, RecordLayout layout, String weights, String engine) {
    List<String> frozen =
        design.backbone().stages().subList(0, design.boundary()).stream()
            .map(stage -> stage.name())
            .toList();
    return new FeatureKey(
        design.backbone().name(),
        frozen.isEmpty() ? "" : weights,
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

  /** One line an ingredient; the header of each of the cache's files holds this. */
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

  /** SHA-256 over all ingredients, in hexadecimal digits. */
  public String hash() {
    return Hash.Algorithm.SHA256.of(text()).hex();
  }

  /** The name of the cache's folder: the backbone, for people, and enough of the hash. */
  public String folderName() {
    return backbone + "-" + hash().substring(0, 24);
  }
}
