package dev.graft.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.graft.GraftException;
import dev.graft.image.Framing;
import dev.graft.image.Resampling;
import dev.graft.network.Preprocessing;
import dev.graft.network.Preprocessing.ChannelOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MetadataTest {
  private static Map<String, String> about(String key, String value) {
    Map<String, String> about = new HashMap<>(Map.of("mean", "1,2,3", "deviation", "1, 1, 1"));
    about.put(key, value);
    return about;
  }

  private static Preprocessing read(String key, String value) {
    return Metadata.preprocessing(about(key, value), new HubPreprocessing.Given(false, false));
  }

  @Test
  void namesMayBeInCapitalsAndTheFramingThatOfRecipes() {
    assertThat(read("order", "BGR").order()).isEqualTo(ChannelOrder.BGR);
    assertThat(read("order", "rgb").order()).isEqualTo(ChannelOrder.RGB);
    assertThat(read("framing", "squash").framing()).isEqualTo(Framing.WHOLE);
    assertThat(read("framing", "whole: the whole image").framing()).isEqualTo(Framing.WHOLE);
    assertThat(read("framing", "center-crop").framing())
        .isEqualTo(Framing.crop(0.875, Resampling.BICUBIC));
    assertThat(read("mean", "[3, 2, 1]").mean()).isEqualTo(List.of(3f, 2f, 1f));
    assertThat(Metadata.side(about("input_size", "224"))).isEqualTo(224);
    assertThat(Metadata.side(Map.of())).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "mean, 'NaN,1,2'",
    "mean, '1,2,3,4'",
    "mean, 'a,b,c'",
    "deviation, '0,0,0'",
    "order, grb",
    "framing, foo",
    "framing, crop"
  })
  void invalidMetadataIsNamedByKeyAndValue(String key, String value) {
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> read(key, value))
        .withMessageContaining("its metadata says " + key + "=" + value + ", which is not ")
        .withMessageContaining("set what is right: ");
  }

  @ParameterizedTest
  @CsvSource({"9999", "-3", "abc", "4"})
  void anInputSizeOutsideOfTheLimitsIsRefused(String size) {
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> Metadata.side(about("input_size", size)))
        .withMessageContaining("input_size=" + size + ", which is not a number of pixels from 8");
  }

  @Test
  void meansBetweenZeroAndOneAreRefusedUnlessTheRecipeSetsThem() {
    Map<String, String> unit =
        Map.of("mean", "0.485,0.456,0.406", "deviation", "0.229,0.224,0.225");
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> Metadata.preprocessing(unit, new HubPreprocessing.Given(false, false)))
        .withMessageContaining("are for pixels from 0 to 1, and Graft's are from 0 to 255");
    assertThat(Metadata.preprocessing(unit, new HubPreprocessing.Given(true, false)))
        .isEqualTo(HubPreprocessing.AS_THEY_ARE);
  }
}
