package dev.graft.network.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.graft.network.BackboneSpec;
import dev.graft.network.Graph;
import dev.graft.network.Layer;
import dev.graft.network.Layer.Conv2d;
import dev.graft.network.Layer.MaxPool;
import dev.graft.network.Layer.Padding;
import dev.graft.network.Layer.Relu;
import dev.graft.network.Layer.Relu6;
import dev.graft.network.NetworkDesign;
import dev.graft.network.NetworkDesign.Scaling;
import dev.graft.network.Preprocessing;
import dev.graft.network.Stage;
import dev.graft.network.Step;
import dev.graft.network.Weight;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Blocks of a network that is cut at any step. */
@Tag("engine")
class GraphBlockTest {
  private static final NetworkDesign DESIGN =
      NetworkDesign.of(
          new BackboneSpec(
              "tiny",
              List.of(
                  Stage.of("a", new Conv2d("a", 3, 4, 3, 2, Padding.SAME, 1), new Relu6("a_relu6")),
                  Stage.residual("b", List.of(new Conv2d("b1", 4, 4, 3, 1, Padding.SAME, 4))),
                  Stage.of("c", new MaxPool("c", 3, 2, Padding.SAME), new Relu("c_relu"))),
              List.of("a", "b", "c"),
              4),
          9,
          Preprocessing.CAFFE,
          "b",
          List.of(),
          new Scaling(0.5, true),
          NetworkDesign.head(12, 5, 0.3, 0.5, 3));

  private NDManager manager;
  private Graph graph;
  private GraphBlock whole;
  private NDArray pixels;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager(Device.cpu());
    manager.getEngine().setRandomSeed(1);
    graph = DESIGN.graph();
    whole = GraphBlock.of(graph);
    whole.initialize(manager, DataType.FLOAT32, new Shape(1, 3, 9, 9));
    pixels = manager.randomUniform(0, 255, new Shape(2, 3, 9, 9));
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private NDList forward(GraphBlock block, NDList inputs) {
    return block.forward(new ParameterStore(manager, false), inputs, false);
  }

  @Test
  void bothPartsOfACutNetworkGiveTheOutputOfTheWhole() {
    float[] expected = forward(whole, new NDList(pixels)).singletonOrThrow().toFloatArray();
    assertThat(expected[0] + expected[1] + expected[2]).isCloseTo(1, within(1e-5f));
    for (int cut = 0; cut <= graph.size(); cut++) {
      GraphBlock first = whole.sharingWeights(graph, 0, cut);
      NDList crossing = forward(first, new NDList(pixels));
      assertThat(crossing.stream().map(NDArray::getShape))
          .containsExactly(first.getOutputShapes(new Shape[] {new Shape(2, 3, 9, 9)}));
      NDList end = forward(whole.sharingWeights(graph, cut, graph.size()), crossing);
      assertThat(end.singletonOrThrow().toFloatArray()).as("cut at %d", cut).isEqualTo(expected);
    }
  }

  @Test
  void allArraysButTheOutputsAreClosed() {
    try (NDManager batch = manager.newSubManager()) {
      pixels.attach(batch);
      NDList out =
          whole
              .sharingWeights(graph, 0, DESIGN.cut())
              .forward(new ParameterStore(batch, false), new NDList(pixels), false);
      assertThat(
              batch.getManagedArrays().stream()
                  .map(NDArray::getShape)
                  .filter(
                      shape -> shape.dimension() == 4 && shape.get(0) == 2 && shape.get(1) == 4))
          .containsExactly(out.get(0).getShape());
      assertThat(pixels.toFloatArray()).hasSize(2 * 3 * 81);
    }
  }

  @Test
  void eachWeightHasAParameterOfItsShape() {
    Map<Weight, Parameter> byWeight = whole.byWeight();
    assertThat(byWeight.keySet()).containsExactlyElementsOf(graph.weights());
    byWeight.forEach(
        (weight, parameter) ->
            assertThat(parameter.getArray().getShape().getShape())
                .as(weight.name())
                .containsExactly(weight.shape().stream().mapToLong(Long::longValue).toArray()));
    assertThat(whole.sharingWeights(graph, 0, DESIGN.cut()).byWeight())
        .containsExactly(
            Map.entry(graph.weights().get(0), byWeight.get(graph.weights().get(0))),
            Map.entry(graph.weights().get(1), byWeight.get(graph.weights().get(1))));
  }

  @Test
  void maxPoolingIgnoresPadding() {
    Graph pool =
        new Graph(
            new Shape(1, 3, 3), List.of(Step.of(new MaxPool("p", 2, 2, Padding.SAME), "pixels")));
    NDArray negative =
        manager.create(new float[] {-1, -2, -3, -4, -5, -6, -7, -8, -9}, new Shape(1, 1, 3, 3));
    assertThat(forward(GraphBlock.of(pool), new NDList(negative)).singletonOrThrow().toFloatArray())
        .containsExactly(-1, -3, -7, -9);
  }

  @Test
  void channelsAreReorderedAndNormalized() {
    Layer caffe = DESIGN.graph().steps().get(0).layer();
    Graph first = new Graph(new Shape(3, 1, 1), List.of(Step.of(caffe, "pixels")));
    NDArray red = manager.create(new float[] {200, 100, 50}, new Shape(1, 3, 1, 1));
    assertThat(forward(GraphBlock.of(first), new NDList(red)).singletonOrThrow().toFloatArray())
        .containsExactly(50 - 103.939f, 100 - 116.779f, 200 - 123.68f);
  }
}
