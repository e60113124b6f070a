package dev.graft.command;

import dev.graft.data.Listing;
import dev.graft.image.FolderWalk;
import dev.graft.image.FolderWalk.Entry;
import java.io.File;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.regex.PatternSyntaxException;

/**
 * Expands command-line arguments to images: a file stands for itself, a folder for all images below
 * it, and a pattern such as {@code photos/**}{@code /*.jpg} for its matches, since not every shell
 * expands it. A name that exists is never read as a pattern.
 */
final class ImageArguments {
  private static final String PATTERN_CHARACTERS = "*?[{";

  /**
   * Matches {@code **}{@code /}, which in a shell also stands for no folder; Java needs an
   * alternative.
   */
  private static final String ANY_FOLDERS = "\\*\\*/(?![^{]*})";

  private ImageArguments() {}

  /** Returns the images in the order of the arguments; below a folder, sorted by path. */
  static List<ImageInput> expand(List<String> arguments) {
    List<ImageInput> inputs = new ArrayList<>();
    arguments.forEach(argument -> expand(argument, inputs));
    return inputs;
  }

  private static void expand(String argument, List<ImageInput> inputs) {
    try {
      Path path = Path.of(argument);
      if (Files.isDirectory(path)) {
        add(below(path), argument, "There are no images in " + argument + ".", inputs);
        return;
      }
      if (Files.exists(path)) {
        inputs.add(new ImageInput.OfFile(path));
        return;
      }
    } catch (InvalidPathException e) {
      // On Windows a pattern is not a path.
    }
    if (argument.equals(ImageInput.BUNDLED_NAME)) {
      inputs.add(new ImageInput.Bundled());
    } else if (isPattern(argument)) {
      String nothing = "Nothing matches " + argument + ".";
      add(matches(argument.replace(File.separatorChar, '/')), argument, nothing, inputs);
    } else {
      inputs.add(
          new ImageInput.Nothing(argument, argument + " does not exist." + advice(argument)));
    }
  }

  /** An argument that the locale could not decode names no file. */
  private static String advice(String argument) {
    return argument.indexOf('\ufffd') < 0 ? "" : " " + Listing.localeAdvice();
  }

  private static void add(
      List<ImageInput> found, String argument, String nothing, List<ImageInput> inputs) {
    inputs.addAll(found.isEmpty() ? List.of(new ImageInput.Nothing(argument, nothing)) : found);
  }

  private static boolean isPattern(String text) {
    return text.chars().anyMatch(c -> PATTERN_CHARACTERS.indexOf(c) >= 0);
  }

  /**
   * Returns what a pattern matches. Leading folders that exist are taken literally, whatever
   * characters are in their names. A folder that matches stands for the images below it.
   */
  private static List<ImageInput> matches(String argument) {
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
    // "photos/*" means images; "photos/*.txt" means those files.
    boolean anyKind = pattern.endsWith("*");
    Predicate<Path> wanted = path -> matcher.matches(base.relativize(path));
    List<ImageInput> found = new ArrayList<>();
    walk(
        base,
        FolderWalk::throughAllNames,
        new Finder(found) {
          @Override
          public boolean enters(Entry folder) {
            if (wanted.test(folder.path())) {
              found.addAll(below(folder.path()));
              return false;
            }
            return base.relativize(folder.path()).getNameCount() < depth;
          }

          @Override
          boolean wants(Entry file) {
            return wanted.test(file.path()) && (!anyKind || file.isImage());
          }
        });
    return found;
  }

  private static List<ImageInput> below(Path folder) {
    List<ImageInput> found = new ArrayList<>();
    walk(folder, FolderWalk::through, new Finder(found));
    return found;
  }

  private static void walk(Path top, BiConsumer<Entry, Finder> walk, Finder finder) {
    try {
      walk.accept(Entry.folder(top), finder);
    } catch (IOException e) {
      finder.failed(top, e);
    }
    finder.found.sort(Comparator.comparing(ImageInput::name));
  }

  /** Finds the images in all folders. */
  private static class Finder implements FolderWalk.Visitor {
    private final List<ImageInput> found;

    Finder(List<ImageInput> found) {
      this.found = found;
    }

    boolean wants(Entry file) {
      return file.isImage();
    }

    @Override
    public boolean enters(Entry folder) {
      return true;
    }

    /** Ignores pipes: reading one could block. */
    @Override
    public void file(Entry file) {
      if (file.kind() != FolderWalk.Kind.OTHER && wants(file)) {
        found.add(new ImageInput.OfFile(file.path()));
      }
    }

    @Override
    public void failed(Path folder, IOException failure) {
      String why =
          failure instanceof AccessDeniedException
              ? " cannot be read: permission denied."
              : " cannot be read: " + failure.getMessage() + ".";
      found.add(new ImageInput.Nothing(folder.toString(), folder + why));
    }
  }
}
