package dev.graft.example;

import dev.graft.Backbones;
import dev.graft.Classifier;
import dev.graft.FineTuner;
import dev.graft.FineTuning;
import dev.graft.LabeledImages;
import java.io.IOException;
import java.nio.file.Path;

/** Trains a classifier on labeled photos, and saves it. */
public final class TrainOnPhotos {
  private TrainOnPhotos() {}

  public static void main(String[] arguments) throws IOException {
    LabeledImages photos = LabeledImages.at(Path.of(arguments[0]));
    Path model = Path.of(arguments.length > 1 ? arguments[1] : "model"); // a new folder
    try (FineTuning result = FineTuner.on(Backbones.efficientNetLite0()).seed(42).fit(photos)) {
      System.out.println("Test accuracy: " + result.test().accuracy());
      result.model().save(model);
    }
    try (Classifier classifier = Classifier.load(model)) {
      System.out.println(classifier.classes());
    }
  }
}
