package dev.graft.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.GraftException;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GridTest {
  @Test
  void everyCombinationIsListedAndTheLastKeyVariesFastest() {
    Grid grid = Grid.of(List.of("learning-rate=1e-3,3e-3", "head.hidden=0, 1024"));
    assertThat(grid.keys()).containsExactly("learning-rate", "head.hidden");
    assertThat(grid.combinations())
        .containsExactly(
            Map.of("learning-rate", "1e-3", "head.hidden", "0"),
            Map.of("learning-rate", "1e-3", "head.hidden", "1024"),
            Map.of("learning-rate", "3e-3", "head.hidden", "0"),
            Map.of("learning-rate", "3e-3", "head.hidden", "1024"));
  }

  @Test
  void commasWithinBracketsBelongToAValue() {
    Grid grid = Grid.of(List.of("features=[a, b],[c]"));
    assertThat(grid.values()).isEqualTo(Map.of("features", List.of("[a, b]", "[c]")));
  }

  @Test
  void whatIsNoGridIsRefusedWithASentence() {
    for (String text : List.of("learning-rate", "=1", "epochs=", "epochs=1,,2")) {
      assertThatThrownBy(() -> Grid.of(List.of(text)))
          .isInstanceOf(GraftException.class)
          .hasMessage(
              "grid: %s is not a key with its values; write KEY=VALUE,VALUE, such as"
                  + " learning-rate=1e-3,3e-3.",
              text);
    }
    assertThatThrownBy(() -> Grid.of(List.of("epochs=1", "epochs=2")))
        .hasMessage("grid: epochs is given twice; give all values at once.");
    assertThatThrownBy(() -> Grid.of(List.of("seed=1,2")))
        .hasMessageStartingWith("grid: seed changes the images");
    assertThatThrownBy(() -> Grid.of(List.of("epochs=1,2,1")))
        .hasMessage("grid: epochs=1,2,1 has a value twice; give each value once.");
    String many =
        IntStream.rangeClosed(0, 1_000)
            .mapToObj(Integer::toString)
            .collect(Collectors.joining(",", "epochs=", ""));
    assertThatThrownBy(() -> Grid.of(List.of(many)))
        .hasMessage("grid: 1,001 combinations, and the maximum is 1,000; give fewer values.");
  }
}
