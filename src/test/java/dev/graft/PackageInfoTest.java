package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Reads the sources, since a package-info without annotations is not compiled to a class. */
class PackageInfoTest {
  private static final Path SOURCES = Path.of("src/main/java");

  @Test
  void everyPackageIsDescribedInASentence() throws IOException {
    List<Path> packages;
    try (Stream<Path> files = Files.walk(SOURCES)) {
      packages =
          files
              .filter(file -> file.startsWith(SOURCES.resolve("dev")))
              .filter(file -> file.toString().endsWith(".java"))
              .map(Path::getParent)
              .distinct()
              .toList();
    }
    assertThat(packages).hasSizeGreaterThan(10);
    for (Path folder : packages) {
      Path info = folder.resolve("package-info.java");
      assertThat(info).exists();
      String name = SOURCES.relativize(folder).toString().replace('/', '.').replace('\\', '.');
      assertThat(Files.readString(info))
          .as("%s", info)
          .matches("(?s)/\\*\\*.{30,}\\.\\s+\\*/\\s+package " + name + ";\\s+");
    }
  }
}
