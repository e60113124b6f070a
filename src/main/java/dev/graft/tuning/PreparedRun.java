package dev.graft.tuning;

import ai.djl.Device;
import dev.graft.data.Cifar10Images;
import dev.graft.data.DataSet;
import dev.graft.data.ImageSet;
import dev.graft.data.Part;
import dev.graft.data.Split;
import dev.graft.data.duplicates.Fingerprints;
import dev.graft.data.duplicates.Survey;
import dev.graft.engine.Devices;
import dev.graft.engine.Engines;
import dev.graft.evaluation.Temperature;
import dev.graft.feature.View;
import dev.graft.inference.SavedModel;
import dev.graft.io.IoSupplier;
import dev.graft.network.Typicality;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.network.onnx.Ranges;
import dev.graft.recipe.Recipe;
import dev.graft.training.WeightInitializer;
import dev.graft.util.Progress;
import dev.graft.zoo.LoadedBackbone;
import java.io.IOException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A run before training: the images, the network with its weights, and the features that the
 * network computes from the images.
 *
 * @param recipe resolved, see {@link RecipeResolver#resolve}
 * @param features the folder of all feature caches
 * @param device that trains
 * @param network the network, with its weights
 */
public record PreparedRun(
    Recipe recipe,
    Path features,
    DataSet data,
    Fingerprints fingerprints,
    Device device,
    LoadedBackbone backbone,
    DjlNetwork network,
    RunEvents events)
    implements AutoCloseable {
  /**
   * Opens a recipe's network and data; writes nothing.
   *
   * @param features the folder of all feature caches; need not exist
   * @param fingerprints the folder of all fingerprints; need not exist
   * @throws dev.graft.GraftException if data, weights or recipe don't allow the run
   */
  public static PreparedRun of(
      Recipe asked, IoSupplier<DataSet> images, Path features, Path fingerprints, RunEvents events)
      throws IOException {
    Engines.engine(); // one that does not train is refused before the data is read
    Device device = Devices.device(asked.execution().device());
    Fingerprints known = new Fingerprints(fingerprints);
    try {
      DataSet data = images.get();
      if (Cifar10Images.isNamed(asked.data().source())
          && !asked.data().source().equals(data.name())) {
        events.warned(
            "CIFAR-10 is missing, so this run uses the bundled sample of it; its accuracies can't be"
                + " compared with those on all of CIFAR-10.");
      }
      Survey survey = Survey.quick(data);
      events.listed(data, survey);
      // Data that can't be split is reported now, not after hours of computing features.
      Split.check(data, survey.groups());
      Recipe recipe =
          RecipeResolver.resolve(asked, data.images().size(), data.sizes().median(), device);
      events.decided(asked, recipe, data.sizes().smallerThan(recipe.input().size().value()));
      RecipeResolver.external(recipe).ifPresent(found -> found.notes().forEach(events::say));
      events.solver(SolverChoice.of(asked, data.images().size()));
      LoadedBackbone backbone = backbone(recipe, device, events);
      try {
        DjlNetwork network = network(recipe, backbone, data.classes().size());
        events.designed(network.design());
        return new PreparedRun(recipe, features, data, known, device, backbone, network, events);
      } catch (RuntimeException | Error e) {
        backbone.close();
        throw e;
      }
    } catch (IOException | RuntimeException | Error e) {
      known.close();
      throw e;
    }
  }

  /**
   * Loads a resolved recipe's backbone.
   *
   * @param display shows the progress of a download
   */
  public static LoadedBackbone backbone(Recipe recipe, Device device, Progress.Display display) {
    return LoadedBackbone.load(
        RecipeResolver.entry(recipe),
        recipe.backbone().weights(),
        recipe.input().size().value(),
        device,
        display);
  }

  /** Returns a recipe's network, with its weights. */
  public static DjlNetwork network(Recipe recipe, LoadedBackbone backbone, int classes) {
    DjlNetwork network =
        DjlNetwork.of(
            RecipeResolver.design(recipe, backbone.preprocessing(), classes), backbone.trunk());
    WeightInitializer.initialize(
        network, backbone, recipe.training().initializer().value(), recipe.seed());
    return network;
  }

  /** Measures the activation ranges that int8 needs; empty for float32. */
  public Optional<Ranges> ranges() throws IOException {
    return recipe.execution().precision() == Recipe.Precision.INT8
        ? Optional.of(Features.ranges(this, calibration()))
        : Optional.empty();
  }

  /** Returns the readable images without the test images and their copies. */
  private int[] calibration() {
    // The run samples the test set again, with the same result.
    IntStream test =
        data.has(Part.TEST)
            ? IntStream.range(0, images().size())
                .filter(i -> data.parts().get(i).equals(Optional.of(Part.TEST)))
            : IntStream.of(split(survey()).test());
    Set<String> tested = test.mapToObj(images()::hash).collect(Collectors.toSet());
    return images().readable().filter(i -> !tested.contains(images().hash(i))).toArray();
  }

  /** Returns the features of the images, or their pixels if the recipe has no cache. */
  public Features features(Optional<Ranges> ranges) throws IOException {
    return recipe.execution().cache() ? Features.cached(this, ranges) : Features.pixels(this);
  }

  /** Returns the images; fingerprints of those that are read are stored. */
  ImageSet storingImages() {
    return fingerprints.storingFrom(images());
  }

  /**
   * Returns the rows whose features of a view the run reads, unless they are unreadable. Unreadable
   * images change the split, and thus these rows.
   */
  IntPredicate wanted(View view) {
    if (Features.isOfPredictedImages(view, recipe)) {
      // The run samples the same split, with the same result as long as the readable images are
      // the same.
      Split split = split(survey());
      BitSet predicted = new BitSet();
      IntStream.of(split.validation()).forEach(predicted::set);
      IntStream.of(split.test()).forEach(predicted::set);
      return predicted::get;
    }
    boolean predicts = view.equals(View.MIRROR_IMAGE) && recipe.training().averageMirror();
    return view.equals(View.IMAGE) || predicts
        ? row -> true
        : row -> !data.parts().get(row).equals(Optional.of(Part.TEST));
  }

  /** Finds identical and nearly identical images. */
  public Survey survey() {
    return Survey.thorough(data, fingerprints, events);
  }

  /** Splits the images, once they have been surveyed. */
  public Split split(Survey survey) {
    return DataSets.split(recipe, data, survey.groups());
  }

  /** Returns the name of the run and its model: the backbone's and the data's. */
  public String name() {
    return backbone.network().name() + "-" + data.name();
  }

  /**
   * Saves a trained network of this run.
   *
   * @param folder must be missing or empty; appears whole or not at all
   * @param ranges of the frozen part if it is int8
   */
  public void save(
      Path folder,
      DjlNetwork trained,
      Temperature temperature,
      Optional<Ranges> ranges,
      Typicality typicality)
      throws IOException {
    SavedModel.save(
        trained.withTemperature(temperature.value()),
        folder,
        name(),
        backbone.weights().title(),
        data.classes(),
        recipe.head(),
        new SavedModel.Extras(ranges, Optional.of(typicality), recipe.training().averageMirror()));
  }

  /** Identifies the weights of the frozen part. */
  public static String weightsId(Recipe recipe, LoadedBackbone backbone) {
    return backbone.weights().isLoaded()
        ? backbone.weights().sha256()
        : "drawn first, " + recipe.training().initializer().value() + ", seed " + recipe.seed();
  }

  private ImageSet images() {
    return data.images();
  }

  @Override
  public void close() throws IOException {
    backbone.close();
    fingerprints.close();
  }
}
