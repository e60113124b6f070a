package dev.graft.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.graft.GraftException;
import dev.graft.network.Adapter.Pooling;
import dev.graft.network.OutputSelection.Candidate;
import dev.graft.network.OutputSelection.Wanted;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OutputSelectionTest {
  private static final Candidate TOKENS = found(0, "last_hidden_state", 257L, 384L);
  private static final Candidate POOLED = found(1, "pooler_output", 384L);

  private static Candidate found(int index, String name, Long... shape) {
    return new Candidate(index, name, List.of(shape), "");
  }

  private static List<Adapter.Output> chosen(Wanted wanted, Candidate... found) {
    return OutputSelection.of(List.of(found), 224, wanted).outputs();
  }

  private static Wanted tokens(Pooling pooling) {
    return new Wanted(Optional.of(pooling), Optional.empty());
  }

  private static Wanted output(String name) {
    return new Wanted(Optional.empty(), Optional.of(name));
  }

  @ParameterizedTest
  @CsvSource({
    "257, 224, 1", // ViT with patches of 14 or 16
    "197, 224, 1",
    "50, 224, 1", // CLIP with patches of 32
    "17, 64, 1",
    "261, 224, 5", // DINOv2 with registers
    "201, 224, 5",
    "198, 224, 2", // DeiT, distilled
    "196, 224, 0", // SigLIP
    "256, 256, 0",
    "49, 224, 0", // Swin
    "23, 224, 0",
  })
  void tokensBeforeThePatchesFollowFromTheirNumber(long tokens, int side, int prefix) {
    assertThat(OutputSelection.prefix(tokens, side)).isEqualTo(prefix);
  }

  @Test
  void clsIsTakenWhereThereIsOneElseTheMean() {
    assertThat(chosen(Wanted.ANY, TOKENS))
        .containsExactly(new Adapter.Output(0, List.of(257L, 384L), Pooling.CLS, 1));
    assertThat(chosen(Wanted.ANY, found(0, "tokens", 196L, 768L)))
        .containsExactly(new Adapter.Output(0, List.of(196L, 768L), Pooling.MEAN, 0));
  }

  @Test
  void anOutputForTheWholeImageGoesBeforeTokensUnlessTheRecipeNamesThem() {
    assertThat(chosen(Wanted.ANY, TOKENS, POOLED))
        .containsExactly(new Adapter.Output(1, List.of(384L), Pooling.NONE, 0));
    assertThat(chosen(Wanted.ANY, TOKENS, found(2, "image_embeds", 512L), POOLED))
        .extracting(Adapter.Output::index)
        .containsExactly(2);
    assertThat(chosen(tokens(Pooling.CLS_MEAN), TOKENS, POOLED))
        .containsExactly(new Adapter.Output(0, List.of(257L, 384L), Pooling.CLS_MEAN, 1));
    assertThat(chosen(output("last_hidden_state"), TOKENS, POOLED))
        .extracting(Adapter.Output::pooling)
        .containsExactly(Pooling.CLS);
  }

  @Test
  void withoutTokensAllOutputsAreConcatenated() {
    List<Adapter.Output> outputs =
        chosen(
            Wanted.ANY,
            found(0, "first", 24L, 7L, 7L),
            found(1, "last", 7L, 7L, 24L),
            found(2, "vector", 5L));
    assertThat(outputs)
        .extracting(Adapter.Output::pooling)
        .containsExactly(Pooling.MAP, Pooling.MAP_CHANNELS_LAST, Pooling.NONE);
    assertThat(new Adapter(Adapter.Input.PLAIN, false, outputs).width()).isEqualTo(24 + 24 + 5);
  }

  @Test
  void theNotesSayWhatWasChosenAndWhatWasLeftOut() {
    Candidate index = new Candidate(2, "index", List.of(), "it is of int64");
    assertThat(OutputSelection.of(List.of(TOKENS, POOLED, index), 224, Wanted.ANY).notes())
        .containsExactly(
            "Features: pooler_output (384 values).",
            "Output index is left out: it is of int64.",
            "Outputs that are not used: last_hidden_state (recipe key output).");
    assertThat(OutputSelection.of(List.of(TOKENS), 224, tokens(Pooling.CLS_MEAN)).notes())
        .containsExactly(
            "Features: last_hidden_state (768 values, its first token (CLS) and the mean of its 256"
                + " patch tokens).");
  }

  @Test
  void missingOutputsAreRefusedWithTheExistingOnes() {
    Candidate index = new Candidate(1, "index", List.of(), "it is of int64");
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> chosen(output("features"), TOKENS, index))
        .withMessage("output: it has no output features; choose one of last_hidden_state, index.");
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> chosen(output("index"), TOKENS, index))
        .withMessage("output: index can't serve as features: it is of int64.");
    Wanted both = new Wanted(Optional.of(Pooling.CLS), Optional.of(POOLED.name()));
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> chosen(both, TOKENS, POOLED))
        .withMessage(
            "tokens: the output " + POOLED.name() + " has none, (N, T, C); set tokens to auto.");
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> chosen(tokens(Pooling.CLS), POOLED))
        .withMessage("it has no output of tokens, (N, T, C); set tokens to auto.");
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> chosen(Wanted.ANY, index))
        .withMessage(
            "none of its outputs can serve as features (index: it is of int64); export it again.");
  }
}
