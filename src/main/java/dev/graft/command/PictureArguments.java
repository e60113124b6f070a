package dev.graft.command;

import dev.graft.picture.FileKind;
import java.io.File;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.PatternSyntaxException;

/**
 * From what stands on the command line to pictures: a file is itself, a folder the pictures below
 * it, and a pattern such as {@code photos/**}{@code /*.jpg} what it matches, for there need not be
 * a shell that expands it. What exists under the very name is never read as a pattern.
 */
final class PictureArguments {
  private static final String PATTERN_CHARACTERS = "*?[{";

  /**
   * In {@code **}{@code /}, shells let the folders be none; outside of braces, Java can be told.
   */
  private static final String ANY_FOLDERS = "\\*\\*/(?![^{]*})";

  private PictureArguments() {}

  /** What is asked for, in the order of the arguments, and below a folder in the paths' order. */
  static List<PictureInput> expand(List<String> arguments) {
    List<PictureInput> inputs = new ArrayList<>();
    arguments.forEach(argument -> expand(argument, inputs));
    return inputs;
  }

  private static void expand(String argument, List<PictureInput> inputs) {
    try {
      Path path = Path.of(argument);
      if (Files.isDirectory(path)) {
        add(below(path), argument, "There are no pictures in " + argument + ".", inputs);
        return;
      }
      if (Files.exists(path)) {
        inputs.add(new PictureInput.OfFile(path));
        return;
      }
    } catch (InvalidPathException e) {
      // On Windows a pattern is no path.
    }
    if (argument.equals(PictureInput.BUNDLED_NAME)) {
      inputs.add(new PictureInput.Bundled());
    } else if (isPattern(argument)) {
      String nothing = "Nothing matches " + argument + ".";
      add(matches(argument.replace(File.separatorChar, '/')), argument, nothing, inputs);
    } else {
      inputs.add(new PictureInput.Nothing(argument, argument + " does not exist."));
    }
  }

  private static void add(
      List<PictureInput> found, String argument, String nothing, List<PictureInput> inputs) {
    inputs.addAll(found.isEmpty() ? List.of(new PictureInput.Nothing(argument, nothing)) : found);
  }

  private static boolean isPattern(String text) {
    return text.chars().anyMatch(c -> PATTERN_CHARACTERS.indexOf(c) >= 0);
  }

  /**
   * What a pattern matches: below the folders at its beginning that exist, whatever characters are
   * in their names. A folder that it matches stands for the pictures below.
   */
  private static List<PictureInput> matches(String argument) {
    int start = 0;
    for (int end = argument.indexOf('/'); end >= 0; end = argument.indexOf('/', end + 1)) {
      String folder = argument.substring(0, end + 1);
      if (isPattern(folder) && !Files.isDirectory(Path.of(folder))) {
        break;
      }
      start = end + 1;
    }
    Path base = Path.of(argument.substring(0, start));
    String pattern = argument.substring(start);
    if (!Files.isDirectory(base) || !isPattern(pattern)) {
      return List.of();
    }
    PathMatcher matcher;
    try {
      matcher =
          FileSystems.getDefault()
              .getPathMatcher("glob:" + pattern.replaceAll(ANY_FOLDERS, "{,**/}"));
    } catch (PatternSyntaxException e) {
      return List.of();
    }
    int depth =
        pattern.contains("**")
            ? Integer.MAX_VALUE
            : (int) pattern.chars().filter(c -> c == '/').count() + 1;
    // "photos/*" means the pictures; who names a kind of files means those.
    boolean anyKind = pattern.endsWith("*");
    Predicate<Path> wanted = path -> matcher.matches(base.relativize(path));
    return walk(
        base, depth, wanted, file -> wanted.test(file) && (!anyKind || FileKind.isPicture(file)));
  }

  private static List<PictureInput> below(Path folder) {
    return walk(folder, Integer.MAX_VALUE, path -> false, FileKind::isPicture);
  }

  /**
   * Walks through a folder.
   *
   * @param folders which folders stand for all pictures below
   * @param files which files are wanted
   */
  private static List<PictureInput> walk(
      Path top, int depth, Predicate<Path> folders, Predicate<Path> files) {
    Walk walk = new Walk(top, folders, files);
    try {
      Files.walkFileTree(top, EnumSet.of(FileVisitOption.FOLLOW_LINKS), depth, walk);
    } catch (IOException e) {
      walk.visitFileFailed(top, e);
    }
    walk.found.sort(Comparator.comparing(PictureInput::name));
    return walk.found;
  }

  private static final class Walk extends SimpleFileVisitor<Path> {
    private final Path top;
    private final Predicate<Path> folders;
    private final Predicate<Path> files;
    private final List<PictureInput> found = new ArrayList<>();

    Walk(Path top, Predicate<Path> folders, Predicate<Path> files) {
      this.top = top;
      this.folders = folders;
      this.files = files;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
      if (folder.equals(top)) {
        return FileVisitResult.CONTINUE;
      } else if (FileKind.isLitter(folder)) {
        return FileVisitResult.SKIP_SUBTREE;
      } else if (folders.test(folder)) {
        found.addAll(below(folder));
        return FileVisitResult.SKIP_SUBTREE;
      }
      return FileVisitResult.CONTINUE;
    }

    /** Files, and folders that are as deep as the walk goes. */
    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      if (FileKind.isLitter(file)) {
        return FileVisitResult.CONTINUE;
      }
      if (attributes.isDirectory()) {
        if (folders.test(file)) {
          found.addAll(below(file));
        }
      } else if (!attributes.isOther() && files.test(file)) { // a pipe would be waited for
        found.add(new PictureInput.OfFile(file));
      }
      return FileVisitResult.CONTINUE;
    }

    /** A link to a folder above leads to nothing new; another failure is told in its place. */
    @Override
    public FileVisitResult visitFileFailed(Path path, IOException failure) {
      if (!(failure instanceof FileSystemLoopException)) {
        String why =
            failure instanceof AccessDeniedException
                ? " may not be read by you."
                : " cannot be read: " + failure.getMessage() + ".";
        found.add(new PictureInput.Nothing(path.toString(), path + why));
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path folder, IOException failure) {
      return failure == null ? FileVisitResult.CONTINUE : visitFileFailed(folder, failure);
    }
  }
}
