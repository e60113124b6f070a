package dev.graft.util;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The bytes of a URI become those of a path, whatever the locale decodes them to. */
@EnabledOnOs(OS.LINUX)
class PathTextTest {
  @Test
  void bytesInUtf8AreDecodedInEveryLocale() {
    Path path = Path.of(URI.create("file:///caf%C3%A9/%E5%86%99%20%2B%25.png"));

    assertThat(PathText.of(path)).isEqualTo("/café/写 +%.png");
    assertThat(PathText.fileName(path)).contains("写 +%.png");
  }

  @Test
  void otherBytesAreEscapedSoThatTwoNamesStayTwo() {
    Path path = Path.of(URI.create("file:///a/%E9+%25.png"));

    assertThat(PathText.of(path)).isEqualTo("/a/\\xE9+%.png");
    assertThat(PathText.fileName(path)).isEmpty();
    assertThat(PathText.of(Path.of("b").resolve(path.getFileName()))).isEqualTo("b/\\xE9+%.png");
  }

  @Test
  void anAbsolutePathHasNoDotsUnlessTheyFollowALink(@TempDir Path folder) throws IOException {
    Path deep = Files.createDirectories(folder.resolve("a/b"));
    Path link = Files.createSymbolicLink(folder.resolve("link"), deep);
    assertThat(PathText.absolute(deep.resolve("./../c.png"))).isEqualTo(folder.resolve("a/c.png"));
    Path behind = Files.createFile(folder.resolve("a/behind.png"));
    Path climbing = link.resolve("../behind.png");
    assertThat(PathText.absolute(climbing)).isEqualTo(climbing).isNotEqualTo(behind);
    assertThat(PathText.absolute(Path.of("x/./y"))).isEqualTo(Path.of("x/y").toAbsolutePath());
  }

  @Test
  void aShellTakesAQuotedPathAsItIs() throws IOException {
    for (String path : List.of("photos/a-1.jpg", "写真/é.png", "it's $(date) `x` \"y\" \\ #;&*?~")) {
      Process shell = new ProcessBuilder("sh", "-c", "printf %s " + PathText.quoted(path)).start();
      assertThat(new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .isEqualTo(path);
    }
    assertThat(PathText.quoted("photos/a-1.jpg")).isEqualTo("photos/a-1.jpg");
    assertThat(PathText.quoted("写真/é.png")).isEqualTo("写真/é.png");
  }
}
