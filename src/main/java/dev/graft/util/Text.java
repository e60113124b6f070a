package dev.graft.util;

import com.google.errorprone.annotations.FormatMethod;
import java.util.Locale;

/** Formats text the same way in every locale. */
public final class Text {
  private Text() {}

  /** Formats as {@link String#format} does; Error Prone checks the values against the format. */
  @FormatMethod
  public static String of(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
