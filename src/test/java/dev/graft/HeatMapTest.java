package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import dev.graft.image.HeatMap;
import dev.graft.image.ImageFileReader;
import dev.graft.image.RgbImage;
import dev.graft.inference.GradCam;
import dev.graft.inference.ModelRunner;
import dev.graft.inference.ModelRunner.Prepared;
import dev.graft.report.Charts;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Sanity checks of heat maps (after Adebayo et al. 2018), on a classifier of dots and stripes that
 * was trained for it.
 */
@Tag("engine")
class HeatMapTest {
  private static final int SIDE = 192;
  private static final int TRAINED = 20;
  private static final int PAIRS = 10;

  @TempDir static Path folder;
  private static Path output;
  private static SmallRun run;

  /** The content of an image. */
  private enum Kind {
    STRIPES,
    DOTS,
    SQUARES,
    CLOUDS;

    String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @BeforeAll
  static void train() throws IOException {
    for (Kind kind : Kind.values()) {
      for (int i = 0; i < TRAINED; i++) {
        write(drawn(i, kind), folder.resolve("photos/" + kind.label() + "/" + i + ".png"));
      }
    }
    output = folder.resolve("output");
    run = train("trained", "--set=epochs=10");
  }

  /** Draws shapes of random sizes, places and colors. */
  private static BufferedImage drawn(int seed, Kind kind) {
    Random random = new Random(seed);
    BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    g.setColor(new Color(random.nextInt(1 << 24)));
    g.fillRect(0, 0, SIDE, SIDE);
    g.rotate(random.nextDouble() * Math.PI, SIDE / 2.0, SIDE / 2.0);
    for (int x = -SIDE; x < 2 * SIDE; x += 12 + random.nextInt(12)) {
      for (int y = -SIDE; y < 2 * SIDE; y += 12 + random.nextInt(12)) {
        Color color = new Color(random.nextInt(1 << 24));
        g.setColor(color);
        int size = 8 + random.nextInt(8);
        switch (kind) {
          case STRIPES -> g.fillRect(x, -SIDE, size / 2, 3 * SIDE);
          case DOTS -> g.fillOval(x, y, size, size);
          case SQUARES -> g.fillRect(x, y, size, size);
          case CLOUDS -> {
            g.setColor(new Color(color.getRed(), color.getGreen(), color.getBlue(), 20));
            g.fillOval(x, y, 6 * size, 6 * size);
          }
        }
      }
    }
    g.dispose();
    return image;
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
                "--set=input-size=192",
                "--set=min-steps=10",
                "--set=head.hidden=0"));
    arguments.addAll(List.of(options));
    CommandRun tuned = CommandRun.of(arguments.toArray(String[]::new));
    assertThat(tuned.code()).as(tuned.err()).isZero();
    return SmallRun.latest(into);
  }

  private static void write(BufferedImage image, Path file) throws IOException {
    Files.createDirectories(file.getParent());
    ImageIO.write(image, "png", file.toFile());
  }

  private static RgbImage sideBySide(BufferedImage left, BufferedImage right) throws IOException {
    BufferedImage both = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
    both.createGraphics().drawImage(left, 0, 0, null);
    both.createGraphics().drawImage(right, SIDE / 2, 0, null);
    Path file = folder.resolve("both.png");
    write(both, file);
    return ImageFileReader.read(file);
  }

  /** Returns the sum of a map's left half minus that of its right half. */
  private static double leaning(HeatMap map) {
    double leaning = 0;
    for (int i = 0; i < map.values().length; i++) {
      int x = i % map.width();
      leaning += Math.signum(map.width() - 1 - 2 * x) * map.values()[i];
    }
    return leaning;
  }

  @Test
  void eachClassIsSeenInItsHalfOfAnImage() throws IOException {
    Path model = run.folder().resolve("model");
    int right = 0;
    try (ModelRunner classifier = ModelRunner.load(model, Device.cpu());
        GradCam gradCam = GradCam.of(model, Device.cpu())) {
      for (int i = 0; i < PAIRS; i++) {
        Kind left = Kind.values()[i % 4];
        Kind other = Kind.values()[(i + 1 + i / 4) % 4];
        int seed = TRAINED + i;
        Prepared both = classifier.prepare(sideBySide(drawn(seed, left), drawn(seed, other)));
        List<String> classes = classifier.classes();
        double leftward = leaning(gradCam.map(both, classes.indexOf(left.label())));
        double rightward = -leaning(gradCam.map(both, classes.indexOf(other.label())));

        right += leftward > 0 && rightward > 0 ? 1 : 0;
      }
    }
    assertThat(right).isGreaterThanOrEqualTo(8);
  }

  @Test
  void anotherHeadGivesAnotherMap() throws IOException {
    Path other = train("other", "--set=epochs=1", "--seed=7").folder().resolve("model");
    Path model = run.folder().resolve("model");
    try (ModelRunner classifier = ModelRunner.load(model, Device.cpu());
        GradCam trained = GradCam.of(model, Device.cpu());
        GradCam another = GradCam.of(other, Device.cpu())) {
      Prepared image = classifier.prepare(sideBySide(drawn(1, Kind.DOTS), drawn(1, Kind.STRIPES)));
      assertThat(maps(trained, image)).isDeepEqualTo(maps(trained, image));
      assertThat(Arrays.deepEquals(maps(another, image), maps(trained, image))).isFalse();
    }
  }

  /** Returns the maps of all classes. */
  private static float[][] maps(GradCam gradCam, Prepared image) {
    return IntStream.range(0, Kind.values().length)
        .mapToObj(i -> gradCam.map(image, i).values())
        .toArray(float[][]::new);
  }

  @Test
  void inferNamesTheFileOfTheMap() throws IOException {
    Path file = folder.resolve("photos/stripes/0.png");
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
    assertThat(Charts.isOwn(map)).isTrue(); // so it can be drawn again
  }

  @Test
  void aHeatMapReplacesNoFileOfTheUser() throws IOException {
    Path maps = folder.resolve("own");
    Path photograph = folder.resolve("photos/dots/3.png");
    Path mine = maps.resolve("2-3.png");
    Files.createDirectories(maps);
    Files.copy(photograph, mine);
    CommandRun infer =
        CommandRun.of(
            "infer",
            "--heatmap=" + maps,
            "--model=" + run.folder(),
            folder.resolve("photos/dots/1.png").toString(),
            photograph.toString());
    assertThat(infer.code()).isEqualTo(2);
    assertThat(infer.err())
        .startsWith("--heatmap: " + mine + " exists and is not a heat map; choose another folder.");
    assertThat(mine).hasSameBinaryContentAs(photograph);
    assertThat(maps).isDirectoryContaining(mine::equals).isDirectoryNotContaining("glob:**1-1.png");
  }
}
