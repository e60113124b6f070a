package dev.graft.studio;

import dev.graft.studio.Refusal.Reason;
import dev.graft.util.Messages;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Names from requests. A class name is accepted as it is or refused, because the user has chosen
 * it; a file name is changed until it is safe on every file system.
 */
final class SafeNames {
  /** Maximum length of a name in UTF-8 bytes: file systems allow 255, and a number may be added. */
  private static final int MAX_BYTES = 200;

  /** Characters that Windows does not allow in names; the disk may be read there. */
  private static final Pattern FORBIDDEN = Pattern.compile("[<>:\"/\\\\|?*]");

  /** Names of devices on Windows, with any suffix. */
  private static final Pattern DEVICE =
      Pattern.compile(
          "(con|prn|aux|nul|conin\\$|conout\\$|(com|lpt)[\\d¹²³])(\\..*)?",
          Pattern.CASE_INSENSITIVE);

  private SafeNames() {}

  /**
   * Returns the name of a class and of its folder.
   *
   * @throws Refusal if it can't be the name of a folder on every system
   */
  static String className(String given) {
    String name = Normalizer.normalize(given == null ? "" : given.strip(), Normalizer.Form.NFC);
    if (name.codePoints().allMatch(Character::isSpaceChar)) {
      throw new Refusal(Reason.NAME_EMPTY);
    }
    if (name.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
      throw new Refusal(Reason.NAME_LONG, Integer.toString(MAX_BYTES));
    }
    if (name.startsWith(".") || name.endsWith(".")) {
      throw new Refusal(Reason.NAME_PERIOD);
    }
    if (FORBIDDEN.matcher(name).find()) {
      throw new Refusal(Reason.NAME_FORBIDDEN);
    }
    if (name.codePoints().anyMatch(SafeNames::isInvisible)) {
      throw new Refusal(Reason.NAME_INVISIBLE);
    }
    if (DEVICE.matcher(name).matches()) {
      throw new Refusal(Reason.NAME_DEVICE);
    }
    return name;
  }

  /** Returns whether a character is invisible, or has no glyph that every system knows. */
  private static boolean isInvisible(int character) {
    int type = Character.getType(character);
    return !Messages.isPrintable(character)
        || type == Character.UNASSIGNED
        || type == Character.PRIVATE_USE;
  }

  /**
   * Returns a safe file name.
   *
   * @param header the name from a header, percent-encoded; may be null
   * @param format of the image, such as {@code png}; becomes the suffix unless the name has one
   */
  static String fileName(String header, String format) {
    String name = Normalizer.normalize(decoded(header), Normalizer.Form.NFC);
    name = name.substring(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
    StringBuilder safe = new StringBuilder();
    name.codePoints().filter(each -> !isInvisible(each)).forEach(safe::appendCodePoint);
    name = FORBIDDEN.matcher(safe).replaceAll("_").strip().replaceFirst("^[.\\s]+", "");
    int dot = name.lastIndexOf('.');
    String suffix = dot < 0 ? "" : name.substring(dot + 1).toLowerCase(Locale.ROOT);
    String stem = dot < 0 ? name : name.substring(0, dot);
    if (!hasSuffix(format, suffix)) {
      stem = name;
      suffix = format.equals("jpeg") ? "jpg" : format;
    }
    stem = shortened(stem).replaceFirst("[.\\s]+$", "");
    return (stem.isEmpty() || DEVICE.matcher(stem).matches() ? "image" : stem) + "." + suffix;
  }

  private static boolean hasSuffix(String format, String suffix) {
    return switch (format) {
      case "jpeg" -> suffix.matches("jpe?g|jpe|jfif");
      case "tiff" -> suffix.matches("tiff?");
      default -> suffix.equals(format);
    };
  }

  private static String decoded(String header) {
    if (header == null) {
      return "";
    }
    try {
      return URLDecoder.decode(header.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return header; // not encoded
    }
  }

  private static String shortened(String stem) {
    StringBuilder kept = new StringBuilder();
    int bytes = 0;
    for (int character : stem.codePoints().toArray()) {
      String text = Character.toString(character);
      bytes += text.getBytes(StandardCharsets.UTF_8).length;
      if (bytes > MAX_BYTES) {
        break;
      }
      kept.append(text);
    }
    return kept.toString();
  }
}
