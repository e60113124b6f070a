package dev.graft.run;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.graft.GraftException;
import dev.graft.recipe.RecipeReader;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PortableFrozenPartTest {
  @Test
  void theDefaultsArePossibleForAFolderOfImages() {
    assertThatCode(
            () -> PortableFrozenPart.check(RecipeReader.read(null, Map.of("data", "photos"))))
        .doesNotThrowAnyException();
  }

  /** Otherwise features of other images, or of none, would be computed. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "columns | path=id,label=breed | columns: a cluster takes the images from a manifest's",
        "path-pattern | train/{id}.jpg | path-pattern: a cluster takes the images from a manifest's",
        "mirror | true | mirror: a cluster does not compute the features of mirror images",
        "crops | 1 | crops: a cluster does not compute the features of random crops",
        "cache | false | cache: must be true"
      })
  void settingsThatAClusterIgnoresAreRefused(String key, String value, String sentence) {
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(
            () ->
                PortableFrozenPart.check(
                    RecipeReader.read(null, Map.of("data", "photos", key, value))))
        .withMessageStartingWith(sentence);
  }
}
