package dev.graft.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.graft.JavaProcess;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxLibrariesTest {
  @TempDir private Path cache;
  private Path library;

  @BeforeEach
  void unpack() throws IOException {
    Path folder = OnnxLibraries.unpackedIn(cache).orElseThrow();
    library = folder.resolve(System.mapLibraryName(OnnxLibraries.NAMES.get(0)));
  }

  @Test
  void librariesAreUnpackedOnce() throws IOException {
    FileTime old = FileTime.fromMillis(0);
    Files.setLastModifiedTime(library, old);

    assertThat(OnnxLibraries.unpackedIn(cache)).contains(library.getParent());
    assertThat(Files.getLastModifiedTime(library)).isEqualTo(old);
    try (Stream<Path> files = Files.list(library.getParent())) {
      assertThat(files)
          .extracting(file -> file.getFileName().toString())
          .containsExactlyInAnyOrderElementsOf(
              OnnxLibraries.NAMES.stream().map(System::mapLibraryName).toList());
    }
  }

  @Test
  void aTruncatedLibraryIsUnpackedAgain() throws IOException {
    long whole = Files.size(library);
    try (FileChannel channel = FileChannel.open(library, StandardOpenOption.WRITE)) {
      channel.truncate(whole / 2);
    }

    assertThat(OnnxLibraries.unpackedIn(cache)).contains(library.getParent());
    assertThat(library).hasSize(whole);
  }

  @Test
  void aReadOnlyFolderIsReported() throws IOException {
    Path file = Files.writeString(cache.resolve("file"), "no folder");

    assertThatIOException()
        .isThrownBy(() -> OnnxLibraries.unpackedIn(file))
        .withMessageContaining("file");
  }

  @Test
  void theLastCauseIsTheReason() {
    UnsatisfiedLinkError last = new UnsatisfiedLinkError("libonnxruntime.so: file too short");
    assertThat(OnnxSession.whyMissing(new IllegalStateException("Failed to load", last)))
        .isEqualTo("libonnxruntime.so: file too short");
    assertThat(
            OnnxSession.whyMissing(
                new NoClassDefFoundError("ai/onnxruntime/OrtEnvironment")
                    .initCause(new ClassNotFoundException("ai.onnxruntime.OrtEnvironment"))))
        .isEqualTo("its jar is not on the class path");
    assertThat(OnnxSession.whyMissing(new ExceptionInInitializerError()))
        .isEqualTo("ExceptionInInitializerError");
  }

  /** Loads ONNX Runtime in a new process. */
  static final class Loading {
    public static void main(String[] arguments) {
      if (arguments[0].equals("share")) {
        OnnxLibraries.share();
      }
      System.out.println(
          OnnxSession.isAvailable()
              + (" " + System.getProperty("onnxruntime.native.path"))
              + (" " + OnnxLibraries.failure().isPresent()));
    }
  }

  private static String loading(String share, Path djlCache) throws IOException {
    Process process =
        new ProcessBuilder(
                JavaProcess.command(
                    "-DDJL_CACHE_DIR=" + djlCache,
                    "-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir"),
                    "-cp",
                    System.getProperty("java.class.path"),
                    Loading.class.getName(),
                    share))
            .redirectErrorStream(true)
            .start();
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
  }

  @Test
  void onlySharingSetsTheSystemProperty() throws IOException {
    assertThat(loading("no", cache)).isEqualTo("true null false");
    assertThat(loading("share", cache)).startsWith("true " + cache).endsWith(" false");
  }

  @Test
  void ifSharingFailsTheyStillLoadAndTheReasonIsReported() throws IOException {
    Path file = Files.writeString(cache.resolve("file"), "no folder");

    assertThat(loading("share", file)).isEqualTo("true null true");
  }
}
