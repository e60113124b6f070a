package dev.graft.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PngStructureTest {
  private static final Path FILES = Path.of("src/test/resources/dev/graft/image/files");
  private static final int AFTER_HEADER = 8 + 25;
  private static final int END_CHUNK = 12;

  /** Java's decoder alone refuses most of these in an image with a palette. */
  @ParameterizedTest
  @CsvSource({
    "tEXt, just words",
    "tEXt, ''",
    "zTXt, garbage",
    "iTXt, k~~",
    "bKGD, ''",
    "bKGD, abc",
    "sBIT, ''",
    "sBIT, abcd",
    "sPLT, ''",
    "sPLT, name",
    "tIME, ''",
    "tIME, ab",
    "iCCP, ''",
    "iCCP, name",
    "iCCP, ~~garbage",
    "gAMA, ''",
    "cHRM, abc",
    "sRGB, ''",
    "pHYs, ab",
    "hIST, a",
    "tRNS, ''",
    "eXIf, garbage",
    "acTL, ''",
    "prVt, abc",
  })
  void anOddChunkDoesNotMatter(String type, String content) throws IOException {
    for (String name : new String[] {"palette.png", "rgb.png", "gray.png"}) {
      byte[] png = Files.readAllBytes(FILES.resolve(name));
      RgbImage sound = ImageFileReader.read(png, name);
      byte[] chunk = chunk(type, content.replace('~', '\0').getBytes(ISO_8859_1));
      int pixels = new String(png, ISO_8859_1).indexOf("IDAT") - 4;

      for (int position : new int[] {AFTER_HEADER, pixels, png.length - END_CHUNK}) {
        assertThat(ImageFileReader.read(inserted(png, position, chunk), name))
            .as("%s, %s at %d", name, type, position)
            .isEqualTo(sound);
      }
    }
  }

  @Test
  void aKeywordLongerThanPermittedDoesNotMatter() throws IOException {
    byte[] png = Files.readAllBytes(FILES.resolve("palette.png"));
    byte[] keyword = new byte[126];
    Arrays.fill(keyword, (byte) 'K');

    assertThat(ImageFileReader.read(inserted(png, AFTER_HEADER, chunk("tEXt", keyword)), "a"))
        .isEqualTo(ImageFileReader.read(png, "a"));
  }

  @Test
  void aDamagedPaletteIsRefused() throws IOException {
    byte[] png = Files.readAllBytes(FILES.resolve("palette.png"));
    png[new String(png, ISO_8859_1).indexOf("PLTE") + 10] ^= 1;

    assertThatExceptionOfType(UnreadableImage.class)
        .isThrownBy(() -> ImageFileReader.read(png, "a.png"))
        .withMessage("a.png is damaged or cut off.");
  }

  /** After the pixels, too, where ExifTool writes it. */
  @Test
  void theOrientationIsObeyedWhereverItStandsUnlessItsChecksumIsWrong() throws IOException {
    byte[] png = Files.readAllBytes(FILES.resolve("rgb.png"));
    byte[] chunk = chunk("eXIf", OrientationTest.exif(6));
    RgbImage turned = ImageFileReader.read(FILES.resolve("turned.png"));

    assertThat(ImageFileReader.read(inserted(png, AFTER_HEADER, chunk), "a")).isEqualTo(turned);
    assertThat(ImageFileReader.read(inserted(png, png.length - END_CHUNK, chunk), "a"))
        .isEqualTo(turned);
    chunk[chunk.length - 1] ^= 1;
    assertThat(ImageFileReader.read(inserted(png, AFTER_HEADER, chunk), "a"))
        .isEqualTo(ImageFileReader.read(png, "a"));
  }

  /** Bits above the depth are ignored; all 16 bits of a sample count. */
  @ParameterizedTest
  @CsvSource({
    "1, 0, 0x0000, 0x0001",
    "1, 0, 0xff01, 0x0000",
    "2, 0, 0x0001, 0x0002",
    "2, 0, 0xff02, 0x0003",
    "4, 0, 0x0007, 0x0008",
    "4, 0, 0xfff0, 0x0001",
    "8, 0, 0x0048, 0x0049",
    "8, 0, 0xff48, 0x0047",
    "16, 0, 0x1234, 0x1235",
    "8, 2, 0x0048, 0x0049",
    "8, 2, 0xab48, 0x0047",
    "16, 2, 0x1234, 0x1235",
  })
  void theTransparentColorIsWhiteAndItsNeighborIsNot(
      int bits, int colorType, String transparent, String other) throws IOException {
    int samples = colorType == 2 ? 3 : 1;
    int key = Integer.decode(transparent);
    int max = (1 << bits) - 1;
    ByteBuffer color = ByteBuffer.allocate(2 * samples);
    ByteBuffer rows = ByteBuffer.allocate(2 * (1 + 2 * samples));
    for (int value : new int[] {key & max, Integer.decode(other)}) {
      rows.put((byte) 0);
      for (int i = 0; i < samples; i++) {
        if (bits == 16) {
          rows.putShort((short) value);
        } else {
          rows.put((byte) (value << (8 - Math.min(bits, 8))));
        }
      }
    }
    for (int i = 0; i < samples; i++) {
      color.putShort((short) key);
    }

    byte[] content = new byte[rows.flip().limit()];
    rows.get(content);
    RgbImage image =
        ImageFileReader.read(png(bits, colorType, chunk("tRNS", color.array()), content), "a.png");

    int visible = Integer.decode(other) * 255 / max;
    assertThat(image.rgb()).startsWith(255, 255, 255).endsWith(visible, visible, visible);
  }

  /** Returns an image of one column and two rows. */
  private static byte[] png(int bits, int colorType, byte[] chunk, byte[] rows) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(13).putInt(1).putInt(2);
    header.put((byte) bits).put((byte) colorType);
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (DeflaterOutputStream out = new DeflaterOutputStream(packed)) {
      out.write(rows);
    }
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    png.writeBytes(ByteBuffer.allocate(8).putLong(0x89504e470d0a1a0aL).array());
    png.writeBytes(chunk("IHDR", header.array()));
    png.writeBytes(chunk);
    png.writeBytes(chunk("IDAT", packed.toByteArray()));
    png.writeBytes(chunk("IEND", new byte[0]));
    return png.toByteArray();
  }

  private static byte[] chunk(String type, byte[] content) throws IOException {
    ByteArrayOutputStream chunk = new ByteArrayOutputStream();
    Png.chunk(new DataOutputStream(chunk), type, content, content.length);
    return chunk.toByteArray();
  }

  static byte[] inserted(byte[] file, int position, byte[] bytes) {
    ByteBuffer whole = ByteBuffer.allocate(file.length + bytes.length);
    whole.put(file, 0, position).put(bytes).put(file, position, file.length - position);
    return whole.array();
  }
}
