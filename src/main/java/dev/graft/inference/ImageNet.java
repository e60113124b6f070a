package dev.graft.inference;

import ai.djl.Device;
import ai.djl.Model;
import dev.graft.GraftException;
import dev.graft.Progress;
import dev.graft.engine.Engines;
import dev.graft.image.Framing;
import dev.graft.network.NetworkDesign;
import dev.graft.network.Weights;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.network.djl.GraphBlock;
import dev.graft.network.djl.ParameterWriter;
import dev.graft.network.onnx.Precision;
import dev.graft.network.onnx.Ranges;
import dev.graft.zoo.BackboneInfo;
import dev.graft.zoo.LoadedBackbone;
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
  static final BackboneInfo ENTRY = BackboneInfo.EFFICIENTNET_LITE0;

  /** Parameters, in float32 256 MB. */
  private static final long MOST_RENDERED = 1 << 26;

  private static final String RANGES = "imagenet-ranges.json";

  private ImageNet() {}

  /**
   * @param onnx whether ONNX Runtime is to compute it
   */
  static LoadedModel load(Device device, boolean onnx) {
    return bundled(new Precision.Float32(), model -> loaded(model, device, onnx));
  }

  /** With the backbone in 8 bits. */
  static LoadedModel int8() {
    return bundled(in8Bits(), ImageNet::rendered);
  }

  /**
   * Another backbone with its classifier, from the file that Keras publishes.
   *
   * @param weights the file or its URL; empty for Keras's own
   * @throws GraftException if there is none, it can't be had, or does not fit
   */
  static LoadedModel load(
      BackboneInfo entry, Optional<String> weights, Device device, Progress.Display display) {
    return of(
        entry,
        weights,
        display,
        model -> loaded(model, device, OnnxBackend.suits(device) && !isLarge(model.design())));
  }

  private static LoadedModel loaded(SavedModel.Contents model, Device device, boolean onnx) {
    return onnx ? rendered(model) : new LoadedModel(model, djl(model, device));
  }

  /** Whether the heap has no room for it as a file's bytes: VGG16 with its dense layers. */
  static boolean isLarge(NetworkDesign design) {
    return design.parameters() > MOST_RENDERED;
  }

  private static LoadedModel rendered(SavedModel.Contents model) {
    return new LoadedModel(model, SavedModel.rendered(model));
  }

  private static InferenceBackend djl(SavedModel.Contents model, Device device) {
    Engines.engine();
    NetworkDesign design = model.design();
    Model filled = Model.newInstance(design.backbone().name(), device);
    DjlNetwork graft = DjlNetwork.of(design);
    graft.initialize(filled.getNDManager());
    GraphBlock block = graft.logits(true);
    block
        .byWeight()
        .forEach((weight, parameter) -> ParameterWriter.set(parameter, weight, model.weights()));
    filled.setBlock(block);
    return new DjlBackend(filled, design.inputSize());
  }

  /** What is made of the bundled network, while its weights can be read. */
  static <T> T bundled(Precision precision, Function<SavedModel.Contents, T> use) {
    return withWeights(weights -> use.apply(contents(ENTRY, weights, precision)));
  }

  /** Likewise, of another backbone with its classifier, see {@link #load}. */
  static <T> T of(
      BackboneInfo entry,
      Optional<String> weights,
      Progress.Display display,
      Function<SavedModel.Contents, T> use) {
    WeightSource source = WeightSource.withClassifier(weights, entry);
    try (WeightReader reader = source.open(design(entry).graph().weights(), display).reader()) {
      return use.apply(contents(entry, reader.weights(), new Precision.Float32()));
    }
  }

  private static SavedModel.Contents contents(
      BackboneInfo entry, Weights weights, Precision precision) {
    return new SavedModel.Contents(
        entry.id() + " (ImageNet)",
        design(entry),
        weights,
        precision,
        LoadedBackbone.imageNetClasses());
  }

  static Precision in8Bits() {
    return new Precision.Int8(ranges(), design().cut());
  }

  static NetworkDesign design() {
    return design(ENTRY);
  }

  /** Cut to the centre, as it was trained. */
  private static NetworkDesign design(BackboneInfo entry) {
    NetworkDesign whole = LoadedBackbone.imageNetDesign(entry, entry.photographSize());
    return new NetworkDesign(
        whole.backbone(),
        whole.inputSize(),
        whole.preprocessing().with(Framing.CENTRE),
        whole.boundary(),
        whole.features(),
        whole.scaling(),
        whole.head(),
        whole.temperature());
  }

  /** Reads the bundled weights. */
  static <T> T withWeights(Function<Weights, T> use) {
    try (WeightReader reader = LoadedBackbone.pretrained(ENTRY, design().graph().weights())) {
      return use.apply(reader::read);
    }
  }

  /** What mosaics of the bundled images make of the network; a test makes and checks them. */
  static Ranges ranges() {
    try (InputStream file = ImageNet.class.getResourceAsStream(RANGES)) {
      return Ranges.ofJson(new String(file.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
