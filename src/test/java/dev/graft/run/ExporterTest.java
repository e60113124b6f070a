package dev.graft.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.graft.GraftException;
import dev.graft.data.ImageSet;
import dev.graft.run.Exporter.Evaluated;
import dev.graft.run.Exporter.Format;
import dev.graft.run.Exporter.Int8Cost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExporterTest {
  @Test
  void aFileThatGivesOtherProbabilitiesIsRefused() {
    assertThatCode(() -> Exporter.check(Format.ONNX, 1e-4)).doesNotThrowAnyException();
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> Exporter.check(Format.ONNX, 1.1e-4))
        .withMessageStartingWith(
            "The ONNX file would give probabilities that are off by up to 0.00011, more than");
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> Exporter.check(Format.ONNX, Double.NaN));
    assertThatCode(() -> Exporter.check(Format.INT8, 0.1)).doesNotThrowAnyException();
  }

  @Test
  void onlyAModelIsReplacedAndALinkMustLeadToOne(@TempDir Path folder) throws IOException {
    Path model = Files.createFile(folder.resolve("a.onnx"));
    Path link = Files.createSymbolicLink(folder.resolve("b.onnx"), model);
    assertThat(Exporter.replaceable(model)).isEqualTo(model);
    assertThat(Exporter.replaceable(link)).isEqualTo(model.toRealPath());
    Files.delete(model);
    assertThat(Exporter.replaceable(model)).isEqualTo(model);
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> Exporter.replaceable(link))
        .withMessage(link + " is a link that leads nowhere; name another file.");
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> Exporter.replaceable(Files.createFile(folder.resolve("a.png"))))
        .withMessageEndingWith(" exists and is not a model; name another file.");
    Path other = Files.createSymbolicLink(folder.resolve("c.onnx"), folder.resolve("a.png"));
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> Exporter.replaceable(other))
        .withMessageEndingWith("a.png exists and is not a model; name another file.");
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> Exporter.replaceable(folder))
        .withMessage(folder + " is a folder; name a file.");
  }

  @Test
  void aPointOfAccuracyMayBeLostAndNoMore() {
    assertThat(cost(0.80, 0.79).isTooMuch()).isFalse();
    assertThat(cost(0.80, 0.789).isTooMuch()).isTrue();
    assertThat(cost(0.79, 0.80).isTooMuch()).isFalse();
  }

  private static Int8Cost cost(double float32, double int8) {
    return new Int8Cost(1000, new Evaluated(float32, 1), new Evaluated(int8, 2));
  }

  @Test
  void imagesAreTakenFromAllOverTheRows() {
    int[] rows = IntStream.range(100, 110).toArray();
    assertThat(ImageSet.spread(rows, 3)).containsExactly(100, 103, 106);
    assertThat(ImageSet.spread(rows, 10)).containsExactly(rows);
    assertThat(ImageSet.spread(rows, 11)).containsExactly(rows);
  }
}
