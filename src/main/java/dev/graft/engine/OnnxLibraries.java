package dev.graft.engine;

import ai.djl.util.Utils;
import ai.onnxruntime.OrtEnvironment;
import dev.graft.io.AtomicFiles;
import dev.graft.util.Messages;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * ONNX Runtime's native libraries, unpacked once into DJL's cache. By default ONNX Runtime unpacks
 * 24 MB into a temporary folder at every start, which takes 0.1 to 0.5 s on two cores, and leaves
 * the folder behind: empty after a normal exit, full after a kill.
 */
public final class OnnxLibraries {
  /** System property with the folder that ONNX Runtime loads them from (its Java documentation). */
  private static final String PROPERTY = "onnxruntime.native.path";

  /** Names of the libraries, without prefix and suffix. */
  static final List<String> NAMES = List.of("onnxruntime", "onnxruntime4j_jni");

  private static volatile boolean shared;
  private static volatile String failure;

  private OnnxLibraries() {}

  /**
   * Requests that they are unpacked when they are first needed, and that the system property that
   * ONNX Runtime reads their folder from is set. For programs, which call it before the first
   * session; libraries should not set system properties.
   */
  public static void share() {
    shared = true;
  }

  /** Unpacks them if {@link #share} was called; if that fails, ONNX Runtime uses its default. */
  static void unpack() {
    if (shared && System.getProperty(PROPERTY) == null) {
      try {
        unpackedIn(Utils.getEngineCacheDir("onnxruntime"))
            .ifPresent(folder -> System.setProperty(PROPERTY, folder.toString()));
      } catch (IOException e) {
        failure = Messages.of(e, e.getClass().getSimpleName());
      }
    }
  }

  /**
   * Returns why they could not be unpacked into the cache; empty if they were, or not requested.
   */
  public static Optional<String> failure() {
    return Optional.ofNullable(failure);
  }

  /**
   * Unpacks them unless they are there, and returns their folder for this version and platform.
   *
   * @param cache of all versions; need not exist
   * @return empty if ONNX Runtime's jar does not contain them
   */
  static Optional<Path> unpackedIn(Path cache) throws IOException {
    String version = OrtEnvironment.class.getPackage().getImplementationVersion();
    if (version == null) {
      return Optional.empty();
    }
    String packed = "/ai/onnxruntime/native/" + platform() + "/";
    Path folder = cache.resolve(version + "-" + platform());
    for (String name : NAMES) {
      String library = System.mapLibraryName(name);
      URL url = OrtEnvironment.class.getResource(packed + library);
      if (url == null || !(url.openConnection() instanceof JarURLConnection jar)) {
        return Optional.empty();
      }
      unpack(jar, Files.createDirectories(folder).resolve(library));
    }
    return Optional.of(folder);
  }

  /** Returns the platform's name in ONNX Runtime's jar. */
  private static String platform() {
    String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String processor = System.getProperty("os.arch");
    return (system.startsWith("windows") ? "win" : system.startsWith("mac") ? "osx" : "linux")
        + (processor.equals("amd64") || processor.equals("x86_64") ? "-x64" : "-" + processor);
  }

  private static void unpack(JarURLConnection jar, Path file) throws IOException {
    if (Files.isRegularFile(file) && Files.size(file) == jar.getContentLengthLong()) {
      return;
    }
    try (InputStream in = jar.getInputStream()) {
      AtomicFiles.write(file, channel -> in.transferTo(Channels.newOutputStream(channel)));
    }
  }
}
