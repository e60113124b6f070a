package dev.graft.run;

import ai.djl.Device;
import dev.graft.engine.OnnxSession;
import dev.graft.feature.FrozenRoot;
import dev.graft.feature.OnnxRoot;
import dev.graft.feature.PixelSource;
import dev.graft.feature.RecordLayout;
import dev.graft.feature.TrainingRoot;
import dev.graft.io.Hash;
import dev.graft.network.GraftedNetwork;
import dev.graft.network.djl.Graft;
import dev.graft.network.onnx.Precision;
import dev.graft.network.onnx.Ranges;
import dev.graft.recipe.Recipe;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The engine that computes a network's frozen part, as a recipe has decided.
 *
 * @param engine everything but the network that results depend on, for the features' key
 */
record Root(String engine, Supplier<FrozenRoot> opener) {
  /** If nothing is frozen: pixels are cached as they are. */
  private static final Root NONE = new Root("", () -> FrozenRoot.NONE);

  /**
   * @param ranges activation ranges for int8; empty for float32
   */
  static Root of(
      Recipe recipe,
      Graft graft,
      PixelSource pixels,
      RecordLayout layout,
      Device device,
      Optional<Ranges> ranges) {
    GraftedNetwork design = graft.design();
    if (design.cut() == 0) {
      return NONE;
    }
    return switch (recipe.rootEngine()) {
      case ONNXRUNTIME ->
          new Root(
              onnx(ranges),
              () ->
                  new OnnxRoot(design, graft.root().weights(), precision(design, ranges), layout));
      case TRAINING ->
          new Root(
              Computer.engine() + " on " + device,
              () -> new TrainingRoot(graft.root(), pixels, layout, device));
      case AUTO -> throw new IllegalStateException("a recipe that is decided says which");
    };
  }

  static Precision precision(GraftedNetwork design, Optional<Ranges> ranges) {
    return ranges
        .<Precision>map(known -> new Precision.Int8(known, design.cut()))
        .orElse(new Precision.Float32());
  }

  /** Returns the name of ONNX Runtime in the features' key. */
  static String onnx(Optional<Ranges> ranges) {
    return String.join(
        " ",
        OnnxSession.NAME,
        OnnxSession.version(),
        ranges
            .map(known -> "int8 " + Hash.Algorithm.SHA256.of(known.json()).hex())
            .orElse("float32"),
        "as " + OnnxRoot.VERSION);
  }

  FrozenRoot open() {
    return opener.get();
  }
}
