package dev.graft.zoo;

import dev.graft.GraftException;
import dev.graft.network.EfficientNetLite0;
import dev.graft.network.Network;
import dev.graft.network.Preprocessing;
import dev.graft.network.SmallCnn;
import dev.graft.network.Vgg16;
import dev.graft.network.Xception;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A backbone that Graft knows, with what must be said of its weights.
 *
 * @param network its stages; its name is the artifact's id in DJL and that of {@code --backbone}
 * @param classifying its stages and those that ImageNet's classes are told from, where there are
 *     any more; they have weights of their own
 * @param inputSize side in pixels of the input for small pictures such as CIFAR-10's
 * @param photographSize likewise for photographs: what the weights were trained at
 * @param own preprocessing that belongs to the bundled and to Keras's weights; empty for a file of
 *     somebody else's that says none
 * @param resource file name of the bundled weights in this package
 * @param published the file that Keras publishes of the stages
 * @param publishedWithClassifier likewise, with those of {@code classifying} and ImageNet's classes
 * @param imageNetTop1 ImageNet top-1 accuracy as published, and by whom
 * @param licence of the weights
 */
public record BackboneEntry(
    Network network,
    Network classifying,
    int inputSize,
    int photographSize,
    Optional<Preprocessing> own,
    Optional<String> resource,
    Optional<Published> published,
    Optional<Published> publishedWithClassifier,
    String imageNetTop1,
    String licence) {
  public static final BackboneEntry VGG16 =
      new BackboneEntry(
          Vgg16.network(),
          Vgg16.withDenseLayers(),
          32,
          224,
          Optional.of(Preprocessing.CAFFE),
          Optional.of("vgg16.safetensors"),
          Optional.of(Published.VGG16_NO_TOP),
          Optional.of(Published.VGG16),
          "71.3 % (Keras)",
          "CC BY 4.0");

  public static final BackboneEntry EFFICIENTNET_LITE0 =
      new BackboneEntry(
          EfficientNetLite0.network(),
          EfficientNetLite0.network(),
          96,
          224,
          Optional.of(Preprocessing.LITE),
          Optional.of("efficientnet-lite0.safetensors"),
          Optional.empty(),
          Optional.empty(),
          "75.1 % (TensorFlow)",
          "Apache-2.0");

  public static final BackboneEntry XCEPTION =
      new BackboneEntry(
          Xception.network(),
          Xception.network(),
          96,
          299,
          Optional.of(Preprocessing.MINUS_ONE_TO_ONE),
          Optional.empty(),
          Optional.of(Published.XCEPTION_NO_TOP),
          Optional.of(Published.XCEPTION),
          "79.0 % (Keras)",
          "MIT");

  public static final BackboneEntry SMALL_CNN =
      new BackboneEntry(
          SmallCnn.network(),
          SmallCnn.network(),
          32,
          32,
          Optional.of(Preprocessing.ZERO_ONE),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          "none, trained from scratch",
          "none");

  /** The one that a recipe's {@code auto} takes for own pictures. */
  public static final String PHOTOGRAPHS = EFFICIENTNET_LITE0.id();

  /** All there are. */
  public static final List<BackboneEntry> ALL =
      List.of(VGG16, EFFICIENTNET_LITE0, XCEPTION, SMALL_CNN);

  /**
   * The backbone that a recipe names, also a file's or one of a zoo of DJL's.
   *
   * @param inputSize side of the input in pixels; 0 where that is left open
   */
  public static BackboneEntry of(String name, int inputSize) {
    return ForeignBackbone.is(name) ? ForeignBackbone.entry(name, inputSize) : of(name);
  }

  /**
   * A backbone of Graft's.
   *
   * @throws GraftException if there is none; the message lists those there are
   */
  public static BackboneEntry of(String name) {
    return ALL.stream()
        .filter(entry -> entry.id().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                GraftException.of(
                    "backbone: there is no %s; there are %s, and files: .onnx, .pt.",
                    name, ALL.stream().map(BackboneEntry::id).collect(Collectors.joining(", "))));
  }

  /** What is done to pictures, unless a recipe says otherwise. */
  public Preprocessing preprocessing() {
    return own.orElse(Preprocessing.ZERO_ONE);
  }

  public String id() {
    return network.name();
  }
}
