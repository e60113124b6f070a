package dev.graft.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.image.ImageFileReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On batch files of 40 records: an image of each class, four times over. */
class FolderOfImagesTest {
  @TempDir Path folder;

  @BeforeEach
  void writeBatches() throws IOException {
    for (int batch = 0; batch < 6; batch++) {
      byte[] records = new byte[40 * 3073];
      for (int i = 0; i < records.length; i++) {
        records[i] = (byte) (i % 3073 == 0 ? i / 3073 % 10 : 40 * batch + i / 3073 + i % 3073 % 32);
      }
      String name =
          batch == 5
              ? "test_batch.bin"
              : String.format(Locale.ROOT, "data_batch_%d.bin", batch + 1);
      Files.write(folder.resolve(name), records);
    }
  }

  @Test
  void anImageIsFoundUnderItsSplitItsClassAndItsNumber() throws IOException {
    assertThat(make()).hasSize(240);
    // Record 3 of the second training file, and of the test file: cats, and their red first row.
    assertThat(firstPixel("train/cat/00043.png")).isEqualTo(43 + 1);
    assertThat(firstPixel("test/cat/00003.png")).isEqualTo(200 + 3 + 1);
  }

  @Test
  void flatTheTestImagesNumbersGoOnWhereTheTrainingImagesEnd() throws IOException {
    assertThat(make("--flat")).hasSize(240);
    assertThat(firstPixel("cat/00203.png")).isEqualTo(200 + 3 + 1);
  }

  @Test
  void theLimitIsPerClassAndSplit() throws IOException {
    assertThat(make("--limit", "3")).hasSize(2 * 10 * 3).containsKey("test/dog/00025.png");
  }

  @Test
  void imbalanceLeavesTheTestImagesAndTheOtherClassesAlone() throws IOException {
    var files = make("--imbalanced", "cat,dog=5");
    assertThat(files).hasSize(240 - 2 * 16);
    assertThat(files.keySet().stream().filter(file -> file.startsWith("train/dog/")))
        .containsExactly(
            "train/dog/00005.png",
            "train/dog/00055.png",
            "train/dog/00105.png",
            "train/dog/00155.png");
  }

  @Test
  void theDamagedFilesAreThoseOfTheListAndTheSameEachTime() throws IOException {
    Map<String, byte[]> files = make("--damaged", "0.25");
    List<String> list = Files.readAllLines(folder.resolve("pictures-damaged.txt"));
    assertThat(list).hasSize(60).isSorted();
    assertThat(list.stream().map(line -> line.split("\t", 2)[1]).distinct()).hasSize(10);
    assertThat(files).hasSize(240);
    assertThat(
            files.entrySet().stream()
                .filter(file -> !Damage.decodes(file.getValue()))
                .map(Map.Entry::getKey))
        .containsExactlyElementsOf(list.stream().map(line -> line.split("\t", 2)[0]).toList());

    Files.move(folder.resolve("pictures"), folder.resolve("before"));
    assertThat(make("--damaged", "0.25")).usingRecursiveComparison().isEqualTo(files);
  }

  @Test
  void aFolderThatIsNotEmptyIsLeftAsItIs() throws IOException {
    Files.createDirectories(folder.resolve("pictures/mine"));
    assertThat(run()).contains("pictures is not empty");
    assertThat(folder.resolve("pictures/train")).doesNotExist();
  }

  @Test
  void optionsThatMakeNoSenseAreRefused() {
    assertThat(run("--damaged", "1.5")).startsWith("--damaged must be 0 to 1, got 1.5");
    assertThat(run("--imbalanced", "cat")).startsWith("--imbalanced must be like cat,dog=20");
    assertThat(run("--imbalanced", "tiger=3")).startsWith("--imbalanced: no class tiger");
    assertThat(folder.resolve("pictures")).doesNotExist();
  }

  /** Returns the files by their paths in the folder. */
  private Map<String, byte[]> make(String... options) throws IOException {
    assertThat(run(options)).isEmpty();
    Path root = folder.resolve("pictures");
    var files = new TreeMap<String, byte[]>();
    try (Stream<Path> all = Files.walk(root)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        files.put(root.relativize(file).toString(), Files.readAllBytes(file));
      }
    }
    return files;
  }

  /** Returns the error message of the program. */
  private String run(String... options) {
    var complaints = new StringWriter();
    Stream<String> folders = Stream.of(folder.toString(), folder.resolve("pictures").toString());
    FolderOfImages.commandLine()
        .setOut(new PrintWriter(Writer.nullWriter()))
        .setErr(new PrintWriter(complaints))
        .execute(Stream.concat(folders, Stream.of(options)).toArray(String[]::new));
    return complaints.toString();
  }

  private int firstPixel(String file) {
    return ImageFileReader.read(folder.resolve("pictures").resolve(file)).rgb()[0] & 0xff;
  }
}
