package dev.graft;

import com.google.errorprone.annotations.FormatMethod;
import java.util.Locale;

/** Texts with values in them, the same in every locale. */
public final class Text {
  private Text() {}

  /** As {@link String#format}; the compiler compares the format with the values. */
  @FormatMethod
  public static String of(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
