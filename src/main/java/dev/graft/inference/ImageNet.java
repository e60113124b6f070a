package dev.graft.inference;

import ai.djl.Device;
import dev.graft.network.GraftedNetwork;
import dev.graft.network.Weights;
import dev.graft.network.onnx.Precision;
import dev.graft.network.onnx.Ranges;
import dev.graft.picture.Framing;
import dev.graft.zoo.Backbone;
import dev.graft.zoo.BackboneEntry;
import dev.graft.zoo.WeightReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;

/** The bundled EfficientNet-Lite0 with the classifier that it was trained with. */
final class ImageNet {
  static final BackboneEntry ENTRY = BackboneEntry.EFFICIENTNET_LITE0;

  private static final int SIDE = ENTRY.photographSize();

  private static final String RANGES = "imagenet-ranges.json";

  private ImageNet() {}

  /**
   * @param onnx whether ONNX Runtime is to compute it
   */
  static LoadedModel load(Device device, boolean onnx) {
    if (onnx) {
      return loaded(onnx(new Precision.Float32()));
    }
    Natives.engine();
    return loaded(new DjlForward(Backbone.imageNet(ENTRY, SIDE, device), SIDE));
  }

  /** With the backbone in 8 bits. */
  static LoadedModel int8() {
    return loaded(onnx(new Precision.Int8(ranges(), design().cut())));
  }

  private static LoadedModel loaded(Forward forward) {
    return new LoadedModel(
        ENTRY.id() + " (ImageNet)", forward, Framing.CENTRE, SIDE, Backbone.imageNetClasses());
  }

  static GraftedNetwork design() {
    return Backbone.imageNetDesign(ENTRY, SIDE);
  }

  /** Reads the bundled weights. */
  static <T> T withWeights(Function<Weights, T> use) {
    try (WeightReader reader = Backbone.pretrained(ENTRY, design().graph().weights())) {
      return use.apply(reader::read);
    }
  }

  private static Forward onnx(Precision precision) {
    return withWeights(weights -> new OnnxForward(design(), weights, precision));
  }

  /** What mosaics of the bundled pictures make of the network; a test makes and checks them. */
  static Ranges ranges() {
    try (InputStream file = ImageNet.class.getResourceAsStream(RANGES)) {
      return Ranges.ofJson(new String(file.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
