package dev.graft.inference;

import ai.djl.Device;
import ai.djl.Model;
import dev.graft.GraftException;
import dev.graft.Progress;
import dev.graft.network.GraftedNetwork;
import dev.graft.network.Weights;
import dev.graft.network.djl.Graft;
import dev.graft.network.djl.Segment;
import dev.graft.network.djl.Values;
import dev.graft.network.onnx.Precision;
import dev.graft.network.onnx.Ranges;
import dev.graft.picture.Framing;
import dev.graft.zoo.Backbone;
import dev.graft.zoo.BackboneEntry;
import dev.graft.zoo.WeightReader;
import dev.graft.zoo.WeightSource;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Function;

/** Networks with the classifier that they were trained with: the bundled EfficientNet-Lite0. */
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

  /**
   * Another backbone with its classifier, from the file that Keras publishes.
   *
   * @param weights the file or its URL; empty for Keras's own
   * @throws GraftException if there is none, it can't be had, or does not fit
   */
  static LoadedModel load(
      BackboneEntry entry, Optional<String> weights, Device device, Progress.Display display) {
    WeightSource source =
        weights
            .map(text -> WeightSource.of(text, entry))
            .orElseGet(() -> WeightSource.withClassifier(entry));
    if (source instanceof WeightSource.Random) {
      throw new GraftException("weights: random ones know no classes.");
    }
    int side = entry.photographSize();
    GraftedNetwork design = Backbone.imageNetDesign(entry, side);
    try (WeightReader reader = source.open(design.graph().weights(), display).reader()) {
      return new LoadedModel(
          entry.id() + " (ImageNet)",
          OnnxForward.suits(device)
              ? new OnnxForward(design, reader::read, new Precision.Float32())
              : djl(design, reader, device),
          Framing.CENTRE,
          side,
          Backbone.imageNetClasses());
    }
  }

  private static Forward djl(GraftedNetwork design, WeightReader reader, Device device) {
    Natives.engine();
    Model model = Model.newInstance(design.backbone().name(), device);
    Graft graft = Graft.of(design);
    graft.initialize(model.getNDManager());
    Segment block = graft.logits(true);
    block.byWeight().forEach((weight, parameter) -> Values.set(parameter, reader.read(weight)));
    model.setBlock(block);
    return new DjlForward(model, design.inputSize());
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
