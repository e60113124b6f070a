package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.graft.inference.FakeModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassifierTest {
  private static final Path IMAGE = Path.of("src/test/resources/dev/graft/image/files/rgb.bmp");

  private final FakeModel model = new FakeModel("cat", "dog");
  private final Classifier classifier = new Classifier(model.classifier());

  @Test
  void manyImagesAreClassifiedInOrderAndInBatchesAndAnUnreadableOneHasAReason(@TempDir Path folder)
      throws IOException {
    Path broken = Files.writeString(folder.resolve("broken.png"), "not an image");
    List<ClassifiedImage> results;
    try (Stream<ClassifiedImage> stream =
        classifier.predictAll(List.of(IMAGE, broken, IMAGE, IMAGE), 1)) {
      results = stream.toList();
    }
    assertThat(results)
        .extracting(ClassifiedImage::file)
        .containsExactly(IMAGE, broken, IMAGE, IMAGE);
    assertThat(results.get(1).classification()).isEmpty();
    assertThat(results.get(1).problem()).get().asString().contains("broken.png");
    for (ClassifiedImage each : List.of(results.get(0), results.get(2), results.get(3))) {
      assertThat(each.problem()).isEmpty();
      assertThat(each.classification()).contains(classifier.predict(IMAGE, 1));
    }
    assertThat(model.passes()).isEqualTo(1 + 3);
  }

  @Test
  void imagesAreReadAsTheResultsAre() {
    AtomicInteger read = new AtomicInteger();
    Iterable<Path> endless =
        () -> Stream.generate(() -> IMAGE).peek(x -> read.incrementAndGet()).iterator();
    try (Stream<ClassifiedImage> stream = classifier.predictAll(endless, 0)) {
      assertThat(read).hasValue(0);
      assertThat(stream.limit(3)).hasSize(3);
    }
    assertThat(read).hasValueBetween(3, 20);
  }

  @Test
  void aNegativeNumberOfClassesIsRejected() {
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> classifier.predictAll(List.of(IMAGE), -1))
        .withMessage("The number of classes to return is -1: give 0 or more.");
  }
}
