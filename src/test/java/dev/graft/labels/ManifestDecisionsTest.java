package dev.graft.labels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.GraftException;
import dev.graft.data.ReadingRules;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ManifestDecisionsTest {
  @TempDir Path folder;

  private Path manifest;

  @BeforeEach
  void makeManifest() throws IOException {
    Files.createDirectory(folder.resolve("photos"));
    for (String name : List.of("1.png", "2.png", "3.png", "4.png")) {
      Files.createFile(folder.resolve("photos").resolve(name));
    }
    manifest =
        Files.writeString(
            folder.resolve("pets.csv"),
            "id,breed,split,size\n1,cat,train,7\n2,cat,val,8\n3,dog,,9\n4,dog,train,9\n");
  }

  private ManifestDecisions.Applied apply(String rows) throws IOException {
    Path decided =
        Files.writeString(folder.resolve("labels-decided.csv"), "path,decision,to\n" + rows);
    return ManifestDecisions.apply(manifest, rules(), decided);
  }

  private static ReadingRules rules() {
    return ReadingRules.of(
        Optional.of("path=id,label=breed"), Optional.of("photos/{id}.png"), true);
  }

  @Test
  void aCorrectedManifestIsWrittenBesideTheManifest() throws IOException {
    String before = Files.readString(manifest);

    ManifestDecisions.Applied applied =
        apply("photos/2.png,move,dog\nphotos/4.png,drop,\nphotos/1.png,keep,\n");

    assertThat(applied)
        .isEqualTo(new ManifestDecisions.Applied(1, 1, folder.resolve("pets-corrected.csv")));
    assertThat(applied.corrected())
        .hasContent(
            """
            path,label,split
            photos/1.png,cat,train
            photos/2.png,dog,validation
            photos/3.png,dog,
            """);
    assertThat(manifest).hasContent(before);
    assertThat(folder.resolve("photos/4.png")).exists();
  }

  @Test
  void anEarlierCorrectionIsNotOverwritten() throws IOException {
    Path corrected = Files.writeString(folder.resolve("pets-corrected.csv"), "mine");
    assertThatThrownBy(() -> apply("photos/2.png,move,dog\n"))
        .isInstanceOf(GraftException.class)
        .hasMessage(
            corrected + " exists, and is not overwritten: move it elsewhere, or delete it.");
    assertThat(corrected).hasContent("mine");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "photos/9.png,move,dog | row 2: photos/9.png is not in ",
        "photos/1.png,move,lynx | row 2: the class lynx is missing in ",
        "photos/1.png,sell,dog | row 2: the decision must be keep, move or drop, not sell.",
        "photos/1.png,drop | row 2: has 2 columns.",
        "photos/1.png,keep, | moves and drops no image.",
      })
  void aRowThatCannotBeCarriedOutWritesNothing(String row, String message) {
    assertThatThrownBy(() -> apply(row + "\n"))
        .isInstanceOf(GraftException.class)
        .hasMessageContaining(message);
    assertThat(folder.resolve("pets-corrected.csv")).doesNotExist();
  }

  @Test
  void onePathTwiceWritesNothing() {
    assertThatThrownBy(() -> apply("photos/1.png,keep,\nphotos/1.png,drop,\n"))
        .hasMessageContaining("row 3: photos/1.png is in the list twice.");
    assertThat(folder.resolve("pets-corrected.csv")).doesNotExist();
  }

  @Test
  void movesOfFilesCannotBeUndoneInAManifest() throws IOException {
    Path undo = Files.writeString(folder.resolve("labels-undo.csv"), "from,to\na,b\n");
    assertThatThrownBy(() -> ManifestDecisions.apply(manifest, rules(), undo))
        .hasMessageContaining("the first row must be path,decision,to");
  }
}
