package dev.graft.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.image.RgbImage;
import dev.graft.report.Drawing.Anchor;
import dev.graft.report.Drawing.Ink;
import dev.graft.report.Drawing.Label;
import dev.graft.report.Drawing.Photo;
import dev.graft.report.Drawing.TextStyle;
import java.awt.Color;
import java.awt.Dimension;
import java.awt.Point;
import java.awt.Rectangle;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DrawingTest {
  private static final TextStyle TYPE = new TextStyle(14, false);

  @Test
  void aShapeIsInThePngAndInThePageAtTheSamePlace() {
    var drawing = new Drawing(100, 50, "");
    drawing.rectangle(new Rectangle(10, 20, 30, 5), Ink.GOOD);
    BufferedImage image = drawing.image("", 2);
    assertThat(image.getWidth()).isEqualTo(200);
    int title = image.getHeight() - 2 * 50;
    List<Point> green = Pixels.of(image, Ink.GOOD.color(), new Rectangle(200, image.getHeight()));
    assertThat(green).hasSize(60 * 10);
    assertThat(green.get(0)).isEqualTo(new Point(20, title + 40));
    assertThat(drawing.svg())
        .contains("viewBox=\"0 0 100 50\"")
        .contains("<path d=\"M10 20L40 20L40 25L10 25L10 20Z\" style=\"fill:var(--good)\"/>");
  }

  @Test
  void textFromOutsideIsEscapedInThePage() {
    var drawing = new Drawing(100, 50, "\"><script>");
    drawing.text("<b>&", 0, 0, Anchor.START);
    drawing.shapes().add(new Drawing.Fill(new Rectangle(1, 1), Ink.BAD, "</title><i>"));
    assertThat(drawing.svg())
        .doesNotContain("<script>", "<b>", "<i>")
        .contains("aria-label=\"&quot;&gt;&lt;script&gt;\"", ">&lt;b&gt;&amp;</text>")
        .contains("<title>&lt;/title&gt;&lt;i&gt;</title>");
  }

  @Test
  void aTitleStaysWithinTheMargins() {
    BufferedImage image = new Drawing(300, 50, "").image("a long title ".repeat(30), 1);
    assertThat(Pixels.margin(image, 8)).containsExactly(Color.WHITE);
    assertThat(Pixels.of(image, Ink.TEXT.color(), new Rectangle(300, 44))).isNotEmpty();
  }

  @Test
  void aTitleIsReducedThenBrokenThenShortened() {
    var drawing = new Drawing(400, 50, "");
    assertThat(drawing.titles("Loss: VGG16 on cifar10"))
        .singleElement()
        .satisfies(line -> assertThat(line.type().size()).isEqualTo(17));
    assertThat(drawing.titles("Confusion matrix: EfficientNet-Lite0 on photos"))
        .singleElement()
        .satisfies(line -> assertThat(line.type().size()).isLessThan(17))
        .satisfies(line -> assertThat(line.text()).doesNotContain("…"));
    String two = "Confusion matrix: EfficientNet-Lite0 on photographs of the garden in May";
    assertThat(drawing.titles(two)).hasSize(2);
    assertThat(drawing.titles(two).stream().map(Label::text).collect(Collectors.joining(" ")))
        .isEqualTo(two);
    assertThat(drawing.titles("Loss: " + "x".repeat(100) + "yz").get(1).text())
        .contains("…")
        .endsWith("xyz");
  }

  @Test
  void textThatFitsIsUnchanged() {
    assertThat(TYPE.fit("airplane", TYPE.width("airplane"))).isEqualTo("airplane");
  }

  @Test
  void longerTextKeepsItsStartAndItsEnd() {
    String cut = TYPE.fit("a rather long name of a class", 100);
    assertThat(cut).startsWith("a rat").contains("…").endsWith("ass");
    assertThat(TYPE.width(cut)).isBetween(80.0, 100.0);
    assertThat(TYPE.fit("airplane", 0)).isEqualTo("…");
  }

  @Test
  void aCharacterOfTwoUnitsIsNotCutInHalf() {
    for (int room = 0; room < 100; room++) {
      String cut = TYPE.fit("\uD83D\uDC31".repeat(20), room);
      assertThat(cut.replace("\uD83D\uDC31", "")).isEqualTo("…");
    }
  }

  /** The area of a photo of this size in an area of 160 x 160 pixels. */
  @ParameterizedTest
  @CsvSource({
    "1, 1, 160, 160",
    "32, 16, 160, 80",
    "400, 300, 160, 120",
    "1000, 10, 160, 2",
    "161, 1, 160, 1"
  })
  void aPhotoKeepsItsShape(int width, int height, int shownWidth, int shownHeight) {
    var image = new RgbImage(width, height, new byte[3 * width * height]);
    var room = new Rectangle(10, 20, 160, 160);
    Rectangle bounds = Photo.in(room, image).bounds();
    assertThat(bounds.getSize()).isEqualTo(new Dimension(shownWidth, shownHeight));
    assertThat(room.contains(bounds)).isTrue();
  }

  @Test
  void aSmallPhotoIsEnlargedToSquaresWithSharpEdges() {
    var image = new RgbImage(2, 1, new byte[] {(byte) 255, 0, 0, 0, (byte) 255, (byte) 255});
    BufferedImage raster = Photo.in(new Rectangle(8, 8), image).raster();
    assertThat(Pixels.of(raster, Color.RED, new Rectangle(0, 0, 4, 4))).hasSize(16);
    assertThat(Pixels.of(raster, Color.CYAN, new Rectangle(4, 0, 4, 4))).hasSize(16);
  }

  @Test
  void aLargePhotoIsReducedByAveragingAllPixels() {
    byte[] rgb = new byte[3 * 1280 * 1280];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) (i / (3 * 1280) % 4 == 0 ? 255 : 0);
    }
    BufferedImage image = Photo.in(new Rectangle(320, 320), new RgbImage(1280, 1280, rgb)).raster();
    for (int i = 1; i < 320; i += 13) {
      assertThat(Pixels.at(image, i, i).getRed()).isEqualTo(64);
    }
  }
}
