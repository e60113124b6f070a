package dev.graft.tuning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.io.Csv;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LabelIssuesTest {
  /** {@code cleanlab-reference.py}, among the resources, wrote the table. */
  @Test
  void suspectsAndTheirOrderAreCleanlabs() throws IOException {
    Path table = Path.of("src/test/resources/dev/graft/tuning/cleanlab.csv");
    List<List<String>> rows = Csv.read(table).subList(1, 121);
    float[][] probabilities = new float[rows.size()][4];
    int[] labels = new int[rows.size()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = Integer.parseInt(rows.get(i).get(0));
      for (int c = 0; c < 4; c++) {
        probabilities[i][c] = Float.parseFloat(rows.get(i).get(1 + c));
      }
    }
    List<Integer> expected =
        IntStream.range(0, labels.length)
            .boxed()
            .filter(i -> !rows.get(i).get(5).isEmpty())
            .sorted(Comparator.comparingInt(i -> Integer.parseInt(rows.get(i).get(5))))
            .toList();

    LabelIssues issues = LabelIssues.of(probabilities, labels);

    assertThat(issues.ranked().subList(0, issues.suspects()))
        .extracting(LabelIssues.Issue::image)
        .isEqualTo(expected)
        .isNotEmpty();
    assertThat(issues.ranked()).extracting(LabelIssues.Issue::image).doesNotHaveDuplicates();
    assertThat(issues.ranked()).hasSize(120).allMatch(each -> each.label() != each.suggested());
  }
}
