package dev.graft.bench;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import dev.graft.data.ImageMaker;
import dev.graft.inference.ModelRunner;
import dev.graft.serve.ServeSettings;
import dev.graft.serve.Server;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
class LoadGeneratorTest {
  @Test
  void everyRequestIsTimedAndWhatIsNot200IsAnError(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("a.png");
    ImageMaker.write(file, 1, 64);
    byte[] image = Files.readAllBytes(file);
    ModelRunner classifier = ModelRunner.imageNet(Device.cpu());
    try (Server server = new Server(ServeSettings.LOOPBACK, "model", classifier, path -> null);
        Server other =
            new Server(
                ServeSettings.LOOPBACK,
                "other",
                ModelRunner.imageNet(Device.cpu()),
                path -> null)) {
      LoadGenerator.Measured measured =
          new LoadGenerator(server, classifier, List.of(image)).measure(40, 4, () -> 7L);
      assertThat(measured.errors()).isZero();
      assertThat(measured.milliseconds()).hasSize(40).isSorted().doesNotContain(0);
      assertThat(measured.milliseconds(1)).isEqualTo(measured.milliseconds()[39]);
      assertThat(measured.direct()).hasSize(10).doesNotContain(0);
      assertThat(measured.resident()).hasSize(10).containsOnly(7L);

      LoadGenerator.Measured refused =
          new LoadGenerator(other, classifier, List.of(image)).measure(40, 4, () -> null);
      assertThat(refused.errors()).isEqualTo(40 + 16);
    }
  }
}
