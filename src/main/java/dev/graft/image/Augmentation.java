package dev.graft.image;

import java.util.List;
import java.util.SplittableRandom;

/**
 * Random changes of a network's input: RandAugment (Cubuk et al. 2020), followed by cutout (DeVries
 * and Taylor 2017), a square of one color around a random pixel, of which a part may be outside.
 *
 * @param randAugment magnitude of RandAugment's operations, 1 to 30; 0 for none
 * @param cutout side of the square as a share of the input's side, below 1; 0 for none
 * @param color of the square: R, G, B, 0 to 255
 */
public record Augmentation(int randAugment, double cutout, List<Integer> color) {
  /** No changes. */
  public static final Augmentation NONE = new Augmentation(0, 0, List.of(0, 0, 0));

  public Augmentation {
    color = List.copyOf(color);
  }

  /** Returns the changes as words for a cache key, each after a comma; empty if there are none. */
  public String suffix() {
    return (randAugment > 0 ? ", rand-augment " + randAugment : "")
        + (cutout > 0
            ? ", cutout "
                + cutout
                + " in "
                + String.join(" ", color.stream().map(String::valueOf).toList())
            : "");
  }

  /**
   * Returns a changed input; the given one may be changed, too.
   *
   * @param planes {@code (3, side, side)}, R, G, B, one byte each
   */
  public byte[] of(byte[] planes, int side, SplittableRandom random) {
    byte[] result = randAugment > 0 ? RandAugment.of(planes, side, randAugment, random) : planes;
    if (cutout > 0) {
      cut(result, side, random.nextInt(side), random.nextInt(side));
    }
    return result;
  }

  private void cut(byte[] planes, int side, int centerX, int centerY) {
    int length = (int) Math.max(1, Math.round(cutout * side));
    int left = centerX - length / 2;
    int top = centerY - length / 2;
    for (int y = Math.max(0, top); y < Math.min(side, top + length); y++) {
      for (int x = Math.max(0, left); x < Math.min(side, left + length); x++) {
        for (int channel = 0; channel < 3; channel++) {
          planes[(channel * side + y) * side + x] = color.get(channel).byteValue();
        }
      }
    }
  }
}
