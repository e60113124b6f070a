package dev.graft.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.GraftException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CsvTest {
  @Test
  void plainFieldsAreNotQuoted() {
    assertThat(Csv.row(List.of("cat", "0.5", "", " a b ", "猫", "it's; so")))
        .isEqualTo("cat,0.5,, a b ,猫,it's; so\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a,b", "a\nb", "a\rb", "a\r\nb"})
  void fieldsWithCommasOrLineBreaksAreQuoted(String field) {
    assertThat(Csv.row(List.of(field, "c"))).isEqualTo("\"" + field + "\",c\n");
  }

  @Test
  void aByteOrderMarkIsNoPartOfTheFirstField(@TempDir Path folder) throws IOException {
    for (String mark : List.of("", "\ufeff")) {
      Path file = Files.writeString(folder.resolve("a.csv"), mark + "\"a,b\",c\n\ufeffd,e\n");
      assertThat(Csv.read(file)).containsExactly(List.of("a,b", "c"), List.of("\ufeffd", "e"));
    }
    assertThat(Csv.read(Files.createFile(folder.resolve("empty.csv")))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a,b\nc,\"d", "a,b\n\"c\"d,e\n"})
  void aQuoteThatDoesNotEndIsRejectedWithItsLine(String text, @TempDir Path folder)
      throws IOException {
    Path file = Files.writeString(folder.resolve("a.csv"), text);
    assertThatThrownBy(() -> Csv.read(file))
        .isInstanceOf(GraftException.class)
        .hasMessage(file + ", line 2, is not CSV: " + Csv.PROBLEM);
  }

  @Test
  void textThatIsNotInUtf8IsRejected(@TempDir Path folder) throws IOException {
    Path file = Files.write(folder.resolve("a.csv"), new byte[] {'a', (byte) 0xe9, 'b', '\n'});
    assertThatThrownBy(() -> Csv.read(file))
        .isInstanceOf(GraftException.class)
        .hasMessage(file + " is not in UTF-8; save it as \"CSV UTF-8\".");
  }

  @Test
  void textThatIsNotInUtf8IsRejectedAfterManyRowsToo(@TempDir Path folder) throws IOException {
    byte[] bytes = "some,row\n".repeat(10_000).getBytes(StandardCharsets.UTF_8);
    bytes[80_000] = (byte) 0xe9;
    Path file = Files.write(folder.resolve("a.csv"), bytes);
    assertThatThrownBy(() -> Csv.read(file))
        .isInstanceOf(GraftException.class)
        .hasMessage(file + " is not in UTF-8; save it as \"CSV UTF-8\".");
  }

  @Test
  void quotesAreDoubled() {
    assertThat(Csv.row(List.of("12\" x 3"))).isEqualTo("\"12\"\" x 3\"\n");
  }
}
