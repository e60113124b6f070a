package dev.graft.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class AugmentationTest {
  private static final int SIDE = 10;
  private static final List<Integer> COLOR = List.of(200, 7, 255);

  /** Returns whether a pixel of a black image has the color of the square. */
  private static boolean isCut(byte[] planes, int x, int y) {
    int i = y * SIDE + x;
    int plane = SIDE * SIDE;
    boolean cut = planes[i] != 0;
    assertThat(planes[i]).isEqualTo((byte) (cut ? 200 : 0));
    assertThat(planes[plane + i]).isEqualTo((byte) (cut ? 7 : 0));
    assertThat(planes[2 * plane + i]).isEqualTo((byte) (cut ? 255 : 0));
    return cut;
  }

  @Test
  void cutoutIsASquareAroundARandomPixelCutOffAtTheEdges() {
    Set<List<Integer>> boxes = new HashSet<>();
    for (int seed = 0; seed < 2000; seed++) {
      byte[] planes =
          new Augmentation(0, 0.4, COLOR)
              .of(new byte[3 * SIDE * SIDE], SIDE, new SplittableRandom(seed));
      int left = SIDE;
      int right = -1;
      int top = SIDE;
      int bottom = -1;
      int count = 0;
      for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x++) {
          if (isCut(planes, x, y)) {
            count++;
            left = Math.min(left, x);
            right = Math.max(right, x);
            top = Math.min(top, y);
            bottom = Math.max(bottom, y);
          }
        }
      }
      assertThat(count).isEqualTo((right - left + 1) * (bottom - top + 1));
      boxes.add(List.of(left, right, top, bottom));
    }
    assertThat(boxes)
        .hasSize(SIDE * SIDE)
        .contains(List.of(0, 1, 0, 1), List.of(3, 6, 3, 6), List.of(7, 9, 7, 9));
  }

  @Test
  void withoutChangesTheInputStaysAsItIsAndNoNumberIsSampled() {
    byte[] planes = new byte[3 * SIDE * SIDE];
    SplittableRandom random = new SplittableRandom(1);
    assertThat(Augmentation.NONE.of(planes, SIDE, random)).isSameAs(planes);
    assertThat(random.nextLong()).isEqualTo(new SplittableRandom(1).nextLong());
    assertThat(Augmentation.NONE.suffix()).isEmpty();
  }
}
