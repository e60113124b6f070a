package dev.graft.zoo;

import dev.graft.GraftException;
import dev.graft.network.BackboneSpec;
import dev.graft.network.EfficientNetLite0;
import dev.graft.network.Preprocessing;
import dev.graft.network.SmallCnn;
import dev.graft.network.Vgg16;
import dev.graft.network.Xception;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The description of a backbone and of its weights.
 *
 * @param network its stages; their name is the id in DJL's model zoo and in recipes
 * @param classifying its stages up to ImageNet's classifier, which may be more than {@code network}
 * @param inputSize default sides of the input
 * @param own preprocessing of the bundled and of Keras's weights; empty for an external file
 *     without this metadata
 * @param pretrained the pretrained weights
 */
public record BackboneInfo(
    BackboneSpec network,
    BackboneSpec classifying,
    InputSize inputSize,
    Optional<Preprocessing> own,
    PretrainedWeights pretrained) {
  /**
   * Default sides of the input, in pixels.
   *
   * @param small for small images such as CIFAR-10's
   * @param photographs for photographs: the size that the weights were trained at
   */
  public record InputSize(int small, int photographs) {}

  /**
   * Pretrained weights.
   *
   * @param bundled file name of the bundled ones in this package
   * @param keras Keras's file of {@code network}
   * @param kerasWithClassifier Keras's file of {@code classifying} and the classifier
   * @param imageNetTop1 published ImageNet top-1 accuracy, with its source
   */
  public record PretrainedWeights(
      Optional<String> bundled,
      Optional<Published> keras,
      Optional<Published> kerasWithClassifier,
      String imageNetTop1,
      String license) {
    static PretrainedWeights of(String imageNetTop1, String license) {
      return new PretrainedWeights(
          Optional.empty(), Optional.empty(), Optional.empty(), imageNetTop1, license);
    }

    private PretrainedWeights withBundled(String file) {
      return new PretrainedWeights(
          Optional.of(file), keras, kerasWithClassifier, imageNetTop1, license);
    }

    private PretrainedWeights withKeras(Published network, Published withClassifier) {
      return new PretrainedWeights(
          bundled, Optional.of(network), Optional.of(withClassifier), imageNetTop1, license);
    }
  }

  /** VGG16 (Simonyan and Zisserman 2014). */
  public static final BackboneInfo VGG16 =
      new BackboneInfo(
          Vgg16.network(),
          Vgg16.withDenseLayers(),
          new InputSize(32, 224),
          Optional.of(Preprocessing.CAFFE),
          PretrainedWeights.of("71.3 % (Keras)", "CC BY 4.0")
              .withBundled("vgg16.safetensors")
              .withKeras(Published.VGG16_NO_TOP, Published.VGG16));

  /** EfficientNet-Lite0, TensorFlow's variant of EfficientNet-B0 (Tan and Le 2019). */
  public static final BackboneInfo EFFICIENTNET_LITE0 =
      new BackboneInfo(
          EfficientNetLite0.network(),
          EfficientNetLite0.network(),
          new InputSize(96, 224),
          Optional.of(Preprocessing.LITE),
          PretrainedWeights.of("75.1 % (TensorFlow)", "Apache-2.0")
              .withBundled("efficientnet-lite0.safetensors"));

  /** Xception (Chollet 2016). */
  public static final BackboneInfo XCEPTION =
      new BackboneInfo(
          Xception.network(),
          Xception.network(),
          new InputSize(96, 299),
          Optional.of(Preprocessing.MINUS_ONE_TO_ONE),
          PretrainedWeights.of("79.0 % (Keras)", "MIT")
              .withKeras(Published.XCEPTION_NO_TOP, Published.XCEPTION));

  /** The notebook's baseline, trained from scratch. */
  public static final BackboneInfo SMALL_CNN =
      new BackboneInfo(
          SmallCnn.network(),
          SmallCnn.network(),
          new InputSize(32, 32),
          Optional.of(Preprocessing.ZERO_ONE),
          PretrainedWeights.of("none, trained from scratch", "none"));

  /** The id of the default backbone for the user's images. */
  public static final String PHOTOGRAPHS = EFFICIENTNET_LITE0.id();

  /** All backbones that are not external. */
  public static final List<BackboneInfo> ALL =
      List.of(VGG16, EFFICIENTNET_LITE0, XCEPTION, SMALL_CNN);

  /**
   * Returns the backbone that a recipe names: one of {@link #ALL}, or an external one.
   *
   * @param name an id, a path, or {@code GROUP:ARTIFACT}
   * @param options for an external backbone
   * @throws GraftException if there is none
   */
  public static BackboneInfo of(String name, ExternalBackbone.Options options) {
    return external(name, options).map(ExternalBackbone::info).orElseGet(() -> of(name));
  }

  /** Returns the external backbone that a recipe names; empty if it is one of {@link #ALL}. */
  public static Optional<ExternalBackbone> external(String name, ExternalBackbone.Options options) {
    return ALL.stream().noneMatch(entry -> entry.id().equals(name)) && ExternalBackbone.is(name)
        ? Optional.of(ExternalBackbone.of(name, options))
        : Optional.empty();
  }

  /**
   * Returns one of {@link #ALL} by its id.
   *
   * @throws GraftException if there is none; the message lists them
   */
  public static BackboneInfo of(String name) {
    return ALL.stream()
        .filter(entry -> entry.id().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                GraftException.of(
                    "backbone: unknown network %s; give one of %s, an .onnx or .pt file, or a folder.",
                    name, ALL.stream().map(BackboneInfo::id).collect(Collectors.joining(", "))));
  }

  /** Returns the default preprocessing. */
  public Preprocessing preprocessing() {
    return own.orElse(Preprocessing.ZERO_ONE);
  }

  /** Returns whether the bundled weights include the classifier of ImageNet's classes. */
  boolean bundlesClassifier() {
    return pretrained.bundled().isPresent() && classifying.equals(network);
  }

  /** Returns the id in DJL's model zoo and in recipes. */
  public String id() {
    return network.name();
  }
}
