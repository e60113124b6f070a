package dev.graft.studio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafeNamesTest {
  @ParameterizedTest
  @ValueSource(strings = {"cat", "自動車", "قطة", "two words", "👩‍🌾", "a.b", "-x", "c++ & co; 100%"})
  void aNameThatPeopleGiveIsAccepted(String name) {
    assertThat(SafeNames.className(name)).isEqualTo(name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        ".",
        "..",
        "../x",
        "a/b",
        "a\\b",
        "C:",
        "C:\\x",
        "a\0b",
        "a\nb",
        ".hidden",
        "a.",
        "nul",
        "COM1",
        "com1.txt",
        "a?",
        "a|b",
        "\u202eabc",
        "\ufeff",
        "\ue000"
      })
  void aNameThatIsInvalidOnSomeSystemIsRefused(String name) {
    assertThatThrownBy(() -> SafeNames.className(name))
        .isInstanceOf(Refusal.class)
        .hasMessageContaining("choose another name");
  }

  @Test
  void aLongNameIsRefusedByItsBytes() {
    assertThat(SafeNames.className("x".repeat(200))).hasSize(200);
    assertThatThrownBy(() -> SafeNames.className("x".repeat(201)))
        .hasMessageContaining("longer than 200 bytes");
    assertThatThrownBy(() -> SafeNames.className("自".repeat(67)))
        .hasMessageContaining("longer than 200 bytes");
  }

  @ParameterizedTest
  @CsvSource({
    "a.png, a.png",
    "A.PNG, A.png",
    "../../evil.png, evil.png",
    "a\\..\\b.png, b.png",
    "/evil.png, evil.png",
    ".hidden.png, hidden.png",
    "<img src=x>.png, _img src=x_.png",
    "photo.jpg, photo.jpg.png",
    "photo, photo.png",
    "nul.png, image.png",
    "...png, png.png",
    "C:\\x\\y.png, y.png",
    "写真.png, 写真.png"
  })
  void aFileNameIsMadeSafe(String given, String safe) {
    assertThat(SafeNames.fileName(StudioClient.encoded(given), "png")).isEqualTo(safe);
  }

  @Test
  void aFileNameThatIsMissingMalformedOrLongIsMadeSafe() {
    assertThat(SafeNames.fileName(null, "jpeg")).isEqualTo("image.jpg");
    assertThat(SafeNames.fileName("100%.png", "png")).isEqualTo("100%.png");
    assertThat(SafeNames.fileName("a+b.png", "png")).isEqualTo("a+b.png");
    assertThat(SafeNames.fileName("a%00%0ab.png", "png")).isEqualTo("ab.png");
    assertThat(SafeNames.fileName("x".repeat(400) + ".png", "png"))
        .isEqualTo("x".repeat(200) + ".png");
  }
}
