package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.graft.network.Typicality;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Typicality of a small run, and of an image that is unlike the training images. */
@Tag("engine")
class TypicalityRunTest {
  private static final int TRAIN = 60;
  private static final int TEST = 12;

  @TempDir private static Path folder;

  private static SmallRun.Images images;

  /** A test image of "dark" with stripes in saturated colors. */
  private static Path stranger;

  private static SmallRun run;

  @BeforeAll
  static void train() throws IOException {
    images =
        new SmallRun.Images(folder.resolve("images"))
            .add(TRAIN / 2, 30, 90, "dark", "train")
            .add(TRAIN / 2, 160, 220, "light", "train")
            .add(TEST / 2, 40, 80, "dark", "test")
            .add(TEST / 2, 170, 210, "light", "test")
            .add(1, 60, 60, "dark", "test");
    stranger = images.file(TRAIN + TEST);
    BufferedImage stripes = new BufferedImage(12, 12, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 144; i++) {
      stripes.setRGB(i % 12, i / 12, i / 12 % 4 < 2 ? 0xff0000 : 0x00ff00);
    }
    ImageIO.write(stripes, "png", stranger.toFile());
    run = images.train(folder.resolve("output"), "--set=head.solver=newton");
  }

  private static CommandRun infer(String... arguments) {
    List<String> all =
        Stream.concat(
                Stream.of("infer", "--device=cpu", "--model=" + run.folder()), Stream.of(arguments))
            .toList();
    return CommandRun.of(all.toArray(String[]::new));
  }

  private static Typicality typicality(SmallRun run) throws IOException {
    byte[] bytes = Files.readAllBytes(run.folder().resolve("model/typicality.bin"));
    return Typicality.read(bytes, ByteBuffer.wrap(bytes).getInt(4));
  }

  /** Returns the lines of typicality.csv. */
  private static List<String> rows() throws IOException {
    return Files.readAllLines(run.folder().resolve("typicality.csv"));
  }

  @Test
  void rejectAnswersNoneOfTheseForStrangersOnly() throws IOException {
    String known = images.file(TRAIN + 2).toString();
    List<JsonNode> json = infer("--json", "--reject=0.01", known, stranger.toString()).json();
    assertThat(json.get(0).at("/predictions/0/name").asText()).isEqualTo("dark");
    assertThat(json.get(0).path("typicality").asDouble()).isBetween(0.05, 1.0);
    assertThat(json.get(1).path("predictions").isArray()).isTrue();
    assertThat(json.get(1).path("predictions")).isEmpty();
    assertThat(json.get(1).path("typicality").asDouble()).isZero();

    CommandRun text = infer("--reject=0.01", "--top=1", known, stranger.toString());
    assertThat(text.code()).isZero();
    List<String> lines = text.out().lines().toList();
    assertThat(lines.get(1)).endsWith(" %  dark");
    assertThat(lines.subList(2, lines.size()))
        .containsExactly(stranger.toString(), "  none of these", "  unlike the training images");
    assertThat(infer("--top=1", stranger.toString()).out().lines().skip(2))
        .containsExactly("  unlike the training images");

    List<String> rows =
        infer("--csv", "--top=1", "--reject=0.01", known, "" + stranger).out().lines().toList();
    assertThat(rows.get(0)).endsWith(",top1_probability,typicality");
    assertThat(rows.get(1)).contains(",dark,dark,");
    assertThat(rows.get(2)).isEqualTo(stranger + ",,,,,0.0");
  }

  @Test
  void rejectNeedsAShareAndAModelWithTypicality() {
    assertThat(infer("--reject=1.5", "" + stranger).code()).isEqualTo(2);
    for (String command : List.of("serve --port=0", "infer " + stranger)) {
      CommandRun refused =
          CommandRun.of((command + " --imagenet --device=cpu --reject=0.05").split(" "));
      assertThat(refused.code()).as(command).isEqualTo(1);
      assertThat(refused.err())
          .contains("--reject: efficientnet-lite0 (ImageNet) has no typicality;");
    }
  }

  @Test
  void theReportHasAHistogramAndTheFarthestTestImagesFirst() throws IOException {
    assertThat(rows())
        .hasSize(1 + TEST + 1)
        .startsWith("index,typicality")
        .last()
        .isEqualTo(TEST + ",0.000000");
    String page = Files.readString(run.folder().resolve("report.html"));
    assertThat(page).contains("<h2>Typicality</h2>", "Histogram of typicality; ");
    String farthest = page.substring(page.indexOf("<h2>Least like the training images</h2>"));
    assertThat(farthest.substring(0, farthest.indexOf("</figure>")))
        .contains("images/<wbr>" + (TRAIN + TEST) + ".<wbr>png");
  }

  /** Without validation images, each training image is compared with the others. */
  @Test
  void aFrozenBackboneIsCalibratedByLeavingOneOut() throws IOException {
    Typicality fitted = typicality(run);
    assertThat(fitted.bank().rows()).isEqualTo(TRAIN);
    assertThat(fitted.heldOut()).hasSize(TRAIN);
    // New images of the same kind are about as near as the training images are to each other.
    assertThat(
            rows().subList(1, 1 + TEST).stream()
                .mapToDouble(row -> Double.parseDouble(row.split(",", -1)[1]))
                .average()
                .orElseThrow())
        .isBetween(0.3, 0.7);
    assertThat(fitted.share(-1)).isZero();
  }

  @Test
  void fewValidationImagesAreComplementedUnlessTheBackboneIsTrained() throws IOException {
    Path output = folder.resolve("trained");
    SmallRun.Images others =
        new SmallRun.Images(folder.resolve("others"))
            .add(10, 30, 90, "dark", "train")
            .add(10, 160, 220, "light", "train")
            .add(3, 30, 90, "dark", "val")
            .add(3, 160, 220, "light", "val")
            .add(3, 30, 90, "dark", "test")
            .add(3, 160, 220, "light", "test");
    assertThat(typicality(others.train(output, "--set=head.solver=gradient")).heldOut())
        .hasSize(20 + 6);
    assertThat(
            typicality(others.train(output, "--set=head.solver=gradient", "--unfreeze=conv4"))
                .heldOut())
        .hasSize(6);
  }
}
