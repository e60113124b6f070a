package dev.graft.example;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.graft.ClassProbability;
import dev.graft.Classifier;
import dev.graft.GraftException;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
class TrainInMemoryTest {
  private static final int IMAGES_PER_CLASS = 20;

  /** A PNG file of one gray, with a dot that makes it different from its neighbors. */
  private static byte[] png(int gray, int dot) {
    BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 32 * 32; i++) {
      image.setRGB(i % 32, i / 32, new Color(gray, gray, gray).getRGB());
    }
    image.setRGB(dot, dot, Color.RED.getRGB());
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, "png", out);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return out.toByteArray();
  }

  private static List<byte[]> pngs(int gray) {
    return IntStream.range(0, IMAGES_PER_CLASS).mapToObj(i -> png(gray + 2 * i, i)).toList();
  }

  private static Map<String, List<byte[]>> darkAndBright() {
    return Map.of("dark", pngs(10), "bright", pngs(200));
  }

  @Test
  void theExampleOfTheDocsTrainsAndWritesAModel(@TempDir Path folder) throws IOException {
    Path onnx = folder.resolve("model.onnx");

    double accuracy = new TrainInMemory().train(darkAndBright(), folder.resolve("cache"), onnx);

    assertThat(accuracy).isGreaterThan(0.9);
    try (Classifier classifier = Classifier.load(onnx)) {
      List<ClassProbability> answer =
          classifier.classify(new ByteArrayInputStream(png(235, 30)), "new", 1);
      assertThat(answer).extracting(ClassProbability::name).containsExactly("bright");
    }
  }

  @Test
  void trainingThatIsStoppedBeforeItsFirstEpochHasNoModel(@TempDir Path folder) {
    TrainInMemory example = new TrainInMemory();
    example.stop();

    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(
            () ->
                example.train(
                    darkAndBright(), folder.resolve("cache"), folder.resolve("model.onnx")));
    assertThat(folder.resolve("model.onnx")).doesNotExist();
  }
}
