package dev.graft.labels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.DataSet;
import dev.graft.data.ImageMaker;
import dev.graft.tuning.LabelIssues;
import dev.graft.tuning.LabelReview;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class LabelFilesTest {
  @TempDir private Path folder;

  @Test
  @EnabledOnOs(OS.LINUX)
  void namesAreWrittenByTheirBytesInEveryLocale() throws IOException {
    Path cat = ImageMaker.write(folder.resolve("cat/1.png"), 1);
    ImageMaker.write(folder.resolve("dog/2.png"), 2);
    Files.move(cat, Path.of(URI.create(cat.getParent().toUri() + "%E9.png")));
    DataSet data = ImageMaker.open(folder);

    LabelReview review =
        new LabelReview(
            data,
            List.of(
                new LabelReview.Entry(0, new LabelIssues.Issue(0, 0, 1, 0.25, 0.75), Set.of()),
                new LabelReview.Entry(1, new LabelIssues.Issue(1, 1, 0, 0.5, 0.5), Set.of())));

    assertThat(LabelFiles.csv(review, LabelFiles.folder(folder)).lines())
        .containsExactly(
            "path,label,suggested,label_probability,suggested_probability,reason",
            "cat/\\xE9.png,cat,dog,0.250000,0.750000,",
            "dog/2.png,dog,cat,0.500000,0.500000,");
  }

  @Test
  void noTableOfTheUserIsReplaced(@TempDir Path folder) throws IOException {
    Path manifest = Files.writeString(folder.resolve("photos.csv"), "path,label\n");
    Path notes = Files.writeString(folder.resolve("notes.csv"), "a,b\n");
    Path labels = Files.writeString(folder.resolve("labels.csv"), LabelFiles.HEADER + "\n");
    assertThat(LabelFiles.refusal(manifest.toString(), manifest))
        .contains(manifest + " is the manifest itself; choose another name.");
    assertThat(LabelFiles.refusal(notes.toString(), manifest))
        .contains(notes + " exists and is not a table of labels; choose another name.");
    assertThat(LabelFiles.refusal(labels.toString(), manifest)).isEmpty();
    assertThat(LabelFiles.refusal(folder.resolve("new.csv").toString(), manifest)).isEmpty();
    Path page = Files.writeString(folder.resolve("new.html"), "mine");
    assertThat(LabelFiles.refusal(folder.resolve("new.csv").toString(), manifest))
        .contains(page + ", the name of its page, exists; choose another name.");
  }
}
