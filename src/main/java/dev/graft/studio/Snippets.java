package dev.graft.studio;

import dev.graft.util.PathText;
import dev.graft.util.Text;
import java.nio.file.Path;

/** Code and commands that use a trained model or repeat its training. */
final class Snippets {
  private Snippets() {}

  /**
   * Code and commands to copy.
   *
   * @param java the program that classifies an image
   * @param curl the request to this studio
   * @param command the Graft command that repeats the training
   * @param serve the Graft command that serves the model
   */
  record Lines(String java, String curl, String command, String serve) {}

  static Lines of(Path run, int port, String command) {
    Path folder = run.toAbsolutePath();
    return new Lines(
        java(folder.resolve("model")),
        "curl --data-binary @image.jpg http://127.0.0.1:" + port + "/api/predict",
        command,
        "serve --run " + PathText.quoted(folder.toString()));
  }

  private static String java(Path model) {
    return Text.of(
        """
        import dev.graft.ClassProbability;
        import dev.graft.Classifier;
        import java.nio.file.Path;

        public class Classify {
          public static void main(String[] images) {
            try (Classifier classifier = Classifier.load(Path.of(%s))) {
              for (String image : images) {
                ClassProbability best = classifier.classify(Path.of(image), 1).get(0);
                System.out.println(image + ": " + best.name() + " " + best.probability());
              }
            }
          }
        }
        """,
        literal(model.toString()));
  }

  private static String literal(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
