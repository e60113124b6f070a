package dev.graft.inference;

import ai.djl.Device;
import dev.graft.network.GraftedNetwork;
import dev.graft.network.onnx.Precision;
import dev.graft.picture.Framing;
import dev.graft.zoo.Backbone;
import dev.graft.zoo.BackboneEntry;
import dev.graft.zoo.WeightReader;

/** The bundled EfficientNet-Lite0 with the classifier that it was trained with. */
final class ImageNet {
  private static final BackboneEntry ENTRY = BackboneEntry.EFFICIENTNET_LITE0;

  private ImageNet() {}

  static LoadedModel load(Device device) {
    return load(device, OnnxForward.suits(device));
  }

  /**
   * @param onnx whether ONNX Runtime is to compute it
   */
  static LoadedModel load(Device device, boolean onnx) {
    int side = ENTRY.photographSize();
    return new LoadedModel(
        ENTRY.id() + " (ImageNet)",
        onnx ? onnx(side) : new DjlForward(Backbone.imageNet(ENTRY, side, device), side),
        ENTRY.preprocessing().with(Framing.CENTRE),
        side,
        Backbone.imageNetClasses());
  }

  private static Forward onnx(int side) {
    GraftedNetwork design = Backbone.imageNetDesign(ENTRY, side);
    try (WeightReader weights = Backbone.pretrained(ENTRY, design.graph().weights())) {
      return new OnnxForward(design, weights::read, new Precision.Float32());
    }
  }
}
