package dev.graft.run;

import ai.djl.Device;
import dev.graft.GraftException;
import dev.graft.data.Cifar10;
import dev.graft.feature.FeatureKey;
import dev.graft.feature.OnnxRoot;
import dev.graft.feature.RecordLayout;
import dev.graft.network.GraftedNetwork;
import dev.graft.network.djl.Graft;
import dev.graft.network.onnx.Ranges;
import dev.graft.picture.Framing;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import dev.graft.zoo.Backbone;
import dev.graft.zoo.BackboneEntry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntSupplier;

/**
 * A frozen part that other machines can compute with ONNX Runtime alone.
 *
 * @param model an ONNX file's bytes, for {@link OnnxRoot}
 * @param key of its features in the cache
 * @param framing of images, before the model's own preprocessing
 * @param side of the input, in pixels
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record PortableRoot(
    byte[] model, FeatureKey key, RecordLayout layout, Framing framing, int side) {
  /**
   * Checks a recipe before images are read.
   *
   * @throws GraftException if other machines can't compute it
   */
  public static void check(Recipe asked) {
    Featurizer.requireCache(asked);
    if (List.of(Cifar10.NAME, Cifar10.SAMPLE).contains(asked.data())) {
      throw new GraftException(
          "data: CIFAR-10 is a few files of many pictures, and done here in a minute; --master is"
              + " for folders of pictures and for manifests.");
    }
    if (asked.rootEngine() == Recipe.RootEngine.TRAINING) {
      throw new GraftException(
          "root-engine: with --master ONNX Runtime computes; leave it at auto.");
    }
  }

  /**
   * Returns the frozen part of a recipe. For int8, activation ranges are measured on this machine.
   *
   * @param output a folder on this machine
   * @param pictureSide median of the images' shorter sides, in pixels; called only if the recipe
   *     leaves the input size to Graft
   */
  public static PortableRoot of(
      Recipe asked, Path output, IntSupplier pictureSide, RunEvents events) throws IOException {
    check(asked);
    Recipe onnx = RecipeReader.with(asked, Map.of("root-engine", "onnxruntime"));
    if (asked.precision() == Recipe.Precision.INT8) {
      try (Beginning beginning = Beginning.of(onnx, new OutputFolder(output), events)) {
        return of(beginning.recipe(), beginning.backbone(), beginning.graft(), beginning.ranges());
      }
    }
    Computer.seed(asked.seed());
    int side = asked.inputSize() == 0 ? pictureSide.getAsInt() : 0;
    Recipe recipe = Designs.resolve(onnx, 0, side, Device.cpu());
    events.decided(asked, recipe, 0);
    BackboneEntry entry = Designs.entry(recipe);
    try (Backbone backbone =
        Backbone.load(entry, recipe.weights(), recipe.inputSize(), Device.cpu(), events)) {
      // The frozen part does not depend on the number of classes.
      return of(recipe, backbone, Beginning.graft(recipe, backbone, 2), Optional.empty());
    }
  }

  private static PortableRoot of(
      Recipe recipe, Backbone backbone, Graft graft, Optional<Ranges> ranges) {
    GraftedNetwork design = graft.design();
    if (design.cut() == 0) {
      throw new GraftException(
          "unfreeze: nothing of this network is frozen, so there is nothing to compute ahead.");
    }
    RecordLayout layout = RecordLayout.of(design, recipe.cacheType() == Recipe.CacheType.FLOAT16);
    return new PortableRoot(
        OnnxRoot.model(design, graft.root().weights(), Root.precision(design, ranges)),
        FeatureKey.of(design, layout, Beginning.weightsId(recipe, backbone), Root.onnx(ranges)),
        layout,
        design.preprocessing().framing(),
        design.inputSize());
  }
}
