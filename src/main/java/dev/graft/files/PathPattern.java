package dev.graft.files;

import dev.graft.files.FolderWalk.Entry;
import java.io.File;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.regex.PatternSyntaxException;

/**
 * A pattern of files and folders on this machine, such as {@code photos/**}{@code /*.jpg}, as in a
 * shell: {@code **} stands for any number of folders, including none. Leading folders that exist
 * are taken literally, whatever characters are in their names.
 */
public final class PathPattern {
  private static final String CHARACTERS = "*?[{";

  /**
   * Matches {@code **}{@code /}, which in a shell also stands for no folder; Java needs an
   * alternative.
   */
  private static final String ANY_FOLDERS = "\\*\\*/(?![^{]*})";

  private final Path base;
  private final PathMatcher matcher;

  /** Number of levels of folders below the base that may contain matches. */
  private final int depth;

  /** Whether only the matches that are images are meant: "photos/*", but not "photos/*.txt". */
  private final boolean anyKind;

  private PathPattern(Path base, String pattern) {
    this.base = base;
    matcher =
        FileSystems.getDefault()
            .getPathMatcher("glob:" + pattern.replaceAll(ANY_FOLDERS, "{,**/}"));
    depth =
        pattern.contains("**")
            ? Integer.MAX_VALUE
            : (int) pattern.chars().filter(c -> c == '/').count() + 1;
    anyKind = pattern.endsWith("*");
  }

  /** Returns whether a text has characters of a pattern. */
  public static boolean isPattern(String text) {
    return text.chars().anyMatch(c -> CHARACTERS.indexOf(c) >= 0);
  }

  /** Parses a pattern; empty if nothing can match it. */
  public static Optional<PathPattern> of(String text) {
    String argument = text.replace(File.separatorChar, '/');
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
      return Optional.empty();
    }
    try {
      return Optional.of(new PathPattern(base, pattern));
    } catch (PatternSyntaxException e) {
      return Optional.empty();
    }
  }

  /**
   * Visits what matches: files, and folders, whose content is not visited.
   *
   * @param matches receives each file and folder
   * @param heic receives each HEIC file that matches, in place of {@code matches}, if only images
   *     are meant
   * @param failed receives each folder that cannot be listed
   */
  public void find(
      Consumer<Entry> matches, Consumer<Path> heic, BiConsumer<Path, IOException> failed) {
    Entry top;
    try {
      top = Entry.folder(base);
    } catch (IOException e) {
      failed.accept(base, e);
      return;
    }
    FolderWalk.throughAllNames(
        top,
        new FolderWalk.Visitor() {
          @Override
          public boolean enters(Entry folder) {
            if (isMatch(folder)) {
              matches.accept(folder);
              return false;
            }
            return base.relativize(folder.path()).getNameCount() < depth;
          }

          /** Ignores pipes: reading one could block. */
          @Override
          public void file(Entry file) {
            if (file.kind() == FolderWalk.Kind.OTHER || !isMatch(file)) {
              return;
            }
            if (anyKind && FileKind.isHeic(file.path())) {
              heic.accept(file.path());
            } else if (!anyKind || file.isImage()) {
              matches.accept(file);
            }
          }

          @Override
          public void failed(Path folder, IOException failure) {
            failed.accept(folder, failure);
          }
        });
  }

  private boolean isMatch(Entry entry) {
    return matcher.matches(base.relativize(entry.path()));
  }
}
