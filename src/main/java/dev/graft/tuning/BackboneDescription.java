package dev.graft.tuning;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.graft.GraftException;
import dev.graft.engine.OnnxSession;
import dev.graft.feature.FrozenPart;
import dev.graft.feature.OnnxFrozenPart;
import dev.graft.feature.RecordLayout;
import dev.graft.network.Layer;
import dev.graft.network.NetworkDesign;
import dev.graft.network.djl.ExternalNetwork;
import dev.graft.network.onnx.OnnxFile;
import dev.graft.network.onnx.Precision;
import dev.graft.recipe.Recipe;
import dev.graft.util.Text;
import dev.graft.zoo.ExternalBackbone;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Describes an external backbone in lines of text. */
public final class BackboneDescription {
  /** Duration of the speed measurement, in nanoseconds. */
  private static final long NANOS = 1_000_000_000;

  private BackboneDescription() {}

  /**
   * Describes the backbone of a recipe, and measures for one second how fast it is.
   *
   * @throws GraftException if it is not an external one, or can't be used
   */
  public static List<String> lines(Recipe asked) {
    ExternalBackbone found =
        RecipeResolver.external(asked)
            .orElseThrow(
                () ->
                    new GraftException(
                        asked.backbone().name()
                            + " is a built-in network; the command summary describes it."));
    Recipe recipe = RecipeResolver.resolve(asked);
    NetworkDesign design = RecipeResolver.design(recipe, 2);
    boolean known = RecipeResolver.isPrepared(recipe);
    if (known) {
      RecipeResolver.checkNetwork(asked); // otherwise it would refuse what is said below
    }
    Layer.External layer = found.info().network().external().orElseThrow();
    List<String> lines = new ArrayList<>();
    lines.add(Text.of("File: %s, SHA-256 %s", layer.file(), layer.sha256()));
    lines.addAll(found.declared());
    lines.addAll(found.notes());
    lines.add(
        known
            ? "Images are prepared so: "
                + ExternalBackbone.described(design.preprocessing(), design.inputSize())
                + "."
            : "Preprocessing: not found; fine-tune needs mean and deviation.");
    lines.add(
        Text.of(
            "Used as: %dx%d pixels, %d features; %.0f images/s on this machine's CPU",
            recipe.input().size().value(),
            recipe.input().size().value(),
            design.featureWidth(),
            imagesPerSecond(layer, design)));
    lines.add("With precision=int8: " + int8(layer) + ".");
    return lines;
  }

  private static String int8(Layer.External layer) {
    if (layer.format() == Layer.External.Format.TORCHSCRIPT) {
      return "not possible, it is in TorchScript";
    }
    try {
      return Text.of(
          "%d convolutions and matrix products in int8", OnnxFile.int8Products(layer.file()));
    } catch (GraftException e) {
      return "not possible, " + e.getMessage();
    }
  }

  private static double imagesPerSecond(Layer.External layer, NetworkDesign design) {
    int side = design.inputSize();
    int batch = OnnxSession.batch(side);
    if (layer.format() == Layer.External.Format.TORCHSCRIPT) {
      try (ExternalNetwork network = ExternalNetwork.open(layer, side, Device.cpu());
          NDManager manager = NDManager.newBaseManager(Device.cpu())) {
        NDArray pixels = manager.randomUniform(-2, 2, new Shape(batch, 3, side, side));
        return measured(batch, () -> network.features(pixels).close());
      }
    }
    try (FrozenPart part =
        new OnnxFrozenPart(
            design,
            weight -> new float[weight.size()],
            new Precision.Float32(),
            RecordLayout.of(design, false))) {
      ByteBuffer pixels = ByteBuffer.allocate(batch * 3 * side * side);
      return measured(batch, () -> part.forward(pixels, batch));
    }
  }

  private static double measured(int batch, Runnable pass) {
    pass.run(); // the first pass is slower
    long start = System.nanoTime();
    int images = 0;
    while (System.nanoTime() - start < NANOS) {
      pass.run();
      images += batch;
    }
    return images * 1e9 / (System.nanoTime() - start);
  }
}
