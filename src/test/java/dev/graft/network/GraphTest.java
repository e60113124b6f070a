package dev.graft.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.entry;

import ai.djl.ndarray.types.Shape;
import dev.graft.network.Layer.Add;
import dev.graft.network.Layer.Concatenate;
import dev.graft.network.Layer.Conv2d;
import dev.graft.network.Layer.GlobalAveragePool;
import dev.graft.network.Layer.Padding;
import dev.graft.network.Layer.Relu;
import java.util.List;
import org.junit.jupiter.api.Test;

class GraphTest {
  private static final Shape PIXELS = new Shape(3, 8, 8);

  /** Two stages, the second a residual block, whose averages are joined. */
  private static final Graph GRAPH =
      new Graph(
          PIXELS,
          List.of(
              Step.of(new Conv2d("a", 3, 4, 3, 2, Padding.SAME, 1), "pixels"),
              Step.of(new GlobalAveragePool("a_average"), "a"),
              Step.of(new Relu("b1"), "a"),
              Step.of(new Conv2d("b2", 4, 4, 1, 1, Padding.SAME, 1, false), "b1"),
              Step.of(new Add("b"), "a", "b2"),
              Step.of(new GlobalAveragePool("b_average"), "b"),
              Step.of(new Concatenate("features"), "a_average", "b_average")));

  @Test
  void everyStepHasAShapeAndWeightsAreInOrder() {
    assertThat(GRAPH.shapes())
        .containsExactly(
            entry("pixels", PIXELS),
            entry("a", new Shape(4, 4, 4)),
            entry("a_average", new Shape(4)),
            entry("b1", new Shape(4, 4, 4)),
            entry("b2", new Shape(4, 4, 4)),
            entry("b", new Shape(4, 4, 4)),
            entry("b_average", new Shape(4)),
            entry("features", new Shape(8)));
    assertThat(GRAPH.weights().stream().map(Weight::name))
        .containsExactly("a.weight", "a.bias", "b2.weight");
    assertThat(GRAPH.parameters()).isEqualTo(4 * 27 + 4 + 16);
  }

  @Test
  void outputsCrossACutInTheOrderOfTheirFirstUse() {
    assertThat(GRAPH.crossing(0)).containsExactly("pixels");
    assertThat(GRAPH.crossing(1)).containsExactly("a");
    assertThat(GRAPH.crossing(2)).containsExactly("a", "a_average");
    assertThat(GRAPH.crossing(3)).containsExactly("b1", "a", "a_average");
    assertThat(GRAPH.crossing(4)).containsExactly("a", "b2", "a_average");
    assertThat(GRAPH.crossing(5)).containsExactly("b", "a_average");
    assertThat(GRAPH.crossing(6)).containsExactly("a_average", "b_average");
    assertThat(GRAPH.crossing(7)).containsExactly("features");
  }

  @Test
  void incompatibleStepsAreRejected() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Graph(PIXELS, List.of(Step.of(new Relu("b"), "a"))))
        .withMessage("b is placed before one of its inputs, [a]");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new Graph(
                    PIXELS, List.of(Step.of(new Relu("a"), "pixels"), Step.of(new Relu("a"), "a"))))
        .withMessage("two steps have the name a");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> new Graph(PIXELS, List.of(Step.of(new Concatenate("both"), "pixels", "pixels"))))
        .withMessage("both takes vectors, not (3, 8, 8)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Graph(PIXELS, List.of(Step.of(new Relu("a"), "pixels", "pixels"))))
        .withMessage("a takes one input, not [(3, 8, 8), (3, 8, 8)]");
  }
}
