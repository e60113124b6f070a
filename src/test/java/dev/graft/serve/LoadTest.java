package dev.graft.serve;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import dev.graft.data.PictureMaker;
import dev.graft.inference.Classifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
class LoadTest {
  @Test
  void everyRequestIsTimedAndWhatIsNot200IsAnError(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("a.png");
    PictureMaker.write(file, 1, 64);
    byte[] picture = Files.readAllBytes(file);
    Classifier classifier = Classifier.imageNet(Device.cpu());
    try (Server server = new Server(ServeSettings.LOOPBACK, "model", classifier, path -> null);
        Server other =
            new Server(
                ServeSettings.LOOPBACK, "other", Classifier.imageNet(Device.cpu()), path -> null)) {
      Load.Measured measured =
          new Load(server, classifier, List.of(picture)).measure(40, 4, () -> 7L);
      assertThat(measured.errors()).isZero();
      assertThat(measured.milliseconds()).hasSize(40).isSorted().doesNotContain(0);
      assertThat(measured.milliseconds(1)).isEqualTo(measured.milliseconds()[39]);
      assertThat(measured.direct()).hasSize(10).doesNotContain(0);
      assertThat(measured.resident()).hasSize(10).containsOnly(7L);

      Load.Measured refused =
          new Load(other, classifier, List.of(picture)).measure(40, 4, () -> null);
      assertThat(refused.errors()).isEqualTo(40 + 16);
    }
  }
}
