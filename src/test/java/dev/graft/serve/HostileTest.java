package dev.graft.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.ImageMaker;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
class HostileTest {
  @Test
  void hostileRequestsAreRefusedAndTheNextGoodOneIsAnswered(@TempDir Path folder) throws Exception {
    Path good = folder.resolve("good.png");
    ImageMaker.write(good, 1, 64);
    Map<String, Integer> answers;
    try (Server server = Hostile.server()) {
      answers = new Hostile(server.port(), Files.readAllBytes(good)).run(64);
    }
    assertThat(answers.remove("GOOD 200")).isEqualTo(4);
    assertThat(answers.values().stream().mapToInt(Integer::intValue).sum()).isEqualTo(64);
    assertThat(answers.keySet()).allMatch(each -> each.matches("[A-Z_]+ (4\\d\\d|505|closed)"));
    assertThat(answers).containsKeys("SLOW_FORM 408", "SLOW_BODY 408");
  }
}
