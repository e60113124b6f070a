package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import dev.graft.data.Cifar10;
import dev.graft.data.ImageSet;
import dev.graft.inference.Classifier;
import dev.graft.inference.Classifier.Prepared;
import dev.graft.inference.GradCam;
import dev.graft.inference.GradCam.HeatMap;
import dev.graft.picture.Picture;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Sanity checks of heat maps (after Adebayo et al. 2018), on a classifier of ships and horses that
 * was trained for it.
 */
@Tag("engine")
class HeatMapTest {
  private static final int SIDE = 32;
  private static final int TRAINED = 60;
  private static final int PAIRS = 10;

  @TempDir static Path folder;
  private static Path output;
  private static SmallRun run;
  private static final List<Picture> horses = new ArrayList<>();
  private static final List<Picture> ships = new ArrayList<>();

  @BeforeAll
  static void train() throws IOException {
    ImageSet all = Cifar10.sample().pictures();
    for (int i = 0; horses.size() < TRAINED + PAIRS || ships.size() < TRAINED + PAIRS; i++) {
      Picture picture = all.read(i, 0).orElseThrow();
      switch (all.classes().get(all.label(i))) {
        case "horse" -> horses.add(picture);
        case "ship" -> ships.add(picture);
        default -> {}
      }
    }
    for (int i = 0; i < TRAINED; i++) {
      write(horses.get(PAIRS + i), folder.resolve("photos/horse/" + i + ".png"));
      write(ships.get(PAIRS + i), folder.resolve("photos/ship/" + i + ".png"));
    }
    output = folder.resolve("output");
    run = train("trained", "--set=epochs=10");
  }

  private static SmallRun train(String name, String... options) throws IOException {
    Path into = output.resolve(name);
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "fine-tune",
                "--data=" + folder.resolve("photos"),
                "--output=" + into,
                "--device=cpu",
                "--backbone=efficientnet-lite0",
                "--set=input-size=160",
                "--set=features=[head]",
                "--set=head.hidden=0"));
    arguments.addAll(List.of(options));
    CommandRun tuned = CommandRun.of(arguments.toArray(String[]::new));
    assertThat(tuned.code()).as(tuned.err()).isZero();
    return new SmallRun(
        into.resolve("runs").resolve(Files.readString(into.resolve("latest")).strip()));
  }

  private static void write(Picture picture, Path file) throws IOException {
    BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < SIDE * SIDE; i++) {
      int pixel = 0;
      for (int c = 0; c < 3; c++) {
        pixel = pixel << 8 | (picture.rgb()[3 * i + c] & 0xff);
      }
      image.setRGB(i % SIDE, i / SIDE, pixel);
    }
    Files.createDirectories(file.getParent());
    ImageIO.write(image, "png", file.toFile());
  }

  private static Picture sideBySide(Picture left, Picture right) {
    byte[] rgb = new byte[2 * left.rgb().length];
    int row = 3 * SIDE;
    for (int y = 0; y < SIDE; y++) {
      System.arraycopy(left.rgb(), y * row, rgb, 2 * y * row, row);
      System.arraycopy(right.rgb(), y * row, rgb, (2 * y + 1) * row, row);
    }
    return new Picture(2 * SIDE, SIDE, rgb);
  }

  /** How much more of a map lies on its left half than on its right one. */
  private static double leaning(HeatMap map) {
    double leaning = 0;
    for (int i = 0; i < map.values().length; i++) {
      int x = i % map.width();
      leaning += Math.signum(map.width() - 1 - 2 * x) * map.values()[i];
    }
    return leaning;
  }

  @Test
  void ofAPictureOfTwoHalvesEachClassIsSeenInItsOwn() {
    Path model = run.folder().resolve("model");
    int right = 0;
    try (Classifier classifier = Classifier.load(model, Device.cpu());
        GradCam gradCam = GradCam.of(model, Device.cpu())) {
      for (int i = 0; i < PAIRS; i++) {
        boolean horseIsLeft = i % 2 == 0;
        Picture both =
            horseIsLeft
                ? sideBySide(horses.get(i), ships.get(i))
                : sideBySide(ships.get(i), horses.get(i));
        Prepared prepared = classifier.prepare(both);
        double horse = leaning(gradCam.map(prepared, classifier.classes().indexOf("horse")));
        double ship = leaning(gradCam.map(prepared, classifier.classes().indexOf("ship")));
        right += (horseIsLeft ? horse > 0 && ship < 0 : horse < 0 && ship > 0) ? 1 : 0;
      }
    }
    assertThat(right).isGreaterThanOrEqualTo(8);
  }

  @Test
  void withOtherWeightsInTheHeadAMapIsAnother() throws IOException {
    Path other = train("other", "--set=epochs=1", "--seed=7").folder().resolve("model");
    Path model = run.folder().resolve("model");
    try (Classifier classifier = Classifier.load(model, Device.cpu());
        GradCam trained = GradCam.of(model, Device.cpu());
        GradCam redrawn = GradCam.of(other, Device.cpu())) {
      Prepared picture = classifier.prepare(horses.get(0));
      assertThat(trained.map(picture, 0).values()).isEqualTo(trained.map(picture, 0).values());
      assertThat(redrawn.map(picture, 0).values()).isNotEqualTo(trained.map(picture, 0).values());
    }
  }

  @Test
  void inferNamesTheFileOfAPicturesMap() throws IOException {
    Path file = folder.resolve("photos/horse/0.png");
    CommandRun infer =
        CommandRun.of(
            "infer",
            "--json",
            "--device=cpu",
            "--model=" + run.folder(),
            "--heatmap=" + folder.resolve("maps"),
            file.toString());
    assertThat(infer.code()).as(infer.err()).isZero();
    Path map = Path.of(infer.json().get(0).path("heatmap").asText());
    assertThat(map).isEqualTo(folder.resolve("maps/1-0.png"));
    BufferedImage drawn = ImageIO.read(map.toFile());
    assertThat(drawn.getWidth()).isEqualTo(448);
  }
}
