package dev.graft.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.evaluation.History;
import dev.graft.report.CurveChart.Metric;
import dev.graft.report.Drawing.Ink;
import dev.graft.report.Drawing.Stroke;
import java.awt.geom.Rectangle2D;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CurveChartTest {
  private static final Ink TRAINING = Ink.SERIES.get(0);
  private static final Ink VALIDATION = Ink.SERIES.get(1);

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 40, 200})
  void bothCurvesHaveAPointPerEpoch(int epochs) {
    Drawing chart = loss(falling(epochs));
    for (Ink ink : List.of(TRAINING, VALIDATION)) {
      List<List<double[]>> line = Shapes.lines(chart, ink);
      assertThat(line).hasSize(1);
      assertThat(line.get(0)).hasSize(epochs);
    }
    assertThat(Shapes.texts(chart)).contains("training", "validation", "best epoch: " + epochs);
  }

  @Test
  void lossThatFallsIsDrawnFallingAndAccuracyThatRisesRising() {
    for (Ink ink : List.of(TRAINING, VALIDATION)) {
      List<double[]> loss = Shapes.lines(loss(falling(10)), ink).get(0);
      List<double[]> accuracy =
          Shapes.lines(CurveChart.of(Metric.ACCURACY, Map.of("", falling(10))), ink).get(0);
      for (int i = 1; i < 10; i++) {
        assertThat(loss.get(i)[0]).isGreaterThan(loss.get(i - 1)[0]);
        assertThat(loss.get(i)[1]).isGreaterThan(loss.get(i - 1)[1]); // y runs downward
        assertThat(accuracy.get(i)[1]).isLessThan(accuracy.get(i - 1)[1]);
      }
    }
  }

  @Test
  void theRingIsAroundTheEpochOfTheLowestValidationLoss() {
    History history = History.empty();
    for (int i = 1; i <= 9; i++) {
      history = history.plus(epoch(i, 1.0 / i, Math.abs(i - 5) + 1, 0.1 * i));
    }
    for (Metric metric : Metric.ALL) {
      Drawing chart = CurveChart.of(metric, Map.of("", history));
      double[] best = Shapes.lines(chart, VALIDATION).get(0).get(4);
      Rectangle2D ring =
          Shapes.of(chart, Stroke.class)
              .filter(stroke -> stroke.ink().equals(Ink.BAD))
              .map(stroke -> stroke.outline().getBounds2D())
              .filter(bounds -> bounds.getWidth() > 12) // not the legend's
              .findFirst()
              .orElseThrow();
      assertThat(ring.getCenterX()).isEqualTo(best[0]);
      assertThat(ring.getCenterY()).isEqualTo(best[1]);
    }
  }

  @Test
  void anEpochThatIsNotANumberIsAGapInTheCurve() {
    History history = History.empty();
    for (int i = 1; i <= 9; i++) {
      double loss = i == 5 ? Double.NaN : i;
      history = history.plus(epoch(i, loss, 2 * loss, 0.5));
    }
    assertThat(Shapes.lines(loss(history), TRAINING)).extracting(List::size).containsExactly(4, 4);
    assertThat(loss(history).svg()).doesNotContain("NaN");
  }

  @Test
  void gridLinesHaveRoundNumbersThatEncloseTheValues() {
    History history =
        History.empty().plus(epoch(1, 1.33, 1.10, 0.6)).plus(epoch(2, 0.61, 1.06, 0.9));
    assertThat(Shapes.texts(loss(history))).contains("0.6", "0.8", "1.0", "1.2", "1.4");
    assertThat(Shapes.texts(CurveChart.of(Metric.ACCURACY, Map.of("", history))))
        .contains("60", "70", "80", "90");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 10})
  void everyOneOfAFewEpochsHasItsNumber(int epochs) {
    List<String> texts = Shapes.texts(loss(falling(epochs)));
    for (int i = 1; i <= epochs; i++) {
      assertThat(texts).contains(Integer.toString(i));
    }
    assertThat(texts).doesNotContain("0", Integer.toString(epochs + 1));
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, 0, 0.1, 1e30, 1e-30})
  void valuesThatNeverChangeCanBeDrawn(double value) {
    History history = History.empty();
    for (int i = 1; i <= 3; i++) {
      history = history.plus(epoch(i, value, value, value));
      Drawing chart = loss(history);
      assertThat(chart.svg()).doesNotContain("NaN", "Infinity");
      assertThat(Shapes.texts(chart)).hasSizeBetween(5, 20);
      List<List<double[]>> line = Shapes.lines(chart, TRAINING);
      if (Double.isFinite(value)) {
        assertThat(line.get(0)).hasSize(i).allMatch(p -> p[1] >= 0 && p[1] <= 300);
      } else {
        assertThat(line).isEmpty();
      }
    }
  }

  @Test
  void valuesThatHardlyDifferCanBeDrawn() {
    History history =
        History.empty().plus(epoch(1, 2.3, 2.3 + 1e-15, 0.1)).plus(epoch(2, 2.3, 2.3 + 1e-9, 0.1));
    assertThat(Shapes.texts(loss(history))).hasSizeBetween(5, 20);
  }

  @Test
  void aHistoryWithoutEpochsIsAnEmptyChart() {
    assertThat(Shapes.lines(loss(History.empty()), TRAINING)).isEmpty();
    assertThat(Shapes.texts(loss(History.empty()))).noneMatch(text -> text.startsWith("best"));
  }

  @Test
  void runsHaveAColorEachAndLegendsThatFit() {
    Map<String, History> runs = new LinkedHashMap<>();
    for (int i = 0; i < 12; i++) {
      runs.put("20260101-120000-efficientnet-lite0-photographs-" + i, falling(3));
    }
    Drawing chart = CurveChart.of(Metric.LOSS, runs);
    assertThat(Shapes.texts(chart)).containsAll(runs.keySet()).doesNotContain("training", "");
    List<Stroke> of =
        Shapes.of(chart, Stroke.class).filter(s -> s.ink().equals(Ink.SERIES.get(2))).toList();
    assertThat(of).anyMatch(Stroke::dashed).anyMatch(stroke -> !stroke.dashed());
    Shapes.of(chart, Drawing.Label.class)
        .filter(label -> runs.containsKey(label.text()))
        .forEach(label -> assertThat(label.x() + label.type().width(label.text())).isLessThan(480));
  }

  @Test
  void aSingleComparedRunIsDrawnAsOneOfSeveralBesideALevelOfAnotherColor() {
    Drawing chart =
        CurveChart.of(Metric.ACCURACY, Map.of("run", falling(3)), Map.of("notebook", 0.6));

    assertThat(Shapes.texts(chart))
        .contains("run", "notebook", "best epoch: 3")
        .doesNotContain("training", "validation");
    List<Stroke> strokes = Shapes.of(chart, Stroke.class).toList();
    assertThat(strokes).anyMatch(s -> s.dashed() && s.ink().equals(Ink.SERIES.get(0)));
    assertThat(strokes).anyMatch(s -> !s.dashed() && s.ink().equals(Ink.SERIES.get(1)));
  }

  @Test
  void theDescriptionHasTheValues() {
    assertThat(loss(falling(2)).svg())
        .contains(
            "aria-label=\"loss per epoch: training 1.200 to 0.7000, validation 1.500 to 1.000;"
                + " best epoch 2\"");
  }

  private static Drawing loss(History history) {
    return CurveChart.of(Metric.LOSS, Map.of("", history));
  }

  private static History falling(int epochs) {
    History history = History.empty();
    for (int i = 1; i <= epochs; i++) {
      history = history.plus(epoch(i, 0.2 + 1.0 / i, 0.5 + 1.0 / i, 0.8 - 0.5 / i));
    }
    return history;
  }

  private static History.Epoch epoch(
      int number, double trainLoss, double validationLoss, double accuracy) {
    return new History.Epoch(
        number, trainLoss, accuracy, validationLoss, accuracy - 0.05, 0.001, 1);
  }
}
