package dev.graft.util;

import java.io.IOException;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The text of a path, whatever the locale. Java decodes file names by the locale, so that under
 * {@code LC_ALL=C} each byte of {@code é.png} that is not ASCII becomes U+FFFD, and several names
 * become one. A path still has its bytes; they are decoded as UTF-8 here.
 */
public final class PathText {
  private static final char REPLACEMENT = '\ufffd';

  /** Text that no shell changes; a backslash is a separator on Windows. */
  private static final Pattern PLAIN = Pattern.compile("[\\p{L}\\p{N}/._\\-+:\\\\]+");

  private PathText() {}

  /** Returns the path's text, with {@code \xE9} for each byte of a name that is not UTF-8. */
  public static String of(Path path) {
    return path.toString().indexOf(REPLACEMENT) < 0 ? path.toString() : decoded(path);
  }

  /**
   * Returns the absolute path without {@code .} and {@code ..}, the same wherever a file is named.
   * A {@code ..} behind a symbolic link stays, because without it the path leads elsewhere.
   */
  public static Path absolute(Path path) {
    Path absolute = path.toAbsolutePath();
    Path normalized = absolute.normalize();
    boolean climbs = absolute.toString().contains("..");
    boolean same =
        !climbs
            || isSameFile(absolute, normalized)
            || isSameFile(absolute.getParent(), normalized.getParent()); // the file is missing
    return same ? normalized : absolute;
  }

  private static boolean isSameFile(Path a, Path b) {
    try {
      return Files.isSameFile(a, b);
    } catch (IOException e) {
      return false;
    }
  }

  /** Returns the last name of a path, or empty if it is not UTF-8. */
  public static Optional<String> fileName(Path path) {
    Path name = path.getFileName();
    return name.toString().indexOf(REPLACEMENT) < 0
        ? Optional.of(name.toString())
        : utf8(bytes(name));
  }

  /** Returns a path as a word of a shell's command line, quoted if necessary. */
  public static String quoted(String path) {
    return PLAIN.matcher(path).matches() ? path : "'" + path.replace("'", "'\\''") + "'";
  }

  private static String decoded(Path path) {
    StringBuilder text = new StringBuilder(path.getRoot() == null ? "" : path.getRoot().toString());
    for (Path name : path) {
      if (!text.isEmpty() && !text.toString().endsWith(path.getFileSystem().getSeparator())) {
        text.append(path.getFileSystem().getSeparator());
      }
      text.append(fileName(name).orElseGet(() -> escaped(bytes(name))));
    }
    return text.toString();
  }

  /** Returns the bytes of a name, of which a URI has the percent-encoding. */
  private static byte[] bytes(Path name) {
    String uri = name.toUri().getRawPath().replaceFirst("/$", "");
    String encoded = uri.substring(uri.lastIndexOf('/') + 1).replace("+", "%2B"); // a form's space
    return URLDecoder.decode(encoded, StandardCharsets.ISO_8859_1)
        .getBytes(StandardCharsets.ISO_8859_1);
  }

  private static Optional<String> utf8(byte[] bytes) {
    try {
      return Optional.of(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }

  private static String escaped(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    for (byte each : bytes) {
      text.append(
          each >= 0
              ? Character.toString(each)
              : String.format(Locale.ROOT, "\\x%02X", each & 0xff));
    }
    return text.toString();
  }
}
