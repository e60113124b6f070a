package dev.graft.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BmpStructureTest {
  private static final Path FILES = Path.of("src/test/resources/dev/graft/image/files");
  private static final int FILE_HEADER = 14;
  private static final int WINDOWS_3 = 40;

  /** OS/2 1 has 12 bytes; OS/2 2 has 64, or as few as 16; Windows has the others. */
  @ParameterizedTest
  @ValueSource(ints = {12, 16, 24, 36, 40, 42, 52, 56, 64, 108, 124})
  void everyKindOfHeaderIsReadWhateverSizesItStates(int size) throws IOException {
    for (String name : new String[] {"rgb.bmp", "palette.bmp", "gray.bmp"}) {
      byte[] file = Files.readAllBytes(FILES.resolve(name));
      RgbImage expected = ImageFileReader.read(file, name);
      for (int stated : new int[] {0, 1, file.length, -1}) {
        byte[] bmp = withHeader(file, size, stated);

        assertThat(ImageFileReader.read(bmp, name))
            .as("%s, states %d bytes", name, stated)
            .isEqualTo(expected);
        assertThat(ImageFileReader.header(bmp, name))
            .isEqualTo(new ImageFileReader.Header("BMP", expected.width(), expected.height()));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {12, 40, 64, 108, 124})
  void bytesBetweenThePaletteAndThePixelsAreSkipped(int size) throws IOException {
    for (String name : new String[] {"rgb.bmp", "palette.bmp", "gray.bmp"}) {
      byte[] file = Files.readAllBytes(FILES.resolve(name));
      ByteBuffer bmp = ByteBuffer.wrap(withHeader(file, size, 0)).order(ByteOrder.LITTLE_ENDIAN);
      int pixels = bmp.getInt(10);
      ByteBuffer spaced = ByteBuffer.allocate(bmp.capacity() + 6).order(ByteOrder.LITTLE_ENDIAN);
      spaced.put(bmp.slice(0, pixels)).putInt(-1).putShort((short) -1);
      spaced.put(bmp.slice(pixels, bmp.capacity() - pixels)).putInt(10, pixels + 6);

      assertThat(ImageFileReader.read(spaced.array(), name))
          .isEqualTo(ImageFileReader.read(file, name));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {12, 40, 64, 124})
  void aFileThatIsCutOffIsRefused(int size) throws IOException {
    byte[] bmp = withHeader(Files.readAllBytes(FILES.resolve("rgb.bmp")), size, 0);

    assertThatExceptionOfType(UnreadableImage.class)
        .isThrownBy(() -> ImageFileReader.read(Arrays.copyOf(bmp, bmp.length - 50), "a.bmp"))
        .withMessage("a.bmp is damaged or cut off.");
  }

  @ParameterizedTest
  @CsvSource({"3, Huffman", "4, RLE24"})
  void aCompressionThatOnlyOs2HasIsNamed(int compression, String kind) throws IOException {
    byte[] bmp = withHeader(Files.readAllBytes(FILES.resolve("rgb.bmp")), 64, 0);
    bmp[30] = (byte) compression;

    assertThatExceptionOfType(UnreadableImage.class)
        .isThrownBy(() -> ImageFileReader.read(bmp, "a.bmp"))
        .withMessage(
            "a.bmp is an OS/2 bitmap with "
                + kind
                + " compression, which Graft does not read; convert it, for example to PNG.");
  }

  /** Returns a Windows 3 file with another header. */
  private static byte[] withHeader(byte[] file, int size, int statedLength) {
    ByteBuffer old = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    int pixels = old.getInt(10);
    int entry = size == 12 ? 3 : 4;
    int colors = (pixels - FILE_HEADER - WINDOWS_3) / 4;
    int newPixels = FILE_HEADER + size + entry * colors;
    ByteBuffer bmp = ByteBuffer.allocate(newPixels + file.length - pixels);
    bmp.order(ByteOrder.LITTLE_ENDIAN).put(file, 0, FILE_HEADER);
    bmp.putInt(2, statedLength).putInt(10, newPixels).putInt(size);
    if (size == 12) {
      bmp.putShort((short) old.getInt(18)).putShort((short) old.getInt(22)).put(file, 26, 4);
    } else {
      bmp.put(file, 18, Math.min(size, WINDOWS_3) - 4);
    }
    bmp.position(FILE_HEADER + size);
    for (int i = 0; i < colors; i++) {
      bmp.put(file, FILE_HEADER + WINDOWS_3 + 4 * i, entry);
    }
    return bmp.put(file, pixels, file.length - pixels).array();
  }
}
