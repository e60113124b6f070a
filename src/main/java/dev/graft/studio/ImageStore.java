package dev.graft.studio;

import dev.graft.GraftException;
import dev.graft.data.OwnOutput;
import dev.graft.files.FileKind;
import dev.graft.files.FolderWalk;
import dev.graft.image.ImageFileReader;
import dev.graft.io.AtomicFiles;
import dev.graft.io.LockFile;
import dev.graft.studio.Journal.Change;
import dev.graft.studio.Refusal.Reason;
import dev.graft.util.Messages;
import io.javalin.http.BadRequestResponse;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A folder of class folders: an ordinary data set, in which every image is a file as soon as it was
 * accepted. Studio's own files (the undo journal, the bin, thumbnails) are in the hidden folder
 * {@link #OWN}, which may be deleted while no studio is open. Symbolic links are ignored, so that
 * nothing outside the folder is read or changed. Thread-safe.
 */
final class ImageStore implements AutoCloseable {
  /** The name of studio's own folder within the folder. */
  static final String OWN = OwnOutput.STUDIO;

  private static final String BIN = OWN + "/bin/";

  /** An empty folder per image whose label a person has confirmed, named by its version. */
  private static final String KEPT = OWN + "/kept/";

  /** Time for which a listing is used without listing the files again, in nanoseconds. */
  private static final long FRESH = TimeUnit.SECONDS.toNanos(30);

  /** File systems store times with a granularity of up to two seconds. */
  private static final long GRANULARITY_MILLIS = 2000;

  private final Path folder;
  private final LockFile lock;
  private final Journal journal;
  private final Map<String, Listing> listings = new HashMap<>();

  /**
   * A class.
   *
   * @param images their number
   */
  record ImageClass(String name, int images) {}

  /**
   * An image file.
   *
   * @param path relative to the folder, with slashes
   * @param version changes with the content
   */
  record Image(String path, String version) {}

  /**
   * The images of a class, sorted by path.
   *
   * @param modified time of the class folder
   * @param flat whether it has no subfolders, so that its time shows every change
   */
  private record Listing(List<Image> images, FileTime modified, long listed, boolean flat) {
    boolean isValid(Path folder) throws IOException {
      FileTime now = Files.getLastModifiedTime(folder);
      boolean settled = System.currentTimeMillis() - now.toMillis() > GRANULARITY_MILLIS;
      return flat && now.equals(modified) && settled && System.nanoTime() - listed < FRESH;
    }
  }

  /**
   * Opens a folder, and creates it if it is missing.
   *
   * @throws GraftException if another studio has it open, or if it can't be written
   */
  ImageStore(Path folder) {
    try {
      AtomicFiles.createFolders(folder);
      this.folder = folder.toRealPath();
      requireNoLinks();
      Files.createDirectories(own("bin"));
      Files.createDirectories(own("kept"));
      lock = lock(folder);
      try {
        AtomicFiles.deleteUnfinished(own("")); // none of it had been accepted
        Files.deleteIfExists(own("arriving"));
        journal = new Journal(this.folder, own("journal.jsonl"));
      } catch (IOException | RuntimeException e) {
        lock.close();
        throw e;
      }
    } catch (FileAlreadyExistsException e) {
      throw new GraftException(folder + " is a file; name a folder.", e);
    } catch (IOException e) {
      throw new GraftException(
          folder + " can't be written (" + Messages.of(e) + "): choose another folder.", e);
    }
  }

  /**
   * Refuses a folder in which studio's own files are links, so that no file elsewhere is changed.
   */
  private void requireNoLinks() throws IOException {
    for (String name : List.of("", "bin", "kept", "thumbnails", "journal.jsonl", "lock")) {
      Path own = own(name);
      if (Files.isSymbolicLink(own)) {
        throw new GraftException(own + " is a link: delete it, or choose another folder.");
      }
    }
  }

  private LockFile lock(Path shown) throws IOException {
    return LockFile.reclaim(own("lock"))
        .orElseThrow(
            () ->
                new GraftException(
                    shown + " is open in another studio: use that one's page, or close it first."));
  }

  Path folder() {
    return folder;
  }

  /** Returns a file in studio's own folder. */
  Path own(String name) {
    return folder.resolve(OWN).resolve(name);
  }

  // Reading.

  /** Returns all classes with their numbers of images, sorted by name. */
  synchronized List<ImageClass> classes() throws IOException {
    List<ImageClass> classes = new ArrayList<>();
    for (String name : names()) {
      classes.add(new ImageClass(name, listing(name).images().size()));
    }
    return classes;
  }

  private List<String> names() throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(each -> Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS))
          .filter(each -> !FileKind.isLitter(each) && !OwnOutput.is(each))
          .filter(this::hasName)
          .map(each -> each.getFileName().toString())
          .sorted(FolderWalk::compareCodePoints)
          .toList();
    }
  }

  /** Returns whether a folder's name can be decoded in this locale. */
  private boolean hasName(Path each) {
    try {
      return folder.resolve(each.getFileName().toString()).equals(each);
    } catch (InvalidPathException e) {
      return false;
    }
  }

  /**
   * Returns the images of a class.
   *
   * @throws Refusal if the class is missing
   */
  synchronized List<Image> images(String name) throws IOException {
    return listing(requireClass(name)).images();
  }

  private Listing listing(String name) throws IOException {
    Path home = folder.resolve(name);
    Listing known = listings.get(name);
    if (known != null && known.isValid(home)) {
      return known;
    }
    FileTime modified = Files.getLastModifiedTime(home);
    List<Image> images = new ArrayList<>();
    boolean[] flat = {true};
    Files.walkFileTree(
        home,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path each, BasicFileAttributes attributes) {
            if (each.equals(home)) {
              return FileVisitResult.CONTINUE;
            }
            flat[0] = false;
            return FileKind.isLitter(each)
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path each, BasicFileAttributes attributes) {
            if (attributes.isRegularFile() && !FileKind.isLitter(each) && FileKind.isImage(each)) {
              images.add(new Image(relative(each), version(attributes)));
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path each, IOException failure) {
            return FileVisitResult.CONTINUE; // deleted by another program in between
          }
        });
    images.sort(Comparator.comparing(Image::path, FolderWalk::compareCodePoints));
    Listing listing = new Listing(List.copyOf(images), modified, System.nanoTime(), flat[0]);
    listings.put(name, listing);
    return listing;
  }

  /** Returns a text that changes with a file's content. */
  static String version(Path file) throws IOException {
    return version(
        Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS));
  }

  private static String version(BasicFileAttributes attributes) {
    return Long.toString(attributes.lastModifiedTime().to(TimeUnit.MICROSECONDS), 36)
        + "-"
        + Long.toString(attributes.size(), 36)
        + "-"
        + Integer.toUnsignedString(String.valueOf(attributes.fileKey()).hashCode(), 36);
  }

  /** Returns a path relative to the folder, with slashes. */
  String relative(Path file) {
    StringBuilder path = new StringBuilder();
    folder.relativize(file).forEach(name -> path.append(path.isEmpty() ? "" : "/").append(name));
    return path.toString();
  }

  /**
   * Returns the file of an image.
   *
   * @param path as given from outside
   * @throws BadRequestResponse if it leads out of the classes
   * @throws Refusal if the file is missing
   */
  Path file(String path) {
    Path relative;
    try {
      relative = Path.of(path == null ? "" : path);
    } catch (InvalidPathException e) {
      throw new BadRequestResponse("This is not the path of an image.");
    }
    if (relative.getRoot() != null || relative.getNameCount() < 2) {
      throw new BadRequestResponse("The path of an image is its class and its name.");
    }
    Path file = folder;
    for (Path name : relative) {
      if (name.toString().startsWith(".")) { // hidden, or upward
        throw new BadRequestResponse("The path of an image has no hidden names.");
      }
      file = file.resolve(name);
      if (Files.isSymbolicLink(file)) {
        throw new BadRequestResponse("Links are not followed.");
      }
    }
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new Refusal(Reason.IMAGE_MISSING);
    }
    return file;
  }

  private String requireClass(String name) throws IOException {
    if (name == null || !names().contains(name)) {
      throw new Refusal(Reason.CLASS_MISSING);
    }
    return name;
  }

  // Changes.

  /**
   * Creates an empty class.
   *
   * @throws Refusal if there is one of this name
   */
  synchronized void create(String given) throws IOException {
    String name = requireNew(given, "");
    make("class", List.of(UndoStep.make(name)));
  }

  /**
   * Returns a valid class name that no other class has, ignoring case.
   *
   * @param own the current name; empty for a new class
   */
  private String requireNew(String given, String own) throws IOException {
    String name = SafeNames.className(given);
    String folded = name.toLowerCase(Locale.ROOT);
    if (names().stream()
        .filter(each -> !each.equals(own) || each.equals(name))
        .anyMatch(each -> each.toLowerCase(Locale.ROOT).equals(folded))) {
      throw new Refusal(Reason.CLASS_EXISTS);
    }
    try {
      if (FileKind.isLitter(Path.of(name))) {
        throw new Refusal(Reason.NAME_RESERVED);
      }
    } catch (InvalidPathException e) {
      throw new Refusal(Reason.NAME_LOCALE);
    }
    return name;
  }

  /** Renames a class. */
  synchronized void rename(String name, String given) throws IOException {
    make("rename", List.of(new UndoStep(requireClass(name), requireNew(given, name))));
  }

  /** Moves all images of a class into another one. */
  synchronized void merge(String name, String into) throws IOException {
    requireClass(name);
    requireClass(into);
    if (name.equals(into)) {
      throw new BadRequestResponse("A class can't be merged with itself.");
    }
    List<UndoStep> steps = moves(listing(name).images().stream().map(Image::path).toList(), into);
    steps.add(new UndoStep(name, binned(name)));
    make("merge", steps);
  }

  /** Moves a class with its images into the bin. */
  synchronized void deleteClass(String name) throws IOException {
    make("deleteClass", List.of(new UndoStep(requireClass(name), binned(name))));
  }

  /**
   * Stores an image.
   *
   * @param name the file's name as given from outside
   * @param group images of one group are undone together; {@code null} for none
   * @return its path
   * @throws GraftException if it is not an image
   */
  String add(String label, String name, byte[] content, String group) throws IOException {
    String format = ImageFileReader.header(content, "The file").format().toLowerCase(Locale.ROOT);
    synchronized (this) {
      Path home = folder.resolve(requireClass(label));
      String path = label + "/" + free(home, nameable(name, format), Set.of());
      // Written elsewhere, so that a dying process leaves nothing in the class.
      Path arrived = own("arriving");
      AtomicFiles.write(arrived, content);
      Files.move(arrived, folder.resolve(path), StandardCopyOption.ATOMIC_MOVE);
      listings.remove(label);
      record(
          new Change(
              "add",
              group,
              List.of(new UndoStep(binned(path.substring(label.length() + 1)), path))));
      return path;
    }
  }

  /** Returns a safe file name that this locale can write. */
  private static String nameable(String given, String format) {
    String name = SafeNames.fileName(given, format);
    try {
      return Path.of(name).toString();
    } catch (InvalidPathException e) {
      return SafeNames.fileName(null, format);
    }
  }

  /** Records an image that is stored; if that fails, the image stays, but can't be undone. */
  private void record(Change change) {
    try {
      journal.made(change);
    } catch (IOException e) {
      return; // the disk is full, which the next image will report
    }
  }

  /** Moves images into another class. */
  synchronized void move(List<String> paths, String label) throws IOException {
    requireClass(label);
    make("move", moves(paths, label));
  }

  private List<UndoStep> moves(List<String> paths, String label) throws IOException {
    Set<String> taken = new HashSet<>();
    List<UndoStep> steps = new ArrayList<>();
    for (String path : paths) {
      Path file = file(path);
      if (!file.getParent().equals(folder.resolve(label))) {
        String name = free(folder.resolve(label), file.getFileName().toString(), taken);
        taken.add(name);
        steps.add(new UndoStep(relative(file), label + "/" + name));
      }
    }
    return steps;
  }

  /** Moves images into the bin. */
  synchronized void delete(List<String> paths) throws IOException {
    List<UndoStep> steps = new ArrayList<>();
    for (String path : paths) {
      Path file = file(path);
      steps.add(new UndoStep(relative(file), binned(file.getFileName().toString())));
    }
    make("delete", steps);
  }

  /**
   * Marks images as correctly labeled. The mark stays with an image that is moved, and with one
   * whose class is renamed.
   */
  synchronized void keep(List<String> paths) throws IOException {
    List<UndoStep> steps = new ArrayList<>();
    for (String path : paths) {
      UndoStep mark = UndoStep.make(KEPT + version(file(path)));
      if (!mark.isApplied(folder)) {
        steps.add(mark);
      }
    }
    make("keep", steps);
  }

  /** Returns whether an image is still at its path and not marked as correctly labeled. */
  boolean isUnsettled(String path) {
    try {
      return !Files.exists(folder.resolve(KEPT + version(folder.resolve(path))));
    } catch (IOException e) {
      return false; // moved or deleted
    }
  }

  private void make(String kind, List<UndoStep> steps) throws IOException {
    if (!steps.isEmpty()) {
      try {
        journal.make(new Change(kind, null, steps));
      } finally {
        listings.clear();
      }
    }
  }

  /** Returns a name that no file of a folder has: {@code a.png}, {@code a (2).png}, … */
  private static String free(Path home, String name, Set<String> taken) {
    int dot = name.lastIndexOf('.');
    String stem = dot < 1 ? name : name.substring(0, dot);
    String suffix = dot < 1 ? "" : name.substring(dot);
    String free = name;
    for (int i = 2;
        taken.contains(free) || Files.exists(home.resolve(free), LinkOption.NOFOLLOW_LINKS);
        i++) {
      free = stem + " (" + i + ")" + suffix;
    }
    return free;
  }

  private static String binned(String name) {
    return BIN + UUID.randomUUID() + "/" + name;
  }

  // Undo.

  /**
   * Undoes the last change.
   *
   * @return its kind
   * @throws Refusal if there is none
   */
  synchronized String undo() throws IOException {
    try {
      return journal.undo().kind();
    } finally {
      listings.clear();
    }
  }

  /** Redoes the last change that was undone. */
  synchronized String redo() throws IOException {
    try {
      return journal.redo().kind();
    } finally {
      listings.clear();
    }
  }

  /** Returns the kind of the change that {@link #undo} would undo. */
  synchronized Optional<String> undoable() {
    return journal.last().map(Change::kind);
  }

  /** Returns the kind of the change that {@link #redo} would redo. */
  synchronized Optional<String> redoable() {
    return journal.next().map(Change::kind);
  }

  /** Returns the number of images and classes in the bin. */
  int binned() throws IOException {
    try (Stream<Path> all = Files.list(own("bin"))) {
      return (int) all.filter(each -> !isEmpty(each)).count();
    }
  }

  private static boolean isEmpty(Path path) {
    try (Stream<Path> all = Files.list(path)) {
      return all.findAny().isEmpty();
    } catch (IOException e) {
      return true;
    }
  }

  /** Deletes what is in the bin for good; such changes can't be undone any more. */
  synchronized void emptyBin() throws IOException {
    // First, because a full disk may not have the space to write the journal anew.
    AtomicFiles.delete(own("bin"));
    Files.createDirectories(own("bin"));
    try {
      journal.forget(
          change -> change.steps().stream().anyMatch(step -> step.to().startsWith(BIN)),
          change -> change.kind().equals("add"));
    } catch (IOException e) {
      return; // the disk is full; each of these changes is forgotten when its undo is refused
    }
  }

  @Override
  public synchronized void close() throws IOException {
    journal.close();
    lock.close();
  }
}
