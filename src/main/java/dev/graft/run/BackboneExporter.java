package dev.graft.run;

import dev.graft.GraftException;
import dev.graft.inference.ExportedModel;
import dev.graft.io.AtomicFiles;
import dev.graft.network.NetworkDesign;
import dev.graft.network.onnx.OnnxFile;
import dev.graft.network.onnx.PixelType;
import dev.graft.network.onnx.Precision;
import dev.graft.recipe.Recipe;
import dev.graft.tuning.RecipeResolver;
import dev.graft.tuning.RunEvents;
import dev.graft.util.Build;
import dev.graft.zoo.BackboneInfo;
import dev.graft.zoo.WeightReader;
import dev.graft.zoo.WeightSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Exports a backbone's frozen part to ONNX, from pixels to cached features. */
public final class BackboneExporter {
  private BackboneExporter() {}

  /**
   * An exported file.
   *
   * @param outputs their names
   * @param inputSize side of its input, in pixels
   */
  public record Exported(Path file, long bytes, List<String> outputs, int inputSize) {}

  /**
   * Writes the file, which appears whole or not at all.
   *
   * @param asked names the backbone, its weights and the freeze boundary
   * @throws GraftException if nothing is frozen, the weights are random, or the file is none to
   *     replace
   */
  public static Exported export(Recipe asked, Path file, RunEvents events) throws IOException {
    Path to = Exporter.replaceable(file);
    Recipe recipe = RecipeResolver.resolve(asked);
    BackboneInfo entry = RecipeResolver.entry(recipe);
    NetworkDesign described = RecipeResolver.design(recipe, 2);
    if (entry.network().external().isPresent()) {
      throw new GraftException(
          "backbone "
              + recipe.backbone().name()
              + " comes from a file, and needs no export; fine-tune with it, and export the run:"
              + " export RUN.");
    }
    WeightSource source = WeightSource.of(recipe.backbone().weights(), entry);
    if (described.cut() == 0 || source instanceof WeightSource.Random) {
      throw new GraftException(
          "A network that is trained from scratch has no frozen part to export; name a backbone"
              + " with weights (see: models).");
    }
    try (WeightReader reader = source.open(described.backbone().weights(), events).reader()) {
      NetworkDesign design =
          RecipeResolver.design(recipe, WeightSource.preprocessing(entry, reader.convention()), 2);
      List<String> outputs = design.graph().crossing(design.cut());
      OnnxFile onnx =
          OnnxFile.of(
              design.graph(),
              outputs,
              reader::read,
              new Precision.Float32(),
              PixelType.FLOAT32,
              metadata(design));
      AtomicFiles.createParent(to);
      AtomicFiles.write(to, onnx::writeTo);
      return new Exported(to, onnx.size(), outputs, design.inputSize());
    }
  }

  private static Map<String, String> metadata(NetworkDesign design) {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("input_size", Integer.toString(design.inputSize()));
    metadata.put("framing", ExportedModel.framing(design.preprocessing().framing()));
    // The file takes pixels from 0 to 255; nothing is left to do to them.
    metadata.put("order", "rgb");
    metadata.put("mean", "0, 0, 0");
    metadata.put("deviation", "1, 1, 1");
    metadata.put("backbone", design.backbone().name());
    metadata.put("graft", Build.commit());
    return metadata;
  }
}
