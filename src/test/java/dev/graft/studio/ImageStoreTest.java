package dev.graft.studio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.GraftException;
import dev.graft.data.OwnOutput;
import dev.graft.io.AtomicFiles;
import dev.graft.studio.ImageStore.Image;
import dev.graft.studio.ImageStore.ImageClass;
import dev.graft.studio.Journal.Change;
import io.javalin.http.HttpResponseException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageStoreTest {
  @TempDir private Path temporary;
  private Path folder;
  private ImageStore store;

  @BeforeEach
  void open() throws IOException {
    folder = temporary.resolve("taught");
    store = new ImageStore(folder);
    store.create("cat");
    store.create("ship");
  }

  @AfterEach
  void close() throws IOException {
    store.close();
  }

  private void reopen() throws IOException {
    store.close();
    store = new ImageStore(folder);
  }

  private String add(String label, String name) throws IOException {
    return store.add(label, name, TestImages.png(1), null);
  }

  private List<String> paths(String label) throws IOException {
    return store.images(label).stream().map(Image::path).toList();
  }

  @Test
  void anImageIsAFileInItsClassFolderAtOnce() throws IOException {
    assertThat(add("cat", "a.png")).isEqualTo("cat/a.png");
    assertThat(folder.resolve("cat/a.png")).hasBinaryContent(TestImages.png(1));
    assertThat(add("cat", "a.png")).isEqualTo("cat/a (2).png");
    assertThat(store.classes())
        .containsExactly(new ImageClass("cat", 2), new ImageClass("ship", 0));
  }

  @Test
  void whatIsNoImageIsRefused() throws IOException {
    assertThatThrownBy(
            () -> store.add("cat", "a.png", "no image".getBytes(StandardCharsets.UTF_8), null))
        .isInstanceOf(GraftException.class);
    assertThatThrownBy(() -> add("dog", "a.png")).isInstanceOf(Refusal.class);
    assertThat(folder.resolve("cat")).isEmptyDirectory();
    assertThat(folder.resolve("dog")).doesNotExist();
  }

  @Test
  void everyChangeIsUndoneAndRedone() throws IOException {
    String a = add("cat", "a.png");
    add("ship", "a.png");
    store.move(List.of(a), "ship");
    assertThat(paths("ship")).containsExactly("ship/a (2).png", "ship/a.png");
    store.delete(List.of("ship/a.png"));
    store.rename("ship", "boat");
    store.merge("boat", "cat");
    assertThat(store.classes()).containsExactly(new ImageClass("cat", 1));
    store.deleteClass("cat");
    assertThat(store.classes()).isEmpty();

    assertThat(store.undo()).isEqualTo("deleteClass");
    assertThat(store.undo()).isEqualTo("merge");
    assertThat(store.undo()).isEqualTo("rename");
    assertThat(store.undo()).isEqualTo("delete");
    assertThat(store.undo()).isEqualTo("move");
    assertThat(paths("ship")).containsExactly("ship/a.png");
    assertThat(paths("cat")).containsExactly("cat/a.png");
    store.undo();
    assertThat(store.undo()).isEqualTo("add");
    assertThat(store.undo()).isEqualTo("class");
    store.undo();
    assertThatThrownBy(store::undo).hasMessageStartingWith("There is nothing left to undo");
    assertThat(store.classes()).isEmpty();

    reopen(); // redo survives, too
    for (int i = 0; i < 9; i++) {
      store.redo();
    }
    assertThatThrownBy(store::redo).hasMessageStartingWith("There is nothing left to undo");
    assertThat(store.classes()).isEmpty();
    store.undo();
    assertThat(paths("cat")).containsExactly("cat/a (2).png");
  }

  @Test
  void imagesOfAGroupAreUndoneTogether() throws IOException {
    add("cat", "before.png");
    for (int i = 0; i < 5; i++) {
      store.add("cat", "a.png", TestImages.png(i), "group");
    }
    store.undo();
    assertThat(paths("cat")).containsExactly("cat/before.png");
    store.redo();
    assertThat(paths("cat")).hasSize(6);
  }

  @Test
  void undoSurvivesAProcessThatIsKilled() throws IOException {
    String path = add("cat", "a.png");
    store.delete(List.of(path));
    Path journal = store.own("journal.jsonl");
    Files.writeString(
        journal, "{\"event\":\"DO\",\"chan", StandardOpenOption.APPEND); // half a line
    reopen();
    assertThat(store.undo()).isEqualTo("delete");
    assertThat(paths("cat")).containsExactly("cat/a.png");
  }

  @Test
  void aHalfMadeChangeIsCompleted() throws IOException {
    add("cat", "a.png");
    add("cat", "b.png");
    store.close();
    // As after a process that was killed between two steps.
    String line =
        "{\"event\":\"DO\",\"change\":{\"kind\":\"move\",\"steps\":[{\"from\":\"cat/a.png\","
            + "\"to\":\"ship/a.png\"},{\"from\":\"cat/b.png\",\"to\":\"ship/b.png\"}]}}\n";
    Files.writeString(
        folder.resolve(ImageStore.OWN).resolve("journal.jsonl"), line, StandardOpenOption.APPEND);
    Files.move(folder.resolve("cat/a.png"), folder.resolve("ship/a.png"));
    store = new ImageStore(folder);
    assertThat(paths("ship")).containsExactly("ship/a.png", "ship/b.png");
    store.undo();
    assertThat(paths("cat")).containsExactly("cat/a.png", "cat/b.png");
  }

  @Test
  void aChangeIsMadeWholeOrNotAtAll() throws IOException {
    String a = add("cat", "a.png");
    String b = add("cat", "b.png");
    try (Journal journal = new Journal(folder, temporary.resolve("journal"))) {
      Change change =
          new Change(
              "move",
              null,
              List.of(new UndoStep(a, "ship/a.png"), new UndoStep("cat/c", "ship/c")));
      assertThatThrownBy(() -> journal.make(change)).isInstanceOf(Refusal.class);
      assertThat(journal.last()).isEmpty();
    }
    assertThat(paths("cat")).containsExactly(a, b);
  }

  @Test
  void changesByOthersAreNoticedAndNeverOverwritten() throws IOException {
    String path = add("cat", "a.png");
    store.move(List.of(path), "ship");
    Files.write(folder.resolve("cat/a.png"), TestImages.png(2)); // another program
    Files.createDirectory(folder.resolve("dog"));
    Files.write(folder.resolve("dog/d.png"), TestImages.png(3));
    assertThat(store.classes())
        .containsExactly(
            new ImageClass("cat", 1), new ImageClass("dog", 1), new ImageClass("ship", 1));
    assertThatThrownBy(store::undo)
        .isInstanceOf(Refusal.class)
        .hasMessageContaining("another program");
    assertThat(folder.resolve("cat/a.png")).hasBinaryContent(TestImages.png(2));
    assertThat(paths("ship")).containsExactly("ship/a.png");
  }

  @Test
  void aRefusedUndoCanBeTriedAgain() throws IOException {
    add("cat", "a.png");
    store.deleteClass("cat");
    Files.createDirectory(folder.resolve("cat"));

    assertThatThrownBy(() -> store.undo()).hasMessageStartingWith("cat is there already");
    Files.delete(folder.resolve("cat"));
    assertThat(store.undo()).isEqualTo("deleteClass");
    assertThat(paths("cat")).containsExactly("cat/a.png");
  }

  @Test
  void changesThatCanNeverBeUndoneAreForgotten() throws IOException {
    add("cat", "a.png");
    store.create("dog");
    store.delete(List.of("cat/a.png"));
    AtomicFiles.delete(folder.resolve(ImageStore.OWN).resolve("bin"));

    assertThatThrownBy(() -> store.undo())
        .hasMessageContaining("was moved or deleted by another program");
    assertThat(store.undo()).isEqualTo("class");
    reopen();
    assertThat(store.redo()).isEqualTo("class");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"event\":\"DO\",\"change\":{\"kind\":\"move\",\"steps\":[{\"from\":\"../victim\",\"to\":\"cat/v\"}]}}",
        "{\"event\":\"DO\",\"change\":{\"kind\":\"move\",\"steps\":[{\"from\":\"cat/../../victim\",\"to\":\"v\"}]}}",
        "{\"event\":\"DO\",\"change\":{\"kind\":\"move\",\"steps\":[{\"from\":\"/victim\",\"to\":\"cat/v\"}]}}",
        "{\"event\":\"DO\",\"change\":{\"kind\":\"move\",\"steps\":[{\"from\":\"\\u0000\",\"to\":\"cat/v\"}]}}",
        "{\"event\":\"DO\",\"change\":{\"kind\":\"move\"}}",
        "{\"event\":\"DO\"}",
        "{}",
        "[1]"
      })
  void aJournalThatNoStudioWroteChangesNothing(String line) throws IOException {
    Path victim = Files.writeString(temporary.resolve("victim"), "outside");
    store.close();
    Path journal = folder.resolve(ImageStore.OWN).resolve("journal.jsonl");
    Files.writeString(journal, line + "\n", StandardOpenOption.APPEND);

    store = new ImageStore(folder);
    assertThat(victim).hasContent("outside");
    assertThat(folder.resolve("cat")).isEmptyDirectory();
    assertThat(store.undo()).isEqualTo("class");
  }

  @Test
  void undoDoesNotFollowALink() throws IOException {
    add("cat", "a.png");
    store.delete(List.of("cat/a.png"));
    Path outside = Files.createDirectory(temporary.resolve("outside"));
    Files.delete(folder.resolve("cat"));
    Files.createSymbolicLink(folder.resolve("cat"), outside);

    assertThatThrownBy(() -> store.undo()).isInstanceOf(Refusal.class);
    assertThat(outside).isEmptyDirectory();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "bin", "kept", "thumbnails"})
  void ownFilesThatAreLinksAreRefused(String name) throws IOException {
    store.close();
    Path own = folder.resolve(ImageStore.OWN).resolve(name);
    Files.createDirectories(own);
    AtomicFiles.delete(own);
    Path outside = Files.createDirectories(temporary.resolve("outside"));
    Files.createSymbolicLink(own, outside);

    assertThatThrownBy(() -> new ImageStore(folder))
        .isInstanceOf(GraftException.class)
        .hasMessageContaining("is a link: delete it");
    assertThat(outside).isEmptyDirectory();
    Files.delete(own);
    store = new ImageStore(folder);
  }

  @Test
  void ownOutputIsNoClass() throws IOException {
    Path output = Files.createDirectories(folder.resolve("output"));
    Files.createFile(output.resolve(OwnOutput.MARKER));
    assertThat(store.classes()).extracting(ImageClass::name).containsExactly("cat", "ship");
  }

  @ParameterizedTest
  @ValueSource(strings = {"lost+found", "__MACOSX", "@eaDir", "Thumbs.db"})
  void namesThatAreIgnoredAreRefused(String name) {
    assertThatThrownBy(() -> store.create(name))
        .isInstanceOfSatisfying(
            Refusal.class,
            refusal -> assertThat(refusal.reason()).isEqualTo(Refusal.Reason.NAME_RESERVED));
    assertThat(folder.resolve(name)).doesNotExist();
  }

  @Test
  void aClassIsRenamedInAnotherCase() throws IOException {
    add("ship", "a.png");
    store.rename("ship", "Ship");
    assertThat(paths("Ship")).containsExactly("Ship/a.png");
    assertThatThrownBy(() -> store.rename("Ship", "Ship")).isInstanceOf(Refusal.class);
  }

  @Test
  void theBinIsKeptUntilItIsEmptied() throws IOException {
    add("cat", "a.png");
    store.delete(List.of("cat/a.png"));
    assertThat(store.binned()).isEqualTo(1);
    store.emptyBin();
    assertThat(store.binned()).isZero();
    assertThat(store.undoable()).hasValue("add");
    assertThat(store.own("bin")).isEmptyDirectory();
  }

  @Test
  void keptLabelsStayKept() throws IOException {
    String path = add("cat", "a.png");
    assertThat(store.isUnsettled(path)).isTrue();
    store.keep(List.of(path));
    store.keep(List.of(path));
    assertThat(store.isUnsettled(path)).isFalse();
    store.rename("cat", "kitten");
    reopen();
    assertThat(store.isUnsettled("kitten/a.png")).isFalse();
    assertThat(store.undo()).isEqualTo("rename");
    assertThat(store.undo()).isEqualTo("keep");
    assertThat(store.isUnsettled(path)).isTrue();
    assertThat(store.redo()).isEqualTo("keep");
    assertThat(store.isUnsettled(path)).isFalse();
    assertThat(store.isUnsettled("cat/missing.png")).isFalse();
  }

  @Test
  void studiosOwnFolderMayBeDeleted() throws IOException {
    add("cat", "a.png");
    store.close();
    AtomicFiles.delete(folder.resolve(ImageStore.OWN));
    store = new ImageStore(folder);
    assertThat(store.classes())
        .containsExactly(new ImageClass("cat", 1), new ImageClass("ship", 0));
    assertThatThrownBy(store::undo).hasMessageStartingWith("There is nothing left to undo");
  }

  @Test
  void aSecondStudioIsRefused() {
    assertThatThrownBy(() -> new ImageStore(folder))
        .isInstanceOf(GraftException.class)
        .hasMessageContaining("is open in another studio");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "cat",
        "../secret.png",
        "cat/../../secret.png",
        "/etc/hostname",
        ".graft-studio/lock",
        "cat/.hidden.png",
        "cat/\0.png",
        "link/secret.png",
        "cat/link.png",
        "cat/missing.png"
      })
  void noPathLeadsOutOfTheClasses(String path) throws IOException {
    Path secret = temporary.resolve("secret.png");
    Files.write(secret, TestImages.png(1));
    Files.createSymbolicLink(folder.resolve("link"), temporary);
    Files.createSymbolicLink(folder.resolve("cat/link.png"), secret);
    assertThatThrownBy(() -> store.file(path)).isInstanceOf(HttpResponseException.class);
    assertThatThrownBy(() -> store.delete(List.of(path))).isInstanceOf(HttpResponseException.class);
    assertThat(secret).exists();
    assertThat(store.classes())
        .containsExactly(new ImageClass("cat", 0), new ImageClass("ship", 0));
  }

  @Test
  void aClassThatExistsInAnotherCaseIsRefused() {
    assertThatThrownBy(() -> store.create("Cat")).isInstanceOf(Refusal.class);
    assertThatThrownBy(() -> store.rename("ship", "CAT")).isInstanceOf(Refusal.class);
  }
}
