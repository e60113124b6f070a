package dev.graft.files;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Decides which files of a folder are images: by the suffix, or by the first bytes if the suffix is
 * unknown. Whether the content is valid is checked when the file is read.
 */
public final class FileKind {
  private static final Set<String> IMAGES =
      Set.of("png", "jpg", "jpeg", "jpe", "jfif", "gif", "bmp", "tif", "tiff", "webp");

  private static final Set<String> IMAGES_GRAFT_CANNOT_READ =
      Set.of(
          "heic", "heif", "hif", "avif", "jxl", "jp2", "svg", "psd", "raw", "dng", "cr2", "cr3",
          "nef", "arw", "orf", "raf", "rw2", "pef", "srw");

  private static final Set<String> HEIC = Set.of("heic", "heif", "hif");

  private static final Set<String> NO_IMAGES =
      Set.of(
          "txt", "csv", "tsv", "json", "jsonl", "ndjson", "xml", "yaml", "yml", "md", "html", "htm",
          "pdf", "doc", "docx", "xls", "xlsx", "zip", "gz", "tar", "7z", "rar", "mp3", "mp4", "mov",
          "avi", "mkv", "webm", "py", "sh", "npy", "mat", "db", "ini", "log", "xmp");

  private static final int MAX_SIGNATURE = 26;

  /** One character per byte. "BM" alone for BMP would match any text about a BMW. */
  private static final Pattern SIGNATURES =
      Pattern.compile(
          "\u0089PNG\r\n\u001a\n.*|\u00ff\u00d8\u00ff.*|GIF8[79]a.*|II\\*\0.*|MM\0\\*.*"
              + "|RIFF.{4}WEBP.*|BM.{4}\0{4}.{4}[\f-|]\0{3}.*",
          Pattern.DOTALL);

  /** Names that file managers and operating systems create, in lower case. */
  private static final Set<String> LITTER =
      Set.of(
          "thumbs.db",
          "desktop.ini",
          "__macosx",
          "$recycle.bin",
          "recycler",
          "system volume information",
          "lost+found",
          "#recycle",
          "#snapshot",
          "@eadir",
          "@tmp",
          "@recycle",
          "@recently-snapshot",
          "__pycache__");

  private FileKind() {}

  /** Returns whether a file or folder is hidden, or created by a file manager or system. */
  public static boolean isLitter(Path path) {
    String name = path.getFileName() == null ? "" : path.getFileName().toString();
    return name.startsWith(".") || LITTER.contains(name.toLowerCase(Locale.ROOT));
  }

  /** Returns whether a file in a folder is taken for an image. */
  public static boolean isImage(Path file) {
    String suffix = suffix(file);
    return IMAGES.contains(suffix)
        || (!NO_IMAGES.contains(suffix)
            && !IMAGES_GRAFT_CANNOT_READ.contains(suffix)
            && beginsLikeImage(file));
  }

  /** Returns whether a file has the suffix of a format that Graft reads. */
  public static boolean hasImageSuffix(Path file) {
    return IMAGES.contains(suffix(file));
  }

  /** Returns whether a file has the suffix of an image format that Graft does not read. */
  public static boolean isOtherImage(Path file) {
    return IMAGES_GRAFT_CANNOT_READ.contains(suffix(file));
  }

  /** Returns whether a file has the suffix of HEIC, the format of iPhones. */
  public static boolean isHeic(Path file) {
    return HEIC.contains(suffix(file));
  }

  /** Returns the suffix in lower case, or "" if there is none. */
  public static String suffix(Path file) {
    String name = file.getFileName().toString();
    int dot = name.lastIndexOf('.');
    return dot < 1 ? "" : name.substring(dot + 1).toLowerCase(Locale.ROOT);
  }

  private static boolean beginsLikeImage(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      String begin = new String(in.readNBytes(MAX_SIGNATURE), StandardCharsets.ISO_8859_1);
      return SIGNATURES.matcher(begin).matches();
    } catch (IOException e) {
      return false; // unreadable, and of an unknown suffix
    }
  }
}
