package dev.graft.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxLibrariesTest {
  @TempDir private Path cache;
  private Path library;

  @BeforeEach
  void unpack() {
    Path folder = OnnxLibraries.unpackedIn(cache).orElseThrow();
    library = folder.resolve(System.mapLibraryName(OnnxLibraries.NAMES.get(0)));
  }

  @Test
  void librariesAreUnpackedOnceAndForAll() throws IOException {
    FileTime old = FileTime.fromMillis(0);
    Files.setLastModifiedTime(library, old);

    assertThat(OnnxLibraries.unpackedIn(cache)).contains(library.getParent());
    assertThat(Files.getLastModifiedTime(library)).isEqualTo(old);
    try (Stream<Path> files = Files.list(library.getParent())) {
      assertThat(files)
          .extracting(file -> file.getFileName().toString())
          .containsExactlyInAnyOrderElementsOf(
              OnnxLibraries.NAMES.stream().map(System::mapLibraryName).toList());
    }
  }

  @Test
  void oneThatIsCutShortIsUnpackedAgain() throws IOException {
    long whole = Files.size(library);
    try (FileChannel channel = FileChannel.open(library, StandardOpenOption.WRITE)) {
      channel.truncate(whole / 2);
    }

    assertThat(OnnxLibraries.unpackedIn(cache)).contains(library.getParent());
    assertThat(library).hasSize(whole);
  }

  @Test
  void whereNothingCanBeWrittenNothingIsSaidOfThem() throws IOException {
    Path file = Files.writeString(cache.resolve("file"), "no folder");

    assertThat(OnnxLibraries.unpackedIn(file)).isEmpty();
  }
}
