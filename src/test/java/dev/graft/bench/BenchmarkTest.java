package dev.graft.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.zoo.BackboneInfo;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
class BenchmarkTest {
  @Test
  void stepsOfATailAreMeasuredInBothRenderings() {
    List<Benchmark.Figure> figures = new ArrayList<>();

    new Benchmark(2, true, figures::add).steps(BackboneInfo.EFFICIENTNET_LITE0, 32, "blocks.15");

    assertThat(figures).hasSizeGreaterThanOrEqualTo(2);
    assertThat(figures)
        .allSatisfy(
            figure -> {
              assertThat(figure.what()).contains("from blocks.15");
              assertThat(figure.min()).isPositive().isLessThanOrEqualTo(figure.max());
            });
  }

  @Test
  void stepsOfAHeadWithDropoutAreMeasured() {
    List<Benchmark.Figure> figures = new ArrayList<>();

    new Benchmark(2, true, figures::add).steps(BackboneInfo.VGG16, 32, "none");

    assertThat(figures).hasSizeGreaterThanOrEqualTo(2);
    assertThat(figures).allSatisfy(figure -> assertThat(figure.min()).isPositive());
  }
}
