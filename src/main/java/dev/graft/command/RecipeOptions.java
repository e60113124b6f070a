package dev.graft.command;

import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Option;

/** The options that make a recipe: a file, and what is set over it. */
final class RecipeOptions {
  @Option(
      names = "--recipe",
      paramLabel = "FILE",
      description =
          "Recipe to follow, such as conf/notebook.yaml; the built-in one is conf/fine-tune.yaml.")
  private Path file;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description =
          "Override a key of the recipe, such as epochs=3 or head.hidden=512; repeatable.")
  private final Map<String, String> settings = new LinkedHashMap<>();

  @Option(
      names = "--backbone",
      paramLabel = "NAME",
      description =
          "Network to start from (see: models); or an .onnx or .pt file, or a DJL zoo's"
              + " group:artifact.")
  private String backbone;

  @Option(
      names = "--weights",
      paramLabel = "WHICH",
      description = "pretrained, keras, random, a .safetensors or .h5 file, or a URL.")
  private String weights;

  @Option(
      names = "--data",
      paramLabel = "DATA",
      description =
          "cifar10, cifar10-sample, a folder with a folder a class, or a manifest (.csv, .jsonl).")
  private String data;

  @Option(
      names = "--folds",
      paramLabel = "K",
      description = "Cross-validate in K folds afterwards, on the features that are kept.")
  private String folds;

  @Option(
      names = "--unfreeze",
      paramLabel = "STAGE",
      description = "First stage to be trained too, such as block5_conv1 (see: summary).")
  private String unfreeze;

  @Option(names = "--epochs", paramLabel = "N", description = "Epochs at most.")
  private String epochs;

  @Option(names = "--learning-rate", paramLabel = "RATE", description = "Of the head.")
  private String learningRate;

  @Option(names = "--batch-size", paramLabel = "N", description = "Pictures a step.")
  private String batchSize;

  @Option(names = "--seed", paramLabel = "N", description = "All randomness comes from it.")
  private String seed;

  @Option(names = "--device", paramLabel = "NAME", description = "auto, cpu, gpu0, gpu1, …")
  private String device;

  @Option(
      names = "--no-cache",
      description = "Train end to end through the whole network, without the feature cache.")
  private boolean noCache;

  /** The recipe: built-in values, the file, {@code --set}, the named options, in rising rank. */
  Recipe recipe() {
    Map<String, String> all = new LinkedHashMap<>(settings);
    put(all, "backbone", backbone == null ? null : RecipeReader.text(backbone));
    put(all, "weights", weights == null ? null : RecipeReader.text(weights));
    put(all, "data", data == null ? null : RecipeReader.text(data));
    put(all, "folds", folds);
    put(all, "unfreeze", unfreeze);
    put(all, "epochs", epochs);
    put(all, "learning-rate", learningRate);
    put(all, "batch-size", batchSize);
    put(all, "seed", seed);
    put(all, "device", device);
    put(all, "cache", noCache ? "false" : null);
    return RecipeReader.read(file, all);
  }

  /** Likewise, with the data that a command is given by itself. */
  Recipe recipe(String data) {
    this.data = data;
    return recipe();
  }

  private static void put(Map<String, String> settings, String key, String value) {
    if (value != null) {
      settings.put(key, value);
    }
  }
}
