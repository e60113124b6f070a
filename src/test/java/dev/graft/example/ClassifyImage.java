package dev.graft.example;

import dev.graft.ClassProbability;
import dev.graft.Classifier;
import java.nio.file.Path;

/** Prints the three most likely classes of an image. */
public final class ClassifyImage {
  private ClassifyImage() {}

  public static void main(String[] arguments) {
    Path model = Path.of(arguments[0]); // output/runs/…/model, or a file written by export
    try (Classifier classifier = Classifier.load(model)) {
      for (ClassProbability each : classifier.classify(Path.of(arguments[1]), 3)) {
        System.out.println(each.name() + " " + each.probability());
      }
    }
  }
}
