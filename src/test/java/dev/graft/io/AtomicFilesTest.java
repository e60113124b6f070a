package dev.graft.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.GraftException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFilesTest {
  @TempDir Path folder;

  @Test
  void aMoveReplacesNothing() throws IOException {
    Path from = Files.writeString(folder.resolve("from"), "from");
    Path to = Files.writeString(folder.resolve("to"), "to");

    assertThatThrownBy(() -> AtomicFiles.move(from, to))
        .isInstanceOf(FileAlreadyExistsException.class);
    assertThat(to).hasContent("to");

    AtomicFiles.move(from, folder.resolve("free"));
    assertThat(from).doesNotExist();
    assertThat(folder.resolve("free")).hasContent("from");
  }

  @Test
  void aFolderIsWrittenIntoAnEmptyOneOnly() throws IOException {
    Path empty = Files.createDirectory(folder.resolve("empty"));
    Path file = Files.writeString(folder.resolve("file"), "x");
    assertThat(AtomicFiles.isEmptyFolder(empty)).isTrue();
    assertThat(AtomicFiles.isEmptyFolder(folder)).isFalse();
    assertThat(AtomicFiles.isEmptyFolder(file)).isFalse();

    AtomicFiles.folder(empty, into -> Files.writeString(into.resolve("first"), "1"));
    assertThatThrownBy(() -> AtomicFiles.folder(empty, into -> {}))
        .isInstanceOf(GraftException.class)
        .hasMessageContaining(" exists already");
    assertThat(empty.resolve("first")).hasContent("1");
  }

  @Test
  void whatAKilledProcessWasWritingInAFolderIsDeleted() throws IOException {
    Files.writeString(folder.resolve("model.0123.unfinished"), "1");
    Files.writeString(
        Files.createDirectory(folder.resolve("plots.4567.unfinished")).resolve("a.svg"), "1");
    Path other = Files.writeString(folder.resolve("unfinished"), "1");

    AtomicFiles.deleteUnfinished(folder);

    assertThat(folder).isDirectoryNotContaining(each -> !each.equals(other));
    assertThat(other).exists();
  }

  @Test
  void aProgramThatEndsLeavesNeitherUnfinishedFilesNorFolders() throws IOException {
    assertThatThrownBy(
            () ->
                AtomicFiles.folder(
                    folder.resolve("model"),
                    into -> {
                      Files.writeString(into.resolve("weights"), "1");
                      AtomicFiles.deleteUnfinished();
                      assertThat(folder).isEmptyDirectory();
                    }))
        .isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(
            () ->
                AtomicFiles.write(
                    folder.resolve("file"),
                    channel -> {
                      AtomicFiles.deleteUnfinished();
                      assertThat(folder).isEmptyDirectory();
                    }))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void toAnotherFileSystemAFileIsCopiedUnderATemporaryName() throws IOException {
    Path from = Files.writeString(folder.resolve("from"), "from");
    Path to = Files.createDirectory(folder.resolve("other")).resolve("to");

    AtomicFiles.copyAndDelete(from, to);

    assertThat(from).doesNotExist();
    assertThat(to).hasContent("from");
    assertThatThrownBy(() -> AtomicFiles.copyAndDelete(from, folder.resolve("none/to")))
        .isInstanceOf(NoSuchFileException.class);
    assertThat(to.resolveSibling("to")).isRegularFile();
    assertThat(folder.resolve("other")).isDirectoryContaining(file -> file.equals(to));
  }
}
