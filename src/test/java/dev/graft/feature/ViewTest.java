package dev.graft.feature;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.image.Augmentation;
import dev.graft.image.Framing;
import dev.graft.image.Resampling;
import dev.graft.image.RgbImage;
import dev.graft.io.Hash;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ViewTest {
  private static final int SIDE = 8;
  private static final Framing BILINEAR = Framing.whole(Resampling.BILINEAR);

  /** Red grows from left to right, from 0 to 198, and green from top to bottom, from 0 to 99. */
  private static final RgbImage RAMP = ramp();

  private static RgbImage ramp() {
    byte[] rgb = new byte[3 * 100 * 50];
    for (int i = 0; i < 100 * 50; i++) {
      rgb[3 * i] = (byte) (2 * (i % 100));
      rgb[3 * i + 1] = (byte) (2 * (i / 100));
    }
    return new RgbImage(100, 50, rgb);
  }

  private static byte[] planes(View view, String content) {
    return view.planes(RAMP, BILINEAR, SIDE, () -> Hash.Algorithm.SHA256.of(content).hex());
  }

  /** The middle row's red values from left to right, or the middle column's green ones. */
  private static int difference(byte[] planes, int from, int to) {
    return (planes[to] & 0xff) - (planes[from] & 0xff);
  }

  private static int acrossRed(byte[] planes) {
    return difference(planes, 3 * SIDE, 3 * SIDE + SIDE - 1);
  }

  private static int downGreen(byte[] planes) {
    return difference(planes, SIDE * SIDE + 3, SIDE * SIDE + (SIDE - 1) * SIDE + 3);
  }

  @Test
  void theWholeImageAndItsMirrorImage() {
    assertThat(planes(View.IMAGE, "a")).isEqualTo(BILINEAR.planes(RAMP, SIDE));
    assertThat(acrossRed(planes(View.MIRROR_IMAGE, "a")))
        .isEqualTo(-acrossRed(planes(View.IMAGE, "a")));
  }

  @Test
  void aCropHasTheImagesProportionsAndMostOfItsArea() {
    int whole = acrossRed(planes(View.IMAGE, "a"));
    Set<Integer> widths = new HashSet<>();
    Set<Integer> lefts = new HashSet<>();
    for (int i = 0; i < 200; i++) {
      byte[] planes = planes(new View(1, false), "image " + i);
      int width = acrossRed(planes);
      widths.add(width);
      lefts.add(planes[3 * SIDE] & 0xff);
      assertThat(width / (double) whole).isBetween(Math.sqrt(0.6) - 0.03, 1.03);
      assertThat(downGreen(planes)).isBetween(width / 2 - 3, width / 2 + 3);
    }
    assertThat(widths).hasSizeGreaterThan(15);
    assertThat(lefts).hasSizeGreaterThan(15);
  }

  @Test
  void aCropFollowsFromContentAndNumber() {
    byte[] first = planes(new View(1, false), "a");
    assertThat(planes(new View(1, false), "a")).isEqualTo(first);
    assertThat(planes(new View(2, false), "a")).isNotEqualTo(first);
    assertThat(planes(new View(1, false), "b")).isNotEqualTo(first);
  }

  @Test
  void cropsOfAnImageDifferInSize() {
    int different = 0;
    for (int i = 0; i < 200; i++) {
      int first = acrossRed(planes(new View(1, false), "image " + i));
      int second = acrossRed(planes(new View(2, false), "image " + i));
      different += Math.abs(first - second) > 4 ? 1 : 0;
    }
    assertThat(different).isGreaterThan(100);
  }

  @Test
  void aCropIsAugmentedAfterItWasMade() {
    Augmentation both = new Augmentation(9, 0.25, List.of(1, 2, 3));
    int changed = 0;
    for (int i = 0; i < 50; i++) {
      String content = "image " + i;
      byte[] crop = planes(new View(1, true), content);
      byte[] cut = planes(new View(1, true, new Augmentation(0, 0.25, List.of(1, 2, 3))), content);
      assertThat(different(crop, cut)).isBetween(1, 3 * 2 * 2);
      byte[] augmented = planes(new View(1, true, both), content);
      assertThat(planes(new View(1, true, both), content)).isEqualTo(augmented);
      changed += different(crop, augmented) > 3 * 2 * 2 ? 1 : 0;
    }
    assertThat(changed).isBetween(25, 50);
  }

  private static int different(byte[] some, byte[] others) {
    return (int) IntStream.range(0, some.length).filter(i -> some[i] != others[i]).count();
  }

  @Test
  void eachPassHasOtherCropsAndTheFirstOneTheCachedOnes() {
    assertThat(new View(3, true).inPass(0)).isEqualTo(new View(3, true));
    Set<View> views = new HashSet<>();
    for (int pass = 0; pass < 100; pass++) {
      for (int crop = 1; crop <= 16; crop++) {
        views.add(new View(crop, false).inPass(pass));
      }
    }
    assertThat(views).hasSize(1600).doesNotContain(View.IMAGE);
    assertThat(new View(16, false).inPass(Integer.MAX_VALUE).crop()).isPositive();
    assertThat(View.MIRROR_IMAGE.inPass(5)).isEqualTo(View.MIRROR_IMAGE);
  }

  @Test
  void aboutHalfOfTheCropsAreMirroredIfTheyMayBe() {
    int mirrored = 0;
    for (int i = 0; i < 200; i++) {
      mirrored += acrossRed(planes(new View(3, true), "image " + i)) < 0 ? 1 : 0;
    }
    assertThat(mirrored).isBetween(70, 130);
  }
}
