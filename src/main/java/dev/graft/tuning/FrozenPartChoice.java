package dev.graft.tuning;

import ai.djl.Device;
import dev.graft.engine.Devices;
import dev.graft.engine.OnnxSession;
import dev.graft.feature.EngineFrozenPart;
import dev.graft.feature.FrozenPart;
import dev.graft.feature.OnnxFrozenPart;
import dev.graft.feature.PixelSource;
import dev.graft.feature.RecordLayout;
import dev.graft.io.Hash;
import dev.graft.network.NetworkDesign;
import dev.graft.network.djl.DjlNetwork;
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
public record FrozenPartChoice(String engine, Supplier<FrozenPart> opener) {
  /** If nothing is frozen: pixels are cached as they are. */
  private static final FrozenPartChoice NONE = new FrozenPartChoice("", () -> FrozenPart.NONE);

  /**
   * @param ranges activation ranges for int8; empty for float32
   */
  public static FrozenPartChoice of(
      Recipe recipe,
      DjlNetwork graft,
      PixelSource pixels,
      RecordLayout layout,
      Device device,
      Optional<Ranges> ranges) {
    NetworkDesign design = graft.design();
    if (design.cut() == 0) {
      return NONE;
    }
    return switch (recipe.rootEngine()) {
      case ONNXRUNTIME ->
          new FrozenPartChoice(
              onnx(ranges),
              () ->
                  new OnnxFrozenPart(
                      design, graft.frozenPart().weights(), precision(design, ranges), layout));
      case TRAINING ->
          new FrozenPartChoice(
              Devices.engine() + " on " + device,
              () -> new EngineFrozenPart(graft.frozenPart(), pixels, layout, device));
      case AUTO -> throw new IllegalStateException("a recipe that is decided says which");
    };
  }

  public static Precision precision(NetworkDesign design, Optional<Ranges> ranges) {
    return ranges
        .<Precision>map(known -> new Precision.Int8(known, design.cut()))
        .orElse(new Precision.Float32());
  }

  /** Returns the name of ONNX Runtime in the features' key. */
  public static String onnx(Optional<Ranges> ranges) {
    return String.join(
        " ",
        OnnxSession.NAME,
        OnnxSession.version(),
        ranges
            .map(known -> "int8 " + Hash.Algorithm.SHA256.of(known.json()).hex())
            .orElse("float32"),
        "as " + OnnxFrozenPart.VERSION);
  }

  public FrozenPart open() {
    return opener.get();
  }
}
