package dev.graft.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class ImageArgumentsTest {
  @TempDir Path folder;
  private final List<Path> heic = new ArrayList<>();

  private void files(String... names) throws IOException {
    for (String name : names) {
      Path file = folder.resolve(name);
      Files.createDirectories(file.getParent());
      Files.createFile(file);
    }
  }

  /** Expands arguments below the folder to names relative to it. */
  private List<String> expand(String... arguments) {
    String top = folder + File.separator;
    List<String> all = Arrays.stream(arguments).map(argument -> top + argument).toList();
    return ImageArguments.expand(all, heic::add).stream()
        .map(
            input ->
                input.missing().isPresent()
                    ? input.missing().get().replace(top, "")
                    : input.name().replace(top, "").replace(File.separatorChar, '/'))
        .toList();
  }

  @Test
  void argumentsKeepTheirOrderAndDuplicates() throws IOException {
    files("b.png", "a.png");
    assertThat(expand("b.png", "a.png", "gone.png", "b.png"))
        .containsExactly("b.png", "a.png", "gone.png does not exist.", "b.png");
  }

  @Test
  void folderExpandsToItsImagesInOrder() throws IOException {
    files("p/b.png", "p/a.JPG", "p/sub/deep/c.gif", "p/x.webp", "p/zip");
    // Without a known suffix, the first bytes decide.
    Files.write(folder.resolve("p/no-suffix"), new byte[] {'G', 'I', 'F', '8', '9', 'a', 1, 2});
    assertThat(expand("p"))
        .containsExactly("p/a.JPG", "p/b.png", "p/no-suffix", "p/sub/deep/c.gif", "p/x.webp");
    assertThat(expand("p" + File.separator)).isEqualTo(expand("p"));
  }

  @Test
  void otherFilesInAFolderAreIgnored() throws IOException {
    files(
        "p/a.png",
        "p/.DS_Store",
        "p/._a.png",
        "p/.hidden/b.png",
        "p/__MACOSX/a.png",
        "p/Thumbs.db",
        "p/labels.csv",
        "p/READ.ME.TXT",
        "p/film.mp4");
    assertThat(expand("p")).containsExactly("p/a.png");
    // Files that are named themselves are taken.
    assertThat(expand("p/.hidden", "p/labels.csv"))
        .containsExactly("p/.hidden/b.png", "p/labels.csv");
  }

  @Test
  void folderWithoutImagesIsReported() throws IOException {
    files("p/notes.txt");
    assertThat(expand("p")).containsExactly("There are no images in p.");
    assertThat(ImageArguments.expand(List.of(""), heic::add).get(0).missing())
        .contains("The name of an image is empty.");
  }

  @Test
  void heicFilesThatAreSkippedAreCounted() throws IOException {
    files("p/1.jpg", "p/2.HEIC", "p/sub/3.heif", "phone/IMG_1.HEIC", "phone/IMG_2.HEIC");
    assertThat(expand("p")).containsExactly("p/1.jpg");
    assertThat(heic).hasSize(2);
    assertThat(expand("phone"))
        .containsExactly("There are no images in phone that Graft can read, only 2 in HEIC.");
    assertThat(heic).hasSize(4);
    // A file that is named itself is read, which fails with the remedy.
    assertThat(expand("p/2.HEIC")).containsExactly("p/2.HEIC");
    assertThat(heic).hasSize(4);
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aPatternForAnyNameSkipsHeicToo() throws IOException {
    files("p/1.jpg", "p/2.HEIC", "p/sub/3.heic", "p/notes.txt");
    assertThat(expand("p/*")).containsExactly("p/1.jpg");
    assertThat(heic).hasSize(2);
    assertThat(expand("p/sub/*"))
        .containsExactly("Nothing matches p/sub/* that Graft can read, only 1 in HEIC.");
    assertThat(expand("p/*.HEIC")).containsExactly("p/2.HEIC");
  }

  @Test
  @DisabledOnOs(OS.WINDOWS) // it has no such names
  void patternsExpandAsInAShell() throws IOException {
    files("p/1.jpg", "p/2.jpg", "p/3.png", "p/a/4.jpg", "p/a/b/5.jpg", "p/.6.jpg", "p/notes.txt");
    assertThat(expand("p/*.jpg")).containsExactly("p/1.jpg", "p/2.jpg");
    assertThat(expand("p/[2-9].{jpg,png}")).containsExactly("p/2.jpg", "p/3.png");
    assertThat(expand("p/?.png")).containsExactly("p/3.png");
    assertThat(expand("p/**/*.jpg"))
        .containsExactly("p/1.jpg", "p/2.jpg", "p/a/4.jpg", "p/a/b/5.jpg");
    assertThat(expand("p/**/*.{jpg,png}")).hasSize(5).contains("p/3.png", "p/a/b/5.jpg");
    assertThat(expand("**/b/*.jpg")).containsExactly("p/a/b/5.jpg");
    assertThat(expand("*/a/*")).containsExactly("p/a/4.jpg", "p/a/b/5.jpg");
    assertThat(expand("p/*.txt")).containsExactly("p/notes.txt");
    assertThat(expand("p/*.gif", "q/*.jpg", "p/[.jpg", "p/1.jpg/*"))
        .containsExactly(
            "Nothing matches p/*.gif.",
            "Nothing matches q/*.jpg.",
            "Nothing matches p/[.jpg.",
            "Nothing matches p/1.jpg/*.");
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void folderMatchedByAPatternExpandsWithoutDuplicates() throws IOException {
    files("p/cat/1.png", "p/cat/more/2.png", "p/car/3.png", "p/dog/4.png", "p/x.png", "p/x.txt");
    assertThat(expand("p/ca*")).containsExactly("p/car/3.png", "p/cat/1.png", "p/cat/more/2.png");
    for (String everything : List.of("p/*", "p/**", "p/**/*")) {
      assertThat(expand(everything)).as(everything).isEqualTo(expand("p")).hasSize(5);
    }
  }

  @Test
  void patternWithoutAFolderStartsInTheWorkingDirectory() {
    List<String> names =
        ImageArguments.expand(List.of("po?.xml", "./po?.xml"), heic::add).stream()
            .map(ImageInput::name)
            .toList();
    assertThat(names).containsExactly("pom.xml", Path.of(".", "pom.xml").toString());
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void existingFileIsNotAPattern() throws IOException {
    files("my [best] photos/a*.png", "my [best] photos/ab.png", "b/c.png");
    assertThat(expand("my [best] photos/a*.png")).containsExactly("my [best] photos/a*.png");
    assertThat(expand("my [best] photos/a?.png"))
        .containsExactly("my [best] photos/a*.png", "my [best] photos/ab.png");
    assertThat(expand("my [best] photos")).hasSize(2);
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void linkCyclesEnd() throws IOException {
    files("p/a.png", "elsewhere/b.png");
    Files.createSymbolicLink(folder.resolve("p/link"), folder.resolve("elsewhere"));
    Files.createSymbolicLink(folder.resolve("p/up"), folder.resolve("p"));
    assertThat(expand("p")).containsExactly("p/a.png", "p/link/b.png");
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void patternMayMatchALinkToAnotherMatch() throws IOException {
    files("p/b/1.png");
    Files.createSymbolicLink(folder.resolve("p/x"), folder.resolve("p/b"));
    assertThat(expand("p/**/x/*.png")).containsExactly("p/x/1.png");
    assertThat(expand("p/x/*.png")).containsExactly("p/x/1.png");
    assertThat(expand("p")).containsExactly("p/b/1.png");
  }

  /** Each folder has two links to the next, which makes eight million paths to the image. */
  @Test
  @DisabledOnOs(OS.WINDOWS)
  void multipleLinksToAFolderAreFollowedOnce() throws IOException {
    files("p/0/a.txt", "p/23/z.png");
    for (int i = 0; i < 23; i++) {
      Path from = Files.createDirectories(folder.resolve("p/" + i));
      Files.createSymbolicLink(from.resolve("a"), folder.resolve("p/" + (i + 1)));
      Files.createSymbolicLink(from.resolve("b"), folder.resolve("p/" + (i + 1)));
    }
    assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () -> {
          assertThat(expand("p")).containsExactly("p/23/z.png");
          assertThat(expand("p/**/*.png")).contains("p/23/z.png").hasSizeLessThan(100);
          assertThat(expand("p/0")).hasSize(1);
        });
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void unreadableFolderIsReportedAndTheOthersAreUsed() throws IOException {
    files("p/a.png", "p/secret/b.png");
    File secret = folder.resolve("p/secret").toFile();
    assertThat(secret.setReadable(false, false)).isTrue();
    try {
      assumeTrue(secret.list() == null, "this user may read everything");
      assertThat(expand("p"))
          .containsExactly("p/a.png", "p/secret cannot be read: permission denied.");
    } finally {
      assertThat(secret.setReadable(true)).isTrue();
    }
  }

  @Test
  void bundledExampleIsUsedIfNoFileHasItsName() {
    assertThat(ImageArguments.expand(List.of("car.png"), heic::add))
        .containsExactly(new ImageInput.Bundled());
  }
}
