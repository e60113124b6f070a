package dev.graft.data;

import dev.graft.GraftException;
import dev.graft.util.Text;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Reads a manifest in UTF-8: CSV (RFC 4180) with a header that names {@code path}, {@code label}
 * and, optionally, {@code split}, or other columns that {@link ReadingRules} name; or JSON lines
 * with these keys. Relative paths start from the manifest's folder and stay in it; absolute paths
 * may lead anywhere. A path with backslashes, or with blanks around it, is read as written if there
 * is such a file, else with slashes and without the blanks.
 */
final class Manifest {
  private static final int MAX_ROWS = 5_000_000;

  /** A drive or a share, with slashes. */
  private static final Pattern WINDOWS_ROOT = Pattern.compile("[A-Za-z]:/|//");

  private final Path manifest;
  private final ReadingRules rules;
  private final Path folder;
  private final List<ImageFile> files = new ArrayList<>();

  /** The index of each path in {@link #files}. */
  private final Map<Path, Integer> places = new HashMap<>();

  /** The line number of each file's row. */
  private final List<Integer> lines = new ArrayList<>();

  /** Each label once in memory, by its spelling in the manifest. */
  private final Map<String, String> labels = new HashMap<>();

  private final Set<String> otherColumns = new TreeSet<>(Listing.BY_CODE_POINT);
  private int rows;
  private int repeated;

  private Manifest(Path manifest, ReadingRules rules) {
    this.manifest = manifest;
    this.rules = rules;
    Path parent = manifest.getParent();
    this.folder = parent == null ? Path.of("") : parent;
  }

  /** Reads a manifest as training data. */
  static Listing read(Path file, ReadingRules rules) {
    Manifest manifest = parsed(file, rules);
    return Listing.checked(file, manifest.files, manifest.notes(), rules.trains());
  }

  /** Returns the images that a manifest lists, unchecked. */
  static List<ImageFile> files(Path file) {
    return parsed(file, ReadingRules.DEFAULT).files;
  }

  private static Manifest parsed(Path file, ReadingRules rules) {
    if (!Files.isRegularFile(file)) {
      throw new GraftException(
          file + " is neither a folder nor a file: give a folder of class folders, or a manifest.");
    }
    Manifest manifest = new Manifest(file, rules);
    manifest.otherColumns.addAll(ManifestRows.read(file, rules, manifest::add));
    if (manifest.files.isEmpty()) {
      throw new GraftException(file + " lists no images: write a path and a label on each line.");
    }
    return manifest;
  }

  private void add(ManifestRows.Row row) {
    if (++rows > MAX_ROWS) {
      throw GraftException.of(
          "%s is not a manifest (CSV or JSON lines): it has more than %,d rows.",
          manifest, MAX_ROWS);
    }
    String where = manifest + ", line " + row.line() + ",";
    Path path = path(row.path(), where);
    String label = labels.computeIfAbsent(row.label(), text -> Listing.label(text, where));
    ImageFile file = new ImageFile(path, label, part(row.split().strip(), where));
    Integer place = places.putIfAbsent(path, files.size());
    if (place == null) {
      files.add(file);
      lines.add(row.line());
    } else if (files.get(place).equals(file)) {
      repeated++;
    } else {
      String what = files.get(place).label().equals(label) ? "splits" : "labels";
      throw GraftException.of(
          "%s has %s twice, with different %s, in lines %s and %s: remove one of them.",
          manifest, row.path(), what, lines.get(place), row.line());
    }
  }

  private Path path(String value, String where) {
    if (value.isBlank()) {
      throw new GraftException(where + " has an empty path: every image needs one.");
    }
    String text = rules.pathOf(value);
    Path path = resolved(text, where);
    String plain = rules.pathOf(value.strip()).strip().replace('\\', '/');
    if (plain.equals(text) || File.separatorChar == '\\' || Files.exists(path)) {
      return path;
    }
    // Written with blanks around it, or on Windows.
    if (WINDOWS_ROOT.matcher(plain).lookingAt()) {
      throw GraftException.of(
          "%s has a Windows path, %s, which does not exist here: write paths relative to the"
              + " manifest's folder.",
          where, text);
    }
    return resolved(plain, where);
  }

  private Path resolved(String text, String where) {
    Path path;
    try {
      path = Path.of(text).normalize();
    } catch (InvalidPathException e) {
      boolean unwritable =
          text.codePoints().anyMatch(c -> c > 127)
              && !System.getProperty("sun.jnu.encoding", "").equalsIgnoreCase("UTF-8");
      String advice = unwritable ? Listing.localeAdvice() : "Correct it, or remove the line.";
      throw new GraftException(
          Text.of("%s has a path that cannot be a file name: %s. %s", where, text, advice), e);
    }
    if (path.isAbsolute()) {
      return path;
    }
    if (path.startsWith("..") || path.getRoot() != null || path.toString().isEmpty()) {
      throw GraftException.of(
          "%s has a path that leads out of the manifest's folder: %s. Move the image into it, or"
              + " give its absolute path.",
          where, text);
    }
    return folder.resolve(path);
  }

  private static Optional<Part> part(String word, String where) {
    Optional<Part> part = PartName.part(word);
    if (part.isEmpty() && !word.isEmpty()) {
      throw GraftException.of(
          "%s has an unknown split, \"%s\": write train, val or test, or leave it empty.",
          where, word);
    }
    return part;
  }

  private List<Note> notes() {
    List<Note> notes = new ArrayList<>();
    otherColumns.removeAll(
        List.of(
            rules.inLowerCase().path(),
            rules.path(),
            rules.inLowerCase().label(),
            rules.label(),
            rules.inLowerCase().split(),
            rules.split(),
            SplitCsv.SHA256));
    if (!otherColumns.isEmpty()) {
      notes.add(Note.of(Note.Kind.OTHER_COLUMNS, manifest, otherColumns));
    }
    if (repeated > 0) {
      notes.add(Note.of(Note.Kind.REPEATED_ROWS, manifest, repeated, rows));
    }
    long without = files.stream().filter(file -> file.part().isEmpty()).count();
    if (without > 0 && without < files.size()) {
      notes.add(Note.of(Note.Kind.WITHOUT_SPLIT, manifest, without, files.size()));
    }
    return notes;
  }
}
