package dev.graft.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
class FuzzTest {
  private static final int CASES = 600;

  @Test
  void everyDamageEndsInSuccessOrInOneSentence() throws IOException {
    List<String> violations = new ArrayList<>();
    Map<Kind, Set<Outcome.End>> ends = new EnumMap<>(Kind.class);
    try (Fuzz fuzz = new Fuzz()) {
      for (int number = 0; number < CASES; number++) {
        Kind kind = Fuzz.kindOf(number);
        Outcome outcome = fuzz.run(number, kind);
        ends.computeIfAbsent(kind, k -> EnumSet.noneOf(Outcome.End.class)).add(outcome.end());
        if (outcome.end() == Outcome.End.VIOLATION) {
          violations.add(
              String.format(Locale.ROOT, "case %d, %s: %s", number, kind, outcome.violation()));
        }
      }
    }
    assertThat(violations).isEmpty();
    assertThat(ends.keySet()).containsExactlyInAnyOrder(Kind.values());
    // A kind whose damage is always refused, or never noticed, would test nothing.
    assertThat(ends)
        .allSatisfy((kind, each) -> assertThat(each).as("" + kind).isEqualTo(kind.ends));
  }

  @Test
  void aCaseCanBeRepeated() {
    byte[] sound = "batch-size: 128 # of data/photos\n".repeat(20).getBytes(StandardCharsets.UTF_8);
    for (int seed = 0; seed < 200; seed++) {
      byte[] once = Mutation.mutated(sound, true, new Random(seed));
      assertThat(Mutation.mutated(sound, true, new Random(seed))).isEqualTo(once);
    }
  }

  @Test
  void everyMutationCopesWithAnyBytesAndChangesSome() {
    Random random = new Random(3);
    for (Mutation mutation : Mutation.values()) {
      boolean changed = false;
      for (int i = 0; i < 300; i++) {
        byte[] bytes = new byte[1 + random.nextInt(40)];
        random.nextBytes(bytes);
        bytes[0] = (byte) ('0' + random.nextInt(10));
        changed |= !Arrays.equals(bytes, mutation.of(bytes, random));
      }
      assertThat(changed).as(mutation.name()).isTrue();
    }
  }

  @Test
  void violationsOfACommandAreNoticed() {
    assertThat(Outcome.ofCommand(1, "", "Data: 3\na.png is empty.\n")).isEqualTo(Outcome.SENTENCE);
    assertThat(Outcome.ofCommand(0, "cat", "")).isEqualTo(Outcome.SUCCESS);
    assertThat(Outcome.ofCommand(2, "", "Unknown option: '-x'\nTry: graft --help"))
        .isEqualTo(Outcome.SENTENCE);
    assertThat(List.of("", "Wrong", "a\u001bb.", "java.io.IOException: no.", "See EOFException."))
        .allSatisfy(
            err ->
                assertThat(Outcome.ofCommand(1, "", err).end()).isEqualTo(Outcome.End.VIOLATION));
    assertThat(Outcome.ofCommand(0, "", "Oh.\n\tat dev.graft.Main.main(Main.java:1)").end())
        .isEqualTo(Outcome.End.VIOLATION);
    assertThat(Outcome.ofCommand(3, "", "So.").end()).isEqualTo(Outcome.End.VIOLATION);
  }

  @Test
  void filesWrittenOutsideACasesFolderAreNoticed() throws IOException {
    try (Box box = new Box()) {
      Path folder = box.emptied();
      Map<String, String> before = box.snapshot();
      Files.createDirectories(folder.resolve("output/runs"));
      assertThat(box.snapshot()).isEqualTo(before);
      Files.createFile(folder.resolve("../../" + Hostile.TARGET));
      assertThat(box.snapshot()).isNotEqualTo(before);
    }
  }
}
