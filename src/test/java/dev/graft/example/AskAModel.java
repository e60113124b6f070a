package dev.graft.example;

import dev.graft.inference.ModelRunner;
import dev.graft.inference.TopClass;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

public final class AskAModel {
  private AskAModel() {}

  public static void main(String[] arguments) throws IOException {
    Path model = Path.of(arguments[0]); // output/runs/…/model, or a file written by export
    try (ModelRunner classifier = ModelRunner.load(model);
        InputStream image = Files.newInputStream(Path.of(arguments[1]))) {
      for (TopClass each : classifier.classify(image, arguments[1], 3)) {
        System.out.println(each.name() + " " + each.probability());
      }
    }
  }
}
