package dev.graft.util;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BuildTest {
  /** The Git folder of the clone that these tests run in. */
  private static final Path GIT = Path.of(".git");

  @Test
  void theCommitIsThatWhichGraftWasBuiltFrom() throws IOException {
    assumeTrue(Files.isRegularFile(GIT.resolve("HEAD")), "not a clone");

    assertThat(Build.commit().replace("-dirty", "")).isEqualTo(head());
  }

  @Test
  void theVersionIsThatOfThePom() throws IOException {
    assertThat(Files.readString(Path.of("pom.xml")))
        .containsOnlyOnce("<artifactId>graft</artifactId>\n  <version>" + Build.version() + "<");
  }

  private static String head() throws IOException {
    String head = Files.readString(GIT.resolve("HEAD")).strip();
    if (!head.startsWith("ref: ")) {
      return head;
    }
    String name = head.substring("ref: ".length());
    Path loose = GIT.resolve(name);
    if (Files.exists(loose)) {
      return Files.readString(loose).strip();
    }
    try (Stream<String> packed = Files.lines(GIT.resolve("packed-refs"))) {
      return packed
          .filter(line -> line.endsWith(" " + name))
          .findAny()
          .orElseThrow()
          .substring(0, 40);
    }
  }
}
