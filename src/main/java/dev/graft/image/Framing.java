package dev.graft.image;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The resizing and cropping of an image to the network's square input, resampled as by Pillow.
 *
 * @param part of the image that becomes the input
 * @param share the input's side divided by the shorter side of the resized image, in (0, 1]; 1
 *     unless a part is cropped
 */
public record Framing(Region part, double share, Resampling resampling) implements Serializable {
  /** The part of an image that becomes the input. */
  public enum Region {
    /**
     * The whole image, for images that are cropped already. One that is not square is distorted.
     */
    WHOLE,
    /**
     * The centered square of {@code share} of the shorter side, resized: TensorFlow's crop for
     * evaluation. An odd pixel is left over at the left and top. Files have this name.
     */
    CENTRE,
    /**
     * The center of the resized image, whose shorter side is the input's side divided by {@code
     * share}: "shortest edge" and "center crop" of Hugging Face and torchvision. An odd pixel is
     * left over at the right and bottom.
     */
    CROP,
    /**
     * The center of the whole image, resized to a square whose side is the input's divided by
     * {@code share}: a "size" of height and width with "center crop" of Hugging Face, as in DeiT.
     * One that is not square is distorted.
     */
    SQUASHED_CROP;

    /** Returns whether the center of a resized image is cropped. */
    public boolean crops() {
      return this == CROP || this == SQUASHED_CROP;
    }
  }

  /** Longer side divided by shorter side from which on the ends of an image are left out. */
  private static final int MAX_RATIO = 16;

  /** The usual share of ImageNet classifiers: 224 of 256 pixels. */
  public static final double IMAGENET_SHARE = 224 / 256.0;

  /** The whole image, by bicubic resampling. */
  public static final Framing WHOLE = whole(Resampling.BICUBIC);

  /** TensorFlow's crop for evaluation at 224 pixels, by bicubic resampling. */
  public static final Framing CENTER =
      new Framing(Region.CENTRE, IMAGENET_SHARE, Resampling.BICUBIC);

  public Framing {
    if (!(share > 0 && share <= 1)) {
      throw new IllegalArgumentException("crop-share: must be in (0, 1], not " + share);
    }
  }

  /** Returns a framing that resizes the whole image. */
  public static Framing whole(Resampling resampling) {
    return new Framing(Region.WHOLE, 1, resampling);
  }

  /**
   * Returns a framing that resizes the shorter side and crops the center.
   *
   * @param share in (0, 1]; 0.875 resizes to 256 for an input of 224
   */
  public static Framing crop(double share, Resampling resampling) {
    return new Framing(Region.CROP, share, resampling);
  }

  /**
   * Returns a framing that resizes the whole image to a square and crops the center.
   *
   * @param share in (0, 1], as in {@link #crop}
   */
  public static Framing squashedCrop(double share, Resampling resampling) {
    return new Framing(Region.SQUASHED_CROP, share, resampling);
  }

  /**
   * Reads a framing from its {@linkplain #name name}.
   *
   * @throws IllegalArgumentException if it is not one
   */
  @JsonCreator
  public static Framing of(String name) {
    List<String> words = Arrays.asList(name.toUpperCase(Locale.ROOT).split(" ", -1));
    boolean bilinear = words.get(words.size() - 1).equals(Resampling.BILINEAR.name());
    Resampling resampling = bilinear ? Resampling.BILINEAR : Resampling.BICUBIC;
    int count = words.size() - (bilinear ? 1 : 0);
    Region part = Region.valueOf(words.get(0));
    if (count != (part.crops() ? 2 : 1)) {
      throw new IllegalArgumentException("not a framing: " + name);
    }
    return switch (part) {
      case WHOLE -> whole(resampling);
      case CENTRE -> new Framing(part, CENTER.share, resampling);
      case CROP, SQUASHED_CROP -> new Framing(part, Double.parseDouble(words.get(1)), resampling);
    };
  }

  /** Returns the name in files, such as {@code WHOLE} or {@code CROP 0.875 BILINEAR}. */
  @JsonValue
  public String name() {
    return part
        + (part.crops() ? " " + share : "")
        + (resampling == Resampling.BICUBIC ? "" : " " + resampling);
  }

  @Override
  public String toString() {
    return name();
  }

  /** Returns the part of an image of this size that the network sees, in pixels. */
  Box of(int width, int height) {
    if (part == Region.WHOLE) {
      return new Box(0, 0, width, height);
    }
    if (part == Region.SQUASHED_CROP) {
      int across = Math.max(1, (int) (width * share));
      int down = Math.max(1, (int) (height * share));
      return new Box((width - across) / 2, (height - down) / 2, across, down);
    }
    int side = Math.max(1, (int) (Math.min(width, height) * share));
    int odd = part == Region.CENTRE ? 1 : 0;
    return new Box((width - side + odd) / 2, (height - side + odd) / 2, side, side);
  }

  /**
   * Returns a network's input, before normalization.
   *
   * @param side of the input, in pixels
   * @return {@code (3, side, side)}, R, G, B, one byte each
   */
  public byte[] planes(RgbImage image, int side) {
    return part.crops() ? cropped(image, side) : resized(image, side);
  }

  /**
   * Returns an input with left and right swapped.
   *
   * @param planes {@code (3, side, side)}, one byte each, from the buffer's position
   */
  public static byte[] mirrored(ByteBuffer planes, int side) {
    byte[] mirrored = new byte[planes.remaining()];
    for (int i = 0; i < mirrored.length; i++) {
      int column = i % side;
      mirrored[i - column + side - 1 - column] = planes.get(planes.position() + i);
    }
    return mirrored;
  }

  private byte[] resized(RgbImage image, int side) {
    Box box = of(image.width(), image.height());
    return planes(Bicubic.resize(image, box, side, side, resampling), 0, 0, side);
  }

  /**
   * Resizes before cropping, as Transformers and torchvision do, so that results are equal to the
   * bit.
   */
  private byte[] cropped(RgbImage whole, int side) {
    RgbImage image = part == Region.CROP ? withoutEnds(whole) : whole;
    int shorter = (int) Math.max(side, Math.round(side / share));
    boolean upright = image.width() <= image.height();
    int longer =
        part == Region.SQUASHED_CROP
            ? shorter
            : (int)
                ((long) shorter
                    * Math.max(image.width(), image.height())
                    / Math.min(image.width(), image.height()));
    int width = upright ? shorter : longer;
    int height = upright ? longer : shorter;
    Box all = new Box(0, 0, image.width(), image.height());
    RgbImage resized = Bicubic.resize(image, all, width, height, resampling);
    return planes(resized, (width - side) / 2, (height - side) / 2, side);
  }

  /** Returns the middle of an extremely long image, which would take gigabytes when resized. */
  private static RgbImage withoutEnds(RgbImage image) {
    int max = MAX_RATIO * Math.min(image.width(), image.height());
    int width = Math.min(max, image.width());
    int height = Math.min(max, image.height());
    return width == image.width() && height == image.height()
        ? image
        : image.cropped((image.width() - width) / 2, (image.height() - height) / 2, width, height);
  }

  private static byte[] planes(RgbImage image, int left, int top, int side) {
    byte[] rgb = image.rgb();
    byte[] planes = new byte[3 * side * side];
    int plane = side * side;
    for (int y = 0, i = 0; y < side; y++) {
      int at = 3 * ((top + y) * image.width() + left);
      for (int x = 0; x < side; x++, i++) {
        planes[i] = rgb[at++];
        planes[plane + i] = rgb[at++];
        planes[2 * plane + i] = rgb[at++];
      }
    }
    return planes;
  }

  /**
   * Returns the shorter side, in pixels, down to which an image may be reduced before framing. From
   * twice the input's side on, the result is practically that of resampling the full image
   * (Pillow's {@code reducing_gap} of 2).
   *
   * @param side of the input, in pixels
   */
  public static int minSide(int side) {
    return 2 * side;
  }
}
