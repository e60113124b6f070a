package dev.graft.command;

import dev.graft.GraftException;
import dev.graft.data.Cifar10Images;
import dev.graft.data.DataSet;
import dev.graft.data.Split;
import dev.graft.data.duplicates.Fingerprints;
import dev.graft.data.duplicates.Survey;
import dev.graft.labels.LabelDecisions;
import dev.graft.labels.LabelFiles;
import dev.graft.labels.ManifestDecisions;
import dev.graft.network.NetworkDesign;
import dev.graft.recipe.Recipe;
import dev.graft.tuning.DataSets;
import dev.graft.tuning.Features;
import dev.graft.tuning.LabelReview;
import dev.graft.tuning.PreparedRun;
import dev.graft.tuning.RecipeResolver;
import dev.graft.util.Messages;
import dev.graft.util.Names;
import dev.graft.util.PathText;
import dev.graft.util.Text;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code inspect}: shows what is in a data set before anything is trained on it. */
@Command(
    name = "inspect",
    description =
        "Check images before training: classes, sizes, unreadable files, duplicates, leaks.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  inspect photos/      one folder per class, or these in train/, val/, test/",
      "  inspect photos.csv   a manifest: path,label and, optionally, split",
      "  inspect labels.csv --columns path=id,label=breed --path-pattern train/{id}.jpg",
      "  inspect cifar10      CIFAR-10 itself",
      "  inspect photos/ --labels                     labels that are probably wrong",
      "  inspect photos/ --labels --backbone vgg16    by another backbone",
      "  inspect photos/ --apply labels-decided.csv   move images as decided"
    })
final class InspectCommand extends Subcommand {
  @Parameters(
      paramLabel = "DATA",
      description = "cifar10, cifar10-sample, a folder, or a manifest (.csv, .jsonl).")
  private String data;

  @Option(
      names = "--labels",
      paramLabel = "FILE",
      arity = "0..1",
      fallbackValue = "",
      description =
          "Find labels that are probably wrong; write them to FILE (default: labels.csv in a new"
              + " folder in output/inspections/), and a page beside it.")
  private String labels;

  @Option(
      names = "--apply",
      paramLabel = "FILE",
      description =
          "Move images as decided in labels-decided.csv, which the page of --labels saves; or move"
              + " them back, by the labels-undo.csv that an earlier --apply wrote. For a"
              + " manifest: write its corrected version beside it.")
  private Path apply;

  @Mixin private RecipeOptions options;

  @Mixin private OutputOption output;

  @Override
  public Integer call() throws IOException {
    if (apply != null && labels != null) {
      throw new WrongUsage("--apply and --labels exclude each other; give one of them.");
    }
    if (labels != null && !labels.isEmpty()) {
      LabelFiles.refusal(labels, Path.of(data))
          .ifPresent(
              reason -> {
                throw new WrongUsage("--labels: " + reason);
              });
    }
    options.putDefault("max-bad", "0.999");
    Recipe recipe = options.recipe(data);
    RecipeResolver.check(recipe);
    output.folder().requireOutsideOfClasses(data);
    if (apply != null && Cifar10Images.isNamed(data)) {
      throw new GraftException("--apply: the labels of " + data + " itself can't be changed.");
    }
    if (apply != null) {
      return Files.isDirectory(Path.of(data)) ? apply() : applyToManifest(recipe);
    }
    if (labels != null) {
      return review(recipe);
    }
    try (Fingerprints fingerprints = new Fingerprints(output.folder().fingerprints())) {
      DataSet found = DataSets.open(recipe, new RunLines(console));
      mark();
      Survey survey = Survey.thorough(found, fingerprints, console);
      SurveyLines.classes(found).forEach(console::answer);
      SurveyLines.quarantine(found.images().quarantine()).forEach(console::answer);
      String in = " in " + Survey.CSV;
      SurveyLines.identical(survey, in).forEach(console::answer);
      SurveyLines.near(survey, in).forEach(console::answer);
      Split.tooFew(found, survey.groups())
          .ifPresent(few -> console.answer("Warning: fine-tune refuses these images: " + few));
      list(survey);
    }
    return 0;
  }

  private int apply() throws IOException {
    LabelDecisions.Applied applied = LabelDecisions.apply(Path.of(data), apply, output.folder());
    console.report(
        Text.of(
            "%s moved. To undo: inspect %s --apply %s",
            Names.count(applied.moved(), "image"),
            PathText.quoted(data),
            PathText.quoted(applied.undo().toString())));
    reportLeft(applied.missing(), "gone");
    reportLeft(applied.occupied(), "another file is in the place");
    return 0;
  }

  private void reportLeft(List<Path> images, String why) {
    if (!images.isEmpty()) {
      console.report(
          Text.of(
              "%s not moved back (%s): %s",
              Names.count(images.size(), "image"),
              why,
              Names.few(images.stream().map(Path::toString).toList())));
    }
  }

  private int applyToManifest(Recipe recipe) throws IOException {
    ManifestDecisions.Applied applied =
        ManifestDecisions.apply(Path.of(data), DataSets.rules(recipe), apply);
    console.report(
        Text.of(
            "%s relabeled, %,d dropped, in %s",
            Names.count(applied.relabeled(), "image"), applied.dropped(), applied.corrected()));
    return 0;
  }

  private int review(Recipe recipe) throws IOException {
    if (!recipe.backbone().unfreeze().equals(NetworkDesign.NONE)) {
      throw new GraftException("unfreeze: --labels needs a frozen backbone; set it to none.");
    }
    if (!recipe.execution().cache()) {
      throw new GraftException("cache: --labels needs cached features; set it to true.");
    }
    RunLines lines = new RunLines(console, RunLines.Purpose.LABELS);
    Recipe plain = recipe.with(recipe.training().withAverageMirror(false));
    try (PreparedRun run = output.folder().prepare(plain, lines)) {
      requireMemory(run);
      mark();
      try (Features features = run.features(run.ranges())) {
        Survey survey = run.survey();
        lines.surveyed(run.data(), survey);
        LabelReview review = LabelReview.of(run, features, survey);
        Path page = write(review, survey);
        LabelLines.of(review).forEach(console::report);
        console.report(
            (Cifar10Images.isNamed(data) ? "The page: " : "The page to decide on them: ") + page);
      }
    }
    return 0;
  }

  /**
   * Marks the output folder before fingerprints are stored in it; a read-only one needs no mark.
   */
  private void mark() {
    try {
      output.folder().mark();
    } catch (IOException e) {
      return; // then nothing can be stored either
    }
  }

  private static void requireMemory(PreparedRun run) {
    long needed = LabelReview.bytes(run);
    long all = Runtime.getRuntime().maxMemory();
    if (needed > all) {
      throw GraftException.of(
          "--labels needs %s of memory for %s, and Java has %s; set -Xmx%dg in MAVEN_OPTS (with"
              + " bin/graft: GRAFT_OPTS).",
          Names.bytes(needed),
          Names.count(run.data().images().size(), "image"),
          Names.bytes(all),
          1 + ((needed * 3 / 2) >> 30));
    }
  }

  private Path write(LabelReview review, Survey survey) throws IOException {
    if (!labels.isEmpty()) {
      list(survey);
      return LabelFiles.write(review, Path.of(data), Path.of(labels));
    }
    Path folder =
        output
            .folder()
            .inspection(
                review.data().name(),
                into -> {
                  LabelFiles.write(review, Path.of(data), into.resolve(LabelFiles.CSV));
                  if (hasLists(survey)) {
                    writeLists(survey, into);
                  }
                });
    return folder.resolve("labels.html");
  }

  /** Lists all duplicates and unreadable images in files, if there are any. */
  private void list(Survey survey) {
    if (!hasLists(survey)) {
      return;
    }
    try {
      Path folder =
          output.folder().inspection(survey.data().name(), into -> writeLists(survey, into));
      console.say("Listed in " + folder);
    } catch (IOException e) {
      console.say(
          Text.of(
              "Cannot write %s to %s (%s): give another folder with --output.",
              Survey.CSV, output.folder().path(), Messages.of(e, e.getClass().getSimpleName())));
    }
  }

  private static boolean hasLists(Survey survey) {
    return !survey.alike().isEmpty() || survey.data().images().quarantine().size() > 0;
  }

  private static void writeLists(Survey survey, Path folder) throws IOException {
    DataSet data = survey.data();
    Files.writeString(folder.resolve(Survey.CSV), survey.toCsv(i -> data.parts().get(i)));
    Files.writeString(
        folder.resolve("quarantine.csv"), data.images().quarantine().toCsv(data.images()::path));
  }
}
