package dev.graft.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.TypeConversionException;

class TimeOptionTest {
  private final TimeOption option = new TimeOption();

  @Test
  void secondsMinutesAndHours() {
    assertThat(option.convert("90s")).isEqualTo(Duration.ofSeconds(90));
    assertThat(option.convert("10m")).isEqualTo(Duration.ofMinutes(10));
    assertThat(option.convert("1h")).isEqualTo(Duration.ofHours(1));
  }

  @Test
  void anythingElseIsRefused() {
    for (String text : List.of("", "10", "0m", "-5m", "1.5h", "10 m", "10min", "1000000h")) {
      assertThatThrownBy(() -> option.convert(text))
          .isInstanceOf(TypeConversionException.class)
          .hasMessage(
              "must be a number of seconds, minutes or hours, such as 90s, 10m or 1h, not " + text);
    }
  }
}
