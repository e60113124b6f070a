package dev.graft;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.graft.inference.FakeModel;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** The API refuses wrong arguments at the call, and names them. */
class ApiArgumentsTest {
  private static final Path FILE = Path.of("x.onnx");
  private static final float[] ONES = {1, 1, 1};

  @Test
  void nullIsNamed() {
    Classifier classifier = new Classifier(new FakeModel("cat", "dog").classifier());
    FineTuner tuner = FineTuner.on(Backbones.vgg16());

    assertNull("model", () -> Classifier.load(null));
    assertNull("image", () -> classifier.classify((Path) null, 1));
    assertNull("name", () -> classifier.classify(InputStream.nullInputStream(), null, 1));
    assertNull("images", () -> classifier.evaluate(null));
    assertNull("images", () -> classifier.predictAll(null, 1));
    assertNull("device", () -> Classifier.load(FILE, null));
    assertNull("part", () -> LabeledImages.builder().add(FILE, "cat", null));
    assertNull("name", () -> Backbones.named(null));
    assertNull("mean", () -> Backbones.file(FILE, null, ONES));
    assertNull("backbone", () -> FineTuner.on(null));
    assertNull("value", () -> tuner.set("epochs", null));
    assertNull("images", () -> tuner.fit(null));
    assertNull("data", () -> LabeledImages.at(null));
    assertNull("label", () -> LabeledImages.builder().add(FILE, null));
  }

  private static void assertNull(String name, ThrowingCallable call) {
    assertThatNullPointerException().isThrownBy(call).withMessage(name);
  }

  @Test
  void meanAndDeviationAreCheckedWhenTheBackboneIsBuilt() {
    for (float[] wrong : List.of(new float[1], new float[] {1, Float.NaN, 1})) {
      assertThatExceptionOfType(GraftException.class)
          .isThrownBy(() -> Backbones.file(FILE, wrong, ONES))
          .withMessageMatching("mean is \\[.*]: give three numbers, for R, G and B\\.");
    }
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> Backbones.file(FILE, ONES, new float[] {1, 0, 1}))
        .withMessage("deviation is [1.0, 0.0, 1.0]: give three numbers above 0, for R, G and B.");
  }

  @Test
  void aNegativeNumberOfClassesAndAClosedClassifierAreRejected() {
    Path image = Path.of("src/test/resources/dev/graft/image/files/rgb.bmp");
    Classifier classifier = new Classifier(new FakeModel("cat", "dog").classifier());
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> classifier.classify(image, -1))
        .withMessage("The number of classes to return is -1: give 0 or more.");

    classifier.close();
    assertThatExceptionOfType(IllegalStateException.class)
        .isThrownBy(() -> classifier.classify(image, 1))
        .withMessage("This classifier is closed: load the model again.");
  }

  @Test
  void aBuilderWithoutImagesIsRefused() {
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> LabeledImages.builder().build())
        .withMessage("No images were added: call add before build.");
  }
}
