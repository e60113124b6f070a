package dev.graft.util;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

/** The commit that Graft was built from. */
public final class GitCommit {
  private GitCommit() {}

  /**
   * Returns the commit's hash as the build recorded it, with {@code -dirty} if files differed from
   * it; {@code unknown} if it was built outside of git.
   */
  public static String ofGraft() {
    Properties build = new Properties();
    try (InputStream stream = GitCommit.class.getResourceAsStream("build.properties")) {
      if (stream != null) {
        build.load(stream);
      }
    } catch (IOException e) {
      return "unknown";
    }
    String commit = build.getProperty("git.commit.id.full", "unknown");
    return Boolean.parseBoolean(build.getProperty("git.dirty")) ? commit + "-dirty" : commit;
  }
}
