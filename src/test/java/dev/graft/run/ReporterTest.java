package dev.graft.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.File;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ReporterTest {
  private static String ending(String place) {
    return Reporter.ending(place.replace('/', File.separatorChar)).replace(File.separatorChar, '/');
  }

  @Test
  void onlyTheLastTwoNamesOfAPathAreShown() {
    assertThat(ending("/home/ann/photos/cat/1.png")).isEqualTo("cat/1.png");
    assertThat(ending("/cat/1.png")).isEqualTo("cat/1.png");
    assertThat(ending("cat/1.png")).isEqualTo("cat/1.png");
    assertThat(ending("/1.png")).isEqualTo("/1.png");
    assertThat(ending("image 7")).isEqualTo("image 7");
  }

  /**
   * Under {@code LC_ALL=C}, such texts are all non-ASCII names; in every locale, those with NUL.
   */
  @Test
  void aTextThatNoPathHasInThisLocaleIsShortenedToo() {
    String place = "photos/caf\0/1.png";

    assertThatExceptionOfType(InvalidPathException.class).isThrownBy(() -> Path.of(place));
    assertThat(ending(place)).isEqualTo("caf\0/1.png");
  }
}
