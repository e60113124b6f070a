package dev.graft.inference;

import ai.djl.Device;
import ai.djl.Model;
import com.fasterxml.jackson.core.JsonProcessingException;
import dev.graft.GraftException;
import dev.graft.engine.Engines;
import dev.graft.image.Framing;
import dev.graft.network.NetworkDesign;
import dev.graft.network.Weights;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.network.djl.GraphBlock;
import dev.graft.network.onnx.Precision;
import dev.graft.network.onnx.Ranges;
import dev.graft.util.Progress;
import dev.graft.util.Resource;
import dev.graft.zoo.BackboneInfo;
import dev.graft.zoo.LoadedBackbone;
import dev.graft.zoo.WeightReader;
import dev.graft.zoo.WeightSource;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Function;

/** ImageNet classifiers: the bundled EfficientNet-Lite0, and backbones with published weights. */
final class ImageNet {
  /** The bundled network. */
  private static final BackboneInfo ENTRY = BackboneInfo.EFFICIENTNET_LITE0;

  /** Maximum number of parameters that are written as ONNX in memory: 256 MB in float32. */
  private static final long MAX_ONNX_PARAMETERS = 1 << 26;

  private static final String RANGES = "imagenet-ranges.json";

  private ImageNet() {}

  /**
   * Loads the bundled network.
   *
   * @param onnx whether ONNX Runtime computes it
   */
  static LoadedModel load(Device device, boolean onnx) {
    return bundled(new Precision.Float32(), model -> loaded(model, device, onnx));
  }

  /** Loads the bundled network with an int8 backbone, in ONNX Runtime. */
  static LoadedModel loadInt8() {
    return bundled(int8(), ImageNet::rendered);
  }

  /**
   * Loads another backbone with its ImageNet classifier.
   *
   * @param weights file or URL; empty for the file that Keras publishes
   * @throws GraftException if no such file is published, it can't be downloaded, or it does not fit
   */
  static LoadedModel load(
      BackboneInfo entry, Optional<String> weights, Device device, Progress.Display display) {
    return published(
        entry,
        weights,
        display,
        model -> loaded(model, device, OnnxBackend.suits(device) && !isLarge(model.design())));
  }

  private static LoadedModel loaded(SavedModel.Contents model, Device device, boolean onnx) {
    return onnx ? rendered(model) : new LoadedModel(model, djl(model, device));
  }

  /**
   * Returns whether a network is too large for an ONNX file in the heap, as VGG16 with dense
   * layers.
   */
  static boolean isLarge(NetworkDesign design) {
    return design.parameters() > MAX_ONNX_PARAMETERS;
  }

  private static LoadedModel rendered(SavedModel.Contents model) {
    return new LoadedModel(model, SavedModel.rendered(model));
  }

  private static InferenceBackend djl(SavedModel.Contents model, Device device) {
    Engines.engine();
    NetworkDesign design = model.design();
    Model filled = Model.newInstance(design.backbone().name(), device);
    DjlNetwork network = DjlNetwork.of(design);
    network.initialize(filled.getNDManager());
    GraphBlock block = network.logits(true);
    block.setWeights(model.weights());
    filled.setBlock(block);
    return new DjlBackend(filled, design.inputSize(), Optional.empty());
  }

  /** Applies a function to the bundled network while its weights are open. */
  static <T> T bundled(Precision precision, Function<SavedModel.Contents, T> use) {
    return withWeights(weights -> use.apply(contents(ENTRY, weights, precision)));
  }

  /**
   * Applies a function to another ImageNet classifier while its weights are open, see {@link
   * #load}.
   */
  static <T> T published(
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
        Optional.empty(),
        false,
        LoadedBackbone.imageNetClasses());
  }

  /** Returns the int8 precision of the bundled network. */
  static Precision int8() {
    return new Precision.Int8(ranges(), design().cut());
  }

  /** Returns the design of the bundled network. */
  static NetworkDesign design() {
    return design(ENTRY);
  }

  /** Returns the design with center framing, as the network was trained. */
  private static NetworkDesign design(BackboneInfo entry) {
    NetworkDesign whole = LoadedBackbone.imageNetDesign(entry, entry.inputSize().photographs());
    return new NetworkDesign(
        whole.backbone(),
        whole.inputSize(),
        whole.preprocessing().with(Framing.CENTER),
        whole.boundary(),
        whole.features(),
        whole.scaling(),
        whole.head(),
        whole.temperature());
  }

  /** Applies a function to the bundled weights while they are open. */
  static <T> T withWeights(Function<Weights, T> use) {
    try (WeightReader reader =
        WeightSource.of(WeightSource.PRETRAINED, ENTRY)
            .open(design().graph().weights(), Progress.Display.NONE)
            .reader()) {
      return use.apply(reader::read);
    }
  }

  /**
   * Returns the ranges of the bundled network, measured on mosaics of the bundled images; {@code
   * ImageNetRangesTest} computes and verifies them.
   */
  static Ranges ranges() {
    try {
      return Ranges.ofJson(
          new String(Resource.bytes(ImageNet.class, RANGES), StandardCharsets.UTF_8));
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
