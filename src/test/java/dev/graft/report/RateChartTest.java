package dev.graft.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RateChartTest {
  @Test
  void bothAxesHaveRoundLabels() {
    List<double[]> points =
        IntStream.rangeClosed(0, 6)
            .mapToObj(i -> new double[] {Math.pow(10, -4 + i / 2.0), 3.08 - i * 0.24})
            .toList();
    assertThat(Shapes.texts(RateChart.of(points, Optional.of(1e-3))))
        .contains("1e-4", "3e-4", "1e-3", "3e-3", "1e-2", "3e-2", "1e-1")
        .contains("1.5", "2.0", "2.5", "3.0", "3.5")
        .doesNotContain("3.08", "1.64", "3e-1");
  }

  @Test
  void overManyDecadesOnlyThePowersOfTenAreLabeled() {
    List<double[]> points = List.of(new double[] {1e-7, 2}, new double[] {1, 1});
    assertThat(Shapes.texts(RateChart.of(points, Optional.empty())))
        .contains("1e-7", "1e-1", "1e0")
        .doesNotContain("3e-7");
  }
}
