package dev.graft.inference;

import ai.djl.Device;
import dev.graft.GraftException;
import dev.graft.GraftException.Code;
import dev.graft.network.onnx.OnnxFile;
import dev.graft.network.onnx.PixelType;
import dev.graft.network.onnx.Precision;
import dev.graft.util.Progress;
import dev.graft.zoo.BackboneInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A model that can be sent to another machine, where ONNX Runtime alone computes the same answers.
 *
 * @param name for messages
 * @param file content of a file that {@link ModelRunner#load(Path, Device)} loads there
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record PortableModel(String name, byte[] file) {
  /** Maximum size of a file in bytes; the heap holds several copies while it is sent. */
  private static final long MAX_BYTES = 128 << 20;

  /**
   * Reads a saved model.
   *
   * @param model the {@code model} folder of a run, or a file that {@code export} wrote
   * @throws GraftException if the model is missing or damaged, needs another engine, or is larger
   *     than {@value #MAX_BYTES} bytes
   */
  public static PortableModel of(Path model) {
    if (!Files.isRegularFile(model)) {
      return of(SavedModel.contents(model));
    }
    try {
      if (Files.size(model) > MAX_BYTES) {
        throw tooLarge(model.toString());
      }
      try (LoadedModel checked = ExportedModel.load(model)) {
        return new PortableModel(checked.name(), Files.readAllBytes(model));
      }
    } catch (IOException e) {
      throw new GraftException(model + " can't be read any more.", e);
    }
  }

  /** Returns the bundled EfficientNet-Lite0 with its 1,000 ImageNet classes. */
  public static PortableModel imageNet() {
    return ImageNet.bundled(new Precision.Float32(), PortableModel::of);
  }

  /** Returns the bundled EfficientNet-Lite0 with all but its last layer in int8. */
  public static PortableModel imageNetInt8() {
    return ImageNet.bundled(ImageNet.int8(), PortableModel::of);
  }

  /** Returns another ImageNet classifier, see {@link ModelRunner#imageNet}. */
  public static PortableModel imageNet(
      BackboneInfo entry, Optional<String> weights, Progress.Display display) {
    return ImageNet.published(entry, weights, display, PortableModel::of);
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
      throw tooLarge(model.name());
    }
    OnnxFile file = model.onnx(model.precision(), PixelType.UINT8, ExportedModel.metadata(model));
    if (file.size() > MAX_BYTES) {
      throw tooLarge(model.name());
    }
    return new PortableModel(model.name(), file.bytes());
  }

  private static GraftException tooLarge(String model) {
    return new GraftException(
            model + " is too large to be sent to a cluster; use it on this machine.")
        .withCode(Code.NO_CLUSTER);
  }
}
