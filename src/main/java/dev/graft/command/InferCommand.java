package dev.graft.command;

import dev.graft.Console;
import dev.graft.Progress;
import dev.graft.Text;
import dev.graft.inference.Answer;
import dev.graft.inference.Classifier;
import dev.graft.inference.GradCam;
import dev.graft.inference.PortableModel;
import dev.graft.inference.TopClass;
import dev.graft.run.Cluster;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
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
      "  infer --csv --top 1 photos/            a row a picture, for spreadsheets",
      "  infer --heatmap maps/ car.png          and where in the picture it was seen",
      "  infer hdfs://h/photos --master yarn --to hdfs://h/answers"
    })
final class InferCommand implements Callable<Integer> {
  /** So few pictures need no progress. */
  private static final int A_HANDFUL = 5;

  private static final String FLOAT32 = "float32";
  private static final String INT8 = "int8";

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

  @Mixin private ModelOption model;

  @Option(
      names = "--precision",
      paramLabel = "WHICH",
      description =
          "Of ImageNet's network: float32, or int8, which is faster and less exact. (A run's model"
              + " computes as it was trained.)")
  private String precision;

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

  @Mixin private MasterOption master;

  @Option(
      names = "--to",
      paramLabel = "FOLDER",
      description =
          "With --master: where the answers are to be, as Parquet: path, hash, predictions, error;"
              + " on any file system that Hadoop knows.")
  private String to;

  @Option(
      names = "--heatmap",
      paramLabel = "FOLDER",
      description =
          "Draw where in each picture its likeliest class was seen (Grad-CAM), a PNG file each.")
  private Path heatMaps;

  InferCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    if (top < 1) {
      throw wrongUsage("--top: must be at least 1, not " + top + ".");
    }
    model.check();
    if (json && csv) {
      throw wrongUsage("Give --json or --csv, not both.");
    }
    if (precision != null && !List.of(FLOAT32, INT8).contains(precision)) {
      throw wrongUsage("--precision: must be float32 or int8, not " + precision + ".");
    }
    if (precision != null && !model.isImageNet()) {
      throw wrongUsage(
          "Give --precision with --imagenet: a run's model computes as it was trained.");
    }
    if (master.isGiven() != (to != null)) {
      throw wrongUsage("Give --master and --to together: what answers, and where the answers go.");
    }
    if (master.isGiven()) {
      return ask(master.cluster());
    }
    List<PictureInput> inputs = PictureArguments.expand(images);
    if (inputs.contains(new PictureInput.Bundled())) {
      console.say(
          "There is no "
              + PictureInput.BUNDLED_NAME
              + " here; taking the one that comes with Graft.");
    }
    Failures failures = new Failures();
    if (inputs.stream().allMatch(input -> input.missing().isPresent())) {
      // A mistyped name is told before an engine has started.
      AnswerLines lines = lines("");
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

  private int ask(Cluster cluster) throws IOException {
    if (json || csv || heatMaps != null || model.namesDevice()) {
      throw wrongUsage(
          "Give --master without --json, --csv, --heatmap and --device: answers go into a table,"
              + " and are computed on the CPUs of many machines.");
    }
    Optional<Path> folder = model.place();
    Cluster.Answered done =
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
            "Answers: %,d pictures answered, %,d can't be read: %s",
            done.answered(), done.failed(), to));
    return done.failed() == 0 ? 0 : 1;
  }

  private ParameterException wrongUsage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private AnswerLines lines(String modelName) {
    if (csv) {
      return new AnswerLines.Rows(top);
    }
    return json ? new AnswerLines.Json(modelName) : new AnswerLines.Text();
  }

  private void failed(AnswerLines lines, PictureInput input, String why, Failures failures) {
    lines.failure(input.name(), why).forEach(console::answer);
    failures.add(why);
  }

  private void infer(List<PictureInput> inputs, Failures failures) throws IOException {
    Optional<Path> folder = model.place();
    if (heatMaps != null) {
      HeatMaps.make(heatMaps); // before anything slow
    }
    try (Classifier classifier =
            INT8.equals(precision) ? Classifier.imageNetInt8() : model.classifier(folder, console);
        HeatMaps maps = heatMaps == null ? null : heatMaps(classifier);
        Classifier.Answers<PictureInput> answers = classifier.classify(inputs.iterator());
        Progress progress =
            inputs.size() > A_HANDFUL
                ? console.progress("Pictures", "pictures", inputs.size())
                : Progress.NONE) {
      console.say("Model: " + classifier.name() + folder.map(path -> ", " + path).orElse(""));
      AnswerLines lines = lines(classifier.name());
      lines.head().forEach(console::answer);
      for (int done = 1; console.outputFailure().isEmpty() && answers.hasNext(); done++) {
        Answer<PictureInput> answer = answers.next();
        int number = done;
        answer
            .problem()
            .ifPresentOrElse(
                why -> failed(lines, answer.source(), why, failures),
                () -> {
                  List<TopClass> best = classifier.top(answer.probabilities(), top);
                  Optional<Path> map =
                      Optional.ofNullable(maps)
                          .map(all -> all.draw(answer.source(), number, best.get(0)));
                  lines.answer(answer.source().name(), best, map).forEach(console::answer);
                });
        progress.stepTo(number);
      }
    }
  }

  private HeatMaps heatMaps(Classifier classifier) {
    GradCam gradCam = classifier.gradCam();
    console.say("Heat maps: " + gradCam.stage() + ", in " + heatMaps);
    return new HeatMaps(heatMaps, classifier, gradCam);
  }
}
