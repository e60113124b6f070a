package dev.graft.run;

import ai.djl.Device;
import dev.graft.GraftException;
import dev.graft.GraftException.Code;
import dev.graft.data.Cifar10Images;
import dev.graft.feature.FeatureKey;
import dev.graft.feature.OnnxFrozenPart;
import dev.graft.feature.RecordLayout;
import dev.graft.image.Framing;
import dev.graft.network.NetworkDesign;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.network.onnx.Ranges;
import dev.graft.output.OutputFolder;
import dev.graft.recipe.Auto;
import dev.graft.recipe.Recipe;
import dev.graft.tuning.FrozenPartChoice;
import dev.graft.tuning.PreparedRun;
import dev.graft.tuning.RecipeResolver;
import dev.graft.tuning.RunEvents;
import dev.graft.zoo.LoadedBackbone;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.IntSupplier;

/**
 * A frozen part that other machines can compute with only ONNX Runtime.
 *
 * @param model an ONNX file's bytes, for {@link OnnxFrozenPart}
 * @param key of its features in the cache
 * @param framing of images, before the model's own preprocessing
 * @param side of the input, in pixels
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record PortableFrozenPart(
    byte[] model, FeatureKey key, RecordLayout layout, Framing framing, int side) {
  /**
   * Checks a recipe before images are read.
   *
   * @throws GraftException if other machines can't compute it
   */
  public static void check(Recipe asked) {
    Featurizer.requireCache(asked);
    if (Cifar10Images.isNamed(asked.data().source())) {
      throw new GraftException(
              "data: CIFAR-10 has many images per file, and is not for a cluster; compute its"
                  + " features on this machine, which takes a minute.")
          .withCode(Code.NO_CLUSTER);
    }
    if (asked.execution().frozenPartEngine().is(Recipe.FrozenPartEngine.TRAINING)) {
      throw new GraftException(
          "root-engine: a cluster computes with ONNX Runtime; leave it at auto.");
    }
    requireAuto("columns", asked.data().columns());
    requireAuto("path-pattern", asked.data().pathPattern());
    if (asked.training().crops() > 0) {
      throw new GraftException(
          "crops: a cluster does not compute the features of random crops; leave it at 0 here, and"
              + " training computes them on its machine.");
    }
    if (asked.training().usesMirrorImages()) {
      throw new GraftException(
          (asked.training().mirror() ? "mirror" : "average-mirror")
              + ": a cluster does not compute the features of mirror images; leave it at false"
              + " here, and training computes them on its machine.");
    }
  }

  private static void requireAuto(String key, Auto<String> value) {
    if (!value.isAuto()) {
      throw GraftException.of(
          "%s: a cluster takes the images from a manifest's column path as they are; write their"
              + " paths into a column of this name, and leave %s at auto.",
          key, key);
    }
  }

  /**
   * Returns the frozen part of a recipe. For int8, activation ranges are measured on this machine.
   *
   * @param output a folder on this machine
   * @param imageSide median of the images' shorter sides, in pixels; called only if the recipe's
   *     input size is {@code auto}
   */
  public static PortableFrozenPart of(
      Recipe asked, Path output, IntSupplier imageSide, RunEvents events) throws IOException {
    check(asked);
    Recipe onnx =
        asked.with(asked.execution().withFrozenPartEngine(Recipe.FrozenPartEngine.ONNXRUNTIME));
    if (asked.execution().precision() == Recipe.Precision.INT8) {
      try (PreparedRun prepared = new OutputFolder(output).prepare(onnx, events)) {
        return of(prepared.recipe(), prepared.backbone(), prepared.network(), prepared.ranges());
      }
    }
    int side = asked.input().size().isAuto() ? imageSide.getAsInt() : 0;
    Recipe recipe = RecipeResolver.resolve(onnx, 0, side, Device.cpu());
    events.decided(asked, recipe, 0);
    try (LoadedBackbone backbone = PreparedRun.backbone(recipe, Device.cpu(), events)) {
      // The frozen part does not depend on the number of classes.
      return of(recipe, backbone, PreparedRun.network(recipe, backbone, 2), Optional.empty());
    }
  }

  private static PortableFrozenPart of(
      Recipe recipe, LoadedBackbone backbone, DjlNetwork network, Optional<Ranges> ranges) {
    NetworkDesign design = network.design();
    if (design.cut() == 0) {
      throw new GraftException(
          "unfreeze: nothing of this network is frozen, so there is nothing to compute ahead.");
    }
    RecordLayout layout =
        RecordLayout.of(design, recipe.execution().cacheType() == Recipe.CacheType.FLOAT16);
    return new PortableFrozenPart(
        OnnxFrozenPart.model(
            design, network.frozenPart().weights(), FrozenPartChoice.precision(design, ranges)),
        FeatureKey.of(
            design, layout, PreparedRun.weightsId(recipe, backbone), FrozenPartChoice.onnx(ranges)),
        layout,
        design.preprocessing().framing(),
        design.inputSize());
  }
}
