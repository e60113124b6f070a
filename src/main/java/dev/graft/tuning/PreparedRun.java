package dev.graft.tuning;

import ai.djl.Device;
import dev.graft.data.DataSet;
import dev.graft.data.ImageSet;
import dev.graft.data.Part;
import dev.graft.data.Split;
import dev.graft.data.duplicates.Fingerprints;
import dev.graft.data.duplicates.Survey;
import dev.graft.engine.Devices;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.network.onnx.Ranges;
import dev.graft.recipe.Recipe;
import dev.graft.training.WeightInitializer;
import dev.graft.zoo.LoadedBackbone;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A prepared run: its images and its network, and the features of the one by the other.
 *
 * @param recipe without any {@code auto}
 * @param features the folder of all feature caches
 * @param device that trains
 * @param graft the network, with its weights
 */
public record PreparedRun(
    Recipe recipe,
    Path features,
    DataSet data,
    Fingerprints fingerprints,
    Device device,
    LoadedBackbone backbone,
    DjlNetwork graft,
    RunEvents events)
    implements AutoCloseable {
  /** Gives the images, once the recipe has been checked. */
  public interface Data {
    DataSet open() throws IOException;
  }

  /**
   * Opens the network of a recipe, and its data; writes nothing.
   *
   * @param features the folder of all feature caches; need not exist
   * @param fingerprints the folder of all fingerprints; need not exist
   * @throws dev.graft.GraftException if data, weights or recipe don't allow the run
   */
  public static PreparedRun of(
      Recipe asked, Data images, Path features, Path fingerprints, RunEvents events)
      throws IOException {
    Device device = Devices.device(asked.device());
    Devices.seed(asked.seed());
    Fingerprints known = new Fingerprints(fingerprints);
    try {
      DataSet data = images.open();
      Survey survey = Survey.quick(data);
      events.listed(data, survey);
      // Data that can't be split is reported now, not after hours of features.
      Split.check(data, survey.groups());
      Recipe recipe =
          RecipeResolver.resolve(asked, data.images().size(), data.sides().median(), device);
      events.decided(asked, recipe, data.sides().smallerThan(recipe.inputSize()));
      LoadedBackbone backbone =
          LoadedBackbone.load(
              RecipeResolver.entry(recipe), recipe.weights(), recipe.inputSize(), device, events);
      try {
        DjlNetwork graft = graft(recipe, backbone, data.classes().size());
        events.designed(graft.design());
        return new PreparedRun(recipe, features, data, known, device, backbone, graft, events);
      } catch (RuntimeException | Error e) {
        backbone.close();
        throw e;
      }
    } catch (IOException | RuntimeException | Error e) {
      known.close();
      throw e;
    }
  }

  /** Returns a recipe's network, with its weights. */
  public static DjlNetwork graft(Recipe recipe, LoadedBackbone backbone, int classes) {
    DjlNetwork graft =
        DjlNetwork.of(
            RecipeResolver.of(recipe, backbone.preprocessing(), classes), backbone.trunk());
    WeightInitializer.initialize(graft, backbone, recipe.initializer());
    return graft;
  }

  /** Measures the activation ranges that int8 needs; empty for float32. */
  public Optional<Ranges> ranges() throws IOException {
    return recipe.precision() == Recipe.Precision.INT8
        ? Optional.of(
            Features.ranges(
                graft,
                weightsId(recipe, backbone),
                fingerprints.gatheredFrom(images()),
                calibration(),
                features,
                events))
        : Optional.empty();
  }

  /** The readable images without the test images and their copies. */
  private int[] calibration() {
    // A sampled test set is sampled here, and again, with the same result, by the run itself.
    IntStream test =
        data.has(Part.TEST)
            ? IntStream.range(0, images().size())
                .filter(i -> data.parts().get(i).equals(Optional.of(Part.TEST)))
            : IntStream.of(split(survey()).test());
    Set<String> judging = test.mapToObj(images()::hash).collect(Collectors.toSet());
    return images().readable().filter(i -> !judging.contains(images().hash(i))).toArray();
  }

  /** Returns the features of the images, or their pixels if the recipe has no cache. */
  public Features features(Optional<Ranges> ranges) throws IOException {
    return recipe.cache()
        ? Features.cached(
            graft,
            weightsId(recipe, backbone),
            fingerprints.gatheredFrom(images()),
            recipe,
            ranges,
            features,
            device,
            events)
        : Features.pixels(graft, images(), events);
  }

  /** Looks for images that are the same or nearly so. */
  public Survey survey() {
    return Survey.thorough(data, fingerprints, events);
  }

  /** Splits the images, once they have been surveyed. */
  public Split split(Survey survey) {
    return DataSets.split(recipe, data, survey.groups());
  }

  /** Returns the name of what comes out. */
  public String name() {
    return backbone.network().name() + "-" + data.name();
  }

  /** Identifies the weights of the frozen part. */
  public static String weightsId(Recipe recipe, LoadedBackbone backbone) {
    return backbone.weights().isLoaded()
        ? backbone.weights().sha256()
        : "drawn first, " + recipe.initializer() + ", seed " + recipe.seed();
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
