package dev.graft.util;

import com.google.errorprone.annotations.FormatMethod;
import java.math.BigDecimal;
import java.util.Locale;

/** Formats text the same way in every locale. */
public final class Text {
  private Text() {}

  /** Formats as {@link String#format} does; Error Prone checks the values against the format. */
  @FormatMethod
  public static String of(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  /** Formats a number without an exponent from 0.000001 on: {@code 0.0005}, {@code 1.0e-8}. */
  public static String number(double value) {
    String text = Double.toString(value);
    return text.contains("E-") && Math.abs(value) >= 1e-6
        ? new BigDecimal(text).stripTrailingZeros().toPlainString()
        : text.replace('E', 'e');
  }
}
