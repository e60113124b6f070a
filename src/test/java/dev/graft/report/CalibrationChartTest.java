package dev.graft.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.evaluation.Calibration;
import dev.graft.evaluation.Calibration.Bin;
import dev.graft.report.Drawing.Fill;
import dev.graft.report.Drawing.Ink;
import dev.graft.report.Drawing.Label;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CalibrationChartTest {
  private static final Calibration SAVED =
      new Calibration(List.of(new Bin(0, 0, 0), new Bin(1, 0.4, 1), new Bin(9, 0.8, 0.75)));
  private static final Calibration BEFORE = new Calibration(List.of(new Bin(10, 0.9, 0.75)));

  @Test
  void aBinWithoutImagesHasNoDotAndALargerBinALargerOne() {
    Drawing chart = CalibrationChart.of(Optional.empty(), SAVED);
    List<Fill> dots = Shapes.fills(chart, Ink.SERIES.get(0)).toList();
    assertThat(dots)
        .extracting(Fill::tip)
        .containsExactly(
            "1 image with a mean probability of 40.0 %: 100.0 % correct",
            "9 images with a mean probability of 80.0 %: 75.0 % correct");
    assertThat(dots.get(1).outline().getBounds2D().getWidth())
        .isGreaterThan(dots.get(0).outline().getBounds2D().getWidth());
  }

  @Test
  void theLineJoinsTheBinsWithEnoughImages() {
    List<Bin> few = List.of(new Bin(24, 0.1, 1), new Bin(25, 0.4, 0.5), new Bin(481, 0.8, 0.75));
    assertThat(joined(few)).isEqualTo(2); // 25 images at least
    List<Bin> many = List.of(new Bin(29, 0.1, 1), new Bin(30, 0.4, 0.5), new Bin(2941, 0.8, 0.75));
    assertThat(joined(many)).isEqualTo(2); // and 1 % of 3,000
    Drawing tiny = CalibrationChart.of(Optional.empty(), SAVED);
    assertThat(Shapes.lines(tiny, Ink.SERIES.get(0))).isEmpty();
  }

  private static int joined(List<Bin> bins) {
    Drawing chart = CalibrationChart.of(Optional.empty(), new Calibration(bins));
    return Shapes.lines(chart, Ink.SERIES.get(0)).get(0).size();
  }

  @Test
  void theModelBeforeScalingIsShownOnlyWhereItDiffers() {
    assertThat(Shapes.texts(CalibrationChart.of(Optional.empty(), SAVED)))
        .contains("this model: calibration error 0.1050")
        .noneMatch(text -> text.startsWith("before"));
    assertThat(Shapes.texts(CalibrationChart.of(Optional.of(BEFORE), SAVED)))
        .contains("before scaling: calibration error 0.1500")
        .contains("as saved: calibration error 0.1050");
  }

  @Test
  void theLegendIsBelowThePlot() {
    Drawing chart = CalibrationChart.of(Optional.of(BEFORE), SAVED);
    double axis =
        Shapes.of(chart, Label.class)
            .filter(label -> label.text().startsWith("probability"))
            .mapToDouble(Label::y)
            .sum();
    assertThat(Shapes.of(chart, Label.class).filter(label -> label.text().contains("error")))
        .hasSize(2)
        .allMatch(label -> label.y() > axis + 16);
  }
}
