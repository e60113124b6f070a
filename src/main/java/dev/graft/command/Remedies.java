package dev.graft.command;

import dev.graft.GraftException;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Completes messages of the library by the command line options that solve the problem. */
final class Remedies {
  private static final Map<String, String> SERVER_OPTIONS =
      Map.of(
          "port", "--port",
          "bodyMegabytes", "--max-body",
          "megapixels", "--max-megapixels",
          "images", "--max-images",
          "timeout", "--timeout",
          "hostNames", "--host-name",
          "origins", "--allow-origin");

  /** ImageNet's mean and deviation, as published for PyTorch, for pixels from 0 to 255. */
  private static final List<String> IMAGENET =
      List.of("mean=[123.7,116.3,103.5]", "deviation=[58.4,57.1,57.4]");

  private Remedies() {}

  /**
   * Returns the message with the option at its end, before the period; or at its start, if it
   * starts with the name of a server's setting.
   */
  static String message(GraftException problem) {
    String message = problem.getMessage();
    for (String setting : problem.arguments()) {
      if (message.startsWith(setting + ":")) {
        return SERVER_OPTIONS.get(setting) + message.substring(setting.length());
      }
    }
    return problem
        .code()
        .map(code -> message.replaceFirst("\\.$", "") + option(code, problem) + ".")
        .orElse(message);
  }

  private static String option(GraftException.Code code, GraftException problem) {
    return switch (code) {
      case CACHE -> "; leave out --no-cache";
      case DATA -> " with --data";
      case FILE -> " with --to FILE";
      case HEAP -> " with -Xmx4g in MAVEN_OPTS (with bin/graft: GRAFT_OPTS)";
      case IMAGENET -> " (--imagenet)";
      case MAX_BAD -> ", for example with --set max-bad=0.5";
      case NORMALIZATION ->
          (problem.arguments().isEmpty() ? IMAGENET : problem.arguments())
              .stream().collect(Collectors.joining(" --set ", " (--set ", ")"));
      case NO_CACHE -> " (--no-cache)";
      case NO_CLUSTER -> ", without --master";
      case RUN -> String.join("", problem.arguments());
      case SETTING -> " (" + SERVER_OPTIONS.get(problem.arguments().get(0)) + ")";
    };
  }
}
