package dev.graft.command;

import ai.djl.Device;
import ai.djl.inference.Predictor;
import ai.djl.modality.Classifications;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.ImageFactory;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.TranslateException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.graft.Console;
import dev.graft.GraftException;
import dev.graft.artefact.RunFolder;
import dev.graft.artefact.SavedModel;
import dev.graft.data.Picture;
import dev.graft.data.PictureReader;
import dev.graft.report.Charts;
import dev.graft.training.Computer;
import dev.graft.zoo.Backbone;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code infer}: what is in pictures. */
@Command(
    name = "infer",
    description = "Name the classes of pictures, with probabilities.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  infer car.png                          the latest run; before any, ImageNet",
      "  infer --imagenet --top 5 a.jpg b.png   ImageNet's 1000 classes",
      "  infer --json *.png                     a JSON object a line, for programs"
    })
final class InferCommand implements Callable<Integer> {
  /** The picture that comes with Graft. */
  private static final String BUNDLED = "car.png";

  private final Console console;

  @Spec private CommandSpec spec;

  @Parameters(arity = "1..*", paramLabel = "IMAGE", description = "PNG, JPEG, GIF or BMP files.")
  private List<Path> images;

  @Option(
      names = "--top",
      paramLabel = "K",
      defaultValue = "3",
      description = "How many classes are named (default: ${DEFAULT-VALUE}).")
  private int top;

  @Option(names = "--imagenet", description = "Ask EfficientNet-Lite0 for ImageNet's 1000 classes.")
  private boolean imageNet;

  @Option(
      names = "--model",
      paramLabel = "FOLDER",
      description = "A run's folder, or its model folder; the latest run's unless given.")
  private Path model;

  @Option(names = "--json", description = "Print a JSON object a line.")
  private boolean json;

  @Option(
      names = "--device",
      paramLabel = "NAME",
      defaultValue = "auto",
      description = "auto, cpu, gpu0, … (default: ${DEFAULT-VALUE}).")
  private String device;

  @Option(
      names = "--output",
      paramLabel = "FOLDER",
      defaultValue = "output",
      description = "Folder of runs (default: ${DEFAULT-VALUE}).")
  private Path output;

  InferCommand(Console console) {
    this.console = console;
  }

  /** A class that was named; id is ImageNet's wnid, or the name for classes of one's own. */
  record Named(int index, String id, String name, double probability) {}

  @Override
  public Integer call() throws IOException {
    if (top < 1) {
      throw wrongUsage("--top: must be at least 1, not " + top + ".");
    }
    if (imageNet && model != null) {
      throw wrongUsage("Give --imagenet or --model, not both.");
    }
    // Files first: a mistyped name is known before the engine has started.
    Map<Path, Object> pictures = new LinkedHashMap<>();
    images.forEach(path -> pictures.put(path, read(path)));
    boolean anyGood = pictures.values().stream().anyMatch(Picture.class::isInstance);
    boolean anyBad = !pictures.values().stream().allMatch(Picture.class::isInstance);
    if (!anyGood) {
      pictures.forEach((path, error) -> failed(path, (String) error));
      return 1;
    }
    Device on = Computer.device(device);
    Optional<Path> folder = imageNet ? Optional.empty() : modelFolder();
    String name = folder.map(InferCommand::modelName).orElse("efficientnet-lite0 (ImageNet)");
    try (ZooModel<Image, Classifications> loaded =
            folder.isPresent()
                ? SavedModel.load(folder.get(), on)
                : Backbone.loadImageNetClassifier(on);
        Predictor<Image, Classifications> predictor = loaded.newPredictor()) {
      console.say("Model: " + name + folder.map(path -> ", " + path).orElse(""));
      for (Map.Entry<Path, Object> entry : pictures.entrySet()) {
        if (entry.getValue() instanceof Picture picture) {
          answer(entry.getKey(), name, predict(predictor, picture));
        } else {
          failed(entry.getKey(), (String) entry.getValue());
        }
      }
    }
    return anyBad ? 1 : 0;
  }

  private ParameterException wrongUsage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  /** The picture, or the sentence that says why there is none. */
  private Object read(Path path) {
    try {
      if (!Files.exists(path) && path.equals(Path.of(BUNDLED))) {
        console.say("There is no " + BUNDLED + " here; taking the one that comes with Graft.");
        try (InputStream stream = GraftException.class.getResourceAsStream(BUNDLED)) {
          return PictureReader.read(stream, BUNDLED);
        }
      }
      return PictureReader.read(path);
    } catch (GraftException e) {
      return e.getMessage();
    } catch (IOException e) {
      return path + " can't be read: " + e.getMessage();
    }
  }

  private Optional<Path> modelFolder() throws IOException {
    Optional<Path> run = model == null ? RunFolder.latest(output) : Optional.of(model);
    return run.map(path -> Files.isDirectory(path.resolve("model")) ? path.resolve("model") : path);
  }

  private static String modelName(Path folder) {
    Path run = folder.toAbsolutePath().normalize().getParent();
    return run == null ? folder.toString() : run.getFileName().toString();
  }

  private List<Named> predict(Predictor<Image, Classifications> predictor, Picture picture) {
    try {
      Image image =
          ImageFactory.getInstance()
              .fromImage(Charts.picture(picture.rgb(), picture.width(), picture.height()));
      Classifications answer = predictor.predict(image);
      List<String> classes = answer.getClassNames();
      return answer.<Classifications.Classification>topK(Math.min(top, classes.size())).stream()
          .map(best -> named(classes.indexOf(best.getClassName()), best))
          .toList();
    } catch (TranslateException e) {
      throw new GraftException("The model can't take this picture: " + e.getMessage(), e);
    }
  }

  /** ImageNet's classes begin with their wnid, such as n04285008. */
  private static Named named(int index, Classifications.Classification best) {
    String text = best.getClassName();
    boolean wnid = text.matches("n[0-9]{8} .*");
    return new Named(
        index,
        wnid ? text.substring(0, 9) : text,
        wnid ? text.substring(10) : text,
        best.getProbability());
  }

  private void answer(Path path, String modelName, List<Named> best) {
    if (json) {
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("image", path.toString());
      line.put("model", modelName);
      line.put("predictions", best);
      console.answer(toJson(line));
      return;
    }
    console.answer(path.toString());
    for (Named each : best) {
      String id = each.id().equals(each.name()) ? "" : each.id() + "  ";
      console.answer(
          String.format(
              Locale.ROOT, "  %6.2f %%  %s%s", 100 * each.probability(), id, each.name()));
    }
  }

  private void failed(Path path, String why) {
    if (json) {
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("image", path.toString());
      line.put("error", why);
      console.answer(toJson(line));
    } else {
      console.say(why);
    }
  }

  private static String toJson(Object value) {
    try {
      return new JsonMapper().writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
