package dev.graft.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.GraftException;
import dev.graft.JavaProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Tests that need a JVM of their own: a small heap, another locale. */
class ImageReaderProcessTest {
  @TempDir Path folder;

  @Test
  void severalLargeImagesAreReadThoughTheHeapHasRoomForOne() throws Exception {
    Path first = folder.resolve("0.png");
    byte[] row = new byte[8 * 2000];
    Png.write(first, 2000, 2000, Png.DEEP_RGBA, y -> row);
    for (int i = 1; i < 4; i++) {
      Files.createLink(folder.resolve(i + ".png"), first);
    }

    assertThat(readAll("C.UTF-8", "-Xmx60m")).hasSize(4).containsOnly("RgbImage[65x65]");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void namesThatTheLocaleCannotEncodeAreRead() throws Exception {
    Path source = Path.of("src/test/resources/dev/graft/image/files/rgb.png").toAbsolutePath();
    // A shell creates the files, since this JVM cannot write names that are not UTF-8.
    String copies = "cp \"$0\" $'\\xc3\\xb1.png' && cp \"$0\" $'\\xff.png'";
    Process copying =
        new ProcessBuilder("bash", "-c", copies, source.toString())
            .directory(folder.toFile())
            .inheritIO()
            .start();
    assertThat(copying.waitFor()).isZero();

    String image = ImageFileReader.read(source, 64).toString();
    for (String locale : List.of("C", "C.UTF-8")) {
      assertThat(readAll(locale)).as(locale).containsExactly(image, image);
    }
  }

  /** Returns what another JVM reads of the images in the folder, each in a thread of its own. */
  private List<String> readAll(String locale, String... options)
      throws IOException, InterruptedException {
    List<String> command = JavaProcess.command(options);
    command.addAll(
        List.of(
            "-Djava.awt.headless=true",
            "-cp",
            System.getProperty("java.class.path"),
            Other.class.getName(),
            folder.toString()));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put("LC_ALL", locale);
    Process process = builder.start();
    try {
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
      return output.lines().toList();
    } finally {
      process.destroyForcibly();
    }
  }

  static final class Other {
    private Other() {}

    public static void main(String[] args) throws Exception {
      List<Path> files;
      try (Stream<Path> list = Files.list(Path.of(args[0]))) {
        files = list.toList();
      }
      ExecutorService threads = Executors.newFixedThreadPool(files.size());
      List<Future<String>> output =
          files.stream().map(file -> threads.submit(() -> read(file))).toList();
      for (Future<String> each : output) {
        System.out.println(each.get());
      }
      threads.shutdown();
    }

    private static String read(Path file) {
      try {
        return ImageFileReader.read(file, 64).toString();
      } catch (GraftException e) {
        return e.getMessage();
      }
    }
  }
}
