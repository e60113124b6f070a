package dev.graft.image;

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
 * The file formats, which are recognized by their first bytes and not by their suffixes. Each names
 * its decoder, since another one on the class path could give other pixels. Java's own decoders
 * read PNG, GIF and BMP as Pillow does. TwelveMonkeys reads JPEG (CMYK, damaged segments), TIFF
 * (Java's lacks CMYK without a profile, BigTIFF and some compressions) and WebP.
 */
enum ImageFormat {
  // The largest number of pixels that one byte of the file can encode, rounded up. Deflate: 1032
  // bytes, each of 8 pixels if a pixel has one bit.
  PNG(9_000, "com.sun.imageio.plugins.png.PNGImageReaderSpi", "\\x89PNG\\r\\n\\x1a\\n"),
  // 64 or more pixels per bit, where one code ends many blocks.
  JPEG(600, "com.twelvemonkeys.imageio.plugins.jpeg.JPEGImageReaderSpi", "\\xff\\xd8\\xff"),
  // 12 bits encode up to 4096 pixels.
  GIF(4_000, "com.sun.imageio.plugins.gif.GIFImageReaderSpi", "GIF8[79]a"),
  // Run lengths: two bytes encode 255 pixels, or 8 times as many if a pixel has one bit.
  BMP(1_100, "com.sun.imageio.plugins.bmp.BMPImageReaderSpi", "BM"),
  // Blank fax pages have no limit; one of 100 megapixels takes 3 kilobytes.
  TIFF(
      40_000,
      "com.twelvemonkeys.imageio.plugins.tiff.TIFFImageReaderSpi",
      "II[*+]\\x00|MM\\x00[*+]"),
  // A single color in lossless WebP has no limit either.
  WEBP(40_000, "com.twelvemonkeys.imageio.plugins.webp.WebPImageReaderSpi", "RIFF.{4}WEBP");

  static final int MAX_SIGNATURE = 12;

  private static final Pattern HEIC =
      Pattern.compile(".{4}ftyp(hei[cmsx]|hev[cmsx]|mif1|msf1)", Pattern.DOTALL);

  private final int pixelsPerByte;
  private final String provider;

  /** One character per byte. */
  private final Pattern signature;

  ImageFormat(int pixelsPerByte, String provider, String signature) {
    this.pixelsPerByte = pixelsPerByte;
    this.provider = provider;
    this.signature = Pattern.compile(signature, Pattern.DOTALL);
  }

  static Optional<ImageFormat> of(byte[] start) {
    String begins = new String(start, StandardCharsets.ISO_8859_1);
    return Arrays.stream(values())
        .filter(format -> format.signature.matcher(begins).lookingAt())
        .findFirst();
  }

  /** Returns whether a file begins like HEIC, for which no maintained decoder in Java exists. */
  static boolean isHeic(byte[] start) {
    return HEIC.matcher(new String(start, StandardCharsets.ISO_8859_1)).lookingAt();
  }

  /** Returns whether a file of this many bytes can encode this many pixels. */
  boolean canHold(long pixels, long bytes) {
    return pixels / pixelsPerByte <= bytes;
  }

  /**
   * Returns whether a valid file may encode more, because any number of pixels of one color takes a
   * few bytes.
   */
  boolean packsSingleColor() {
    return this == TIFF || this == WEBP;
  }

  ImageReader newReader() throws IOException {
    Iterator<ImageReaderSpi> found =
        IIORegistry.getDefaultInstance()
            .getServiceProviders(
                ImageReaderSpi.class, spi -> spi.getClass().getName().equals(provider), false);
    if (!found.hasNext()) {
      throw new IllegalStateException("missing image decoder " + provider);
    }
    return found.next().createReaderInstance();
  }
}
