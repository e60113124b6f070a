package dev.graft.feature;

import dev.graft.image.Augmentation;
import dev.graft.image.Framing;
import dev.graft.image.RgbImage;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The view of an image that the network gets: the whole image or a random crop, mirrored or not.
 *
 * @param crop 0 for the whole image; else the number of a random crop, from 1 on
 * @param mirrored whether left and right are swapped; of a random crop, whether they may be
 * @param augmentation of a random crop
 */
public record View(int crop, boolean mirrored, Augmentation augmentation) {
  /** Maximum number of random crops per image. */
  private static final int MAX_CROPS = 16;

  /** The image as it is. */
  public static final View IMAGE = new View(0, false);

  /** The image with left and right swapped. */
  public static final View MIRROR_IMAGE = new View(0, true);

  /**
   * Smallest area of a random crop, as a share of the image. (torchvision's RandomResizedCrop goes
   * down to 0.08, for training from scratch in hundreds of epochs.)
   */
  private static final double MIN_AREA = 0.6;

  /** The end of a preprocessing that {@link #suffix} added: a crop, mirrored, or both. */
  private static final Pattern SUFFIX =
      Pattern.compile(
          "(?:, (random crop [0-9]+)(, mirrored)?((?:, rand-augment [0-9]+)?(?:, cutout [^,]+)?)"
              + "|, mirrored)$");

  /** Creates a view without augmentation. */
  public View(int crop, boolean mirrored) {
    this(crop, mirrored, Augmentation.NONE);
  }

  /** Returns the features' name, for messages. */
  public String features() {
    return crop > 0
        ? "Features of random crop " + crop
        : mirrored ? "Features of mirror images" : "Features";
  }

  /** Returns the view as words that follow the preprocessing in a cache key. */
  String suffix() {
    return (crop > 0 ? ", random crop " + crop : "")
        + (mirrored ? ", mirrored" : "")
        + augmentation.suffix();
  }

  /** Returns the view of a cache key's preprocessing, in words. */
  static String described(String preprocessing) {
    Matcher suffix = SUFFIX.matcher(preprocessing);
    return !suffix.find()
        ? "original images"
        : suffix.group(1) == null
            ? "mirror images"
            : suffix.group(1)
                + (suffix.group(2) == null ? "" : ", mirrored or not")
                + suffix.group(3);
  }

  /**
   * Returns the view in a pass over the images: another random crop in each pass, for sources that
   * are not cached.
   *
   * @param pass counted from 0
   */
  View inPass(int pass) {
    return crop == 0
        ? this
        : new View(
            1 + Math.floorMod(crop - 1 + (long) MAX_CROPS * pass, Integer.MAX_VALUE),
            mirrored,
            augmentation);
  }

  /**
   * Returns the network's input. A random crop has the image's proportions; its size, place and
   * augmentation follow from the image's content and the number of the crop.
   *
   * @param side of the input, in pixels
   * @param hash returns the SHA-256 of the image's content, in hexadecimal digits
   * @return {@code (3, side, side)}, R, G, B, one byte each
   */
  byte[] planes(RgbImage image, Framing framing, int side, Supplier<String> hash) {
    if (crop == 0) {
      return planes(image, framing, side, mirrored);
    }
    // Its numbers of neighboring seeds are independent, unlike those of Random.
    SplittableRandom random =
        new SplittableRandom(Long.parseUnsignedLong(hash.get().substring(0, 16), 16) + crop);
    double share = Math.sqrt(MIN_AREA + (1 - MIN_AREA) * random.nextDouble());
    int width = (int) Math.max(1, Math.round(share * image.width()));
    int height = (int) Math.max(1, Math.round(share * image.height()));
    RgbImage cropped =
        image.cropped(
            random.nextInt(image.width() - width + 1),
            random.nextInt(image.height() - height + 1),
            width,
            height);
    return augmentation.of(
        planes(cropped, framing, side, mirrored && random.nextBoolean()), side, random);
  }

  private static byte[] planes(RgbImage image, Framing framing, int side, boolean swapped) {
    byte[] planes = framing.planes(image, side);
    return swapped ? Framing.mirrored(ByteBuffer.wrap(planes), side) : planes;
  }
}
