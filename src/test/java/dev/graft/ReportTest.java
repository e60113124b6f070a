package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.graft.SmallRun.Images;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Report pages of complete small runs. */
@Tag("engine")
class ReportTest {
  @TempDir Path folder;

  @Test
  void aRunHasAPageThatCanBeMadeAgainAndIsComparedWithAnother() throws IOException {
    Images photos =
        new Images(folder.resolve("photos"))
            .add(4, 40, 60, "dark", "train")
            .add(4, 190, 210, "light", "train")
            .add(2, 40, 60, "dark", "val")
            .add(2, 40, 60, "dark", "test")
            .add(2, 40, 60, "light", "test");
    Path output = folder.resolve("output");
    SmallRun first = photos.train(output);
    Path page = first.folder().resolve("report.html");
    String made = Files.readString(page);
    assertThat(made)
        .contains(
            "of 4 test images classified correctly",
            "data:image/png;base64",
            "<small>photos/<wbr>12.<wbr>png</small>");

    Files.delete(page);
    CommandRun again = CommandRun.of("report", "--output=" + output);
    assertThat(again.code()).as(again.err()).isZero();
    assertThat(again.out()).isEqualTo(page + "\n");
    assertThat(page).hasContent(made);

    SmallRun second = photos.train(output, "--set=epochs=2");
    CommandRun compared =
        CommandRun.of(
            "compare", first.folder().toString(), second.folder().toString(), "--output=" + output);
    assertThat(compared.code()).as(compared.err()).isZero();
    assertThat(compared.out())
        .containsPattern("\n +1 +2\n")
        .containsPattern("epochs +8 +2\n")
        .doesNotContain("seed  ");
    assertThat(compared.out().lines().skip(2)).allMatch(line -> line.length() <= 110);
    String all = first.folder().resolveSibling("*").toString(); // as Maven passes it on
    assertThat(CommandRun.of("compare", all, "--output=" + output).out()).isEqualTo(compared.out());
    List<String> many = new ArrayList<>(List.of("compare", "--output=" + output));
    many.addAll(Collections.nCopies(12, first.folder().toString()));
    CommandRun wide = CommandRun.of(many.toArray(String[]::new));
    assertThat(wide.out()).containsPattern("\n +1 .*\n").containsPattern("\n .* 12\n");
    assertThat(wide.out().lines().skip(12)).allMatch(line -> line.length() <= 110);
    assertThat(Files.readString(output.resolve("comparison.html")))
        .contains(first.folder().getFileName().toString(), "<svg viewBox=");

    compareWithTheNotebook(first, output);

    Files.delete(photos.file(12));
    assertThat(CommandRun.of("report", "--output=" + output, first.folder().toString()).code())
        .isZero();
    assertThat(Files.readString(page))
        .contains("The images are not available.")
        .doesNotContain("data:image/png");
  }

  /** As with the notebook's recipe, which uses the weights of the last epoch. */
  @Test
  void theRecordAndThePageNameTheEpochWhoseWeightsWereKept() throws IOException {
    Images photos =
        new Images(folder.resolve("photos"))
            .add(4, 40, 60, "dark", "train")
            .add(4, 190, 210, "light", "train")
            .add(2, 40, 60, "dark", "val")
            .add(2, 40, 60, "dark", "test");
    String strict = "--set=early-stopping.min-delta=1000";
    SmallRun last =
        photos.train(folder.resolve("last"), strict, "--set=early-stopping.restore-best=false");
    assertThat(last.json().at("/epochs/best").asInt()).isEqualTo(1);
    assertThat(last.json().at("/epochs/kept").asInt()).isEqualTo(8);
    assertThat(last.folder().resolve("report.html"))
        .content()
        .contains("the weights are those of the last epoch, 8; the best by the validation loss");

    SmallRun best = photos.train(folder.resolve("best"), strict);
    assertThat(best.json().at("/epochs/best").asInt()).isEqualTo(1);
    assertThat(best.json().at("/epochs/kept").asInt()).isEqualTo(1);
    String validation = Files.readAllLines(best.folder().resolve("history.csv")).get(1);
    assertThat(best.validationAccuracy()).isEqualTo(Float.parseFloat(validation.split(",", -1)[4]));
  }

  private static void compareWithTheNotebook(SmallRun run, Path output) throws IOException {
    String folder = run.folder().toString();
    CommandRun other = CommandRun.of("compare", "--notebook", folder, "--output=" + output);
    assertThat(other.code()).isEqualTo(1);
    assertThat(other.err()).contains("the notebook is of all of CIFAR-10; give runs of cifar10.");
    CommandRun alone = CommandRun.of("compare", folder, "--output=" + output);
    assertThat(alone.code()).isEqualTo(2);
    assertThat(alone.err()).startsWith("Give at least two runs, or one with --notebook.");

    Path record = run.folder().resolve("run.json");
    String own = Files.readString(record);
    ObjectNode renamed = (ObjectNode) new ObjectMapper().readTree(own);
    ((ObjectNode) renamed.get("data")).put("name", "cifar10");
    Files.writeString(record, renamed.toString());
    CommandRun compared = CommandRun.of("compare", "--notebook", folder, "--output=" + output);
    Files.writeString(record, own);

    assertThat(compared.code()).as(compared.err()).isZero();
    assertThat(compared.out())
        .contains("2: the Keras notebook", "figures per epoch are not known")
        .containsPattern("test accuracy +\\d\\.\\d+ +0\\.6277\n")
        .containsPattern("first epoch, seconds +\\d+\\.\\d +1395\n");
    assertThat(Files.readString(output.resolve("comparison.html")))
        .contains("Comparison of 1 run with the Keras notebook", "Keras notebook, test 62.77")
        .contains("Level line: the notebook's test accuracy");
  }
}
