package dev.graft.data;

import dev.graft.GraftException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Which pictures a user's data consists of, and what they show. The data is a folder of class
 * folders; or a folder with {@code train}, {@code val} or {@code validation}, and {@code test},
 * each a folder of class folders; or a manifest, a CSV or JSON lines file with a path, a label and
 * perhaps a split for each picture. Pictures are not opened; nothing is written.
 *
 * <p>A label is compared and kept in Unicode's composed form (NFC) without the blanks around it:
 * macOS decomposes names, Linux does not, and both mean one class.
 *
 * @param name the folder's or the manifest's, made fit for a part of a folder name: letters and
 *     digits of any script, {@code -_.}, 1 to 40 of them
 * @param root what relative paths start from
 * @param classes the labels, each once, sorted by code point
 * @param files sorted by path, each file once a class and part
 * @param notes sentences for the log: what was ignored, and what looks odd
 */
public record Listing(
    String name, Path root, List<String> classes, List<PictureFile> files, List<String> notes) {
  private static final int LONGEST_NAME = 40;
  private static final int LONGEST_LABEL = 200;

  /** Sorts as UTF-8 and UTF-32 do; {@link String#compareTo} puts emoji before some of the BMP. */
  static final Comparator<String> BY_CODE_POINT = Listing::compareCodePoints;

  private static final Comparator<PictureFile> BY_PATH =
      Comparator.comparing(
              (PictureFile file) ->
                  file.path().toString().replace(file.path().getFileSystem().getSeparator(), "/"),
              BY_CODE_POINT)
          .thenComparing(PictureFile::path)
          .thenComparing(PictureFile::label, BY_CODE_POINT);

  public Listing {
    classes = List.copyOf(classes);
    files = List.copyOf(files);
    notes = List.copyOf(notes);
  }

  /**
   * Lists a folder or a manifest.
   *
   * @throws GraftException if no set of at least two classes can be made of it
   */
  public static Listing of(Path data) {
    if (Files.isDirectory(data)) {
      return FolderListing.of(data);
    }
    if (!Files.exists(data)) {
      throw new GraftException(
          "%s does not exist: name a folder of class folders, or a manifest (CSV or JSON lines)."
              .formatted(data));
    }
    return Manifest.read(data);
  }

  /** What both kinds of data must fulfil. */
  static Listing checked(Path data, Path root, List<PictureFile> found, List<String> notes) {
    List<PictureFile> files = found.stream().sorted(BY_PATH).toList();
    Set<String> classes = labels(files, part -> true);
    Set<String> learned = labels(files, part -> part != Part.VALIDATION && part != Part.TEST);
    if (learned.isEmpty()) {
      throw new GraftException(
          "%s has no pictures to train on: all are for validation or test.".formatted(data));
    }
    Set<String> unknown = new TreeSet<>(BY_CODE_POINT);
    unknown.addAll(classes);
    unknown.removeAll(learned);
    if (!unknown.isEmpty()) {
      throw new GraftException(
          "%s has classes for validation or test that it has no training pictures of: %s. Add some to train, or leave these classes out."
              .formatted(data, few(unknown)));
    }
    if (classes.size() < 2) {
      throw new GraftException(
          "%s has only one class with pictures, %s; a classifier needs at least 2 classes."
              .formatted(data, few(classes)));
    }
    List<String> remarks = new ArrayList<>(notes);
    for (Part part : EnumSet.of(Part.VALIDATION, Part.TEST)) {
      Set<String> present = labels(files, part::equals);
      if (!present.isEmpty() && present.size() < classes.size()) {
        Set<String> missing = new TreeSet<>(BY_CODE_POINT);
        missing.addAll(classes);
        missing.removeAll(present);
        remarks.add(
            "No picture for %s shows %s."
                .formatted(part.name().toLowerCase(Locale.ROOT), few(missing)));
      }
    }
    classes.stream()
        .collect(
            Collectors.groupingBy(
                c -> c.toLowerCase(Locale.ROOT), TreeMap::new, Collectors.toList()))
        .values()
        .stream()
        .filter(alike -> alike.size() > 1)
        .forEach(
            alike ->
                remarks.add(
                    "Classes %s differ in upper and lower case only; they are kept apart."
                        .formatted(few(alike))));
    return new Listing(fitName(data), root, List.copyOf(classes), files, remarks);
  }

  /** The labels of the pictures of some parts; the part is null where a file has none. */
  private static Set<String> labels(List<PictureFile> files, Predicate<Part> parts) {
    Set<String> labels = new TreeSet<>(BY_CODE_POINT);
    for (PictureFile file : files) {
      if (parts.test(file.part().orElse(null))) {
        labels.add(file.label());
      }
    }
    return labels;
  }

  /**
   * A label as it is kept.
   *
   * @param where the begin of the sentence that refuses it
   */
  static String label(String text, String where) {
    String label = Normalizer.normalize(text, Normalizer.Form.NFC).strip();
    if (label.isEmpty()) {
      throw new GraftException(where + " has an empty label: every picture needs a class.");
    }
    if (label.codePointCount(0, label.length()) > LONGEST_LABEL) {
      throw new GraftException(
          "%s has a label of more than %d characters, which begins with %s: shorten it."
              .formatted(
                  where,
                  LONGEST_LABEL,
                  printable(label.substring(0, label.offsetByCodePoints(0, 40)))));
    }
    if (label.codePoints().anyMatch(Listing::breaksLines)) {
      throw new GraftException(
          "%s has a label with line breaks or control characters: %s. Labels are lines of a file; take them out."
              .formatted(where, printable(label)));
    }
    return label;
  }

  private static boolean breaksLines(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE ->
          true;
      default -> false;
    };
  }

  /** A text with everything that could confuse a terminal replaced. */
  static String printable(String text) {
    return text.codePoints()
        .map(c -> breaksLines(c) ? '?' : c)
        .limit(200)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  /** What helps when a file's name does not fit into the names that Java can write here. */
  static String localeAdvice() {
    String encoding = System.getProperty("sun.jnu.encoding", "");
    return encoding.equalsIgnoreCase("UTF-8")
        ? "Rename it: it is not in UTF-8, as file names are here."
        : "File names are in %s here, since the shell's locale says so: start again with LC_ALL=C.UTF-8."
            .formatted(encoding);
  }

  private static String fitName(Path data) {
    Path last = data.toAbsolutePath().normalize().getFileName();
    String name = last == null ? "" : last.toString();
    if (!Files.isDirectory(data)) {
      name = name.replaceFirst("(?i)\\.(csv|jsonl|ndjson|json|txt)$", "");
    }
    String fit =
        Normalizer.normalize(name, Normalizer.Form.NFC)
            .replaceAll("[^\\p{L}\\p{M}\\p{Nd}._-]+", "-")
            .replaceFirst("^[-._\\p{M}]+", "");
    if (fit.codePointCount(0, fit.length()) > LONGEST_NAME) {
      fit = fit.substring(0, fit.offsetByCodePoints(0, LONGEST_NAME));
    }
    fit = fit.replaceFirst("[-._]+$", "");
    return fit.isEmpty() ? "pictures" : fit;
  }

  /** The first names of a collection, and how many there are beyond them. */
  static String few(Iterable<String> names) {
    List<String> shown = new ArrayList<>();
    int beyond = 0;
    for (String name : names) {
      if (shown.size() < 5) {
        shown.add("\"" + printable(name) + "\"");
      } else {
        beyond++;
      }
    }
    return String.join(", ", shown) + (beyond == 0 ? "" : " and %,d more".formatted(beyond));
  }

  /** {@code 1 picture}, {@code 2 pictures}. */
  static String count(long number, String noun) {
    return String.format(Locale.ROOT, "%,d %s%s", number, noun, number == 1 ? "" : "s");
  }

  private static int compareCodePoints(String a, String b) {
    int shorter = Math.min(a.length(), b.length());
    for (int i = 0; i < shorter; i++) {
      if (a.charAt(i) != b.charAt(i)) {
        return Integer.compare(a.codePointAt(i), b.codePointAt(i));
      }
    }
    return Integer.compare(a.length(), b.length());
  }
}
