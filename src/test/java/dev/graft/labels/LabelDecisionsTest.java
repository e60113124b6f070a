package dev.graft.labels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.GraftException;
import dev.graft.output.OutputFolder;
import dev.graft.util.Text;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabelDecisionsTest {
  @TempDir Path folder;

  private Path photos;
  private OutputFolder output;

  @BeforeEach
  void makeImages() throws IOException {
    photos = folder.resolve("photos");
    output = new OutputFolder(folder.resolve("output"));
    for (String name : List.of("cat/1.png", "cat/2.png", "dog/1.png")) {
      Files.createDirectories(photos.resolve(name).getParent());
      Files.writeString(photos.resolve(name), name);
    }
  }

  private List<String> files() throws IOException {
    try (Stream<Path> all = Files.walk(photos)) {
      return all.filter(Files::isRegularFile)
          .map(file -> photos.relativize(file).toString().replace('\\', '/'))
          .sorted()
          .toList();
    }
  }

  private Path decided(String rows) throws IOException {
    return Files.writeString(folder.resolve("labels-decided.csv"), "path,decision,to\n" + rows);
  }

  @Test
  void movesAndDropsFilesAndUndoesBoth() throws IOException {
    Path decisions = decided("cat/1.png,move,dog\ncat/2.png,drop,\ndog/1.png,keep,\n");

    LabelDecisions.Applied applied = LabelDecisions.apply(photos, decisions, output);

    assertThat(applied.moved()).isEqualTo(2);
    assertThat(files()).containsExactly("dog/1-2.png", "dog/1.png");
    assertThat(photos.resolve("dog/1-2.png")).hasContent("cat/1.png");

    LabelDecisions.apply(photos, applied.undo(), output);

    assertThat(files()).containsExactly("cat/1.png", "cat/2.png", "dog/1.png");
    assertThat(photos.resolve("cat/2.png")).hasContent("cat/2.png");
  }

  @Test
  void anImageThatIsInItsNewClassAlreadyStaysWhereItIs() throws IOException {
    Path decisions = decided("cat/1.png,move,cat\ncat/2.png,move,dog\n");

    assertThat(LabelDecisions.apply(photos, decisions, output).moved()).isOne();

    assertThat(files()).containsExactly("cat/1.png", "dog/1.png", "dog/2.png");
  }

  @Test
  void aListThatUndoesTouchesNothingOutsideOfTheData() throws IOException {
    Path secret = Files.writeString(folder.resolve("secret.txt"), "secret");
    Path folderInside = Files.createDirectories(photos.resolve("cat/2021"));
    for (Path from : List.of(secret, folder, folderInside)) {
      Path list = folder.resolve("undo.csv");
      Files.writeString(list, "from,to\n" + photos.resolve("cat/x.png") + "," + from + "\n");
      assertThatThrownBy(() -> LabelDecisions.apply(photos, list, output))
          .isInstanceOf(GraftException.class)
          .hasMessageMatching(".*, row 2: .* is not (inside .*|a file)\\.");
    }
    assertThat(secret).hasContent("secret");
    assertThat(files()).containsExactly("cat/1.png", "cat/2.png", "dog/1.png");
  }

  @Test
  void nothingIsMovedIfTwoRowsHaveOneTarget() throws IOException {
    Path target = photos.resolve("cat/3.png");
    Path list = folder.resolve("undo.csv");
    Files.writeString(
        list,
        Text.of(
            "from,to\n%s,%s\n%s,%s\n",
            target, photos.resolve("cat/1.png"), target, photos.resolve("cat/2.png")));

    assertThatThrownBy(() -> LabelDecisions.apply(photos, list, output))
        .hasMessageContaining("row 3")
        .hasMessageContaining("is in the list twice");
    assertThat(files()).containsExactly("cat/1.png", "cat/2.png", "dog/1.png");
  }

  @Test
  void aPartIsNoClass() throws IOException {
    Files.createDirectories(photos.resolve("train/cat"));
    Files.createDirectories(photos.resolve("test/cat"));
    Files.writeString(photos.resolve("train/cat/4.png"), "4");

    assertThatThrownBy(
            () -> LabelDecisions.apply(photos, decided("train/cat/4.png,move,test\n"), output))
        .hasMessageContaining("the folder of the class test is missing");
    assertThatThrownBy(() -> LabelDecisions.apply(photos, decided("dog/1.png,move,\n"), output))
        .hasMessageContaining("the column to is empty; name the class to move it to.");
  }

  @Test
  void anUndoneChangeCanBeUndoneToo() throws IOException {
    Path decisions = decided("cat/1.png,move,dog\ncat/2.png,drop,\n");
    Path undo = LabelDecisions.apply(photos, decisions, output).undo();
    Path redo = LabelDecisions.apply(photos, undo, output).undo();

    LabelDecisions.apply(photos, redo, output);

    assertThat(files()).containsExactly("dog/1-2.png", "dog/1.png");
  }

  @Test
  void aFileThatIsGoneDoesNotKeepTheOthersFromBeingMovedBack() throws IOException {
    Path decisions = decided("cat/1.png,move,dog\ncat/2.png,move,dog\n");
    Path undo = LabelDecisions.apply(photos, decisions, output).undo();
    Files.delete(photos.resolve("dog/2.png"));

    LabelDecisions.Applied undone = LabelDecisions.apply(photos, undo, output);

    assertThat(undone.moved()).isOne();
    assertThat(undone.missing()).containsExactly(photos.resolve("dog/2.png"));
    assertThat(files()).containsExactly("cat/1.png", "dog/1.png");
    assertThatThrownBy(() -> LabelDecisions.apply(photos, undo, output))
        .hasMessageContaining("all images are gone that it would move back");
  }

  @Test
  void aFileThatIsInTheWayOfAnUndoneMoveIsLeftAndNamed() throws IOException {
    Path decisions = decided("cat/1.png,move,dog\ncat/2.png,move,dog\n");
    Path undo = LabelDecisions.apply(photos, decisions, output).undo();
    Path other = Files.writeString(photos.resolve("cat/2.png"), "another");

    LabelDecisions.Applied undone = LabelDecisions.apply(photos, undo, output);

    assertThat(undone.moved()).isOne();
    assertThat(undone.missing()).isEmpty();
    assertThat(undone.occupied()).containsExactly(other);
    assertThat(other).hasContent("another");
    assertThat(files()).containsExactly("cat/1.png", "cat/2.png", "dog/1.png", "dog/2.png");
    assertThatThrownBy(() -> LabelDecisions.apply(photos, undo, output))
        .hasMessage(
            undo
                + ": other files are where it would move images back to, such as "
                + other
                + "; move them elsewhere.");
  }

  @Test
  void classFoldersAreFoundFromDeepInsideAnotherAndByTheirNormalizedName() throws IOException {
    Files.createDirectories(photos.resolve("cat/2021/dog"));
    Files.writeString(photos.resolve("cat/2021/3.png"), "deep");
    Path cafe = photos.resolve("train/cafe\u0301"); // as a Mac writes it
    Files.createDirectories(cafe);
    Files.createDirectories(photos.resolve("train/bar"));
    Files.writeString(photos.resolve("train/bar/4.png"), "in a part");

    LabelDecisions.apply(
        photos, decided("cat/2021/3.png,move,dog\ntrain/bar/4.png,move,caf\u00e9\n"), output);

    assertThat(photos.resolve("dog/3.png")).hasContent("deep");
    assertThat(cafe.resolve("4.png")).hasContent("in a part");
  }

  @Test
  void anImageBesideTheClassFoldersGoesToOneOfThem() throws IOException {
    Files.writeString(photos.resolve("loose.png"), "loose");

    LabelDecisions.apply(photos, decided("loose.png,move,dog\n"), output);

    assertThat(photos.resolve("dog/loose.png")).hasContent("loose");
    assertThat(photos.resolve("loose.png")).doesNotExist();

    Files.writeString(photos.resolve("loose.png"), "loose");
    Path unknown = decided("loose.png,move,lynx\n");
    assertThatThrownBy(() -> LabelDecisions.apply(photos, unknown, output))
        .isInstanceOf(GraftException.class)
        .hasMessageContaining("row 2: the folder of the class lynx is missing");
  }

  @Test
  void onePathTwiceMovesNothing() throws IOException {
    Path decisions = decided("cat/1.png,move,dog\ncat/1.png,drop,\n");

    assertThatThrownBy(() -> LabelDecisions.apply(photos, decisions, output))
        .hasMessageContaining("row 3: ")
        .hasMessageContaining("is in the list twice");
    assertThat(files()).containsExactly("cat/1.png", "cat/2.png", "dog/1.png");
  }

  @Test
  void aRowThatCannotBeCarriedOutMovesNothing() throws IOException {
    for (String row :
        List.of(
            "cat/9.png,drop,",
            "cat/2.png,move,lynx",
            "cat/2.png,move,../..",
            "../secret.png,drop,",
            "cat/2.png,sell,dog",
            "cat/2.png,drop")) {
      Path decisions = decided("cat/1.png,move,dog\n" + row + "\n");

      assertThatThrownBy(() -> LabelDecisions.apply(photos, decisions, output))
          .isInstanceOf(GraftException.class)
          .hasMessageContaining("row 3");
      assertThat(files()).containsExactly("cat/1.png", "cat/2.png", "dog/1.png");
    }
  }

  @Test
  void aTableThatASpreadsheetSavedIsReadOrItsSemicolonsAreNamed() throws IOException {
    String rows = "path,decision,to\r\ncat/1.png,move,dog\r\ncat/2.png,keep,\r\n";
    Path table = Files.writeString(folder.resolve("labels-decided.csv"), "\ufeff" + rows);

    assertThat(LabelDecisions.apply(photos, table, output).moved()).isOne();
    assertThat(files()).containsExactly("cat/2.png", "dog/1-2.png", "dog/1.png");

    Files.writeString(table, "\ufeff" + rows.replace(',', ';'));
    assertThatThrownBy(() -> LabelDecisions.apply(photos, table, output))
        .isInstanceOf(GraftException.class)
        .hasMessage(table + ": its columns are separated by semicolons; save it with commas.");
  }

  @Test
  void otherTablesAreRefused() throws IOException {
    Path table = Files.writeString(folder.resolve("labels.csv"), "path,label\ncat/1.png,cat\n");

    assertThatThrownBy(() -> LabelDecisions.apply(photos, table, output))
        .hasMessageContaining("the first row must be path,decision,to");
    assertThatThrownBy(() -> LabelDecisions.apply(photos, folder.resolve("none.csv"), output))
        .hasMessageContaining("does not exist");
  }
}
