package dev.graft.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.graft.GraftException;
import dev.graft.io.Hash;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageFileReaderTest {
  private static final Path IMAGES = Path.of("src/test/resources/dev/graft/image/files");

  @TempDir Path folder;

  static List<Path> oneImageOfEachKind() throws IOException {
    try (Stream<Path> files = Files.list(IMAGES)) {
      return files
          .filter(f -> f.toString().matches(".*\\.(png|jpg|gif|bmp|tiff|webp)"))
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("oneImageOfEachKind")
  void everyKindOfImageHasThePixelsThatPillowSees(Path file) throws IOException {
    RgbImage image = ImageFileReader.read(file);

    String name = file.getFileName().toString();
    BufferedImage expected =
        ImageIO.read(IMAGES.resolve("seen-by-pillow/" + name + ".png").toFile());
    assertThat(image.width()).isEqualTo(expected.getWidth());
    assertThat(image.height()).isEqualTo(expected.getHeight());
    assertThat(greatestDifference(image, expected)).isLessThanOrEqualTo(tolerance(name));
  }

  /** Returns the tolerance, of 255 levels. Files that are not named here must be equal. */
  private static int tolerance(String name) {
    if (name.startsWith("cmyk-profile")) {
      return 10; // two versions of LittleCMS interpolate four inks on a coarse grid
    }
    if (name.matches("(adobe-rgb|display-p3(-large)?|gray-profile)\\..*")) {
      return 1; // the same two versions round differently
    }
    return 0;
  }

  private static int greatestDifference(RgbImage image, BufferedImage expected) {
    int greatest = 0;
    for (int i = 0; i < image.rgb().length; i++) {
      int pixel = expected.getRGB(i / 3 % image.width(), i / 3 / image.width());
      int value = (pixel >> (16 - 8 * (i % 3))) & 0xff;
      greatest = Math.max(greatest, Math.abs((image.rgb()[i] & 0xff) - value));
    }
    return greatest;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("oneImageOfEachKind")
  void theHeaderHasTheSizeOfTheUprightImage(Path file) {
    RgbImage image = ImageFileReader.read(file);

    ImageFileReader.Header header = ImageFileReader.header(file);

    String suffix = file.toString().replaceAll(".*\\.", "");
    assertThat(header)
        .isEqualTo(
            new ImageFileReader.Header(
                suffix.equals("jpg") ? "JPEG" : suffix.toUpperCase(Locale.ROOT),
                image.width(),
                image.height()));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 7, 18})
  void aReducedImageIsWhatPillowReducesItTo(int factor) throws IOException {
    BufferedImage expected = ImageIO.read(IMAGES.resolve("reduced/" + factor + ".png").toFile());
    int shorterSide = 37;

    RgbImage image = ImageFileReader.read(IMAGES.resolve("reduced/1.png"), shorterSide / factor);

    assertThat(image.width()).isEqualTo(expected.getWidth());
    assertThat(image.height()).isEqualTo(expected.getHeight());
    assertThat(greatestDifference(image, expected)).isZero();
  }

  /** The smaller boxes are at the right and at the bottom of the upright image. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void aTurnedImageIsReducedAsIfItHadBeenTurnedBefore(int orientation) throws IOException {
    Path file = IMAGES.resolve("orientation-" + orientation + ".jpg");
    RgbImage upright = ImageFileReader.read(file);
    Path asPng = folder.resolve("upright.png");
    BufferedImage image =
        new BufferedImage(upright.width(), upright.height(), BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < upright.width() * upright.height(); i++) {
      byte[] rgb = upright.rgb();
      int pixel =
          ((rgb[3 * i] & 0xff) << 16) | ((rgb[3 * i + 1] & 0xff) << 8) | (rgb[3 * i + 2] & 0xff);
      image.setRGB(i % upright.width(), i / upright.width(), pixel);
    }
    ImageIO.write(image, "png", asPng.toFile());

    assertThat(ImageFileReader.read(file, 4)).isEqualTo(ImageFileReader.read(asPng, 4));
  }

  @Test
  void manyThreadsReadWhatOneReads() throws IOException {
    List<Path> files = oneImageOfEachKind();
    List<RgbImage> alone = files.stream().map(ImageFileReader::read).toList();

    for (int round = 0; round < 5; round++) {
      assertThat(files.parallelStream().map(ImageFileReader::read).toList()).isEqualTo(alone);
    }
  }

  /** JPEG decoders fill missing parts with gray; such an image must not be accepted. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("oneImageOfEachKind")
  void aFileCutOffAnywhereIsRefusedOrHasAllItsPixels(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    RgbImage whole = ImageFileReader.read(bytes, "whole");
    int tried = 0;
    int refused = 0;
    for (int length = 0; length < bytes.length; length += 1 + bytes.length / 200) {
      tried++;
      try {
        RgbImage cut = ImageFileReader.read(Arrays.copyOf(bytes, length), "cut.xyz");
        assertThat(cut).as("first %d of %d bytes", length, bytes.length).isEqualTo(whole);
      } catch (GraftException e) {
        assertThat(e).hasMessageMatching("cut\\.xyz is [^\n]+[^.]\\.");
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(tried * 4 / 10);
  }

  @Test
  void aStreamAnArrayAndAFileGiveTheSameImage() throws IOException {
    Path file = IMAGES.resolve("plain.jpg");
    byte[] bytes = Files.readAllBytes(file);

    RgbImage image = ImageFileReader.read(file);

    assertThat(ImageFileReader.read(bytes, "bytes")).isEqualTo(image);
    assertThat(ImageFileReader.read(new ByteArrayInputStream(bytes), "in", 0)).isEqualTo(image);
  }

  @Test
  void aFileIsReadByItsHashInSeveralReductionsAsItIsReadWithout() throws IOException {
    Path file = IMAGES.resolve("plain.jpg");
    Hash hash = Hash.Algorithm.SHA256.of(file);

    assertThat(ImageFileReader.read(file, hash, 0, 4))
        .containsExactly(ImageFileReader.read(file, 0), ImageFileReader.read(file, 4));
  }

  @Test
  void aFileThatDoesNotHoldWhatWasHashedIsRefused() throws IOException {
    Path file = Files.copy(IMAGES.resolve("plain.jpg"), folder.resolve("a.jpg"));
    Hash hash = Hash.Algorithm.SHA256.of(file);
    Files.copy(IMAGES.resolve("rgb.png"), file, StandardCopyOption.REPLACE_EXISTING);

    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> ImageFileReader.read(file, hash, 0))
        .withMessage(file + " was changed while it was in use; start again.");
  }

  @Test
  void theSuffixOfAFileDoesNotMatter() throws IOException {
    Path misnamed = folder.resolve("really-a-png.jpg");
    Files.copy(IMAGES.resolve("rgb.png"), misnamed);

    assertThat(ImageFileReader.read(misnamed))
        .isEqualTo(ImageFileReader.read(IMAGES.resolve("rgb.png")));
  }

  @Test
  void otherFilesAreRefusedWithTheReason() throws IOException {
    Path text = Files.writeString(folder.resolve("notes.png"), "not an image");
    Path empty = Files.createFile(folder.resolve("empty.png"));
    Path missing = folder.resolve("missing.png");

    assertRefused(text, " is not an image that Graft reads (PNG, JPEG, GIF, BMP, TIFF or WebP).");
    assertRefused(empty, " is empty.");
    assertRefused(missing, " does not exist.");
    assertRefused(folder, " is a folder, not an image.");
  }

  @Test
  void anImageOfMoreThanAGigapixelIsRefusedByItsHeader() throws IOException {
    Path huge = rgbPngWithHeaderOf(60_000, 60_000);

    assertRefused(huge, " has 60000x60000 pixels; Graft reads up to 1000 megapixels.");
  }

  @Test
  void aFileTooSmallForThePixelsOfItsHeaderIsRefused() throws IOException {
    Path bomb = rgbPngWithHeaderOf(30_000, 30_000);

    assertRefused(
        bomb,
        String.format(
            Locale.ROOT,
            " is damaged or cut off (its header states 30000x30000 pixels, the file has %d bytes).",
            Files.size(bomb)));
  }

  /** The file need not be damaged: with one color, an image of any size fits into a few bytes. */
  @ParameterizedTest
  @CsvSource({"lossless.webp, 16000", "fax.tiff, 20000"})
  void aHugeImageOfOneColorIsRefusedAsPossiblyUndamaged(String name, int side) throws IOException {
    byte[] bytes = Files.readAllBytes(IMAGES.resolve("one-color").resolve(name));
    ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (name.endsWith("webp")) {
      int signature = new String(bytes, ISO_8859_1).indexOf("VP8L") + 8;
      file.putInt(signature + 1, (side - 1) << 14 | (side - 1));
    } else {
      for (int entry = file.getInt(4) + 2; file.getShort(entry) <= 257; entry += 12) {
        if (file.getShort(entry) >= 256) { // ImageWidth, ImageLength
          file.putShort(entry + 2, (short) 4).putInt(entry + 8, side);
        }
      }
    }

    assertRefused(
        Files.write(folder.resolve(name), bytes),
        (" is damaged, or has a single color (its header states " + side + "x" + side)
            + (" pixels, the file has " + bytes.length + " bytes); Graft reads an image of a")
            + " single color up to 25 megapixels.");
  }

  @ParameterizedTest
  @CsvSource({
    "lossless.webp, 2000, 2000, 0xe62814",
    "fax.tiff, 2480, 3508, 0xffffff",
    "black-and-white.png, 2000, 2000, 0xffffff",
    "palette.gif, 1200, 1200, 0x000000",
  })
  void anImageOfOneColorIsReadThoughItsFileIsTiny(String name, int width, int height, int color) {
    RgbImage image = ImageFileReader.read(IMAGES.resolve("one-color").resolve(name));

    assertThat(image).hasToString(String.format(Locale.ROOT, "RgbImage[%dx%d]", width, height));
    byte[] rgb = image.rgb();
    byte[] expected = new byte[rgb.length];
    for (int i = 0; i < expected.length; i++) {
      expected[i] = (byte) (color >> (16 - 8 * (i % 3)));
    }
    assertThat(Arrays.equals(rgb, expected)).isTrue();
  }

  @Test
  @Timeout(10)
  void aDamagedFileThatItsDecoderWouldNeverFinishIsRefusedAtOnce() {
    Path endless = IMAGES.resolve("damaged/endless.webp");

    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> ImageFileReader.read(endless))
        .withMessage(endless + " is damaged or cut off.");
  }

  /** Each scan is a pass over all pixels, and takes only about twenty bytes. */
  @Test
  void aJpegOfThousandsOfScansIsRefusedAndOneOfAHundredRead() throws IOException {
    byte[] jpeg = progressiveJpeg(1000);
    String text = new String(jpeg, ISO_8859_1);
    int lastScan = text.lastIndexOf("\u00ff\u00da");
    String head = text.substring(0, lastScan);
    String scan = text.substring(lastScan, text.length() - 2);
    int scans = (int) Pattern.compile("\u00ff\u00da").matcher(text).results().count();
    Path hundred = folder.resolve("hundred.jpg");
    Path thousands = folder.resolve("thousands.jpg");
    String end = text.substring(text.length() - 2);
    Files.writeString(hundred, head + scan.repeat(101 - scans) + end, ISO_8859_1);
    Files.writeString(thousands, head + scan.repeat(2002 - scans) + end, ISO_8859_1);

    assertThat(ImageFileReader.read(hundred)).hasToString("RgbImage[1000x1000]");
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> ImageFileReader.read(thousands))
        .withMessage(
            thousands
                + " is made of 2001 scans of 1000x1000 pixels, which would take too long to decode;"
                + " save it again with fewer scans.");
  }

  @Test
  void aProgressiveJpegWhoseCoefficientsDoNotFitIntoMemoryIsRefusedByItsHeader()
      throws IOException {
    byte[] jpeg = progressiveJpeg(1000);
    int frame = new String(jpeg, ISO_8859_1).indexOf("\u00ff\u00c2");
    ByteBuffer.wrap(jpeg).putShort(frame + 5, (short) 15_000).putShort(frame + 7, (short) 14_000);
    Path huge = Files.write(folder.resolve("huge.jpg"), Arrays.copyOf(jpeg, 1 << 20));

    assertRefused(
        huge, " has 14000x15000 pixels; Graft reads progressive JPEG up to 200 megapixels.");
  }

  private static byte[] progressiveJpeg(int side) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    ImageWriteParam param = writer.getDefaultWriteParam();
    param.setProgressiveMode(ImageWriteParam.MODE_DEFAULT);
    try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
      writer.setOutput(out);
      BufferedImage black = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
      writer.write(null, new IIOImage(black, null, null), param);
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }

  private Path rgbPngWithHeaderOf(int width, int height) throws IOException {
    byte[] bytes = Files.readAllBytes(IMAGES.resolve("rgb.png"));
    int widthInHeader = 16;
    ByteBuffer.wrap(bytes).putInt(widthInHeader, width).putInt(widthInHeader + 4, height);
    return Files.write(folder.resolve("huge.png"), bytes);
  }

  @Test
  void anImageWithoutPixelsIsRefused() throws IOException {
    byte[] bytes = Files.readAllBytes(IMAGES.resolve("plain.jpg"));
    byte[] frame = {(byte) 0xff, (byte) 0xc0, 0, 17, 8, 0, 14, 0, 19};
    int start = new String(bytes, ISO_8859_1).indexOf(new String(frame, ISO_8859_1));
    bytes[start + 6] = 0;
    Path flat = Files.write(folder.resolve("flat.jpg"), bytes);

    assertRefused(flat, " has no pixels (19x0).");
  }

  /** Half a megapixel per strip, so that the test itself needs little memory. */
  @Test
  void anImageOfAHundredMegapixelsIsReducedToTwentyFive() throws IOException {
    Path file = folder.resolve("big.png");
    int side = 10_000;
    byte[] row = new byte[3 * side];
    Png.write(
        file,
        side,
        side,
        Png.RGB,
        y -> {
          Arrays.fill(row, (byte) (y / 50)); // darkest at the top
          return row;
        });

    RgbImage image = ImageFileReader.read(file);
    RgbImage reduced = ImageFileReader.read(file, 200);

    assertThat(ImageFileReader.header(file))
        .isEqualTo(new ImageFileReader.Header("PNG", side, side));
    assertThat(image).hasToString("RgbImage[5000x5000]");
    assertThat(image.rgb()[3 * 5000 * 2500] & 0xff).isEqualTo(100);
    assertThat(reduced).hasToString("RgbImage[200x200]");
    assertThat(reduced.rgb()[3 * 200 * 100] & 0xff).isEqualTo(100);
  }

  /** The seed is fixed, so that a failure can be repeated. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("oneImageOfEachKind")
  @Timeout(60)
  void aFileWithAFewWrongBytesGivesAnImageOrOneSentence(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    Random random = new Random(7);
    for (int i = 0; i < 60; i++) {
      byte[] damaged = bytes.clone();
      for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
        damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
      }
      try {
        assertThat(ImageFileReader.read(damaged, "damaged.xyz").width()).isPositive();
      } catch (GraftException e) {
        assertThat(e).hasMessageMatching("damaged\\.xyz [^\n]+\\.");
        assertThat(e.getMessage()).doesNotContain("Exception", "Index", " null");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"8, 64, 1", "8, 512, 2", "8, 4096, 8", "8, 1024, 5", "2, 1048576, 2"})
  void processorsAndHeapLimitTheNumberOfThreads(int processors, int mega, int threads) {
    assertThat(ImageFileReader.threads(processors, (long) mega << 20)).isEqualTo(threads);
  }

  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void aDeviceIsRefusedSinceItMayHaveNoEnd() {
    assertRefused(Path.of("/dev/zero"), " is a device or a pipe, not an image.");
  }

  private static void assertRefused(Path file, String message) {
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> ImageFileReader.read(file))
        .withMessage(file + message);
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> ImageFileReader.header(file))
        .withMessage(file + message);
  }
}
