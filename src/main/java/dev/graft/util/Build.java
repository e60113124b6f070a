package dev.graft.util;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

/** The version and commit of this build of Graft. */
public final class Build {
  private static final String UNKNOWN = "unknown";

  private Build() {}

  /** Returns the version, as in {@code pom.xml}. */
  public static String version() {
    return properties().getProperty("git.build.version", UNKNOWN);
  }

  /**
   * Returns the commit's hash as the build recorded it, with {@code -dirty} if files differed from
   * it; {@code unknown} if it was built outside of git.
   */
  public static String commit() {
    Properties build = properties();
    String commit = build.getProperty("git.commit.id.full", UNKNOWN);
    return Boolean.parseBoolean(build.getProperty("git.dirty")) ? commit + "-dirty" : commit;
  }

  private static Properties properties() {
    Properties build = new Properties();
    try (InputStream stream = Build.class.getResourceAsStream("build.properties")) {
      if (stream != null) {
        build.load(stream);
      }
    } catch (IOException e) {
      build.clear();
    }
    return build;
  }
}
