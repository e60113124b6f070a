package dev.graft.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.GraftException;
import dev.graft.tuning.RunEvents;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DrawingsTest {
  private final List<String> reported = new ArrayList<>();
  private final Drawings drawings =
      new Drawings(
          (RunEvents)
              Proxy.newProxyInstance(
                  RunEvents.class.getClassLoader(),
                  new Class<?>[] {RunEvents.class},
                  (proxy, method, arguments) -> {
                    assertThat(method.getName()).isEqualTo("warned");
                    reported.add((String) arguments[0]);
                    return null;
                  }));

  static Stream<Throwable> failures() {
    return Stream.of(
        new GraftException("Cannot draw loss.png, because Java finds no fonts here."),
        new OutOfMemoryError("Java heap space"),
        new NegativeArraySizeException("-2"),
        new NoClassDefFoundError("sun.font.SunFontManager"),
        new InternalError("java.lang.reflect.InvocationTargetException"),
        new StackOverflowError());
  }

  @ParameterizedTest
  @MethodSource("failures")
  void aChartThatCannotBeDrawnIsAWarning(Throwable failure) {
    drawings.draw(Path.of("plots/loss.png"), () -> sneak(failure));
    assertThat(drawings.warnings()).hasSize(1).isEqualTo(reported);
    assertThat(reported.get(0)).startsWith("loss.png is missing: ").endsWith(".");
  }

  @Test
  void theReasonIsNamed() {
    drawings.draw(Path.of("a.png"), () -> sneak(new OutOfMemoryError("Java heap space")));
    drawings.draw(Path.of("b.png"), () -> sneak(new GraftException("No fonts.")));
    drawings.draw(Path.of("c.png"), () -> reported.add("drawn"));
    assertThat(drawings.warnings())
        .containsExactly(
            "a.png is missing: there was not enough memory to draw it.",
            "b.png is missing: No fonts.");
    assertThat(reported).contains("drawn");
  }

  @SuppressWarnings("unchecked")
  private static <T extends Throwable> void sneak(Throwable failure) throws T {
    throw (T) failure;
  }
}
