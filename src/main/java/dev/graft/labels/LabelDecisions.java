package dev.graft.labels;

import dev.graft.GraftException;
import dev.graft.data.Listing;
import dev.graft.io.AtomicFiles;
import dev.graft.io.Csv;
import dev.graft.output.OutputFolder;
import dev.graft.util.Messages;
import dev.graft.util.PathText;
import dev.graft.util.Text;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Carries out decisions about labels by moving files: a moved image goes to the folder of its new
 * class, a dropped one to a folder outside of the data. Everything is checked before the first file
 * is moved, and a list of all moves is written before, which undoes them.
 */
public final class LabelDecisions {
  /** The name of the list that undoes the moves. */
  public static final String UNDO = "labels-undo.csv";

  private static final String DROPPED = "dropped";

  static final List<String> DECIDED = List.of("path", "decision", "to");
  private static final Set<String> DECISIONS = Set.of("keep", "move", "drop");
  private static final List<String> MOVED = List.of("from", "to");

  private final Path data;
  private final Path file;
  private final Path dropped;
  private final List<Path> missing = new ArrayList<>();
  private final List<Path> occupied = new ArrayList<>();

  /** The paths that files are moved to. */
  private final Set<Path> taken = new HashSet<>();

  private LabelDecisions(Path data, Path file, OutputFolder output) {
    this.data = data.toAbsolutePath().normalize();
    this.file = file;
    dropped = output.inspections().toAbsolutePath().normalize().resolve(DROPPED);
  }

  /** A file and where it goes. */
  private record Move(Path from, Path to) {}

  /**
   * What was done.
   *
   * @param moved number of files
   * @param missing files that could not be moved back, because they are gone
   * @param occupied paths that no file was moved back to, because another file is there
   * @param undo the list that undoes the moves
   */
  public record Applied(int moved, List<Path> missing, List<Path> occupied, Path undo) {
    /** Copies the lists. */
    public Applied {
      missing = List.copyOf(missing);
      occupied = List.copyOf(occupied);
    }
  }

  /**
   * Moves the files of a data set's folder.
   *
   * @param file the decisions, or the list that undoes earlier ones
   * @throws GraftException if a row can't be carried out; nothing is moved then
   */
  public static Applied apply(Path data, Path file, OutputFolder output) throws IOException {
    return new LabelDecisions(data, file, output).apply(output);
  }

  /**
   * Reads a table of decisions, or one that undoes them.
   *
   * @return its rows, the header included
   * @throws GraftException if it is missing, or neither of the two
   */
  public static List<List<String>> read(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new GraftException(
          file + " does not exist; save it on the page of the command inspect.");
    }
    List<List<String>> rows = Csv.read(file);
    List<String> header = rows.isEmpty() ? List.of() : rows.get(0);
    if (!header.equals(DECIDED) && !header.equals(MOVED)) {
      boolean semicolons = header.size() == 1 && header.get(0).contains(";");
      throw new GraftException(
          file
              + (semicolons
                  ? ": its columns are separated by semicolons; save it with commas."
                  : ": the first row must be path,decision,to, or from,to to undo decisions."));
    }
    for (int i = 1; i < rows.size(); i++) {
      if (rows.get(i).size() != header.size()) {
        throw GraftException.of("%s, row %d: has %d columns.", file, i + 1, rows.get(i).size());
      }
    }
    return rows;
  }

  /**
   * Checks the decision of a row.
   *
   * @param where the beginning of the error message
   */
  static void checkDecision(List<String> row, String where) {
    if (!DECISIONS.contains(row.get(1))) {
      throw new GraftException(
          where + "the decision must be keep, move or drop, not " + row.get(1) + ".");
    }
    if (row.get(1).equals("move") && row.get(2).isBlank()) {
      throw new GraftException(where + "the column to is empty; name the class to move it to.");
    }
  }

  private Applied apply(OutputFolder output) throws IOException {
    List<List<String>> rows = read(file);
    boolean undoes = rows.get(0).equals(MOVED);
    List<Move> moves = new ArrayList<>();
    Set<Path> sources = new HashSet<>();
    for (int i = 1; i < rows.size(); i++) {
      String where = file + ", row " + (i + 1) + ": ";
      Move move = undoes ? undo(rows.get(i), where) : decided(rows.get(i), where);
      if (move != null) {
        if (!sources.add(move.from())) {
          throw new GraftException(where + move.from() + " is in the list twice.");
        }
        moves.add(move);
      }
    }
    if (moves.isEmpty()) {
      if (!occupied.isEmpty()) {
        throw GraftException.of(
            "%s: other files are where it would move images back to, such as %s; move them"
                + " elsewhere.",
            file, occupied.get(0));
      }
      throw new GraftException(
          missing.isEmpty()
              ? file
                  + (undoes
                      ? ": all images are back already; nothing was moved."
                      : ": no image was moved or dropped; all are to be kept, or are in their class"
                          + " already.")
              : file + ": all images are gone that it would move back, such as " + missing.get(0));
    }
    Path folder =
        output.inspection(
            data.getFileName() + "-applied",
            into -> Files.writeString(into.resolve(UNDO), undoList(moves)));
    Path undo = folder.resolve(UNDO);
    for (Move move : moves) {
      try {
        Files.createDirectories(move.to().getParent());
        AtomicFiles.move(move.from(), move.to());
      } catch (IOException e) {
        throw new GraftException(
            Text.of(
                "%s could not be moved to %s (%s); %s undoes the moves before it.",
                move.from(), move.to(), Messages.of(e), undo),
            e);
      }
    }
    return new Applied(moves.size(), missing, occupied, undo);
  }

  private static String undoList(List<Move> moves) {
    StringBuilder csv = new StringBuilder(Csv.row(MOVED));
    moves.forEach(
        move -> csv.append(Csv.row(List.of(move.from().toString(), move.to().toString()))));
    return csv.toString();
  }

  private Move decided(List<String> row, String where) throws IOException {
    checkDecision(row, where);
    Path from = inside(row.get(0), where);
    String decision = row.get(1);
    if (decision.equals("keep")) {
      return null;
    }
    if (!Files.isRegularFile(from)) {
      throw new GraftException(where + from + " does not exist; inspect the images again.");
    }
    Path to =
        decision.equals("drop")
            ? dropped.resolve(data.relativize(from))
            : classFolder(from, row.get(2), where).resolve(from.getFileName());
    return to.equals(from) ? null : new Move(from, free(to)); // null: it is there already
  }

  /**
   * Returns the folder of a class. The data folder is searched first, then each folder on the way
   * to the image.
   */
  private Path classFolder(Path from, String name, String where) throws IOException {
    Path inner = data.relativize(from);
    int folders = Math.max(1, inner.getNameCount() - 1); // an image may be beside the classes
    Path parent = data;
    for (int i = 0; i < folders; i++) {
      if (folders > 1 && i == 0 && Listing.isPart(inner.getName(0).toString())) {
        parent = parent.resolve(inner.getName(0)); // its siblings are parts, not classes
        continue;
      }
      try (Stream<Path> beside = Files.list(parent)) {
        Optional<Path> found = beside.filter(other -> isClass(other, name)).findFirst();
        if (found.isPresent()) {
          return found.get();
        }
      }
      parent = parent.resolve(inner.getName(i));
    }
    throw new GraftException(
        where + "the folder of the class " + name + " is missing in " + data + ".");
  }

  private static boolean isClass(Path folder, String name) {
    return Files.isDirectory(folder)
        && PathText.fileName(folder).map(Listing::normalized).filter(name::equals).isPresent();
  }

  private Path inside(String path, String where) {
    try {
      Path resolved = data.resolve(path.startsWith("/") ? path.substring(1) : path).normalize();
      if (!path.isBlank() && resolved.startsWith(data) && !resolved.equals(data)) {
        return resolved;
      }
    } catch (InvalidPathException e) {
      throw new GraftException(where + path + " is not a path.", e);
    }
    throw new GraftException(where + path + " is not inside " + data + ".");
  }

  /** Returns the path, with a number before its suffix if there is such a file. */
  private Path free(Path wanted) {
    String name = wanted.getFileName().toString();
    int dot = name.lastIndexOf('.') < 0 ? name.length() : name.lastIndexOf('.');
    Path path = wanted;
    for (int i = 2; Files.exists(path, LinkOption.NOFOLLOW_LINKS) || !taken.add(path); i++) {
      path = wanted.resolveSibling(name.substring(0, dot) + "-" + i + name.substring(dot));
    }
    return path;
  }

  private static Path path(String text, String where) {
    try {
      return Path.of(text).normalize();
    } catch (InvalidPathException e) {
      throw new GraftException(where + text + " is not a path.", e);
    }
  }

  private Move undo(List<String> row, String where) {
    Path back = path(row.get(0), where);
    Path now = path(row.get(1), where);
    if (!back.startsWith(data) && !(back.startsWith(dropped) && now.startsWith(data))) {
      throw new GraftException(where + back + " is not inside " + data + ".");
    }
    Path beside = file.toAbsolutePath().normalize().getParent().resolveSibling(DROPPED);
    if (!now.startsWith(data) && !now.startsWith(dropped) && !now.startsWith(beside)) {
      throw new GraftException(where + now + " is not inside " + data + " or " + dropped + ".");
    }
    if (Files.exists(back, LinkOption.NOFOLLOW_LINKS)) {
      if (Files.exists(now, LinkOption.NOFOLLOW_LINKS)) {
        occupied.add(back);
      } // else it was not moved, or is back already
      return null;
    }
    if (!Files.exists(now, LinkOption.NOFOLLOW_LINKS)) {
      missing.add(now);
      return null;
    }
    if (!Files.isRegularFile(now)) {
      throw new GraftException(where + now + " is not a file.");
    }
    if (!taken.add(back)) {
      throw new GraftException(where + back + " is in the list twice.");
    }
    return new Move(now, back);
  }
}
