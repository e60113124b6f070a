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
    assertThat(line(Kind.PART_AS_CLASS, 1, 0))
        .isEqualTo("pets is taken for a class, since there are no folders in it.");
    assertThat(line(Kind.EMPTY_CLASSES, 2, 0, "bird", "notes"))
        .isEqualTo("Ignored class folders without pictures: \"bird\", \"notes\".");
    assertThat(line(Kind.OUTSIDE_CLASSES, 2, 1))
        .isEqualTo("Ignored 2 files outside of class folders, 1 picture among them.");
    assertThat(line(Kind.NO_PICTURES, 4, 0, ".txt (2)", ".json (1)", ".mp4 (1)"))
        .isEqualTo("Ignored 4 files that are no pictures: .txt (2), .json (1), .mp4 (1).");
    assertThat(line(Kind.NO_PICTURES, 1, 0, "no suffix (1)"))
        .isEqualTo("Ignored 1 file that is no picture: no suffix (1).");
    assertThat(line(Kind.UNSUPPORTED, 2, 0))
        .isEqualTo(
            "Ignored 2 pictures in HEIC, AVIF or a camera's raw format, which Graft cannot read:"
                + " convert them to JPEG.");
    assertThat(line(Kind.TWINS, 1, 0))
        .isEqualTo("Ignored 1 link to pictures that their class has already.");
    assertThat(line(Kind.LEADS_UP, 3, 0)).isEqualTo("Ignored 3 links to a folder further up.");
    assertThat(line(Kind.OWN_OUTPUT, 1, 0, "output/runs"))
        .isEqualTo("Passed over what Graft wrote itself, in \"output/runs\".");
    assertThat(line(Kind.NOT_IN_TEST, 1, 0, "dog")).isEqualTo("No picture for test shows \"dog\".");
    assertThat(line(Kind.ALIKE_CLASSES, 2, 0, "Cat", "cat"))
        .isEqualTo(
            "Classes \"Cat\", \"cat\" differ in upper and lower case only; they are kept apart.");
    assertThat(line(Kind.OTHER_COLUMNS, 1, 0, "size"))
        .isEqualTo("Ignored in pets: \"size\"; only path, label and split count.");
    assertThat(line(Kind.REPEATED_ROWS, 2, 4))
        .isEqualTo("Ignored 2 rows of pets that repeat an earlier one.");
    assertThat(line(Kind.WITHOUT_SPLIT, 1, 6)).isEqualTo("1 picture of 6 in pets without a split.");
    assertThat(line(Kind.MOVED, 1, 9))
        .isEqualTo(
            "1 picture moved to the part farther from training (validation, test) that has the same"
                + " content, so that nothing is tested on what was learnt.");
  }

  @ParameterizedTest
  @EnumSource
  void namesStayFewAndFitToPrint(Kind kind) {
    assertThat(line(kind, 7, 0, "a\u0007", "b", "c", "d", "e", "f", "g"))
        .doesNotContain("\u0007", "\"f\"")
        .endsWith(".");
  }
}
