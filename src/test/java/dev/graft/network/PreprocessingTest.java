package dev.graft.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.graft.network.Preprocessing.ChannelOrder;
import dev.graft.network.Preprocessing.Framing;
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
  void pixelsAreAPlaneAColourRedFirstWhateverTheNetworksOrder() {
    byte[] rgb = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, (byte) 255};
    byte[] planes = {1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, (byte) 255};
    assertThat(Preprocessing.ZERO_ONE.pixels(rgb, 2, 2, 2)).containsExactly(planes);
    assertThat(Preprocessing.CAFFE.pixels(rgb, 2, 2, 2)).containsExactly(planes);
  }

  @Test
  void theWholePictureIsScaledToASquareWhateverItsShape() {
    // Red in the left half, blue in the right one; twice as wide as high.
    byte[] rgb = new byte[8 * 4 * 3];
    for (int i = 0; i < 32; i++) {
      rgb[3 * i + (i % 8 < 4 ? 0 : 2)] = 100;
    }
    byte[] planes = Preprocessing.ZERO_ONE.pixels(rgb, 8, 4, 4);
    assertThat(planes).hasSize(48);
    for (int row = 0; row < 4; row++) {
      assertThat(planes[4 * row]).as("red at the left").isGreaterThan((byte) 95);
      assertThat(planes[4 * row + 3]).as("red at the right").isLessThan((byte) 5);
      assertThat(planes[32 + 4 * row]).as("blue at the left").isLessThan((byte) 5);
      assertThat(planes[32 + 4 * row + 3]).as("blue at the right").isGreaterThan((byte) 95);
    }
  }

  @Test
  void theCentreIsSevenEighthsOfTheShorterSide() {
    // Green where 7 x 7 pixels in the middle of 16 x 8 are, (8 - 7 + 1) / 2 = 1 from the top.
    byte[] rgb = new byte[16 * 8 * 3];
    for (int y = 1; y < 8; y++) {
      for (int x = 5; x < 12; x++) {
        rgb[3 * (16 * y + x) + 1] = 50;
      }
    }
    byte[] planes = Preprocessing.LITE.with(Framing.CENTRE).pixels(rgb, 16, 8, 7);
    assertThat(planes).hasSize(3 * 49);
    for (int i = 0; i < 49; i++) {
      assertThat(planes[i]).isZero();
      assertThat(planes[49 + i]).isEqualTo((byte) 50);
      assertThat(planes[98 + i]).isZero();
    }
    assertThat(Preprocessing.LITE.pixels(rgb, 16, 8, 7)).contains((byte) 0).hasSize(3 * 49);
  }

  @Test
  void anotherFramingChangesNothingElse() {
    assertThat(Preprocessing.CAFFE.with(Framing.CENTRE))
        .isEqualTo(
            new Preprocessing(
                Framing.CENTRE,
                ChannelOrder.BGR,
                Preprocessing.CAFFE.mean(),
                Preprocessing.CAFFE.deviation()));
  }

  @Test
  void channelsAreThreeAndDeviationsAboveNought() {
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
