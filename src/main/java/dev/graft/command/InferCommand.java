package dev.graft.command;

import dev.graft.image.ImageFileReader;
import dev.graft.inference.Answer;
import dev.graft.inference.GradCam;
import dev.graft.inference.ModelRunner;
import dev.graft.inference.Output;
import dev.graft.inference.PortableModel;
import dev.graft.inference.TopClass;
import dev.graft.run.Cluster;
import dev.graft.util.Names;
import dev.graft.util.Progress;
import dev.graft.util.Text;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code infer}: classifies images. */
@Command(
    name = "infer",
    description = "Classify images: print the most probable classes.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  infer car.png                          the latest run's model, or ImageNet's",
      "  infer --imagenet --top 5 a.jpg b.png   ImageNet's 1000 classes",
      "  infer photos/                          all images below a folder",
      "  infer \"photos/**/*.jpg\"                a pattern that no shell expands",
      "  infer --json *.png                     one JSON object per line",
      "  infer --csv --top 1 photos/            one CSV row per image",
      "  infer --reject 0.05 photos/            no class if unlike the training images",
      "  infer --heatmap maps/ car.png          with a heat map of the class (Grad-CAM)",
      "  infer hdfs://h/photos --master yarn --to hdfs://h/answers"
    })
final class InferCommand extends Subcommand {
  /** Up to this number of images, no progress is shown. */
  private static final int MAX_WITHOUT_PROGRESS = 5;

  /** A heat map with fewer values per row can't show where in the image something is. */
  private static final int FEW_CELLS = 5;

  private static final String FLOAT32 = "float32";
  private static final String INT8 = "int8";

  @Parameters(
      arity = "1..*",
      paramLabel = "IMAGE",
      description =
          "PNG, JPEG, GIF, BMP, TIFF or WebP files; folders, whose images are found by their suffix"
              + " in all subfolders, except hidden ones; or patterns with * ** ? [] {}.")
  private List<String> images;

  @Option(
      names = "--top",
      paramLabel = "K",
      defaultValue = "3",
      description = "Number of classes to print (default: ${DEFAULT-VALUE}).")
  private int top;

  @Mixin private ModelOption model;

  @Option(
      names = "--precision",
      paramLabel = "WHICH",
      description =
          "With --imagenet: float32, or int8, which is faster and less exact. (A run's model has the"
              + " precision of its recipe.)")
  private String precision;

  @Option(
      names = "--json",
      description =
          "Print one JSON object per image: image, model, predictions and typicality; or image and"
              + " error.")
  private boolean json;

  @Option(
      names = "--csv",
      description =
          "Print CSV with one row per image: image, error, top1_id, top1_name, top1_probability,"
              + " top2_id and so on; and typicality.")
  private boolean csv;

  @Mixin private RejectOption reject;

  @Mixin private MasterOption master;

  @Option(
      names = "--to",
      paramLabel = "FOLDER",
      description =
          "With --master: output folder for a Parquet table of path, hash, predictions and error, on"
              + " any of Hadoop's file systems.")
  private String to;

  @Option(
      names = "--heatmap",
      paramLabel = "FOLDER",
      description =
          "Write a PNG file per image with a heat map of its most probable class (Grad-CAM).")
  private Path heatMaps;

  @Override
  public Integer call() throws IOException {
    if (top < 1) {
      throw new WrongUsage("--top: must be at least 1, not " + top + ".");
    }
    model.check();
    if (json && csv) {
      throw new WrongUsage("--json and --csv exclude each other; give one of them.");
    }
    reject.check();
    if (precision != null && !List.of(FLOAT32, INT8).contains(precision)) {
      throw new WrongUsage("--precision: must be float32 or int8, not " + precision + ".");
    }
    if (precision != null && !model.isImageNet()) {
      throw new WrongUsage(
          "--precision: only possible with --imagenet; a run's model has the precision of its"
              + " recipe.");
    }
    if (master.isGiven() != (to != null)) {
      throw new WrongUsage("--master and --to are only possible together; give both.");
    }
    if (master.isGiven()) {
      return inferWith(master.cluster());
    }
    List<Path> heic = new ArrayList<>();
    List<ImageInput> inputs = ImageArguments.expand(images, heic::add);
    if (!heic.isEmpty()) {
      console.say(ImageFileReader.ignoredHeic(heic.size()));
    }
    if (inputs.contains(new ImageInput.Bundled())) {
      console.say(
          "Image: the bundled example "
              + ImageInput.BUNDLED_NAME
              + " (a file of that name in this folder would be used instead)");
    }
    Failures failures = new Failures();
    if (inputs.stream().allMatch(input -> input.missing().isPresent())) {
      // Reports a mistyped name without starting an engine.
      AnswerLines lines = lines("", false);
      lines.head().forEach(console::answer);
      inputs.forEach(input -> failed(lines, input, input.missing().orElseThrow(), failures));
    } else {
      infer(inputs, failures);
    }
    if (console.outputFailure().isEmpty()) {
      failures.summary(inputs.size()).forEach(console::say);
    }
    return failures.isEmpty() ? 0 : 1;
  }

  private int inferWith(Cluster cluster) throws IOException {
    if (json || csv || reject.isGiven() || heatMaps != null || model.namesDevice()) {
      throw new WrongUsage(
          "--master excludes --json, --csv, --reject, --heatmap and --device: Spark writes a table, and"
              + " computes on CPUs.");
    }
    Optional<Path> folder = model.place();
    Cluster.Classified done =
        cluster.infer(
            master.url(),
            () ->
                INT8.equals(precision)
                    ? PortableModel.imageNetInt8()
                    : model.portable(folder, console),
            images,
            to,
            top,
            console);
    console.say("Model: " + done.model() + folder.map(path -> ", " + path).orElse(""));
    console.answer(
        Text.of(
            "Predictions: %s classified, %,d unreadable, in %s",
            Names.count(done.classified(), "image"), done.failed(), to));
    return done.failed() == 0 ? 0 : 1;
  }

  private AnswerLines lines(String modelName, boolean typicality) {
    if (csv) {
      return new AnswerLines.Rows(top, typicality);
    }
    return json ? new AnswerLines.Json(modelName) : new AnswerLines.Text();
  }

  private void failed(AnswerLines lines, ImageInput input, String why, Failures failures) {
    lines.failure(input.name(), why).forEach(console::answer);
    failures.add(why);
  }

  private void infer(List<ImageInput> inputs, Failures failures) throws IOException {
    Optional<Path> folder = model.place();
    if (heatMaps != null) {
      HeatMaps.prepare(heatMaps, inputs); // before anything slow
    }
    try (ModelRunner classifier =
            INT8.equals(precision) ? model.imageNetInt8() : model.classifier(folder, console);
        HeatMaps maps = heatMaps == null ? null : heatMaps(classifier);
        ModelRunner.Answers<ImageInput> answers = classifier.classify(inputs.iterator());
        Progress progress =
            inputs.size() > MAX_WITHOUT_PROGRESS
                ? console.progress("infer", "images", inputs.size())
                : Progress.NONE) {
      reject.requireTypicality(classifier);
      console.say("Model: " + classifier.name() + folder.map(path -> ", " + path).orElse(""));
      AnswerLines lines = lines(classifier.name(), classifier.hasTypicality());
      lines.head().forEach(console::answer);
      for (int done = 1; console.outputFailure().isEmpty() && answers.hasNext(); done++) {
        Answer<ImageInput> answer = answers.next();
        int number = done;
        if (answer instanceof Answer.Unknown<ImageInput> unknown) {
          failed(lines, answer.source(), Remedies.message(unknown.reason()), failures);
        } else if (answer instanceof Answer.Known<ImageInput> known) {
          Output output = known.output();
          boolean rejected = output.isBelow(reject.share().orElse(0));
          List<TopClass> best = rejected ? List.of() : classifier.top(output.probabilities(), top);
          Optional<Path> map =
              best.stream()
                  .findFirst()
                  .filter(each -> maps != null)
                  .map(each -> maps.draw(answer.source(), number, each));
          lines
              .answer(
                  answer.source().name(), new AnswerLines.Ranked(best, output.typicality(), map))
              .forEach(console::answer);
        }
        progress.stepTo(number);
      }
    }
  }

  private HeatMaps heatMaps(ModelRunner classifier) {
    GradCam gradCam = classifier.gradCam();
    int cells = gradCam.cells();
    console.say(
        Text.of(
            "Heat maps: of %s, %d x %d values per image%s, in %s",
            gradCam.stage(),
            cells,
            cells,
            cells < FEW_CELLS ? " (coarse; a larger input-size in training gives more)" : "",
            heatMaps));
    return new HeatMaps(heatMaps, classifier, gradCam);
  }
}
