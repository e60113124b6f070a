package dev.graft.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.engine.Engine;
import ai.djl.util.Platform;
import ai.djl.util.Utils;
import dev.graft.GraftException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EnginesTest {
  private static final long NO_DISK_HAS_IT = 1L << 60;

  @TempDir Path cache;

  @Test
  void aFullDiskIsReportedWithTheNeededSpace() {
    Path folder = cache.resolve("pytorch/2.7.1-cpu");
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> Engines.check(folder, Map.of("libtorch.so", NO_DISK_HAS_IT)))
        .withMessageMatching(
            "The engine's libraries need [0-9,]+ MB more in \\Q"
                + folder
                + "\\E, and [0-9,]+ MB are free: free more, or name another folder in the"
                + " environment variable DJL_CACHE_DIR\\.");
    assertThat(folder).doesNotExist();
  }

  @Test
  void unpackedLibrariesNeedNoSpace() throws IOException {
    Files.write(cache.resolve("libtorch.so"), new byte[10]);
    assertThatCode(() -> Engines.check(cache, Map.of("libtorch.so", 10L)))
        .doesNotThrowAnyException();
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(
            () -> Engines.check(cache, Map.of("libtorch.so", 10L, "libc10.so", NO_DISK_HAS_IT)));
  }

  @Test
  void aTruncatedLibraryIsNamed() throws IOException {
    Files.write(cache.resolve("libtorch.so"), new byte[1234]);
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> Engines.check(cache, Map.of("libtorch.so", 2345L)))
        .withMessage(
            cache.resolve("libtorch.so")
                + " has 1,234 of 2,345 bytes, probably because the disk was full: delete the folder "
                + cache
                + ", which is then unpacked again.");
  }

  @Test
  void theLibrariesOfTheEngineAreFound() throws IOException {
    String engine = Engine.getDefaultEngineName().toLowerCase(Locale.ROOT);
    Platform platform = Platform.detectPlatform(engine);
    Map<String, Long> sizes = Engines.sizes(engine, platform);
    assertThat(sizes).containsKeys(platform.getLibraries());
    assertThat(sizes.values()).allMatch(bytes -> bytes > 0);
  }

  @Test
  void theEngineIsNotStartedWithATruncatedLibrary() throws IOException {
    assumeTrue(Utils.getenv("DJL_CACHE_DIR") == null, "the environment fixes DJL's cache");
    assumeTrue(Utils.getenv("ENGINE_CACHE_DIR") == null, "the environment fixes DJL's cache");
    String engine = Engine.getDefaultEngineName().toLowerCase(Locale.ROOT);
    String before = System.getProperty("DJL_CACHE_DIR");
    System.setProperty("DJL_CACHE_DIR", cache.toString());
    try {
      Platform platform = Platform.detectPlatform(engine);
      Path folder =
          Files.createDirectories(
              Utils.getEngineCacheDir(engine)
                  .resolve(
                      String.join(
                          "-",
                          platform.getVersion(),
                          platform.getFlavor(),
                          platform.getClassifier())));
      Path cut = Files.write(folder.resolve(platform.getLibraries()[0]), new byte[100]);
      assertThatExceptionOfType(GraftException.class)
          .isThrownBy(Engines::engine)
          .withMessageStartingWith(cut + " has 100 of ");
    } finally {
      if (before == null) {
        System.clearProperty("DJL_CACHE_DIR");
      } else {
        System.setProperty("DJL_CACHE_DIR", before);
      }
    }
  }

  @Test
  @Tag("engine")
  void anEngineWithCompleteLibrariesIsStarted() {
    assertThat(Engines.engine()).isSameAs(Engine.getInstance());
  }
}
