package dev.graft.engine;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.util.Platform;
import ai.djl.util.Utils;
import ai.djl.util.cuda.CudaUtils;
import dev.graft.GraftException;
import dev.graft.util.Messages;
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
 * The engine's native libraries. DJL unpacks them into its cache at the first start, and later
 * loads whatever lies there: a library that a full disk cut short kills the JVM.
 */
public final class Engines {
  /** What the file system itself takes, in bytes, with some to spare. */
  private static final long SPARE = 1 << 20;

  /** DJL's engines that don't train; the first comes with DJL itself. */
  private static final Set<String> PREDICTING = Set.of("RPC", "OnnxRuntime");

  private Engines() {}

  /**
   * DJL's engine, started if need be.
   *
   * @throws GraftException if there is no engine, no room for its libraries, or one isn't whole
   */
  public static synchronized Engine engine() {
    if (!canTrain()) {
      throw new GraftException(
          "Only ONNX Runtime is here, which predicts and does not train; Maven's profiles pytorch"
              + " and mxnet bring an engine that does.");
    }
    String name = Engine.getDefaultEngineName();
    try {
      check(name.toLowerCase(Locale.ROOT));
      return Engine.getInstance();
    } catch (EngineException | LinkageError | IOException e) {
      throw new GraftException(
          name
              + " can't be started: "
              + Messages.of(e, "its native libraries don't load here")
              + ".",
          e);
    }
  }

  /** Whether there is an engine of DJL's that trains; it is not started. */
  public static boolean canTrain() {
    String name = Engine.getDefaultEngineName();
    return name != null && !PREDICTING.contains(name);
  }

  /** The number of GPUs that DJL's engine has; it is started only where there are some at all. */
  public static int gpus() {
    return !mayHaveGpu() || CudaUtils.getGpuCount() == 0 || !canTrain()
        ? 0
        : engine().getGpuCount();
  }

  /** Linux has a device file of NVIDIA's driver, or of Windows's; to ask CUDA takes a while. */
  private static boolean mayHaveGpu() {
    return !System.getProperty("os.name").startsWith("Linux")
        || Files.exists(Path.of("/dev/nvidiactl"))
        || Files.exists(Path.of("/dev/dxg"));
  }

  private static void check(String engine) throws IOException {
    String elsewhere = engine.toUpperCase(Locale.ROOT) + "_LIBRARY_PATH";
    if (Engines.class.getClassLoader().getResource("native/lib/" + engine + ".properties") == null
        || Utils.getEnvOrSystemProperty(elsewhere) != null) {
      return; // not unpacked
    }
    Platform platform = Platform.detectPlatform(engine);
    if (!platform.isPlaceholder()) {
      String folder =
          String.join("-", platform.getVersion(), platform.getFlavor(), platform.getClassifier());
      check(Utils.getEngineCacheDir(engine).resolve(folder), sizes(engine, platform));
    }
  }

  /** What DJL unpacks: names of files, and their bytes. */
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
    String glue = System.mapLibraryName("djl_torch");
    if (engine.equals("pytorch")) {
      String file = Engine.getDjlVersion() + "-" + glue;
      put(sizes, file, "jnilib/" + classifier + "/" + flavor + "/" + glue);
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
   * Checks that what was unpacked is whole, and that there is room for what is still to be.
   *
   * @param folder of the libraries, which need not be there
   * @param sizes names of its files, and the bytes of each
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
                "%s has %,d of %,d bytes, as a full disk leaves it: delete the folder %s, and it is"
                    + " unpacked anew.",
                file,
                Files.size(file),
                each.getValue(),
                folder));
      }
    }
    Path there = folder.toAbsolutePath();
    while (!Files.exists(there)) {
      there = Objects.requireNonNull(there.getParent(), "a file system without a root");
    }
    long room = Files.getFileStore(there).getUsableSpace();
    if (missing > 0 && room < missing + SPARE) {
      throw new GraftException(
          String.format(
              Locale.ROOT,
              "The engine's libraries need %,d MB more in %s, and there are %,d MB: make room, or"
                  + " name another folder in the variable DJL_CACHE_DIR.",
              ((missing + SPARE) >> 20) + 1,
              folder,
              room >> 20));
    }
  }
}
