package dev.graft.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.graft.GraftException;
import dev.graft.image.ImageFileReader;
import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DamageTest {
  @ParameterizedTest
  @EnumSource
  void damagedFilesAreRefusedWhateverTheImage(Damage damage) throws IOException {
    for (int seed = 0; seed < 50; seed++) {
      Random random = new Random(seed);
      byte[] bytes = damage.unreadable(png(random), random);
      assertThatExceptionOfType(GraftException.class)
          .isThrownBy(() -> ImageFileReader.read(bytes, "a.png"))
          .withMessageStartingWith("a.png ");
    }
  }

  @Test
  void undamagedFilesAreRead() throws IOException {
    byte[] png = png(new Random(1));
    assertThat(ImageFileReader.read(png, "a.png").width()).isEqualTo(32);
    assertThat(Damage.decodes(png)).isTrue();
  }

  /** An image of dark noise, which deflates to Huffman codes, as photographs do. */
  private static byte[] png(Random random) throws IOException {
    byte[] rgb = new byte[3 * 32 * 32];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) (20 * random.nextGaussian() + 60);
    }
    return SampleMaker.png(rgb, 32, 32);
  }
}
