package dev.graft.inference;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.graft.GraftException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PortableModelTest {
  @TempDir private Path folder;

  /** The file is not read. */
  @Test
  void aFileOfMoreThan128MegabytesIsTooLarge() throws IOException {
    Path model = folder.resolve("large.onnx");
    try (RandomAccessFile file = new RandomAccessFile(model.toFile(), "rw")) {
      file.setLength((128L << 20) + 1);
    }
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> PortableModel.of(model))
        .withMessage(model + " is too large to be sent to a cluster; use it on this machine.");
  }
}
