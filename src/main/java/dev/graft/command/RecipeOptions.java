package dev.graft.command;

import dev.graft.GraftException;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of a recipe: a file, and settings that override it. */
final class RecipeOptions {
  @Option(
      names = "--recipe",
      paramLabel = "FILE",
      description =
          "Recipe file, such as conf/notebook.yaml (default: the built-in conf/fine-tune.yaml).")
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
          "Pretrained network (see: models), an .onnx or .pt file, a folder as on Hugging Face's"
              + " hub, hf:OWNER/NAME on the hub, or GROUP:ARTIFACT of a DJL model zoo.")
  private String backbone;

  @Option(
      names = "--weights",
      paramLabel = "WHICH",
      description =
          "Weights of the backbone: pretrained, keras, random, a .safetensors or .h5 file, or a"
              + " URL.")
  private String weights;

  @Option(
      names = "--data",
      paramLabel = "DATA",
      description =
          "Images: cifar10, cifar10-sample, a folder with one subfolder per class, or a manifest"
              + " (.csv, .jsonl).")
  private String data;

  @Mixin private ManifestOptions manifest;

  @Option(
      names = "--folds",
      paramLabel = "K",
      description = "After training, cross-validate on the cached features in K folds.")
  private String folds;

  @Option(
      names = "--unfreeze",
      paramLabel = "STAGE",
      description = "First stage of the backbone to train, such as block5_conv1 (see: summary).")
  private String unfreeze;

  @Option(names = "--epochs", paramLabel = "N", description = "Maximum number of epochs.")
  private String epochs;

  @Option(
      names = "--learning-rate",
      paramLabel = "RATE",
      description = "Learning rate of the head.")
  private String learningRate;

  @Option(names = "--batch-size", paramLabel = "N", description = "Images per step.")
  private String batchSize;

  @Option(names = "--seed", paramLabel = "N", description = "Seed of all randomness.")
  private String seed;

  @Option(
      names = "--device",
      paramLabel = "NAME",
      description = "Device that trains: auto, cpu, gpu0, gpu1, …")
  private String device;

  @Option(
      names = "--no-cache",
      description = "Compute the whole network in every step instead of caching features.")
  private boolean noCache;

  /**
   * Returns the recipe: the named options override {@code --set}, which overrides the file, which
   * overrides the built-in values.
   */
  Recipe recipe() {
    return RecipeReader.read(file, options());
  }

  /** Returns a resumed run's recipe, with the settings that were given again. */
  Recipe recipeOf(Path run) {
    Path base = file == null ? run : file;
    RecipeReader.read(base, Map.of()); // what is wrong with the file itself is said as such
    try {
      return RecipeReader.read(base, options());
    } catch (GraftException e) {
      throw new GraftException(
          "A run is resumed with the recipe it was started with: leave out the other settings, or"
              + " start a new run. (They are not possible: "
              + e.getMessage()
              + ")",
          e);
    }
  }

  /** Returns the keys that a file or an option sets; a file's only if they are not the defaults. */
  Set<String> given() {
    Set<String> keys = new LinkedHashSet<>(options().keySet());
    Map<String, String> defaults = RecipeReader.settings(RecipeReader.defaults());
    // A group such as head={hidden: 512} sets all its keys.
    options()
        .keySet()
        .forEach(
            group ->
                defaults.keySet().stream()
                    .filter(key -> key.startsWith(group + "."))
                    .forEach(keys::add));
    RecipeReader.settings(RecipeReader.read(file, Map.of())).entrySet().stream()
        .filter(entry -> !entry.getValue().equals(defaults.get(entry.getKey())))
        .forEach(entry -> keys.add(entry.getKey()));
    return keys;
  }

  /** Returns the settings of the options, by their keys. */
  private Map<String, String> options() {
    Map<String, String> all = new LinkedHashMap<>(settings);
    put(all, "backbone", backbone == null ? null : RecipeReader.text(backbone));
    put(all, "weights", weights == null ? null : RecipeReader.text(weights));
    put(all, "data", data == null ? null : RecipeReader.text(data));
    manifest.put(all);
    put(all, "folds", folds);
    put(all, "unfreeze", unfreeze);
    put(all, "epochs", epochs);
    put(all, "learning-rate", learningRate);
    put(all, "batch-size", batchSize);
    put(all, "seed", seed);
    put(all, "device", device);
    put(all, "cache", noCache ? "false" : null);
    return all;
  }

  /** Sets a key, unless {@code --set} does. */
  void putDefault(String key, String value) {
    settings.putIfAbsent(key, value);
  }

  /** Returns the recipe with the data of a command's parameter, which excludes the option. */
  Recipe recipe(String data) {
    if (this.data != null) {
      throw new WrongUsage(
          "--data: this command takes the data as its argument; leave --data out.");
    }
    this.data = data;
    return recipe();
  }

  private static void put(Map<String, String> settings, String key, String value) {
    if (value != null) {
      settings.put(key, value);
    }
  }
}
