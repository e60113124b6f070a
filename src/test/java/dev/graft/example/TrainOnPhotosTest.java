package dev.graft.example;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
class TrainOnPhotosTest {
  private static final int IMAGES_PER_CLASS = 10;

  /** Noise from one gray on. */
  private static void write(Path folder, int gray) throws IOException {
    Files.createDirectories(folder);
    for (int i = 0; i < IMAGES_PER_CLASS; i++) {
      Random random = new Random(gray + i);
      BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
      for (int pixel = 0; pixel < 32 * 32; pixel++) {
        image.setRGB(pixel % 32, pixel / 32, (gray + random.nextInt(60)) * 0x10101);
      }
      ImageIO.write(image, "png", folder.resolve(i + ".png").toFile());
    }
  }

  @Test
  void theFirstExampleOfTheDocsPrintsItsAccuracyAndItsClasses(@TempDir Path folder)
      throws IOException {
    Path photos = folder.resolve("photos");
    write(photos.resolve("dark"), 10);
    write(photos.resolve("bright"), 180);
    Path model = folder.resolve("model");
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    PrintStream before = System.out;
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      TrainOnPhotos.main(new String[] {photos.toString(), model.toString()});
    } finally {
      System.setOut(before);
    }
    assertThat(printed.toString(StandardCharsets.UTF_8).lines())
        .containsExactly("Test accuracy: 1.0", "[bright, dark]");
    assertThat(model.resolve("network.json")).isRegularFile();
  }
}
