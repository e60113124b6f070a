package dev.graft.util;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Turns failure messages of libraries into text that fits into a sentence. */
public final class Messages {
  private static final String NO_REASON = "the system gives no reason";
  private static final int MAX_LINE = 1_600;
  private static final int NON_JOINER = 0x200c;
  private static final int JOINER = 0x200d;

  /** Names of classes and methods, which help programmers only. */
  private static final Pattern CODE =
      Pattern.compile(
          "\\b[a-z]\\w*(\\.[a-z]\\w*)+\\.[A-Z]\\w*|\\b[A-Z]\\w*(Exception|Error)\\b|\\b\\w+\\(\\)|`");

  /** A position in C++ code, followed by a function's signature. */
  private static final Pattern SOURCE =
      Pattern.compile("(?:\\b[A-Za-z]:)?[^\\s:]*\\.(?:cc|cpp|cxx|cu|cuh|h|hpp):\\d+,? ");

  /** The text between a signature's parameters and the message. */
  private static final Pattern QUALIFIER =
      Pattern.compile("\\G(?:::[^()\\s]*(?=\\()|>| const\\b| volatile\\b| noexcept\\b)");

  /** The ending of the name that a file has until it is complete. */
  private static final Pattern TEMPORARY = Pattern.compile("\\.[0-9a-f-]{36}\\.unfinished$");

  private Messages() {}

  /**
   * Returns the first line of a failure's message, without a period at its end; for a file, its
   * path and what is wrong with it.
   *
   * @param otherwise returned if the message is empty or meant for programmers
   */
  public static String of(Throwable failure, String otherwise) {
    String reason = reason(failure, otherwise);
    if (!(failure instanceof FileSystemException file) || file.getFile() == null) {
      return reason;
    }
    return path(file) + ": " + reason;
  }

  /** Returns the path of a file that failed, without the ending of a temporary file. */
  public static String path(FileSystemException failure) {
    // Of a move, the target: the other one is a temporary file.
    String path = failure.getOtherFile() == null ? failure.getFile() : failure.getOtherFile();
    return printable(TEMPORARY.matcher(path).replaceFirst(""));
  }

  /** Returns why reading or writing failed, as {@link #of(IOException)}, but without the path. */
  public static String reason(IOException failure) {
    return reason(failure, NO_REASON);
  }

  private static String reason(Throwable failure, String otherwise) {
    if (failure instanceof CharacterCodingException) {
      return "it is not text in UTF-8";
    }
    return failure instanceof FileSystemException file && file.getFile() != null
        ? fault(file, otherwise)
        : of(failure.getMessage(), otherwise);
  }

  /** Returns why reading or writing failed, see {@link #of(Throwable, String)}. */
  public static String of(IOException failure) {
    return of(failure, NO_REASON);
  }

  /** Java says most of what is wrong with a file by the class of the exception alone. */
  private static String fault(FileSystemException failure, String otherwise) {
    if (failure instanceof NoSuchFileException) {
      return "it does not exist";
    } else if (failure instanceof AccessDeniedException) {
      return "permission denied";
    } else if (failure instanceof FileAlreadyExistsException) {
      return "a file or a broken link is in the way";
    } else if (failure instanceof NotDirectoryException) {
      return "it is not a folder";
    } else if (failure instanceof DirectoryNotEmptyException) {
      return "the folder is not empty";
    }
    String reason = of(failure.getReason(), otherwise);
    return reason.startsWith("Too many levels of symbolic links")
        ? "its links lead in a circle"
        : reason;
  }

  /** Returns the first line of a message, see {@link #of(Throwable, String)}. */
  public static String of(String message, String otherwise) {
    String reason = firstLine(message);
    return reason.isEmpty() || CODE.matcher(reason).find() ? otherwise : reason;
  }

  /**
   * Returns why a library in C++ failed: the first line of its message without source files,
   * signatures, conditions and error codes.
   *
   * @param otherwise returned if nothing else is left
   */
  public static String ofNative(String message, String otherwise) {
    String line = firstLine(message);
    for (Matcher source = SOURCE.matcher(line); source.find(); source = SOURCE.matcher(line)) {
      line = line.substring(0, source.start()) + line.substring(signatureEnd(line, source.end()));
    }
    String reason =
        line.replaceFirst("^Error code - \\w+ - message:\\s*", "")
            .replaceFirst("^Load model from .*? failed:\\s*", "")
            .replaceFirst("^(Exception during initialization|Fatal error|\\w+Error):\\s*", "")
            .replaceAll("\\[\\w*Error\\]\\s*(: \\d+ : \\w+ : )?", "")
            .replaceFirst(
                "Non-zero status code returned while running (\\S+) node\\. Name:'(.*?)' Status"
                    + " Message:\\s*",
                "$1 node '$2': ")
            .replaceFirst("(^|: )[^:]+? was false\\. (?=\\S)", "$1")
            .replaceFirst("^ONNX Runtime only \\*guarantees\\* .*? versions\\. ", "")
            .replaceFirst(" The operator schemas and or .*? compatibility\\.", "")
            .replaceAll("(\\w+)?::", "");
    return reason.isBlank() ? otherwise : reason.strip();
  }

  /** Returns where the message begins, after a function's name or signature. */
  private static int signatureEnd(String line, int start) {
    int open = line.indexOf('(', start);
    if (open < 0 || !isDeclaration(line.substring(start, open))) {
      int blank = line.indexOf(' ', start); // compilers that give the name alone
      return blank < 0 ? line.length() : blank + 1;
    }
    int end = closing(line, open);
    for (boolean goesOn = true; goesOn; ) {
      Matcher qualifier = QUALIFIER.matcher(line);
      if (qualifier.find(end)) {
        end = qualifier.end();
      } else if (line.startsWith("(", end)) {
        end = closing(line, end);
      } else if (line.startsWith(" [with ", end)) {
        end = closing(line, end + 1);
      } else {
        goesOn = false;
      }
    }
    return Math.min(line.length(), end + 1);
  }

  /**
   * Returns whether a text is a return type and a name, rather than the beginning of a sentence.
   */
  private static boolean isDeclaration(String text) {
    String flat = text;
    for (String before = ""; !before.equals(flat); ) {
      before = flat;
      flat = flat.replaceAll("<[^<>]*>", "");
    }
    String name = flat.substring(flat.lastIndexOf(' ') + 1);
    return flat.matches("[\\w:~*&\\s{}=<>-]+")
        && !name.isEmpty()
        && (name.contains("::") || flat.split(" ").length <= 3);
  }

  /** Returns the position of the bracket that closes another. */
  private static int closing(String line, int open) {
    int depth = 0;
    for (int i = open; i < line.length(); i++) {
      char c = line.charAt(i);
      depth += c == '(' || c == '[' ? 1 : c == ')' || c == ']' ? -1 : 0;
      if (depth == 0) {
        return i + 1;
      }
    }
    return line.length();
  }

  private static String firstLine(String message) {
    String text = message == null ? "" : message;
    String line = text.lines().filter(each -> !each.isBlank()).findFirst().orElse("").strip();
    return printable(line).replaceFirst("[.!:\\s]+$", "");
  }

  /** Returns a message as {@link #line}, with a period at its end. */
  public static String sentence(String message) {
    String line = line(message);
    return line.matches(".*[.?!)]") ? line : line + ".";
  }

  /**
   * Returns a message as one line of limited length, whatever name or value it quotes: characters
   * that control a terminal are replaced, and the middle of a long one is left out.
   */
  public static String line(String message) {
    String line = printable(message).replace('\n', '?').replace('\t', ' ');
    if (line.length() > MAX_LINE) {
      int half = MAX_LINE / 2;
      line = line.substring(0, half) + " … " + line.substring(line.length() - half);
    }
    return line;
  }

  /**
   * Replaces all characters that are not {@linkplain #isPrintable printable}, except line breaks
   * and tabs.
   */
  public static String printable(String text) {
    return text.codePoints()
        .map(c -> isPrintable(c) || c == '\n' || c == '\t' ? c : '?')
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  /**
   * Returns whether a character affects nothing but its own place. Control characters operate a
   * terminal; format characters reorder or hide their neighbors, except the two joiners, which
   * Persian and emoji need.
   */
  public static boolean isPrintable(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE ->
          false;
      case Character.FORMAT -> codePoint == NON_JOINER || codePoint == JOINER;
      default -> true;
    };
  }

  /** Returns what to say of a {@code run.json} that is damaged. */
  public static String damagedRecord(Path file) {
    return file + " is not a valid record of a run; restore it, or repeat the run.";
  }
}
