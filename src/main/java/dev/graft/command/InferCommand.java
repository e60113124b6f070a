package dev.graft.command;

import ai.djl.Device;
import ai.djl.modality.Classifications;
import ai.djl.modality.cv.Image;
import ai.djl.repository.zoo.ZooModel;
import dev.graft.Console;
import dev.graft.GraftException;
import dev.graft.inference.ImageTranslator;
import dev.graft.inference.PictureClassifier;
import dev.graft.inference.SavedModel;
import dev.graft.io.ReadAhead;
import dev.graft.picture.Framing;
import dev.graft.picture.Picture;
import dev.graft.picture.PictureReader;
import dev.graft.run.RunFolder;
import dev.graft.zoo.Backbone;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
      "  infer photos/                          all pictures in a folder and below",
      "  infer \"photos/**/*.jpg\"                a pattern, also where no shell reads it",
      "  infer --json *.png                     a JSON object a line, for programs",
      "  infer --csv --top 1 photos/            a row a picture, for spreadsheets"
    })
final class InferCommand implements Callable<Integer> {
  /**
   * Pictures a forward pass: fewer take longer each on two cores, and with 32 EfficientNet-Lite0 is
   * no faster but takes 500 MB more.
   */
  private static final int BATCH = 16;

  /** As many prepared pictures as the network will soon take; they are as small as its input. */
  private static final int AHEAD = 2 * BATCH;

  /** So few pictures need no progress. */
  private static final int A_HANDFUL = 5;

  private final Console console;

  @Spec private CommandSpec spec;

  @Parameters(
      arity = "1..*",
      paramLabel = "IMAGE",
      description =
          "PNG, JPEG, GIF, BMP, TIFF or WebP files; folders, with all below but hidden files and those that are"
              + " no pictures by their suffix; or patterns with * ** ? [] {}.")
  private List<String> images;

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

  @Option(
      names = "--json",
      description = "Print a JSON object a line: image, model, predictions; or image, error.")
  private boolean json;

  @Option(
      names = "--csv",
      description =
          "Print a header and a row a picture: image, error, top1_id, top1_name,"
              + " top1_probability, top2_id and so on.")
  private boolean csv;

  @Mixin private DeviceOption device;

  @Mixin private OutputOption output;

  InferCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    if (top < 1) {
      throw wrongUsage("--top: must be at least 1, not " + top + ".");
    }
    if (imageNet && model != null) {
      throw wrongUsage("Give --imagenet or --model, not both.");
    }
    if (json && csv) {
      throw wrongUsage("Give --json or --csv, not both.");
    }
    List<PictureInput> inputs = PictureArguments.expand(images);
    if (inputs.contains(new PictureInput.Bundled())) {
      console.say(
          "There is no %s here; taking the one that comes with Graft."
              .formatted(PictureInput.BUNDLED_NAME));
    }
    Failures failures = new Failures();
    if (inputs.stream().allMatch(input -> input.missing().isPresent())) {
      // A mistyped name is told before an engine has started.
      Answers answers = answers("");
      answers.head().forEach(console::answer);
      for (PictureInput input : inputs) {
        failed(answers, input.name(), input.missing().orElseThrow(), failures);
      }
    } else {
      infer(inputs, failures);
    }
    failures.summary(inputs.size()).forEach(console::say);
    return failures.isEmpty() ? 0 : 1;
  }

  private ParameterException wrongUsage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private Answers answers(String modelName) {
    if (csv) {
      return new Answers.Csv(top);
    }
    return json ? new Answers.Json(modelName) : new Answers.Text();
  }

  private void failed(Answers answers, String image, String why, Failures failures) {
    answers.failure(image, why).forEach(console::answer);
    failures.add(why);
  }

  private static ZooModel<Image, Classifications> imageNet(Device on) {
    Backbone.ImageNet loaded = Backbone.loadImageNetClassifier(on);
    return new ZooModel<>(
        loaded.model(),
        new ImageTranslator(loaded.preprocessing(), loaded.inputSize(), loaded.classes()));
  }

  private void infer(List<PictureInput> inputs, Failures failures) throws IOException {
    Device on = device.device();
    Optional<Path> folder = imageNet ? Optional.empty() : modelFolder();
    String name = folder.map(InferCommand::modelName).orElse("efficientnet-lite0 (ImageNet)");
    try (ZooModel<Image, Classifications> loaded =
            folder.isPresent() ? SavedModel.load(folder.get(), on) : imageNet(on);
        PictureClassifier classifier = PictureClassifier.of(loaded);
        ReadAhead<Prepared> pictures =
            ReadAhead.of(
                PictureReader.threads(),
                AHEAD,
                inputs.iterator(),
                input -> Prepared.of(input, classifier))) {
      console.say("Model: " + name + folder.map(path -> ", " + path).orElse(""));
      Answers answers = answers(name);
      answers.head().forEach(console::answer);
      try (Console.Progress progress =
          inputs.size() > A_HANDFUL
              ? console.progress("Pictures", "pictures", inputs.size())
              : null) {
        int done = 0;
        while (pictures.hasNext()) {
          done += batch(pictures, classifier, answers, failures);
          if (progress != null) {
            progress.stepTo(done);
          }
        }
      }
    }
  }

  private int batch(
      Iterator<Prepared> pictures,
      PictureClassifier classifier,
      Answers answers,
      Failures failures) {
    List<Prepared> batch = new ArrayList<>();
    while (batch.size() < BATCH && pictures.hasNext()) {
      batch.add(pictures.next());
    }
    Iterator<float[]> probabilities =
        classifier
            .probabilities(batch.stream().map(Prepared::pixels).filter(Objects::nonNull).toList())
            .iterator();
    for (Prepared each : batch) {
      if (each.pixels() == null) {
        failed(answers, each.image(), each.problem(), failures);
      } else {
        List<Answers.Named> best = best(probabilities.next(), classifier.classes());
        answers.answer(each.image(), best).forEach(console::answer);
      }
    }
    return batch.size();
  }

  private List<Answers.Named> best(float[] probabilities, List<String> classes) {
    return IntStream.range(0, classes.size())
        .boxed()
        .sorted(Comparator.comparing(i -> -probabilities[i]))
        .limit(top)
        .map(i -> Answers.Named.of(i, classes.get(i), probabilities[i]))
        .toList();
  }

  private Optional<Path> modelFolder() throws IOException {
    Optional<Path> run = model == null ? output.folder().latest() : Optional.of(model);
    return run.map(RunFolder::modelOf);
  }

  private static String modelName(Path folder) {
    Path run = folder.toAbsolutePath().normalize().getParent();
    return run == null ? folder.toString() : run.getFileName().toString();
  }

  /**
   * A picture as the network takes it, or why there is none.
   *
   * @param pixels null where there is a problem
   */
  private record Prepared(String image, ByteBuffer pixels, String problem) {
    /** Reads and scales; what is large is gone when this returns. */
    static Prepared of(PictureInput input, PictureClassifier classifier) {
      try {
        Picture picture = input.read(Framing.least(classifier.inputSize()));
        ByteBuffer pixels = classifier.prepare(picture);
        return new Prepared(input.name(), pixels, null);
      } catch (GraftException e) {
        return new Prepared(input.name(), null, e.getMessage());
      } catch (OutOfMemoryError e) {
        String problem =
            input.name()
                + " needs more memory than Java has here; MAVEN_OPTS=-Xmx4g gives it more.";
        return new Prepared(input.name(), null, problem);
      }
    }
  }
}
