package dev.graft.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Font;
import org.junit.jupiter.api.Test;

class InkTest {
  private static final Font FONT = Ink.plain(14);

  @Test
  void textThatFitsStaysAsItIs() {
    assertThat(Ink.fit("airplane", FONT, Ink.width("airplane", FONT))).isEqualTo("airplane");
  }

  @Test
  void longerTextEndsInAnEllipsisWithinItsRoom() {
    String cut = Ink.fit("a rather long name of a class", FONT, 100);
    assertThat(cut).startsWith("a rather").endsWith("…");
    assertThat(Ink.width(cut, FONT)).isBetween(80.0, 100.0);
  }

  @Test
  void whereNothingFitsTheEllipsisRemains() {
    assertThat(Ink.fit("airplane", FONT, 0)).isEqualTo("…");
  }

  @Test
  void aCharacterOfTwoUnitsIsNotCutInHalf() {
    for (int room = 0; room < 100; room++) {
      String cut = Ink.fit("\uD83D\uDC31".repeat(20), FONT, room);
      assertThat(cut.replace("\uD83D\uDC31", "")).isEqualTo("…");
    }
  }
}
