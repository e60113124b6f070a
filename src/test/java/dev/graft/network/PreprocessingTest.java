package dev.graft.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.graft.image.Framing;
import dev.graft.network.Preprocessing.ChannelOrder;
import java.util.List;
import org.junit.jupiter.api.Test;

class PreprocessingTest {
  @Test
  void theConstantsAreThePublishedOnes() {
    assertThat(Preprocessing.CAFFE)
        .isEqualTo(
            new Preprocessing(
                Framing.WHOLE,
                ChannelOrder.BGR,
                List.of(103.939f, 116.779f, 123.68f),
                List.of(1f, 1f, 1f)));
    assertThat(Preprocessing.TORCHVISION.order()).isEqualTo(ChannelOrder.RGB);
    assertThat(Preprocessing.TORCHVISION.mean())
        .containsExactly(0.485f * 255, 0.456f * 255, 0.406f * 255);
    assertThat(Preprocessing.TORCHVISION.deviation())
        .containsExactly(0.229f * 255, 0.224f * 255, 0.225f * 255);
    assertThat(Preprocessing.LITE)
        .isEqualTo(
            new Preprocessing(
                Framing.WHOLE,
                ChannelOrder.RGB,
                List.of(127f, 127f, 127f),
                List.of(128f, 128f, 128f)));
    assertThat(Preprocessing.ZERO_ONE)
        .isEqualTo(
            new Preprocessing(
                Framing.WHOLE, ChannelOrder.RGB, List.of(0f, 0f, 0f), List.of(255f, 255f, 255f)));
  }

  @Test
  void withFramingChangesNothingElse() {
    assertThat(Preprocessing.CAFFE.with(Framing.CENTER))
        .isEqualTo(
            new Preprocessing(
                Framing.CENTER,
                ChannelOrder.BGR,
                Preprocessing.CAFFE.mean(),
                Preprocessing.CAFFE.deviation()));
  }

  @Test
  void theMeanColorIsRedFirstAndInTheRangeOfPixels() {
    assertThat(Preprocessing.CAFFE.meanColor()).containsExactly(124, 117, 104);
    assertThat(Preprocessing.TORCHVISION.meanColor()).containsExactly(124, 116, 104);
    List<Float> mean = List.of(-3f, 300f, 0f);
    assertThat(
            new Preprocessing(Framing.WHOLE, ChannelOrder.RGB, mean, List.of(1f, 1f, 1f))
                .meanColor())
        .containsExactly(0, 255, 0);
  }

  @Test
  void wrongNumbersOfChannelsAndNonPositiveDeviationsAreRejected() {
    List<Float> three = List.of(1f, 1f, 1f);
    for (List<Float> wrong : List.of(List.of(1f, 1f), List.of(1f, 1f, 1f, 1f))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new Preprocessing(Framing.WHOLE, ChannelOrder.RGB, wrong, three));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new Preprocessing(Framing.WHOLE, ChannelOrder.RGB, three, wrong));
    }
    for (float deviation : new float[] {0, -1, Float.NaN}) {
      List<Float> wrong = List.of(1f, 1f, deviation);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new Preprocessing(Framing.WHOLE, ChannelOrder.RGB, three, wrong));
    }
  }
}
