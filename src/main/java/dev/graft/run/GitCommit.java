package dev.graft.run;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/** The commit that a run was made from, as far as git knows here. */
public final class GitCommit {
  private GitCommit() {}

  /** The commit's hash, with {@code -dirty} where files differ from it, or {@code unknown}. */
  public static String here() {
    try {
      String commit = git("rev-parse", "HEAD");
      if (commit.isEmpty()) {
        return "unknown";
      }
      return git("status", "--porcelain", "--untracked-files=no").isEmpty()
          ? commit
          : commit + "-dirty";
    } catch (IOException e) {
      return "unknown";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "unknown";
    }
  }

  private static String git(String... arguments) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder("git");
    builder.command().addAll(java.util.List.of(arguments));
    Process process =
        builder
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .redirectInput(ProcessBuilder.Redirect.PIPE)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0 ? said.strip() : "";
  }
}
