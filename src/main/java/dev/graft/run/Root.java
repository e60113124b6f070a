package dev.graft.run;

import ai.djl.Device;
import dev.graft.engine.OnnxSession;
import dev.graft.feature.FrozenRoot;
import dev.graft.feature.OnnxRoot;
import dev.graft.feature.PixelSource;
import dev.graft.feature.RecordLayout;
import dev.graft.feature.TrainingRoot;
import dev.graft.network.djl.Graft;
import dev.graft.network.onnx.Precision;
import dev.graft.recipe.Recipe;
import java.util.function.Supplier;

/**
 * What computes a network's frozen part, as a recipe has decided it.
 *
 * @param engine all that its results depend on beside the network, for the features' key
 * @param opener opens it
 */
record Root(String engine, Supplier<FrozenRoot> opener) {
  static Root of(
      Recipe recipe, Graft graft, PixelSource pixels, RecordLayout layout, Device device) {
    if (graft.design().cut() == 0) {
      return new Root("", () -> FrozenRoot.NONE);
    }
    return switch (recipe.rootEngine()) {
      case ONNXRUNTIME ->
          new Root(
              OnnxSession.NAME + " " + OnnxSession.version() + " float32, as " + OnnxRoot.VERSION,
              () ->
                  new OnnxRoot(
                      graft.design(), graft.root().weights(), new Precision.Float32(), layout));
      case TRAINING ->
          new Root(
              Computer.engine() + " on " + device,
              () -> new TrainingRoot(graft.root(), pixels, layout, device));
      case AUTO -> throw new IllegalStateException("a recipe that is decided says which");
    };
  }

  FrozenRoot open() {
    return opener.get();
  }
}
