package dev.graft.inference;

import ai.djl.Device;
import dev.graft.GraftException;
import dev.graft.GraftException.Code;
import dev.graft.Progress;
import dev.graft.network.onnx.OnnxFile;
import dev.graft.network.onnx.PixelType;
import dev.graft.network.onnx.Precision;
import dev.graft.zoo.BackboneInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A model that answers elsewhere, by ONNX Runtime and nothing else, what it answers here.
 *
 * @param name for people
 * @param file what {@link ModelRunner#load(Path, Device)} takes there, as bytes
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
public record PortableModel(String name, byte[] file) {
  /** Bytes, of which the heap holds some times as many while they are sent. */
  private static final long MOST = 128 << 20;

  /**
   * A saved model's.
   *
   * @param model a run's {@code model} folder, or a file that {@code export} wrote
   * @throws GraftException if there is no model, a damaged one, or one that needs another engine
   */
  public static PortableModel of(Path model) {
    if (!Files.isRegularFile(model)) {
      return of(SavedModel.contents(model));
    }
    try (LoadedModel checked = ExportedModel.load(model)) {
      return new PortableModel(checked.name(), Files.readAllBytes(model));
    } catch (IOException e) {
      throw new GraftException(model + " can't be read any more.", e);
    }
  }

  /** The bundled EfficientNet-Lite0, which knows ImageNet's classes. */
  public static PortableModel imageNet() {
    return ImageNet.bundled(new Precision.Float32(), PortableModel::of);
  }

  /** Likewise, with all but its last layer in 8 bits. */
  public static PortableModel imageNetInt8() {
    return ImageNet.bundled(ImageNet.in8Bits(), PortableModel::of);
  }

  /** Another network that knows ImageNet's classes, see {@link ModelRunner#imageNet}. */
  public static PortableModel imageNet(
      BackboneInfo entry, Optional<String> weights, Progress.Display display) {
    return ImageNet.of(entry, weights, display, PortableModel::of);
  }

  private static PortableModel of(SavedModel.Contents model) {
    if (!model.design().backbone().isOnnx()) {
      throw new GraftException(
              model.name()
                  + " has a backbone in TorchScript, which only PyTorch computes; a cluster"
                  + " cannot use it, only this machine.")
          .withCode(Code.NO_CLUSTER);
    }
    if (ImageNet.isLarge(model.design())) {
      throw tooLarge(model);
    }
    OnnxFile file = model.onnx(model.precision(), PixelType.UINT8, ExportedModel.metadata(model));
    if (file.size() > MOST) {
      throw tooLarge(model);
    }
    return new PortableModel(model.name(), file.bytes());
  }

  private static GraftException tooLarge(SavedModel.Contents model) {
    return new GraftException(
            model.name() + " is too large to be sent to a cluster; use it on this machine.")
        .withCode(Code.NO_CLUSTER);
  }
}
