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
 * The engine that a resolved recipe chooses for a network's frozen part.
 *
 * @param engine everything besides the network that features depend on, for the cache key
 */
public record FrozenPartChoice(String engine, Supplier<FrozenPart> opener) {
  /** Chosen if nothing is frozen: pixels are cached unchanged. */
  private static final FrozenPartChoice NONE = new FrozenPartChoice("", () -> FrozenPart.NONE);

  /**
   * Chooses the engine.
   *
   * @param ranges activation ranges for int8; empty for float32
   */
  public static FrozenPartChoice of(
      Recipe recipe,
      DjlNetwork network,
      PixelSource pixels,
      RecordLayout layout,
      Device device,
      Optional<Ranges> ranges) {
    NetworkDesign design = network.design();
    if (design.cut() == 0) {
      return NONE;
    }
    return switch (recipe.execution().frozenPartEngine().value()) {
      case ONNXRUNTIME ->
          new FrozenPartChoice(
              onnx(ranges),
              () ->
                  new OnnxFrozenPart(
                      design, network.frozenPart().weights(), precision(design, ranges), layout));
      case TRAINING ->
          new FrozenPartChoice(
              Devices.engine() + " on " + device,
              () -> new EngineFrozenPart(network.frozenPart(), pixels, layout, device));
    };
  }

  public static Precision precision(NetworkDesign design, Optional<Ranges> ranges) {
    return ranges
        .<Precision>map(known -> new Precision.Int8(known, design.cut()))
        .orElse(new Precision.Float32());
  }

  /** Returns the name of ONNX Runtime in the cache key. */
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
