package dev.graft.example;

import dev.graft.inference.Classifier;
import dev.graft.inference.TopClass;
import java.nio.file.Path;

/** README's example of a program that asks a saved model. */
public final class AskAModel {
  private AskAModel() {}

  public static void main(String[] arguments) {
    Path model = Path.of(arguments[0]); // a run's model folder, output/runs/…/model
    try (Classifier classifier = Classifier.load(model)) {
      for (TopClass each : classifier.classify(Path.of(arguments[1]), 3)) {
        System.out.println(each.name() + " " + each.probability());
      }
    }
  }
}
