package dev.graft.engine;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.util.Platform;
import ai.djl.util.Utils;
import ai.djl.util.cuda.CudaUtils;
import dev.graft.GraftException;
import dev.graft.util.Messages;
import dev.graft.util.Names;
import dev.graft.util.Text;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Starts DJL's engine after checking its native libraries. DJL unpacks them into its cache at the
 * first start and later loads them unchecked: a library that a full disk truncated crashes the JVM.
 */
public final class Engines {
  /** Free space beyond the size of the libraries, for the file system itself, in bytes. */
  private static final long RESERVE_BYTES = 1 << 20;

  /** DJL engines that can't train; RPC is part of DJL itself. */
  private static final Set<String> INFERENCE_ONLY = Set.of("RPC", "OnnxRuntime");

  private Engines() {}

  /**
   * Returns DJL's engine, which is started by the first call.
   *
   * @throws GraftException if no engine that trains is available, the disk has no space for its
   *     libraries, or a library is damaged
   */
  public static synchronized Engine engine() {
    if (!canTrain()) {
      throw new GraftException(
          "No engine that can train is available (ONNX Runtime only predicts); build Graft with the"
              + " Maven profile pytorch or mxnet.");
    }
    String name = Engine.getDefaultEngineName();
    try {
      check(name.toLowerCase(Locale.ROOT));
      return Engine.getInstance();
    } catch (EngineException | LinkageError | IOException e) {
      throw new GraftException(
          name
              + " can't be started: "
              + Messages.of(e, "its native libraries can't be loaded")
              + ".",
          e);
    }
  }

  /** Returns whether a DJL engine that can train is available; does not start it. */
  public static boolean canTrain() {
    String name = Engine.getDefaultEngineName();
    return name != null && !INFERENCE_ONLY.contains(name);
  }

  /** Returns the number of GPUs of the engine, which is started only if the machine has any. */
  public static int gpus() {
    return !mayHaveGpu() || CudaUtils.getGpuCount() == 0 || !canTrain()
        ? 0
        : engine().getGpuCount();
  }

  /** Checks the device files of NVIDIA's driver on Linux and WSL, which is faster than CUDA. */
  private static boolean mayHaveGpu() {
    return !System.getProperty("os.name").startsWith("Linux")
        || Files.exists(Path.of("/dev/nvidiactl"))
        || Files.exists(Path.of("/dev/dxg"));
  }

  private static void check(String engine) throws IOException {
    String libraryPath = engine.toUpperCase(Locale.ROOT) + "_LIBRARY_PATH";
    if (Engines.class.getClassLoader().getResource("native/lib/" + engine + ".properties") == null
        || Utils.getEnvOrSystemProperty(libraryPath) != null) {
      return; // loaded from elsewhere, not unpacked
    }
    Platform platform = Platform.detectPlatform(engine);
    if (!platform.isPlaceholder()) {
      String folder =
          String.join("-", platform.getVersion(), platform.getFlavor(), platform.getClassifier());
      check(Utils.getEngineCacheDir(engine).resolve(folder), sizes(engine, platform));
    }
  }

  /** Returns the files that DJL unpacks: names and sizes in bytes. */
  static Map<String, Long> sizes(String engine, Platform platform) throws IOException {
    String flavor = platform.getFlavor();
    String classifier = platform.getClassifier();
    Map<String, Long> sizes = new LinkedHashMap<>();
    for (String file : platform.getLibraries()) {
      for (String place :
          List.of(
              engine + "/" + flavor + "/" + classifier,
              engine + "/" + classifier + "/" + flavor,
              "native/lib")) {
        put(sizes, file, place + "/" + file);
      }
    }
    String jniLibrary = System.mapLibraryName("djl_torch");
    if (engine.equals("pytorch")) {
      String file = Engine.getDjlVersion() + "-" + jniLibrary;
      put(sizes, file, "jnilib/" + classifier + "/" + flavor + "/" + jniLibrary);
    }
    return sizes;
  }

  private static void put(Map<String, Long> sizes, String file, String resource)
      throws IOException {
    URL url = Engines.class.getClassLoader().getResource(resource);
    if (url != null) {
      sizes.putIfAbsent(file, url.openConnection().getContentLengthLong());
    }
  }

  /**
   * Checks that unpacked libraries are complete and that the disk has space for the others.
   *
   * @param folder of the libraries; need not exist
   * @param sizes names of its files and their sizes in bytes
   * @throws GraftException if a library is truncated or the disk has no space
   */
  static void check(Path folder, Map<String, Long> sizes) throws IOException {
    long missing = 0;
    for (Map.Entry<String, Long> each : sizes.entrySet()) {
      Path file = folder.resolve(each.getKey());
      if (!Files.exists(file)) {
        missing += each.getValue();
      } else if (Files.size(file) != each.getValue()) {
        throw new GraftException(
            String.format(
                Locale.ROOT,
                "%s has %,d of %,d bytes, probably because the disk was full: delete the folder %s,"
                    + " which is then unpacked again.",
                file,
                Files.size(file),
                each.getValue(),
                folder));
      }
    }
    Path existing = folder.toAbsolutePath();
    while (!Files.exists(existing)) {
      existing = Objects.requireNonNull(existing.getParent(), "a file system without a root");
    }
    long free = Files.getFileStore(existing).getUsableSpace();
    if (missing > 0 && free < missing + RESERVE_BYTES) {
      throw new GraftException(
          Text.of(
              "The engine's libraries need %s more in %s, and %s are free: free more, or"
                  + " name another folder in the environment variable DJL_CACHE_DIR.",
              Names.bytes(missing + RESERVE_BYTES), folder, Names.bytes(free)));
    }
  }
}
