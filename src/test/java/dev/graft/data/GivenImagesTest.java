package dev.graft.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.GivenImages.Given;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GivenImagesTest {
  @TempDir Path folder;

  @Test
  void aFileThatIsChangedAfterItWasAddedIsUnreadable() throws IOException {
    Path cat = folder.resolve("cat.png");
    Path dog = folder.resolve("dog.png");
    ImageMaker.write(cat, 1, 16);
    ImageMaker.write(dog, 2, 16);
    ImageSet images =
        GivenImages.open(
                "pets",
                List.of(
                    Given.of(cat, "cat", Optional.empty()), Given.of(dog, "dog", Optional.empty())))
            .images();
    assertThat(images.read(0, 0)).isPresent();

    Files.copy(dog, cat, StandardCopyOption.REPLACE_EXISTING);

    assertThat(images.read(0, 0)).isEmpty();
    assertThat(images.read(1, 0)).isPresent();
    assertThat(images.quarantine().contains(0)).isTrue();
    assertThat(images.quarantine().contains(1)).isFalse();
  }
}
