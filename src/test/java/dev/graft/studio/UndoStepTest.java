package dev.graft.studio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UndoStepTest {
  @ParameterizedTest
  @ValueSource(strings = {"", "..", "../a", "a/../b", "a/./b", "/a", "a//b", "a/", "a\0"})
  void pathsThatLeadOutOfTheFolderAreRefused(String path) {
    assertThatThrownBy(() -> new UndoStep("a.png", path))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new UndoStep(path, "a.png"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** As with a Japanese name in an ASCII locale. */
  @Test
  void aNameThatIsNoPathHereIsReadAndItsChangeIsNotMade() {
    UndoStep step = new UndoStep("cat/\ud800.png", "dog/\ud800.png");

    assertThat(step.from()).isEqualTo("cat/\ud800.png");
    assertThatThrownBy(() -> step.apply(Path.of("."))).isInstanceOf(Refusal.class);
  }
}
