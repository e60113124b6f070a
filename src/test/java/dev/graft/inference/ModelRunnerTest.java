package dev.graft.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import dev.graft.GraftException;
import dev.graft.image.RgbImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
class ModelRunnerTest {
  private static ModelRunner classifier;

  @BeforeAll
  static void load() {
    classifier = ModelRunner.imageNet(Device.cpu());
  }

  @AfterAll
  static void close() {
    classifier.close();
  }

  /** Noise; every fifth image is unreadable, and one needs more memory than the heap has. */
  private record Made(int number, AtomicInteger read) implements Source {
    @Override
    public String name() {
      return "image " + number;
    }

    @Override
    public RgbImage read(int least) {
      read.incrementAndGet();
      if (number == 7) {
        throw new OutOfMemoryError("as if");
      }
      if (number % 5 == 0) {
        throw new GraftException(name() + " is not an image.");
      }
      byte[] rgb = new byte[3 * 16 * 16];
      new Random(number).nextBytes(rgb);
      return new RgbImage(16, 16, rgb);
    }
  }

  private static Iterator<Made> made(int count, AtomicInteger read) {
    return IntStream.range(0, count).mapToObj(i -> new Made(i, read)).iterator();
  }

  @Test
  void answersAreInTheOrderOfTheImagesAndNameProblems() {
    List<Answer<Made>> found = new ArrayList<>();
    AtomicInteger read = new AtomicInteger();
    try (ModelRunner.Answers<Made> answers = classifier.classify(made(20, read))) {
      assertThat(read).hasValue(0);
      answers.forEachRemaining(found::add);
    }
    assertThat(found.stream().map(each -> each.source().number()))
        .containsExactlyElementsOf(IntStream.range(0, 20).boxed().toList());
    for (Answer<Made> each : found) {
      int number = each.source().number();
      if (number == 7 || number % 5 == 0) {
        String why = each.problem().orElseThrow();
        assertThat(why).startsWith("image " + number + " ").endsWith(".");
        assertThatExceptionOfType(GraftException.class)
            .isThrownBy(each::probabilities)
            .withMessage(why);
      } else {
        assertThat(each.problem()).isEmpty();
        float[] alone =
            classifier.probabilities(List.of(classifier.prepare(each.source().read(0)))).get(0);
        assertThat(each.probabilities()).hasSize(1000).containsExactly(alone, within(1e-4f));
      }
    }
  }

  @Test
  void onnxRuntimeAndDjlGiveTheSameProbabilities() {
    try (ModelRunner djl = new ModelRunner(ImageNet.load(Device.cpu(), false), null)) {
      List<ModelRunner.Prepared> images =
          IntStream.of(1, 2, 3, 4, 6)
              .mapToObj(i -> djl.prepare(new Made(i, new AtomicInteger()).read(0)))
              .toList();
      List<float[]> expected = djl.probabilities(images);
      List<float[]> found = classifier.probabilities(images);
      for (int i = 0; i < expected.size(); i++) {
        assertThat(found.get(i)).containsExactly(expected.get(i), within(1e-4f));
      }
    }
  }

  @Test
  void int8ClassifiesTheCar() throws IOException {
    try (ModelRunner int8 = ModelRunner.imageNetInt8();
        InputStream car = GraftException.class.getResourceAsStream("car.png")) {
      TopClass best = int8.classify(car, "car", 1).get(0);
      assertThat(best.name()).startsWith("n02814533 beach wagon");
      assertThat(int8.name()).isEqualTo(classifier.name());
    }
  }

  @Test
  void closingReadsNoMoreImages() {
    AtomicInteger read = new AtomicInteger();
    try (ModelRunner.Answers<Made> answers = classifier.classify(made(1000, read))) {
      assertThat(answers.next().source().number()).isZero();
    }
    assertThat(read.get()).isBetween(4, 100);
  }

  @Test
  void severalThreadsClassifyConcurrently() {
    List<List<TopClass>> all =
        IntStream.range(0, 8)
            .parallel()
            .mapToObj(i -> new Made(i % 2 + 1, new AtomicInteger()).read(0))
            .map(image -> classifier.probabilities(List.of(classifier.prepare(image))).get(0))
            .map(row -> classifier.top(row, 2))
            .toList();
    assertThat(all.get(0)).isNotEqualTo(all.get(1));
    for (int i = 2; i < all.size(); i++) {
      assertThat(all.get(i)).isEqualTo(all.get(i % 2));
    }
  }

  @Test
  void aFileAndItsStreamGiveTheSameAnswer(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("an image.png");
    try (InputStream bundled = GraftException.class.getResourceAsStream("car.png")) {
      Files.copy(bundled, file);
    }
    List<TopClass> best = classifier.classify(file, 3);
    assertThat(best).hasSize(3);
    assertThat(best.get(0).name()).startsWith("n02814533 beach wagon");
    try (InputStream stream = Files.newInputStream(file)) {
      assertThat(classifier.classify(stream, "it", 1)).containsExactly(best.get(0));
    }
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> classifier.classify(InputStream.nullInputStream(), "it", 1))
        .withMessage("it is empty.");
  }
}
