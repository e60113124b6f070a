package dev.graft.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.report.Drawing.Fill;
import dev.graft.report.Drawing.Ink;
import java.util.List;
import org.junit.jupiter.api.Test;

class TypicalityChartTest {
  @Test
  void imagesAreCountedInTwentyBins() {
    Drawing chart = TypicalityChart.of(List.of(0.0, 0.049, 0.05, 1.0));
    assertThat(chart.svg()).contains("Histogram of typicality; 2 images under 0.05");
    List<Fill> bars = Shapes.fills(chart, Ink.SERIES.get(0)).toList();
    assertThat(bars).hasSize(20);
    assertThat(bars.get(0).tip()).isEqualTo("2 images from 0.00 to 0.05");
    assertThat(bars.get(1).tip()).isEqualTo("1 image from 0.05 to 0.10");
    assertThat(bars.get(19).tip()).isEqualTo("1 image from 0.95 to 1.00");
    assertThat(bars.get(0).outline().getBounds2D().getHeight())
        .isEqualTo(2 * bars.get(1).outline().getBounds2D().getHeight());
    assertThat(bars.get(2).outline().getBounds2D().getHeight()).isZero();
  }
}
