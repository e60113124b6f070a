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
import dev.graft.network.Weights;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.network.djl.GraphBlock;
import dev.graft.network.djl.ParameterWriter;
import dev.graft.zoo.LoadedBackbone;
import dev.graft.zoo.WeightReader;
import java.nio.file.Path;
import java.util.List;

/**
 * Where in an image a class was seen: Grad-CAM (Selvaraju et al. 2017), the sum of a stage's
 * channels, each by the mean of the gradient that the class's logit has in it, and no less than 0.
 * The stage is the deepest one with more than one pixel.
 *
 * <p>It needs an engine with gradients, and is in float32 though a model be in 8 bits.
 */
public final class GradCam implements AutoCloseable {
  private final NDManager manager;
  private final NetworkDesign design;
  private final String seen;
  private final GraphBlock before;
  private final GraphBlock after;

  /** The place of the stage's values among those that cross the cut behind it. */
  private final int place;

  /** That of a saved model. */
  public static GradCam of(Path folder, Device device) {
    SavedModel.Contents model = SavedModel.contents(folder);
    return new GradCam(model.design(), model.weights(), device);
  }

  /** That of the bundled EfficientNet-Lite0 and ImageNet's classes. */
  public static GradCam imageNet(Device device) {
    NetworkDesign design =
        LoadedBackbone.imageNetDesign(ImageNet.ENTRY, ImageNet.ENTRY.photographSize());
    try (WeightReader weights =
        LoadedBackbone.pretrained(ImageNet.ENTRY, design.graph().weights())) {
      return new GradCam(design, weights::read, device);
    }
  }

  GradCam(NetworkDesign design, Weights weights, Device device) {
    this.design = design;
    Stage stage = deepest(design);
    seen = stage.output();
    Engines.engine();
    manager = NDManager.newBaseManager(device);
    DjlNetwork graft = DjlNetwork.of(design);
    graft.initialize(manager);
    graft
        .logits(true)
        .byWeight()
        .forEach((weight, parameter) -> ParameterWriter.set(parameter, weights.of(weight)));
    Graph graph = design.graph();
    int cut = graph.indexOf(seen) + 1;
    place = graph.crossing(cut).indexOf(seen);
    before = graft.segment(0, cut);
    after = graft.segment(cut, design.logitsEnd());
  }

  private static Stage deepest(NetworkDesign design) {
    List<Stage> stages = design.backbone().stages();
    List<Shape> outputs = design.backbone().outputs(design.inputSize());
    for (int i = stages.size() - 1; i >= 0; i--) {
      if (outputs.get(i).dimension() == 3 && outputs.get(i).size() > outputs.get(i).get(0)) {
        return stages.get(i);
      }
    }
    throw new GraftException("No stage of this network has more than one pixel to show.");
  }

  /** The name of the step whose pixels a map has. */
  public String stage() {
    return seen;
  }

  /**
   * Where a class was seen; for one thread at a time.
   *
   * @param index of the class
   */
  public HeatMap map(Prepared image, int index) {
    int side = design.inputSize();
    try (NDManager pass = manager.newSubManager()) {
      ParameterStore parameters = new ParameterStore(pass, false);
      NDArray pixels =
          pass.create(image.pixels().duplicate(), new Shape(1, 3, side, side), DataType.UINT8)
              .toType(DataType.FLOAT32, true);
      NDList crossing = before.forward(parameters, new NDList(pixels), false);
      NDArray values = crossing.get(place).duplicate();
      crossing.set(place, values);
      values.setRequiresGradient(true);
      try (GradientCollector gradients = manager.getEngine().newGradientCollector()) {
        NDArray logits = after.forward(parameters, crossing, false).singletonOrThrow();
        gradients.backward(logits.get("0, " + index));
      }
      Shape shape = values.getShape(); // (1, C, H, W)
      NDArray channels = values.reshape(shape.get(1), -1);
      NDArray weights = values.getGradient().reshape(shape.get(1), -1).mean(new int[] {1});
      NDArray map = weights.reshape(1, -1).matMul(channels).maximum(0);
      float greatest = map.max().getFloat();
      float[] shares = (greatest > 0 ? map.div(greatest) : map).toFloatArray();
      return new HeatMap((int) shape.get(3), (int) shape.get(2), shares);
    }
  }

  @Override
  public void close() {
    manager.close();
  }
}
