package dev.graft.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.GraftException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class TypicalityTest {
  /** Two images of three values: (3, 0, 4), and (0, -2, 0). */
  private static final Typicality.Bank BANK =
      Typicality.Bank.of(new float[] {3, 0, 4, 0, -2, 0}, 3);

  @Test
  void vectorsAreStoredWithTheLengthOne() {
    assertThat(BANK.rows()).isEqualTo(2);
    assertThat(BANK.values()).containsExactly(95, 0, 127, 0, -127, 0);
    assertThat(BANK.scales()[0] * 127).isEqualTo(0.8f);
    assertThat(BANK.scales()[1] * 127).isEqualTo(1);
    assertThat(BANK.columns()).containsExactly(95, 0, 0, -127, 127, 0);
  }

  @Test
  void aVectorOfZerosHasNoSimilarity() {
    assertThat(Typicality.Bank.of(new float[3], 3).scales()).containsExactly(0);
  }

  @Test
  void theSimilarityIsTheMeanOfTheLargest() {
    float[] rows = {9, 0.5f, 0.25f, -1, 0.75f, 9};
    assertThat(Typicality.similarity(rows, 1, 5, 1)).isEqualTo(0.75f);
    assertThat(Typicality.similarity(rows, 1, 5, 2)).isEqualTo(0.625f);
    assertThat(Typicality.similarity(rows, 1, 5, 4)).isEqualTo(0.125f);
  }

  @Test
  void theShareCountsHeldOutImagesThatAreAtLeastAsFar() {
    Typicality typicality = new Typicality(BANK, 1, new float[] {0.9f, 0.5f, 0.7f, 0.8f});
    assertThat(typicality.share(0.4f)).isEqualTo(0);
    assertThat(typicality.share(0.5f)).isEqualTo(0.25f);
    assertThat(typicality.share(0.75f)).isEqualTo(0.5f);
    assertThat(typicality.share(1)).isEqualTo(1);
  }

  @Test
  void storedImagesAreNotComparedWithTheirNearDuplicates() {
    float[] similarities = {
      1, 0.75f, 0.5f, 0.25f, 0.75f, 1, 0.125f, 0, 0.5f, 0.125f, 1, 0.875f, 0.25f, 0, 0.875f, 1
    };
    assertThat(Typicality.leaveOneOut(similarities, new int[] {0, 1, 2, 3}, 0, 1))
        .containsExactly(0.75f, 0.75f, 0.875f, 0.875f);
    assertThat(Typicality.leaveOneOut(similarities, new int[] {0, 1, 2, 2}, 0, 1))
        .containsExactly(0.75f, 0.75f, 0.5f, 0.25f);
    // The last two rows alone.
    assertThat(
            Typicality.leaveOneOut(
                Arrays.copyOfRange(similarities, 8, 16), new int[] {0, 1, 2, 2}, 2, 1))
        .containsExactly(0.5f, 0.25f);
    // The first three have a single other image left, which is less than two.
    assertThat(Typicality.leaveOneOut(similarities, new int[] {0, 0, 0, 3}, 0, 2))
        .containsExactly((0.25f + 0.875f) / 2);
  }

  @Test
  void whatIsWrittenIsReadUnchanged() {
    Typicality written = new Typicality(BANK, 2, new float[] {0.5f, 0.25f});
    Typicality read = Typicality.read(written.bytes(), 3);
    assertThat(read.bytes()).isEqualTo(written.bytes());
    assertThat(read.neighbors()).isEqualTo(2);
    assertThat(read.heldOut()).containsExactly(0.25f, 0.5f);
  }

  @Test
  void otherNetworksAndDamageAreRefused() {
    byte[] bytes = new Typicality(BANK, 2, new float[] {0.5f}).bytes();
    assertThatThrownBy(() -> Typicality.read(bytes, 4))
        .isInstanceOf(GraftException.class)
        .hasMessage("typicality.bin is damaged, or belongs to another network.");
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> Typicality.read(cut, 3)).isInstanceOf(GraftException.class);
    }
    ByteBuffer.wrap(bytes).putFloat(bytes.length - Float.BYTES, Float.NaN);
    assertThatThrownBy(() -> Typicality.read(bytes, 3)).hasMessage("typicality.bin is damaged.");
  }

  @Test
  void noMoreThanTwoMegabytesAreStored() {
    assertThat(Typicality.Bank.maxRows(1280)).isEqualTo(1638);
    assertThat(Typicality.Bank.maxRows(4_000_000)).isEqualTo(2);
    assertThat(Typicality.neighbors(3)).isEqualTo(3);
    assertThat(Typicality.neighbors(0)).isEqualTo(1);
  }
}
