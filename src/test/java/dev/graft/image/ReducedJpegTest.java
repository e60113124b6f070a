package dev.graft.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.twelvemonkeys.imageio.stream.ByteArrayImageInputStream;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReducedJpegTest {
  private static final int WIDTH = 1703; // odd, so that blocks are cut off
  private static final int HEIGHT = 1207;

  @ParameterizedTest
  @ValueSource(ints = {2, 4, 8})
  void colorsAreTheMeansOfTheWholeImage(int reduction) throws IOException {
    byte[] jpeg = jpeg(BufferedImage.TYPE_INT_RGB, false);
    assertThat(difference(jpeg, reduction)).isLessThan(2.5);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4, 8})
  void graysAreTheMeansOfTheWholeImage(int reduction) throws IOException {
    byte[] jpeg = jpeg(BufferedImage.TYPE_BYTE_GRAY, false);
    assertThat(difference(jpeg, reduction)).isLessThan(1.5);
  }

  @Test
  void progressiveFilesAreDecodedWhole() throws IOException {
    assertThat(reduced(jpeg(BufferedImage.TYPE_INT_RGB, true), 4)).isEmpty();
  }

  @Test
  void damageIsNoticed() throws IOException {
    byte[] jpeg = jpeg(BufferedImage.TYPE_INT_RGB, false);
    assertThat(reduced(Arrays.copyOf(jpeg, jpeg.length - 2), 4)).as("without its end").isEmpty();
    assertThat(reduced(Arrays.copyOf(jpeg, jpeg.length / 2), 4)).as("half of the file").isEmpty();
    byte[] marker = jpeg.clone();
    marker[jpeg.length / 2] = (byte) 0xff;
    marker[jpeg.length / 2 + 1] = (byte) 0xd9;
    assertThat(reduced(marker, 4)).as("an early end").isEmpty();
    assertThatThrownBy(
            () -> ImageFileReader.read(Arrays.copyOf(jpeg, jpeg.length / 2), "half.jpg", 100))
        .hasMessage("half.jpg is damaged or cut off.");
  }

  @Test
  void aLargePhotographIsReducedWhileItIsDecoded() throws IOException {
    byte[] jpeg = jpeg(BufferedImage.TYPE_INT_RGB, false);
    RgbImage image = ImageFileReader.read(jpeg, "large.jpg", 224);
    // 1207 / 224 = 5: 1/4 while decoding, then no whole factor is left.
    assertThat(image.width()).isEqualTo(426);
    assertThat(image.height()).isEqualTo(302);
  }

  @ParameterizedTest
  @ValueSource(strings = {"heic", "heix", "hevc", "mif1", "msf1"})
  void heicGetsARemedy(String brand) {
    byte[] heic = ("\0\0\0\030ftyp" + brand + "\0\0\0\0").getBytes(StandardCharsets.ISO_8859_1);
    assertThatThrownBy(() -> ImageFileReader.read(heic, "IMG_1.HEIC"))
        .hasMessageStartingWith("IMG_1.HEIC is an image in HEIC, which Graft cannot read. Convert");
  }

  /** Returns the mean difference of a sample from boxes of the whole image. */
  private static double difference(byte[] jpeg, int reduction) throws IOException {
    PixelRows rows = reduced(jpeg, reduction).orElseThrow();
    BufferedImage whole = ImageIO.read(new ByteArrayInputStream(jpeg));
    Reduction.Reduced boxes =
        Reduction.of(PixelRows.of(whole, "whole"), reduction, Orientation.UPRIGHT);
    assertThat(rows.width).isEqualTo(boxes.width());
    assertThat(rows.height).isEqualTo(boxes.height());
    assertThat(rows.channels).isEqualTo(boxes.channels());
    byte[] row = new byte[rows.width * rows.channels];
    long sum = 0;
    // The last row and column are means of fewer pixels in boxes.
    int inner = (rows.width - 1) * rows.channels;
    for (int y = 0; y < rows.height - 1; y++) {
      rows.read(y, row);
      for (int i = 0; i < inner; i++) {
        sum += Math.abs((row[i] & 0xff) - (boxes.samples()[y * row.length + i] & 0xff));
      }
    }
    return (double) sum / (rows.height - 1) / inner;
  }

  private static Optional<PixelRows> reduced(byte[] jpeg, int reduction) throws IOException {
    var stream = new ByteArrayImageInputStream(jpeg);
    return JpegHead.of(stream, "a.jpg").reduced(jpeg.length, reduction);
  }

  /** Returns a scene of smooth shapes, edges and noise. */
  private static byte[] jpeg(int type, boolean progressive) throws IOException {
    BufferedImage image = new BufferedImage(WIDTH, HEIGHT, type);
    Random random = new Random(1);
    for (int y = 0; y < HEIGHT; y++) {
      for (int x = 0; x < WIDTH; x++) {
        int red = (int) (127 + 100 * Math.sin(x / 70.0));
        int green = (x / 90 + y / 60) % 2 * 180 + 20;
        int blue = (int) (127 + 100 * Math.cos((x + 2 * y) / 110.0)) + random.nextInt(8);
        image.setRGB(x, y, red << 16 | green << 8 | blue);
      }
    }
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    ImageWriteParam param = writer.getDefaultWriteParam();
    param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
    param.setCompressionQuality(0.9f);
    param.setProgressiveMode(
        progressive ? ImageWriteParam.MODE_DEFAULT : ImageWriteParam.MODE_DISABLED);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
      writer.setOutput(out);
      writer.write(null, new IIOImage(image, null, null), param);
    }
    writer.dispose();
    return bytes.toByteArray();
  }
}
