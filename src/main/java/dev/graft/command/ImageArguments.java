package dev.graft.command;

import dev.graft.data.Listing;
import dev.graft.files.FileKind;
import dev.graft.files.FolderWalk;
import dev.graft.files.FolderWalk.Entry;
import dev.graft.files.PathPattern;
import dev.graft.util.Messages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;

/**
 * Expands command-line arguments to images: a file stands for itself, a folder for all images below
 * it, and a pattern such as {@code photos/**}{@code /*.jpg} for its matches, since not every shell
 * expands it. A name that exists is never read as a pattern.
 */
final class ImageArguments {
  private ImageArguments() {}

  /**
   * Returns the images in the order of the arguments; below a folder, sorted by path.
   *
   * @param heic receives the HEIC files that are skipped because they were not named themselves
   */
  static List<ImageInput> expand(List<String> arguments, Consumer<Path> heic) {
    List<ImageInput> inputs = new ArrayList<>();
    arguments.forEach(argument -> expand(argument, inputs, heic));
    return inputs;
  }

  private static void expand(String argument, List<ImageInput> inputs, Consumer<Path> heic) {
    if (argument.isEmpty()) { // otherwise the folder here
      inputs.add(new ImageInput.Nothing(argument, "The name of an image is empty."));
      return;
    }
    try {
      Path path = Path.of(argument);
      if (Files.isDirectory(path)) {
        Finder finder = new Finder();
        finder.below(path);
        add(finder, argument, "There are no images in " + argument, inputs, heic);
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
    } else if (PathPattern.isPattern(argument)) {
      add(matches(argument), argument, "Nothing matches " + argument, inputs, heic);
    } else {
      inputs.add(
          new ImageInput.Nothing(argument, argument + " does not exist." + advice(argument)));
    }
  }

  /**
   * Returns a remedy for an argument that the locale could not decode, so that it names no file.
   */
  private static String advice(String argument) {
    return argument.indexOf('\ufffd') < 0 ? "" : " " + Listing.localeAdvice();
  }

  private static void add(
      Finder finder,
      String argument,
      String nothing,
      List<ImageInput> inputs,
      Consumer<Path> heic) {
    if (finder.found.isEmpty()) {
      int skipped = finder.heic.size();
      String only = skipped == 0 ? "." : " that Graft can read, only " + skipped + " in HEIC.";
      inputs.add(new ImageInput.Nothing(argument, nothing + only));
    }
    inputs.addAll(finder.sorted());
    finder.heic.forEach(heic);
  }

  /** Returns what a pattern matches. A folder that matches stands for the images below it. */
  private static Finder matches(String argument) {
    Finder finder = new Finder();
    PathPattern.of(argument)
        .ifPresent(pattern -> pattern.find(finder::match, finder.heic::add, finder::failed));
    return finder;
  }

  /** Finds the images in all folders. */
  private static final class Finder implements FolderWalk.Visitor {
    private final List<ImageInput> found = new ArrayList<>();
    private final List<Path> heic = new ArrayList<>();

    void below(Path folder) {
      try {
        FolderWalk.through(Entry.folder(folder), this);
      } catch (IOException e) {
        failed(folder, e);
      }
    }

    void match(Entry match) {
      if (match.isFolder()) {
        below(match.path());
      } else {
        found.add(new ImageInput.OfFile(match.path()));
      }
    }

    List<ImageInput> sorted() {
      found.sort(Comparator.comparing(ImageInput::name));
      return found;
    }

    @Override
    public boolean enters(Entry folder) {
      return true;
    }

    @Override
    public void file(Entry file) {
      if (file.isImage()) {
        found.add(new ImageInput.OfFile(file.path()));
      } else if (FileKind.isHeic(file.path())) {
        heic.add(file.path());
      }
    }

    @Override
    public void failed(Path folder, IOException failure) {
      String why = folder + " cannot be read: " + Messages.reason(failure) + ".";
      found.add(new ImageInput.Nothing(folder.toString(), why));
    }
  }
}
