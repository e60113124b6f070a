package dev.graft.data;

import dev.graft.GraftException;
import dev.graft.Names;
import dev.graft.Text;
import dev.graft.picture.FolderWalk;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
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
 * @param classes the labels, each once, sorted by code point
 * @param files sorted by path, each file once a class and part
 * @param notes what was ignored, and what looks odd
 */
public record Listing(
    String name, List<String> classes, List<PictureFile> files, List<Note> notes) {
  private static final int LONGEST_NAME = 40;
  private static final int LONGEST_LABEL = 200;

  /** Control characters, separators of lines and paragraphs, halves of characters. */
  private static final Pattern BREAKS_LINES = Pattern.compile("[\\p{Cc}\\p{Zl}\\p{Zp}\\p{Cs}]");

  static final Comparator<String> BY_CODE_POINT = FolderWalk::compareCodePoints;

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
      throw GraftException.of(
          "%s does not exist: name a folder of class folders, or a manifest (CSV or JSON lines).",
          data);
    }
    return Manifest.read(data);
  }

  /** What both kinds of data must fulfil. */
  static Listing checked(Path data, List<PictureFile> found, List<Note> notes) {
    List<PictureFile> files = found.stream().sorted(BY_PATH).toList();
    Set<String> classes = labels(files, part -> true);
    Set<String> learned = labels(files, part -> part != Part.VALIDATION && part != Part.TEST);
    if (learned.isEmpty()) {
      throw new GraftException(
          data + " has no pictures to train on: all are for validation or test.");
    }
    Set<String> unknown = without(classes, learned);
    if (!unknown.isEmpty()) {
      throw GraftException.of(
          "%s has classes for validation or test that it has no training pictures of: %s. Add some"
              + " to train, or leave these classes out.",
          data, Names.quoted(unknown));
    }
    if (classes.size() < 2) {
      throw GraftException.of(
          "%s has only one class with pictures, %s; a classifier needs at least 2 classes.",
          data, Names.quoted(classes));
    }
    List<Note> all = new ArrayList<>(notes);
    for (Part part : List.of(Part.VALIDATION, Part.TEST)) {
      Set<String> present = labels(files, part::equals);
      if (!present.isEmpty() && present.size() < classes.size()) {
        boolean test = part == Part.TEST;
        Note.Kind kind = test ? Note.Kind.NOT_IN_TEST : Note.Kind.NOT_IN_VALIDATION;
        all.add(Note.of(kind, data, without(classes, present)));
      }
    }
    classes.stream()
        .collect(
            Collectors.groupingBy(
                c -> c.toLowerCase(Locale.ROOT), TreeMap::new, Collectors.toList()))
        .values()
        .stream()
        .filter(alike -> alike.size() > 1)
        .forEach(alike -> all.add(Note.of(Note.Kind.ALIKE_CLASSES, data, alike)));
    return new Listing(fitName(data), List.copyOf(classes), files, all);
  }

  private static Set<String> without(Set<String> labels, Set<String> others) {
    Set<String> rest = new TreeSet<>(BY_CODE_POINT);
    rest.addAll(labels);
    rest.removeAll(others);
    return rest;
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
      throw GraftException.of(
          "%s has a label of more than %s characters, which begins with %s: shorten it.",
          where, LONGEST_LABEL, label.substring(0, label.offsetByCodePoints(0, 40)));
    }
    if (BREAKS_LINES.matcher(label).find()) {
      throw GraftException.of(
          "%s has a label with line breaks or control characters: %s. Labels are lines of a file;"
              + " take them out.",
          where, BREAKS_LINES.matcher(label).replaceAll("?"));
    }
    return label;
  }

  /** What helps when a file's name does not fit into the names that Java can write here. */
  public static String localeAdvice() {
    String encoding = System.getProperty("sun.jnu.encoding", "");
    return encoding.equalsIgnoreCase("UTF-8")
        ? "Rename it: it is not in UTF-8, as file names are here."
        : Text.of(
            "File names are in %s here, since the shell's locale says so: start again with"
                + " LC_ALL=C.UTF-8.",
            encoding);
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
}
