package dev.graft.web;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpField;

/**
 * A {@code Content-Type} header.
 *
 * @param media the type and subtype, in lower case
 * @param parameters by name, in any case
 */
public record ContentType(String media, Map<String, String> parameters) {
  /** Blanks around separators, which Jetty would take for a part of names and values. */
  private static final Pattern BLANKS = Pattern.compile("(\"[^\"]*+\")|(?<!\\s)\\s*+([;=])\\s*+");

  public static ContentType of(String header) {
    Map<String, String> parameters = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    String plain = header == null ? "" : BLANKS.matcher(header).replaceAll("$1$2");
    String media = HttpField.getValueParameters(plain, parameters);
    return new ContentType(media == null ? "" : media.strip().toLowerCase(Locale.ROOT), parameters);
  }
}
