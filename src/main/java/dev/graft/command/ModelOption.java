package dev.graft.command;

import ai.djl.Device;
import dev.graft.inference.ModelRunner;
import dev.graft.inference.PortableModel;
import dev.graft.util.Progress;
import dev.graft.zoo.BackboneInfo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The model that classifies, for every command that uses one. */
final class ModelOption {
  @Option(
      names = {"--run", "--model"},
      paramLabel = "MODEL",
      description =
          "Folder of a run or of its model, or a file that export wrote (default: the latest run,"
              + " or ImageNet's model if there is none).")
  private Path given;

  @Option(
      names = "--imagenet",
      description = "Use the bundled EfficientNet-Lite0 with ImageNet's 1000 classes.")
  private boolean imageNet;

  @Option(
      names = "--backbone",
      paramLabel = "NAME",
      description =
          "Use another network with ImageNet's classes: vgg16 or xception, with Keras's weights.")
  private String backbone;

  @Option(
      names = "--weights",
      paramLabel = "WHICH",
      description = "With --backbone: Keras's weight file with its classifier, or its URL.")
  private String weights;

  @Mixin private DeviceOption device;

  @Mixin private OutputOption output;

  boolean isImageNet() {
    return imageNet;
  }

  Device device() {
    return device.device();
  }

  boolean namesDevice() {
    return device.isNamed();
  }

  /** Returns the model's folder or file; empty for an ImageNet model. */
  Optional<Path> place() throws IOException {
    if (imageNet || backbone != null) {
      return Optional.empty();
    }
    Optional<Path> run = given == null ? output.latest(" with --model FOLDER") : Optional.of(given);
    return run.map(OutputOption::modelOf);
  }

  /** Loads the model at {@link #place}. */
  ModelRunner classifier(Optional<Path> place, Progress.Display display) {
    Device on = place.map(device::device).orElseGet(device::device);
    if (backbone != null) {
      return ModelRunner.imageNet(
          BackboneInfo.of(backbone), Optional.ofNullable(weights), on, display);
    }
    return place.isPresent() ? ModelRunner.load(place.get(), on) : ModelRunner.imageNet(on);
  }

  /** Loads the ImageNet model in int8, which always runs on the CPU. */
  ModelRunner imageNetInt8() {
    device.requireNoGpu();
    return ModelRunner.imageNetInt8();
  }

  /** Loads the model at {@link #place} in a form that can be sent to other machines. */
  PortableModel portable(Optional<Path> place, Progress.Display display) {
    if (backbone != null) {
      return PortableModel.imageNet(
          BackboneInfo.of(backbone), Optional.ofNullable(weights), display);
    }
    return place.map(PortableModel::of).orElseGet(PortableModel::imageNet);
  }

  /** Rejects options that exclude each other. */
  void check() {
    if (imageNet && given != null) {
      throw new WrongUsage("--imagenet and --model exclude each other; give one of them.");
    }
    if (backbone != null && (imageNet || given != null)) {
      throw new WrongUsage("--backbone excludes --imagenet and --model; give one of them.");
    }
    if (weights != null && backbone == null) {
      throw new WrongUsage("--weights: only possible together with --backbone.");
    }
  }
}
