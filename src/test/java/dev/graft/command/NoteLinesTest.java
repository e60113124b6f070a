package dev.graft.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.Note;
import dev.graft.data.Note.Kind;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NoteLinesTest {
  private static String line(Kind kind, long count, long of, String... names) {
    return NoteLines.of(new Note(kind, Path.of("pets"), count, of, List.of(names)));
  }

  @Test
  void everyNoteIsASentence() {
    assertThat(line(Kind.BESIDE_PARTS, 1, 0, "originals"))
        .isEqualTo(
            "Ignored in pets, since it has train, validation or test folders: \"originals\".");
    assertThat(line(Kind.UNLABELED_PARTS, 1, 0, "test"))
        .isEqualTo(
            "Ignored in pets, since images outside of class folders have no labels: \"test\".");
    assertThat(line(Kind.PARTS, 2, 0, "Training = train", "dev = validation"))
        .isEqualTo(
            "Parts of pets, by the names of its folders: Training = train, dev = validation.");
    assertThat(line(Kind.EQUAL_FOLDERS, 2, 0, "\"2019\", \"2020\"", "\"cat\", \"dog\""))
        .isEqualTo(
            "WARNING: pets: the class folders (\"2019\", \"2020\") all hold the same folders"
                + " (\"cat\", \"dog\") and no images of their own. If those are the classes, move"
                + " them up or write a manifest.");
    assertThat(line(Kind.PART_AS_CLASS, 1, 0))
        .isEqualTo("pets is used as a class like the folders next to it, not as a part.");
    assertThat(line(Kind.EMPTY_CLASSES, 2, 0, "bird", "notes"))
        .isEqualTo("Ignored class folders without images: \"bird\", \"notes\".");
    assertThat(line(Kind.OUTSIDE_CLASSES, 2, 1))
        .isEqualTo("Ignored 2 files outside of class folders, of which 1 is an image.");
    assertThat(line(Kind.OUTSIDE_CLASSES, 9, 1200))
        .isEqualTo("Ignored 9 files outside of class folders, of which 1,200 are images.");
    assertThat(line(Kind.NO_IMAGES, 4, 0, ".txt (2)", ".json (1)", ".mp4 (1)"))
        .isEqualTo("Ignored 4 files that are not images: .txt (2), .json (1), .mp4 (1).");
    assertThat(line(Kind.NO_IMAGES, 1, 0, "no suffix (1)"))
        .isEqualTo("Ignored 1 file that is not an image: no suffix (1).");
    assertThat(line(Kind.HEIC, 1200, 0))
        .isEqualTo(
            "Ignored 1,200 images in HEIC, which Graft cannot read. Convert HEIC to JPEG: on macOS"
                + " in Preview (Export), on Linux by `heif-convert FILE FILE.jpg`, on Windows in"
                + " Photos (Save as); an iPhone takes JPEG with Settings, Camera, Formats, Most"
                + " Compatible.");
    assertThat(line(Kind.UNSUPPORTED, 2, 0))
        .isEqualTo(
            "Ignored 2 images in AVIF or a camera's raw format, which Graft cannot read:"
                + " convert them to JPEG.");
    assertThat(line(Kind.DUPLICATE_LINKS, 1, 0))
        .isEqualTo("Ignored 1 link to images that are in the same class already.");
    assertThat(line(Kind.PARENT_LINKS, 3, 0)).isEqualTo("Ignored 3 links to a parent folder.");
    assertThat(line(Kind.HIDDEN_FOLDERS, 2, 0, "..c", ".c"))
        .isEqualTo("Ignored 2 folders whose names begin with a dot: \"..c\", \".c\".");
    assertThat(line(Kind.HIDDEN_FOLDERS, 1, 0, ".c"))
        .isEqualTo("Ignored 1 folder whose name begins with a dot: \".c\".");
    assertThat(line(Kind.OWN_OUTPUT, 1, 0, "output/runs"))
        .isEqualTo("Ignored Graft's own output in \"output/runs\".");
    assertThat(line(Kind.UNREADABLE_NAMES, 1, 0))
        .isEqualTo("The name of 1 image is not in UTF-8: such bytes are written as \\xE9.");
    assertThat(line(Kind.NOT_IN_TEST, 1, 0, "dog")).isEqualTo("No test image of \"dog\".");
    assertThat(line(Kind.CLASSES_DIFFER_IN_CASE, 2, 0, "Cat", "cat"))
        .isEqualTo("Classes \"Cat\", \"cat\" differ only in case; they stay separate classes.");
    assertThat(line(Kind.OTHER_COLUMNS, 1, 0, "size"))
        .isEqualTo("Ignored in pets: \"size\"; only path, label and split are used.");
    assertThat(line(Kind.REPEATED_ROWS, 2, 4))
        .isEqualTo("Ignored 2 rows of pets that repeat an earlier one.");
    assertThat(line(Kind.WITHOUT_SPLIT, 1, 6))
        .isEqualTo("1 image of 6 in pets has no value for split.");
    assertThat(line(Kind.MOVED, 1, 9))
        .isEqualTo(
            "1 image moved to the validation or test part, which has identical images, so that no"
                + " image is both trained on and evaluated.");
  }

  @ParameterizedTest
  @EnumSource
  void namesStayFewAndFitToPrint(Kind kind) {
    assertThat(line(kind, 7, 0, "a\u0007", "b", "c", "d", "e", "f", "g"))
        .doesNotContain("\u0007", "\"f\"")
        .endsWith(".");
  }
}
