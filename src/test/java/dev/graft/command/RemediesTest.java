package dev.graft.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.CommandRun;
import dev.graft.GraftException;
import dev.graft.GraftException.Code;
import dev.graft.serve.ServeSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RemediesTest {
  private static final Path SOURCES = Path.of("src/main/java/dev/graft");

  /** A string literal with an option of the command line, or with Maven's variable. */
  private static final Pattern OPTION = Pattern.compile("\"[^\"\n]*(--[a-z]|MAVEN_OPTS)[^\"\n]*\"");

  @Test
  void belowTheCommandLineNoMessageNamesAnOption() throws IOException {
    List<String> found = new ArrayList<>();
    try (Stream<Path> main = Files.walk(SOURCES);
        Stream<Path> spark = Files.walk(Path.of("src/spark/java"))) {
      for (Path file :
          Stream.concat(main, spark).filter(path -> path.toString().endsWith(".java")).toList()) {
        if (!file.startsWith(SOURCES.resolve("command"))
            && !file.startsWith(SOURCES.resolve("report")) // pages show commands
            && !file.startsWith(SOURCES.resolve("studio"))) {
          OPTION
              .matcher(Files.readString(file))
              .results()
              .forEach(hit -> found.add(file + ": " + hit.group()));
        }
      }
    }
    assertThat(found).isEmpty();
    assertThat(OPTION.matcher("\"leave out --no-cache.\"").find()).isTrue();
  }

  @ParameterizedTest
  @EnumSource(
      value = Code.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"RUN", "SETTING"})
  void anOptionIsNamedAtTheEndForEachCode(Code code) {
    GraftException problem = new GraftException("Nothing works; do something.").withCode(code);

    assertThat(problem).hasMessage("Nothing works; do something.");
    assertThat(GraftCommand.sentence(problem))
        .matches("Nothing works; do something[ ,;].*(--[a-z-]+|-Xmx4g).*[^.]\\.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "infer docs/images/report.png | ; name another run with --model FOLDER.",
        "evaluate | ; name another run with --run FOLDER.",
        "export | ; name another run: export RUN.",
        "report | ; name another run: report RUN."
      })
  void eachCommandSaysHowItNamesAnotherRun(String line, String remedy, @TempDir Path output)
      throws IOException {
    Path latest = Files.writeString(output.resolve("latest"), "gone");
    CommandRun run = CommandRun.of((line + " --output=" + output).split(" "));
    assertThat(run.code()).isOne();
    assertThat(run.err().strip())
        .isEqualTo(latest + " names the run gone, which does not exist" + remedy);
  }

  @Test
  void aMessageWithoutACodeStaysAsItIs() {
    assertThat(GraftCommand.sentence(new GraftException("a is damaged.")))
        .isEqualTo("a is damaged.");
  }

  @Test
  void theOptionReplacesTheNameOfAServersSetting() {
    assertSetting(
        () -> new ServeSettings.RequestLimits(0, 1, 1, Duration.ofSeconds(1)),
        "--max-body: must be a whole number from 1 to 1024, not 0.");
    assertSetting(
        () -> new ServeSettings.RequestLimits(1, 0, 1, Duration.ofSeconds(1)),
        "--max-megapixels: must be a whole number from 1 to 1000, not 0.");
    assertSetting(
        () -> new ServeSettings.RequestLimits(1, 1, 0, Duration.ofSeconds(1)),
        "--max-images: must be a whole number from 1 to 10000, not 0.");
    assertSetting(
        () -> new ServeSettings.RequestLimits(1, 1, 1, Duration.ZERO),
        "--timeout: must be a whole number from 1 to 3600, not 0.");
    assertSetting(
        () -> new ServeSettings.Access(List.of("a b"), List.of(), false),
        "--host-name: must be a name without scheme and port, such as images.example.org, not"
            + " a b.");
    assertSetting(
        () -> new ServeSettings.Access(List.of(), List.of("a"), false),
        "--allow-origin: must be an origin such as https://example.org, or *, not a.");
    assertThat(
            GraftCommand.sentence(
                new GraftException("Port 1 is in use; choose another port.")
                    .withCode(Code.SETTING, "port")))
        .isEqualTo("Port 1 is in use; choose another port (--port).");
  }

  private static void assertSetting(Runnable settings, String message) {
    Assertions.assertThatExceptionOfType(GraftException.class)
        .isThrownBy(settings::run)
        .satisfies(problem -> assertThat(GraftCommand.sentence(problem)).isEqualTo(message));
  }
}
