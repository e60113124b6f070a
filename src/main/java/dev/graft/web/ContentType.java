package dev.graft.web;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.eclipse.jetty.http.HttpField;

/**
 * A {@code Content-Type} header.
 *
 * @param media the type and subtype, in lower case
 * @param parameters by name, in any case
 */
public record ContentType(String media, Map<String, String> parameters) {
  public static ContentType of(String header) {
    Map<String, String> parameters = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    String media = header == null ? "" : HttpField.getValueParameters(header, parameters);
    return new ContentType(media == null ? "" : media.strip().toLowerCase(Locale.ROOT), parameters);
  }
}
