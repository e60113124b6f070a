package dev.graft.command;

import ai.djl.Device;
import dev.graft.Progress;
import dev.graft.inference.Classifier;
import dev.graft.inference.PortableModel;
import dev.graft.run.RunFolder;
import dev.graft.zoo.BackboneEntry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which model answers, the same for every command that asks one. */
final class ModelOption {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = {"--run", "--model"},
      paramLabel = "MODEL",
      description =
          "A run's folder, its model folder, or a file that export wrote; the latest run's model"
              + " unless given, and ImageNet's before there is one.")
  private Path given;

  @Option(names = "--imagenet", description = "Ask EfficientNet-Lite0 for ImageNet's 1000 classes.")
  private boolean imageNet;

  @Option(
      names = "--backbone",
      paramLabel = "NAME",
      description =
          "Ask another network for these classes: vgg16 or xception, of which Keras has files.")
  private String backbone;

  @Option(
      names = "--weights",
      paramLabel = "WHICH",
      description = "With --backbone: Keras's file with its top that is here, or its URL.")
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

  /** The model's folder or file; empty for ImageNet's. */
  Optional<Path> place() throws IOException {
    if (imageNet || backbone != null) {
      return Optional.empty();
    }
    Optional<Path> run = given == null ? output.folder().latest() : Optional.of(given);
    return run.map(RunFolder::modelOf);
  }

  /** What {@link #place} says. */
  Classifier classifier(Optional<Path> place, Progress.Display display) {
    Device on = device();
    if (backbone != null) {
      return Classifier.imageNet(
          BackboneEntry.of(backbone), Optional.ofNullable(weights), on, display);
    }
    return place.isPresent() ? Classifier.load(place.get(), on) : Classifier.imageNet(on);
  }

  /** What {@link #place} says, for other machines. */
  PortableModel portable(Optional<Path> place, Progress.Display display) {
    if (backbone != null) {
      return PortableModel.imageNet(
          BackboneEntry.of(backbone), Optional.ofNullable(weights), display);
    }
    return place.map(PortableModel::of).orElseGet(PortableModel::imageNet);
  }

  void check() {
    if (imageNet && given != null) {
      throw new ParameterException(command.commandLine(), "Give --imagenet or --model, not both.");
    }
    if (backbone != null && (imageNet || given != null)) {
      throw new ParameterException(
          command.commandLine(), "Give --backbone without --imagenet and --model.");
    }
    if (weights != null && backbone == null) {
      throw new ParameterException(command.commandLine(), "Give --weights with --backbone.");
    }
  }
}
