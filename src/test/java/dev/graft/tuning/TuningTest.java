package dev.graft.tuning;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import org.junit.jupiter.api.Test;

class TuningTest {
  @Test
  void aSampleHasAllImagesIfTheyFit() {
    assertThat(Tuning.sample(400, 400, 42).stream()).hasSize(400);
    assertThat(Tuning.sample(400, 40_000, 42).stream()).hasSize(400);
    assertThat(Tuning.sample(0, 10, 42).stream()).isEmpty();
  }

  /** 1,000 classes of 128 images, one class after the other. */
  @Test
  void aSampleOfTooManyImagesHasNearlyAllClasses() {
    BitSet sample = Tuning.sample(128_000, 4_000, 42);
    assertThat(sample.cardinality()).isEqualTo(4_000);
    assertThat(sample.stream().map(place -> place / 128).distinct().count()).isGreaterThan(950);
    assertThat(sample.stream().filter(place -> place < 64_000).count()).isBetween(1_850L, 2_150L);
    assertThat(Tuning.sample(128_000, 4_000, 42)).isEqualTo(sample);
    assertThat(Tuning.sample(128_000, 4_000, 43)).isNotEqualTo(sample);
  }
}
