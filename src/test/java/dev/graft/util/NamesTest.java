package dev.graft.util;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NamesTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0 | 0 KB",
        "1 | 1 KB",
        "999000 | 999 KB",
        "999001 | 1.0 MB",
        "1500000 | 1.5 MB",
        "9949999 | 9.9 MB",
        "9950000 | 10 MB",
        "2147483647 | 2,147 MB"
      })
  void sizesAreInDecimalKilobytesAndMegabytes(long bytes, String size) {
    assertThat(Names.bytes(bytes)).isEqualTo(size);
  }
}
