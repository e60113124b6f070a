package dev.graft.engine;

import ai.djl.util.Utils;
import ai.onnxruntime.OrtEnvironment;
import dev.graft.io.WholeFile;
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
 * ONNX Runtime's native libraries, unpacked once and for all into DJL's cache, beside those of its
 * engines. By itself ONNX Runtime unpacks 24 MB at every start, into a temporary folder which stays
 * behind, empty after a start that ended well and full after one that was killed.
 */
final class OnnxLibraries {
  /** Where ONNX Runtime takes them from, if it is set; its documentation of Java names it. */
  private static final String PROPERTY = "onnxruntime.native.path";

  static final List<String> NAMES = List.of("onnxruntime", "onnxruntime4j_jni");

  private OnnxLibraries() {}

  /** Says where they are. Where they can't be unpacked, ONNX Runtime does as it always did. */
  static void unpack() {
    if (System.getProperty(PROPERTY) == null) {
      unpackedIn(Utils.getEngineCacheDir("onnxruntime"))
          .ifPresent(folder -> System.setProperty(PROPERTY, folder.toString()));
    }
  }

  /**
   * The folder where they are, for this version and platform.
   *
   * @param cache of all of them; need not be there
   * @return empty where they are not in ONNX Runtime's jar, or can't be written
   */
  static Optional<Path> unpackedIn(Path cache) {
    String version = OrtEnvironment.class.getPackage().getImplementationVersion();
    if (version == null) {
      return Optional.empty();
    }
    String packed = "/ai/onnxruntime/native/" + platform() + "/";
    Path folder = cache.resolve(version + "-" + platform());
    try {
      for (String name : NAMES) {
        String library = System.mapLibraryName(name);
        URL url = OrtEnvironment.class.getResource(packed + library);
        if (url == null || !(url.openConnection() instanceof JarURLConnection jar)) {
          return Optional.empty();
        }
        unpack(jar, Files.createDirectories(folder).resolve(library));
      }
      return Optional.of(folder);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** As ONNX Runtime's jar calls it. */
  private static String platform() {
    String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String processor = System.getProperty("os.arch");
    return (system.startsWith("windows") ? "win" : system.startsWith("mac") ? "osx" : "linux")
        + (processor.equals("amd64") || processor.equals("x86_64") ? "-x64" : "-" + processor);
  }

  /** What has its name is whole, unless the disk has damaged it. */
  private static void unpack(JarURLConnection jar, Path file) throws IOException {
    if (Files.isRegularFile(file) && Files.size(file) == jar.getContentLengthLong()) {
      return;
    }
    try (InputStream in = jar.getInputStream()) {
      WholeFile.write(file, channel -> in.transferTo(Channels.newOutputStream(channel)));
    }
  }
}
