package dev.graft.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.image.RandAugment.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RandAugmentTest {
  private static final Path TORCHVISION =
      Path.of("src/test/resources/dev/graft/image/rand-augment");
  private static final int SIDE = 17;

  private static RgbImage read(String name) {
    return ImageFileReader.read(TORCHVISION.resolve(name));
  }

  private static byte[] photo() {
    return Framing.WHOLE.planes(read("image.png"), SIDE);
  }

  @ParameterizedTest
  @EnumSource
  void isWithinOneOfTorchvision(Operation operation) throws IOException {
    List<String> rows = Files.readAllLines(TORCHVISION.resolve("operations.csv"));
    RgbImage results = read("operations.png");
    List<Integer> magnitudes = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      String[] row = rows.get(i).split(",", -1);
      if (row[0].equalsIgnoreCase(operation.name().replace("_", ""))) {
        int magnitude = Integer.parseInt(row[1]);
        RgbImage expected = results.cropped(0, i * SIDE, SIDE, SIDE);
        assertThat(largestDifference(operation.of(photo(), SIDE, magnitude), expected))
            .as("magnitude %d", magnitude)
            .isLessThanOrEqualTo(1);
        magnitudes.add(magnitude);
      }
    }
    assertThat(magnitudes).contains(operation.signed ? -9 : 9);
  }

  private static int largestDifference(byte[] planes, RgbImage image) {
    byte[] expected = Framing.WHOLE.planes(image, SIDE);
    int largest = 0;
    for (int i = 0; i < planes.length; i++) {
      largest = Math.max(largest, Math.abs((planes[i] & 0xff) - (expected[i] & 0xff)));
    }
    return largest;
  }

  @Test
  void anImageOfOneColorHasNoContrastToStretch() {
    byte[] gray = new byte[3 * 4 * 4];
    Arrays.fill(gray, (byte) 200);
    for (Operation each : List.of(Operation.AUTOCONTRAST, Operation.EQUALIZE)) {
      assertThat(each.of(gray, 4, 9)).isEqualTo(gray);
    }
  }

  @Test
  void twoOperationsAreChosenAtRandom() {
    byte[] photo = photo();
    List<byte[]> all = new ArrayList<>();
    for (Operation each : Operation.values()) {
      for (int sign : each.signed ? new int[] {1, -1} : new int[] {1}) {
        all.add(each.of(photo, SIDE, sign * 9));
      }
    }
    Set<String> single = strings(all);
    Set<String> found = new HashSet<>();
    int notOfOne = 0;
    for (int i = 0; i < 1000; i++) {
      byte[] result = RandAugment.of(photo, SIDE, 9, new SplittableRandom(i));
      assertThat(RandAugment.of(photo, SIDE, 9, new SplittableRandom(i))).isEqualTo(result);
      String text = Arrays.toString(result);
      found.add(text);
      notOfOne += single.contains(text) ? 0 : 1;
    }
    assertThat(found).containsAll(single).hasSizeGreaterThan(200);
    assertThat(notOfOne).isBetween(750, 950); // identity is one of 14, in either place
    assertThat(EnumSet.allOf(Operation.class)).hasSize(14);
  }

  private static Set<String> strings(List<byte[]> images) {
    Set<String> strings = new HashSet<>();
    images.forEach(each -> strings.add(Arrays.toString(each)));
    return strings;
  }
}
