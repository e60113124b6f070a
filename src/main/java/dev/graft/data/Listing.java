package dev.graft.data;

import dev.graft.GraftException;
import dev.graft.files.FolderWalk;
import dev.graft.image.ImageFileReader;
import dev.graft.util.Names;
import dev.graft.util.Text;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The images of a data set, and their labels. The data is a folder of class folders; or a folder
 * with a part of the data set in each folder, see {@link PartName}, which has the class folders; or
 * a manifest, a CSV or JSON lines file with a path, a label and, optionally, a split for each
 * image. Images are not opened; nothing is written.
 *
 * <p>Labels are normalized to Unicode's composed form (NFC), without surrounding blanks: macOS
 * decomposes file names, Linux does not.
 *
 * @param name of the folder or the manifest, reduced to letters and digits of any script and {@code
 *     -_.}, 1 to 40 characters
 * @param classes the labels, each once, sorted by code point
 * @param files sorted by path, each file once per class and part
 * @param notes what was skipped, and what looks odd
 */
public record Listing(String name, List<String> classes, List<ImageFile> files, List<Note> notes) {
  private static final int MAX_NAME = 40;
  private static final int MAX_LABEL = 200;

  /** Control characters, line and paragraph separators, surrogates. */
  private static final Pattern BREAKS_LINES = Pattern.compile("[\\p{Cc}\\p{Zl}\\p{Zp}\\p{Cs}]");

  static final Comparator<String> BY_CODE_POINT = FolderWalk::compareCodePoints;

  private static final Comparator<ImageFile> BY_PATH =
      Comparator.comparing(ImageFile::path, Listing::compare)
          .thenComparing(ImageFile::path)
          .thenComparing(ImageFile::label, BY_CODE_POINT);

  public Listing {
    classes = List.copyOf(classes);
    files = List.copyOf(files);
    notes = List.copyOf(notes);
  }

  /**
   * Compares two paths as if both were absolute, so that the order is the same from every working
   * folder. Relative paths all begin with the path of the data, and need not be made absolute to be
   * compared with each other.
   */
  private static int compare(Path a, Path b) {
    return a.isAbsolute() == b.isAbsolute()
        ? BY_CODE_POINT.compare(withSlashes(a), withSlashes(b))
        : BY_CODE_POINT.compare(
            withSlashes(a.toAbsolutePath().normalize()),
            withSlashes(b.toAbsolutePath().normalize()));
  }

  private static String withSlashes(Path path) {
    return path.toString().replace(path.getFileSystem().getSeparator(), "/");
  }

  /**
   * Lists a folder or a manifest by the default rules.
   *
   * @throws GraftException if it has fewer than two classes
   */
  public static Listing of(Path data) {
    return of(data, ReadingRules.DEFAULT);
  }

  /**
   * Lists a folder or a manifest. Validation images keep their part.
   *
   * @throws GraftException if it has fewer than two classes
   */
  public static Listing of(Path data, ReadingRules rules) {
    if (Files.isDirectory(data)) {
      if (rules.nameColumns()) {
        throw new GraftException(
            "columns and path-pattern: only a manifest has columns, and "
                + data
                + " is a folder; name the manifest.");
      }
      return FolderListing.of(data, rules.trains());
    }
    if (!Files.exists(data)) {
      throw GraftException.of(
          "%s %s: give a folder of class folders, or a manifest (CSV or JSON lines).",
          data, Files.isSymbolicLink(data) ? "is a link that leads nowhere" : "does not exist");
    }
    return Manifest.read(data, rules);
  }

  /**
   * Checks what applies to both kinds of data, and sorts it.
   *
   * @param trains whether every class must have training images
   */
  static Listing checked(Path data, List<ImageFile> found, List<Note> notes, boolean trains) {
    List<ImageFile> files = found.stream().sorted(BY_PATH).toList();
    Set<String> classes = labels(files, part -> true);
    Set<String> learned = labels(files, part -> part != Part.VALIDATION && part != Part.TEST);
    if (trains) {
      requireTraining(data, classes, learned, notes);
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
        .forEach(alike -> all.add(Note.of(Note.Kind.CLASSES_DIFFER_IN_CASE, data, alike)));
    return new Listing(fitName(data), List.copyOf(classes), files, all);
  }

  private static void requireTraining(
      Path data, Set<String> classes, Set<String> learned, List<Note> notes) {
    String heic =
        notes.stream()
            .filter(note -> note.kind() == Note.Kind.HEIC)
            .map(note -> " " + ImageFileReader.ignoredHeic(note.count()))
            .collect(Collectors.joining());
    if (learned.isEmpty()) {
      throw GraftException.of(
          "%s has no images to train on: all are for validation or test.%s", data, heic);
    }
    Set<String> unknown = without(classes, learned);
    if (!unknown.isEmpty()) {
      throw GraftException.of(
          "%s has classes for validation or test that it has no training images of: %s. Add some"
              + " to train, or leave these classes out.%s",
          data, Names.quoted(unknown), heic);
    }
    if (classes.size() < 2) {
      throw GraftException.of(
          "%s has only one class with images, %s%s; a classifier needs at least 2 classes.%s",
          data,
          Names.quoted(classes),
          notes.stream()
              .filter(note -> note.kind() == Note.Kind.EMPTY_CLASSES)
              .map(note -> " (there are none in " + Names.quoted(note.names()) + ")")
              .collect(Collectors.joining()),
          heic);
    }
  }

  /**
   * Returns the listing with its validation images as test images, if it has no test images. New
   * validation images are then split off the training images.
   */
  Listing withValidationAsTest(Path data) {
    Set<Optional<Part>> parts = files.stream().map(ImageFile::part).collect(Collectors.toSet());
    if (!parts.contains(Optional.of(Part.VALIDATION)) || parts.contains(Optional.of(Part.TEST))) {
      return this;
    }
    List<Note> all = new ArrayList<>();
    for (Note note : notes) {
      all.add(
          note.kind() == Note.Kind.NOT_IN_VALIDATION
              ? Note.of(Note.Kind.NOT_IN_TEST, data, note.names())
              : note);
    }
    List<ImageFile> changed =
        files.stream()
            .map(
                file ->
                    file.part().equals(Optional.of(Part.VALIDATION))
                        ? new ImageFile(file.path(), file.label(), Optional.of(Part.TEST))
                        : file)
            .toList();
    long held = changed.stream().filter(f -> f.part().equals(Optional.of(Part.TEST))).count();
    all.add(Note.of(Note.Kind.VALIDATION_AS_TEST, data, held, files.size()));
    return new Listing(name, classes, changed, all);
  }

  private static Set<String> without(Set<String> labels, Set<String> others) {
    Set<String> rest = new TreeSet<>(BY_CODE_POINT);
    rest.addAll(labels);
    rest.removeAll(others);
    return rest;
  }

  /** Returns the labels in some parts; the predicate gets null for files without a part. */
  private static Set<String> labels(List<ImageFile> files, Predicate<Part> parts) {
    Set<String> labels = new TreeSet<>(BY_CODE_POINT);
    for (ImageFile file : files) {
      if (parts.test(file.part().orElse(null))) {
        labels.add(file.label());
      }
    }
    return labels;
  }

  /** Returns whether a folder's name means a part, such as {@code train} or {@code test_set}. */
  public static boolean isPart(String folder) {
    return PartName.of(folder).isPresent();
  }

  /** Returns the label that a text or a folder's name stands for: in NFC, without blanks around. */
  public static String normalized(String text) {
    return Normalizer.normalize(text, Normalizer.Form.NFC).strip();
  }

  /**
   * Normalizes and checks a label.
   *
   * @param where the beginning of the error message
   */
  static String label(String text, String where) {
    String label = normalized(text);
    if (label.isEmpty()) {
      throw new GraftException(where + " has an empty label: every image needs a class.");
    }
    if (label.codePointCount(0, label.length()) > MAX_LABEL) {
      throw GraftException.of(
          "%s has a label of more than %s characters, which begins with %s: shorten it.",
          where, MAX_LABEL, label.substring(0, label.offsetByCodePoints(0, 40)));
    }
    if (BREAKS_LINES.matcher(label).find()) {
      throw GraftException.of(
          "%s has a label with line breaks or control characters: %s. Labels are lines of a file:"
              + " remove them.",
          where, BREAKS_LINES.matcher(label).replaceAll("?"));
    }
    return label;
  }

  /** Returns the remedy for file names that the locale's encoding does not have. */
  public static String localeAdvice() {
    String encoding = System.getProperty("sun.jnu.encoding", "");
    return encoding.equalsIgnoreCase("UTF-8")
        ? "Rename it: file names are in UTF-8 here, and it is not."
        : Text.of(
            "File names are in %s in this locale: start again with LC_ALL=C.UTF-8.", encoding);
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
    if (fit.codePointCount(0, fit.length()) > MAX_NAME) {
      fit = fit.substring(0, fit.offsetByCodePoints(0, MAX_NAME));
    }
    fit = fit.replaceFirst("[-._]+$", "");
    return fit.isEmpty() ? "images" : fit;
  }
}
