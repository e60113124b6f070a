package dev.graft.picture;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.imageio.ImageReader;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;

/**
 * The kinds of files, told by their first bytes; names and suffixes do not matter. Each names its
 * decoder, so that no other one on the class path steps in and gives other pixels: Java's own where
 * it is Pillow's equal, TwelveMonkeys' for JPEG (CMYK, damaged segments), TIFF (Java's knows no
 * CMYK without a profile, no BigTIFF, fewer ways to compress) and WebP (Java has none).
 */
enum PictureFormat {
  // The most pixels that a byte of the file can stand for, rounded up. Deflate: 1032 bytes, of 8
  // pixels each where a pixel is a bit.
  PNG(9_000, "com.sun.imageio.plugins.png.PNGImageReaderSpi", "\\x89PNG\\r\\n\\x1a\\n"),
  // 64 pixels and more a bit, where one code ends many blocks.
  JPEG(600, "com.twelvemonkeys.imageio.plugins.jpeg.JPEGImageReaderSpi", "\\xff\\xd8\\xff"),
  // 12 bits stand for up to 4096 pixels.
  GIF(4_000, "com.sun.imageio.plugins.gif.GIFImageReaderSpi", "GIF8[79]a"),
  // Run lengths: 255 pixels in two bytes, 8 of them in one where a pixel is a bit.
  BMP(1_100, "com.sun.imageio.plugins.bmp.BMPImageReaderSpi", "BM"),
  // Empty fax pages have no limit; one of 100 megapixels has still 3 kilobytes.
  TIFF(
      40_000,
      "com.twelvemonkeys.imageio.plugins.tiff.TIFFImageReaderSpi",
      "II[*+]\\x00|MM\\x00[*+]"),
  // One colour in lossless WebP has no limit either.
  WEBP(40_000, "com.twelvemonkeys.imageio.plugins.webp.WebPImageReaderSpi", "RIFF.{4}WEBP");

  static final int LONGEST_SIGNATURE = 12;

  private final int pixelsPerByte;
  private final String provider;

  /** A character a byte. */
  private final Pattern signature;

  PictureFormat(int pixelsPerByte, String provider, String signature) {
    this.pixelsPerByte = pixelsPerByte;
    this.provider = provider;
    this.signature = Pattern.compile(signature, Pattern.DOTALL);
  }

  static Optional<PictureFormat> of(byte[] start) {
    String begins = new String(start, StandardCharsets.ISO_8859_1);
    return Arrays.stream(values())
        .filter(format -> format.signature.matcher(begins).lookingAt())
        .findFirst();
  }

  /** Whether a file of so many bytes can hold so many pixels. */
  boolean canHold(long pixels, long bytes) {
    return pixels / pixelsPerByte <= bytes;
  }

  /**
   * Whether a sound file may hold more than that: of one colour, any number of pixels takes a few
   * bytes.
   */
  boolean packsOneColour() {
    return this == TIFF || this == WEBP;
  }

  ImageReader newReader() throws IOException {
    Iterator<ImageReaderSpi> found =
        IIORegistry.getDefaultInstance()
            .getServiceProviders(
                ImageReaderSpi.class, spi -> spi.getClass().getName().equals(provider), false);
    if (!found.hasNext()) {
      throw new IllegalStateException("there is no " + provider);
    }
    return found.next().createReaderInstance();
  }
}
