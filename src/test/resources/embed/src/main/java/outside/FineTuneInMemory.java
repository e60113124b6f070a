package outside;

import dev.graft.Backbones;
import dev.graft.Classifier;
import dev.graft.FineTuner;
import dev.graft.FineTuning;
import dev.graft.LabeledImages;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Random;
import javax.imageio.ImageIO;

/** Fine-tunes on 40 images in memory and classifies another one; no file is involved. */
public final class FineTuneInMemory {
  private FineTuneInMemory() {}

  public static void main(String[] arguments) throws IOException {
    LabeledImages.Builder images = LabeledImages.builder();
    for (int i = 0; i < 40; i++) {
      images.add(noise(i % 2 == 1, i), "image " + i, i % 2 == 1 ? "bright" : "dark");
    }
    FineTuner tuner = FineTuner.on(Backbones.vgg16()).inputSize(32).hidden(0).epochs(5).seed(7);
    try (FineTuning result = tuner.fit(images.build());
        Classifier classifier = result.model().classifier()) {
      System.out.println("Test accuracy: " + result.test().accuracy());
      System.out.println("Answer: " + classifier.classify(noise(true, 1000), "new", 1).get(0).name());
    }
  }

  /** A noisy image, bright or dark, as a PNG file's content. */
  private static InputStream noise(boolean bright, int seed) throws IOException {
    Random random = new Random(seed);
    BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 32 * 32; i++) {
      image.setRGB(i % 32, i / 32, 0x010101 * (random.nextInt(60) + (bright ? 190 : 0)));
    }
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    ImageIO.write(image, "png", png);
    return new ByteArrayInputStream(png.toByteArray());
  }
}
