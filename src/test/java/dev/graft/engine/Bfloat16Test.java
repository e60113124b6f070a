package dev.graft.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class Bfloat16Test {
  @Test
  void processorsAreRecognizedByTheirFlags() {
    assertThat(Bfloat16.hasInstructions("model name\t: X\nflags\t\t: fpu avx512_bf16 sse\n"))
        .isTrue();
    assertThat(Bfloat16.hasInstructions("flags\t\t: fpu amx_bf16\n")).isTrue();
    assertThat(Bfloat16.hasInstructions("flags\t\t: fpu avx2 avx512f\n")).isFalse();
    assertThat(Bfloat16.hasInstructions("bugs\t\t: avx512_bf16\n")).isFalse();
    assertThat(Bfloat16.hasInstructions("")).isFalse();
  }
}
