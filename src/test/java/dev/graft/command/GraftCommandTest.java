package dev.graft.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.CommandRun;
import dev.graft.run.RunInterruption;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine.Command;

/** The command line, as far as it goes without an engine. */
class GraftCommandTest {
  @Test
  void withoutACommandAllCommandsAreListed() {
    for (String line : List.of("", "--help")) {
      CommandRun result = graft(line);
      assertThat(result.code()).isZero();
      assertThat(result.out())
          .startsWith("Usage: graft ")
          .contains("  fine-tune ", "  infer ", "  evaluate ", "  inspect ")
          .contains("  summary ", "  models ", "  doctor ");
      assertThat(result.err()).isEmpty();
    }
    assertThat(graft("--version").out())
        .matches("Graft [0-9.]+, commit (\\p{XDigit}{40}(-dirty)?|unknown)\\R");
  }

  static Stream<String> commands() {
    return Stream.of(GraftCommand.class.getAnnotation(Command.class).subcommands())
        .map(command -> command.getAnnotation(Command.class).name());
  }

  @ParameterizedTest
  @MethodSource("commands")
  void helpOfEveryCommandHasExamplesAndFitsEightyColumns(String command) {
    CommandRun result = graft(command + " --help");
    assertThat(result.code()).isZero();
    assertThat(result.err()).isEmpty();
    List<String> lines = result.lines();
    assertThat(lines.get(0)).startsWith("Usage: graft " + command + " ");
    assertThat(lines).contains("Examples:").allMatch(line -> line.length() <= 80);
    assertThat(lines.subList(lines.indexOf("Examples:") + 1, lines.size()))
        .isNotEmpty()
        .allMatch(line -> line.startsWith("  " + command + " "));
  }

  @Test
  void doctorNamesEveryProfileThatBringsAnEngine() throws IOException {
    assertThat(
            Pattern.compile("<id>((?:pytorch|mxnet)[^<]*)</id>")
                .matcher(Files.readString(Path.of("pom.xml")))
                .results()
                .map(id -> id.group(1)))
        .containsExactlyInAnyOrderElementsOf(DoctorCommand.ENGINE_PROFILES);
  }

  @Test
  void helpWrapsAtSpacesOnly() {
    List<String> lines = graft("fine-tune --help").lines();
    assertThat(lines)
        .contains(
            "      --columns=NAMES        Names of a manifest's columns, such as",
            "                               path=id,label=breed (default: path, label,");
    String words = String.join(" ", lines) + " " + String.join(" ", graft("infer --help").lines());
    assertThat(words.split(" +"))
        .contains("hf:OWNER/NAME", ".jsonl).", "train/{id}.jpg.", "spark://host:7077,");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "fine-tun | Unmatched argument at index 0: 'fine-tun'",
        "fine-tune --bogus | Unknown option: '--bogus'",
        "fine-tune extra | Unmatched argument at index 1: 'extra'",
        "fine-tune --recipe | Missing required parameter for option '--recipe' (FILE)",
        "fine-tune --set epochs | Value for option '--set' (KEY=VALUE) should be in KEY=VALUE format but was epochs",
        "fine-tune --seed 1 --seed 2 | option '--seed' (N) should be specified only once",
        "infer | Missing required parameter: 'IMAGE'",
        "infer --top x a.png | Invalid value for option '--top': 'x' is not an int",
        "summary --recipe= | Invalid value for option '--recipe': must not be empty",
        "infer --top 0 a.png | --top: must be at least 1, not 0.",
        "infer --imagenet --model m a.png | --imagenet and --model exclude each other; give one of them.",
        "infer --json --csv a.png | --json and --csv exclude each other; give one of them.",
        "inspect photos --apply a.csv --labels | --apply and --labels exclude each other; give one of them.",
        "inspect photos --apply a.csv --labels b.csv | --apply and --labels exclude each other; give one of them.",
        "inspect photos --labels review.html | --labels: review.html is the name of the page; end the table's name in .csv.",
        "inspect photos --labels a/Review.HTML | --labels: a/Review.HTML is the name of the page; end the table's name in .csv.",
        "inspect photos --labels .html | --labels: .html is the name of the page; end the table's name in .csv.",
        "inspect photos --labels docs | --labels: docs is a folder; name a table in it, such as labels.csv.",
        "inspect photos --labels docs/images/report.png | --labels: docs/images/report.png exists and is not a table of labels; choose another name.",
        "featurize photos --data other | --data: this command takes the data as its argument; leave --data out.",
        "summary --classes 1 | --classes: must be at least 2, not 1.",
        "summary --classes -5 | --classes: must be at least 2, not -5.",
        "models --set epochs=3 | --set: only possible together with --describe."
      },
      quoteCharacter = '"')
  void wrongUsagePrintsTwoLinesAndExitsWithTwo(String line, String message) {
    CommandRun result = graft(line);
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
    assertThat(result.err().lines()).hasSizeLessThanOrEqualTo(2).first().isEqualTo(message);
    assertThat(result.err().lines().skip(1))
        .allMatch(next -> next.matches("(Try|Did you mean): .*"));
  }

  @ParameterizedTest
  @CsvSource({
    "fine-tun, Did you mean: fine-tune",
    "bogus, Try: --help",
    "fine-tune --epoks=3, Did you mean: --epochs",
    "fine-tune --resum, Did you mean: --resume",
    "fine-tune --bogus, Try: fine-tune --help",
    "fine-tune extra, Try: fine-tune --help"
  })
  void onlySimilarOptionsAndCommandsAreSuggested(String line, String hint) {
    assertThat(graft(line).err().lines().skip(1)).containsExactly(hint);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "summary --epochs many | epochs: must be a whole number, not \"many\".",
        "summary --epochs 0 | epochs: must be a whole number from 1 to 100000, not 0.",
        "summary --backbone resnet | backbone: unknown network resnet; give one of vgg16, efficientnet-lite0, xception, small-cnn, an .onnx or .pt file, or a folder.",
        "summary --set input-size=16 | input-size: 16 is too small for vgg16: set it to at least 32 pixels.",
        "fine-tune --resume nowhere --output none | Found no run nowhere, neither a folder nor a name in none/runs.",
        "infer nowhere.png | nowhere.png does not exist.",
        "infer nowhere/*.png | Nothing matches nowhere/*.png.",
        "infer nowhere-[a-z].png | Nothing matches nowhere-[a-z].png.",
        "infer src/main/java/dev/graft/command | There are no images in src/main/java/dev/graft/command."
      },
      quoteCharacter = '\'')
  void failurePrintsOneSentenceAndExitsWithOne(String line, String message) {
    CommandRun result = graft(line);
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).isEqualTo(message + System.lineSeparator());
  }

  @Test
  void aRecipeThatIsNotFoundIsReportedWithTheFolder() {
    CommandRun result = graft("summary --recipe nowhere.yaml");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err())
        .startsWith("The recipe nowhere.yaml does not exist in " + Path.of("").toAbsolutePath());
  }

  @Test
  void stackTraceIsPrintedOnlyWithDebug() {
    CommandRun result = graft("summary --epochs 0 --debug");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err()).startsWith("epochs: ").contains("\tat dev.graft.");
  }

  /** Takes a number of bytes, then fails with the system's message. */
  private static final class Fails extends OutputStream {
    private final String words;
    private int left;

    Fails(String words, int left) {
      this.words = words;
      this.left = left;
    }

    @Override
    public void write(int b) throws IOException {
      if (left-- <= 0) {
        throw new IOException(words);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "infer --csv nowhere.png gone.png,0",
    "infer --csv nowhere.png gone.png,150",
    "models,100",
    "--help,100",
    "--version,0"
  })
  void failureToWriteAnswersIsReported(String line, int bytes) {
    CommandRun result = graft(line, new Fails("No space left on device", bytes));
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err())
        .isEqualTo(
            "Not all answers could be written to standard output: No space left on device."
                + System.lineSeparator());
  }

  @Test
  void closedPipePrintsNothingAndExitsWith141() {
    for (String line : List.of("infer --csv nowhere.png gone.png", "models", "--help")) {
      CommandRun result = graft(line, new Fails("Broken pipe", 100));
      assertThat(result.code()).isEqualTo(141);
      assertThat(result.err()).isEmpty();
    }
  }

  @Test
  void wrongUsageIsReportedEvenIfAnswersCannotBeWritten() {
    CommandRun result = graft("infer --epochs a.png", new Fails("No space left on device", 0));
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).startsWith("Unknown option: '--epochs'");
  }

  @Test
  void javaErrorsBecomeSentences() {
    assertThat(GraftCommand.sentence(new OutOfMemoryError("Java heap space")))
        .isEqualTo(
            "Out of memory: give Java more with -Xmx4g in MAVEN_OPTS (with bin/graft: GRAFT_OPTS).");
    assertThat(GraftCommand.sentence(new StackOverflowError()))
        .isEqualTo(
            "The input is nested too deeply: give Java a larger stack with -Xss16m in MAVEN_OPTS"
                + " (with bin/graft: GRAFT_OPTS).");
    assertThat(GraftCommand.sentence(new FileAlreadyExistsException("out")))
        .startsWith(
            "Reading or writing failed: out: a file or a broken link is in the way. Check ");
    assertThat(GraftCommand.sentence(new NoSuchMethodError("a.b()")))
        .startsWith("Internal error: java.lang.NoSuchMethodError: a.b()");
  }

  @Test
  void inferPrintsFailuresAsJson() {
    CommandRun result = graft("infer --json nowhere.png gone.jpg");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.lines())
        .containsExactly(
            "{\"image\":\"nowhere.png\",\"error\":\"nowhere.png does not exist.\"}",
            "{\"image\":\"gone.jpg\",\"error\":\"gone.jpg does not exist.\"}");
    assertThat(result.err().lines())
        .containsExactly(
            "2 of 2 images could not be read:",
            "  nowhere.png does not exist.",
            "  gone.jpg does not exist.");
  }

  @Test
  void inferPrintsFailuresAsCsv() {
    CommandRun result = graft("infer --csv --top 2 nowhere.png *,no");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.lines())
        .containsExactly(
            "image,error,top1_id,top1_name,top1_probability,top2_id,top2_name,top2_probability",
            "nowhere.png,nowhere.png does not exist.,,,,,,",
            "\"*,no\",\"Nothing matches *,no.\",,,,,,");
  }

  @Test
  void modelsListsTheBackbones() {
    CommandRun result = graft("models");
    assertThat(result.code()).isZero();
    assertThat(result.err()).isEmpty();
    assertThat(result.lines()).hasSize(8);
    assertThat(result.lines().get(1))
        .startsWith("vgg16                  14,714,688  32x32    71.3 % (Keras) ")
        .contains(" CC BY 4.0 ", " bundled; Keras's file ");
    assertThat(result.lines().get(2))
        .startsWith("efficientnet-lite0      3,350,000  96x96    75.1 % (TensorFlow) ")
        .contains(" Apache-2.0 ")
        .endsWith(" bundled");
    assertThat(result.lines().get(3))
        .startsWith("xception               20,861,480  96x96    79.0 % (Keras) ")
        .contains(" MIT ", " none; Keras's file ");
    assertThat(result.lines().get(4))
        .startsWith("small-cnn                  65,568  32x32    none, trained from scratch ")
        .endsWith(" none");
    assertThat(result.lines().get(6))
        .startsWith("infer --backbone NAME, ")
        .contains(" vgg16's is ", " xception's is ");
  }

  @Test
  void summaryShowsTheNotebooksModel() {
    CommandRun result = graft("summary --recipe conf/notebook.yaml");
    assertThat(result.code()).isZero();
    assertThat(result.err()).isEmpty();
    assertThat(result.lines())
        .hasSize(40)
        .contains(
            row("layer", "type", "output", "parameters", ""),
            row("block1_conv1", "Conv2d", "(64, 32, 32)", "1,792", "  frozen"),
            row("block5_pool", "MaxPool", "(512, 1, 1)", "0", ""),
            row("head_hidden", "Dense", "(1024)", "525,312", "  trained"))
        .endsWith("Parameters: 15,250,250 total, 535,562 trained, 14,714,688 frozen");
  }

  @Test
  void summaryUsesTheRecipeOptions() {
    assertThat(graft("summary --unfreeze block5_conv1").lines())
        .contains(
            row("block4_conv3", "Conv2d", "(512, 4, 4)", "2,359,808", "  frozen"),
            row("block5_conv1", "Conv2d", "(512, 2, 2)", "2,359,808", "  trained"));
    assertThat(
            graft("summary --backbone efficientnet-lite0 --set input-size=224 --set head.hidden=0")
                .lines())
        .contains(row("stem", "Conv2d", "(32, 112, 112)", "896", "  frozen"))
        .contains(row("blocks.2.expand", "Conv2d", "(144, 56, 56)", "3,600", "  frozen"))
        .contains(row("blocks.2", "Add", "(24, 56, 56)", "0", ""))
        .contains(row("head_classes", "Dense", "(10)", "19,850", "  trained"));
    assertThat(graft("summary --classes 37").lines())
        .contains(row("head_classes", "Dense", "(37)", "75,813", "  trained"));
  }

  @Test
  void namedOptionsOverrideSetAndSetOverridesTheFile() {
    assertThat(graft("summary --recipe conf/notebook.yaml --set unfreeze=block5_conv3").lines())
        .contains(row("block5_conv3", "Conv2d", "(512, 2, 2)", "2,359,808", "  trained"))
        .contains(row("block5_conv2", "Conv2d", "(512, 2, 2)", "2,359,808", "  frozen"));
    assertThat(
            graft(
                    "summary --recipe conf/notebook.yaml --unfreeze block5_conv2 --set"
                        + " unfreeze=block5_conv3")
                .lines())
        .contains(row("block5_conv2", "Conv2d", "(512, 2, 2)", "2,359,808", "  trained"));
  }

  private static String row(
      String layer, String type, String output, String parameters, String state) {
    return String.format(
        Locale.ROOT, "%-26s %-28s %-18s %14s%s", layer, type, output, parameters, state);
  }

  private static CommandRun graft(String line) {
    return CommandRun.of(arguments(line));
  }

  private static CommandRun graft(String line, OutputStream out) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        GraftCommand.run(
            arguments(line),
            out,
            new PrintStream(err, true, StandardCharsets.UTF_8),
            new RunInterruption());
    return new CommandRun(code, "", err.toString(StandardCharsets.UTF_8));
  }

  private static String[] arguments(String line) {
    return line.isEmpty() ? new String[0] : line.split(" ", -1);
  }
}
