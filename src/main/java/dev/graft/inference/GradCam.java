package dev.graft.inference;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import dev.graft.GraftException;
import dev.graft.engine.Engines;
import dev.graft.image.HeatMap;
import dev.graft.inference.ModelRunner.Prepared;
import dev.graft.network.Graph;
import dev.graft.network.NetworkDesign;
import dev.graft.network.Stage;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.network.djl.GraphBlock;
import dev.graft.network.onnx.Precision;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Grad-CAM heat maps (Selvaraju et al. 2017, section 3): the sum of a stage's channels, each
 * weighted by the mean gradient of the class's logit, and clipped at 0. The stage is the deepest
 * one with more than one pixel.
 *
 * <p>Needs an engine that computes gradients, and computes in float32 also for int8 models.
 */
public final class GradCam implements AutoCloseable {
  private final NDManager manager;
  private final NetworkDesign design;
  private final String step;
  private final GraphBlock before;
  private final GraphBlock after;

  /** Index of the stage's values among the activations at the cut after it. */
  private final int index;

  /**
   * Creates heat maps of a saved model.
   *
   * @throws GraftException if the folder holds no model, or a damaged one, or if no stage has more
   *     than one pixel
   */
  public static GradCam of(Path folder, Device device) {
    return new GradCam(SavedModel.contents(folder), device);
  }

  /**
   * Returns whether a saved model has a stage of more than one pixel, which external backbones
   * lack.
   */
  static boolean isPossible(Path folder) {
    return deepest(SavedModel.design(folder)).isPresent();
  }

  /** Creates heat maps of the bundled EfficientNet-Lite0 with its ImageNet classes. */
  public static GradCam imageNet(Device device) {
    return ImageNet.bundled(new Precision.Float32(), model -> new GradCam(model, device));
  }

  private GradCam(SavedModel.Contents model, Device device) {
    design = model.design();
    Stage stage =
        deepest(design)
            .orElseThrow(
                () ->
                    new GraftException(
                        "Heat maps need a stage with more than one pixel, and this network has"
                            + " none."));
    step = stage.output();
    Engines.engine();
    manager = NDManager.newBaseManager(device);
    DjlNetwork network = model.network(manager);
    Graph graph = design.graph();
    int cut = graph.indexOf(step) + 1;
    index = graph.crossing(cut).indexOf(step);
    before = network.block(0, cut);
    after = network.block(cut, design.logitsEnd());
  }

  private static Optional<Stage> deepest(NetworkDesign design) {
    List<Stage> stages = design.backbone().stages();
    List<Shape> outputs = design.backbone().outputs(design.inputSize());
    for (int i = stages.size() - 1; i >= 0; i--) {
      if (outputs.get(i).dimension() == 3 && outputs.get(i).size() > outputs.get(i).get(0)) {
        return Optional.of(stages.get(i));
      }
    }
    return Optional.empty();
  }

  /** Returns the name of the step whose values a map shows. */
  public String stage() {
    return step;
  }

  /** Returns the number of values in a row of a map. */
  public int cells() {
    return Math.toIntExact(design.graph().shapes().get(step).get(2));
  }

  /**
   * Computes the heat map of a class, from 0 to 1. Not thread-safe.
   *
   * @param classIndex index of the class
   */
  public HeatMap map(Prepared image, int classIndex) {
    int side = design.inputSize();
    try (NDManager pass = manager.newSubManager()) {
      ParameterStore parameters = new ParameterStore(pass, false);
      NDArray pixels =
          pass.create(image.pixels().duplicate(), new Shape(1, 3, side, side), DataType.UINT8)
              .toType(DataType.FLOAT32, true);
      NDList crossing = before.forward(parameters, new NDList(pixels), false);
      NDArray values = crossing.get(index).duplicate();
      crossing.set(index, values);
      values.setRequiresGradient(true);
      try (GradientCollector gradients = manager.getEngine().newGradientCollector()) {
        NDArray logits = after.forward(parameters, crossing, false).singletonOrThrow();
        gradients.backward(logits.get("0, " + classIndex));
      }
      Shape shape = values.getShape(); // (1, C, H, W)
      NDArray channels = values.reshape(shape.get(1), -1);
      NDArray weights = values.getGradient().reshape(shape.get(1), -1).mean(new int[] {1});
      NDArray map = weights.reshape(1, -1).matMul(channels).maximum(0);
      float max = map.max().getFloat();
      float[] heat = (max > 0 ? map.div(max) : map).toFloatArray();
      return new HeatMap((int) shape.get(3), (int) shape.get(2), heat);
    }
  }

  @Override
  public void close() {
    manager.close();
  }
}
