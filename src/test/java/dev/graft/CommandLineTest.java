package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.modality.Classifications;
import ai.djl.modality.cv.Image;
import ai.djl.ndarray.NDArray;
import ai.djl.nn.Parameter;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.graft.command.Console;
import dev.graft.image.ImageFileReader;
import dev.graft.recipe.RecipeReader;
import dev.graft.zoo.BackboneInfo;
import dev.graft.zoo.LoadedBackbone;
import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The command line from arguments to files, on 360 images in the format of CIFAR-10. */
@Tag("engine")
class CommandLineTest {
  private static final int IMAGES_PER_FILE = 60;
  private static final int SIDE = 32;
  private static final List<String> CLASSES =
      List.of(
          "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");

  @TempDir static Path folder;
  private static Path output;

  /** The run that most tests examine. */
  private static CommandRun first;

  private static Path firstRun;

  /** Trains a small head briefly; {@code arguments} override its settings. */
  private static CommandRun fineTune(String... arguments) {
    List<String> all =
        new ArrayList<>(List.of("fine-tune", "--output", output.toString(), "--device", "cpu"));
    for (String setting :
        List.of(
            "data-dir='" + folder.resolve("data") + "'",
            "head.hidden=32",
            "batch-size=32",
            "epochs=3",
            "min-steps=10",
            "learning-rate=0.005")) {
      all.addAll(List.of("--set", setting));
    }
    all.addAll(Arrays.asList(arguments));
    return CommandRun.of(all.toArray(String[]::new));
  }

  private static Path latest() throws IOException {
    return SmallRun.latest(output).folder();
  }

  private static JsonNode json(Path run) throws IOException {
    return new ObjectMapper().readTree(run.resolve("run.json").toFile());
  }

  /** Returns the rows of history.csv without their seconds. */
  private static List<String> history(Path run) throws IOException {
    return Files.readAllLines(run.resolve("history.csv")).stream()
        .map(row -> row.substring(0, row.lastIndexOf(',')))
        .toList();
  }

  @BeforeAll
  static void firstRun() throws IOException {
    output = folder.resolve("out");
    Path data = Files.createDirectories(folder.resolve("data/cifar-10-batches-bin"));
    Random random = new Random(1);
    for (int i = 1; i <= 5; i++) {
      writeRecords(data.resolve("data_batch_" + i + ".bin"), random);
    }
    writeRecords(data.resolve("test_batch.bin"), random);

    assertThat(CommandRun.of("infer", "car.png", "--output", output.toString()).err())
        .contains("Model: efficientnet-lite0 (ImageNet)"); // before any run
    first = fineTune();
    assertThat(first.code()).as(first.err()).isZero();
    firstRun = latest();
  }

  /** Each class has its color, with enough noise for a few wrong predictions. */
  private static void writeRecords(Path file, Random random) throws IOException {
    byte[] records = new byte[IMAGES_PER_FILE * (1 + 3 * SIDE * SIDE)];
    int at = 0;
    for (int i = 0; i < IMAGES_PER_FILE; i++) {
      int label = i % CLASSES.size();
      records[at++] = (byte) label;
      for (int channel = 0; channel < 3; channel++) {
        int color = new Random(label * 3 + channel).nextInt(160) + random.nextInt(40);
        for (int pixel = 0; pixel < SIDE * SIDE; pixel++) {
          records[at++] = (byte) (color + random.nextInt(56));
        }
      }
    }
    Files.write(file, records);
  }

  // Fine-tuning.

  @Test
  void aRunsFolderHoldsAllThatItShould() throws IOException {
    try (Stream<Path> files = Files.walk(firstRun)) {
      List<String> names =
          files
              .filter(Files::isRegularFile)
              .map(file -> firstRun.relativize(file).toString().replace(File.separatorChar, '/'))
              .toList();
      List<String> expected =
          new ArrayList<>(
              List.of(
                  "recipe.yaml",
                  "run.json",
                  "history.csv",
                  "predictions.csv",
                  "confusion.csv",
                  "classes.csv",
                  "log.txt",
                  "plots/loss.png",
                  "plots/accuracy.png",
                  "plots/confusion.png",
                  "plots/mistakes.png",
                  "model/vgg16-cifar10-0000.params",
                  "model/synset.txt",
                  "model/network.json",
                  "model/serving.properties"));
      IntStream.range(0, 10).forEach(i -> expected.add("plots/test-" + i + ".png"));
      assertThat(names).containsAll(expected).noneMatch(name -> name.contains("unfinished"));
    }
    try (Stream<Path> plots = Files.list(firstRun.resolve("plots"))) {
      for (Path plot : plots.toList()) {
        assertThat(ImageIO.read(plot.toFile()).getWidth()).as("" + plot).isGreaterThan(100);
      }
    }
  }

  @Test
  void theFilesOfARunAgreeWithEachOtherAndWithTheConsole() throws IOException {
    JsonNode run = json(firstRun);
    assertThat(run.path("status").asText()).isEqualTo("completed");
    assertThat(run.path("backbone").asText()).isEqualTo("vgg16");
    assertThat(run.at("/weights/pretrained").asBoolean()).isTrue();
    assertThat(run.at("/weights/source").asText()).isEqualTo("pretrained");
    assertThat(run.at("/weights/sha256").asText()).matches("42dd76b7[0-9a-f]{56}");
    assertThat(run.at("/data/name").asText()).isEqualTo("cifar10");
    assertThat(run.at("/data/train").asInt()).isEqualTo(270);
    assertThat(run.at("/data/validation").asInt()).isEqualTo(30);
    assertThat(run.at("/data/test").asInt()).isEqualTo(60);
    assertThat(run.at("/data/classes").asInt()).isEqualTo(10);
    assertThat(run.at("/parameters/trained").asInt()).isEqualTo(1280 * 32 + 32 + 32 * 10 + 10);
    assertThat(run.at("/parameters/total").asInt()).isEqualTo(14_714_688 + 41_322);
    assertThat(run.at("/cache/hit").asBoolean()).isFalse();
    assertThat(run.at("/cache/bytes").asInt()).isEqualTo(8192 + 360 * (36 + 1280 * 4));

    List<String[]> predictions =
        Files.readAllLines(firstRun.resolve("predictions.csv")).stream()
            .skip(1)
            .map(row -> row.split(",", -1))
            .toList();
    assertThat(predictions).hasSize(60);
    long right = 0;
    int[][] confusion = new int[10][10];
    for (int i = 0; i < predictions.size(); i++) {
      String[] row = predictions.get(i);
      assertThat(row[0]).isEqualTo("" + i);
      assertThat(row[1]).isEqualTo(CLASSES.get(i % 10));
      right += row[1].equals(row[2]) ? 1 : 0;
      confusion[CLASSES.indexOf(row[1])][CLASSES.indexOf(row[2])]++;
    }
    double accuracy = run.at("/test/accuracy").asDouble();
    assertThat(accuracy).isCloseTo(right / 60.0, within(1e-9)).isGreaterThan(0.3);
    assertThat(run.at("/test/top3Accuracy").asDouble()).isBetween(accuracy, 1.0);

    List<String> rows = Files.readAllLines(firstRun.resolve("confusion.csv"));
    assertThat(rows.get(0)).isEqualTo("truth\\predicted," + String.join(",", CLASSES));
    for (int truth = 0; truth < 10; truth++) {
      String counts =
          String.join(",", IntStream.of(confusion[truth]).mapToObj(n -> "" + n).toList());
      assertThat(rows.get(truth + 1)).isEqualTo(CLASSES.get(truth) + "," + counts);
    }

    List<String> history = Files.readAllLines(firstRun.resolve("history.csv"));
    assertThat(history.get(0))
        .isEqualTo(
            "epoch,train_loss,train_accuracy,validation_loss,validation_accuracy,learning_rate,seconds");
    assertThat(history).hasSize(1 + run.at("/epochs/run").asInt());
    int best =
        IntStream.rangeClosed(1, 3)
            .boxed()
            .min((a, b) -> Double.compare(validationLoss(history, a), validationLoss(history, b)))
            .orElseThrow();
    assertThat(run.at("/epochs/best").asInt()).isEqualTo(best);
    assertThat(run.at("/validation/accuracy").asDouble())
        .isCloseTo(Double.parseDouble(history.get(best).split(",", -1)[4]), within(1e-6));

    assertThat(Files.readAllLines(firstRun.resolve("model/synset.txt"))).isEqualTo(CLASSES);
    assertThat(RecipeReader.read(firstRun.resolve("recipe.yaml"), Map.of()).training().epochs())
        .isEqualTo(3);
    String figure = String.format(Locale.ROOT, "  accuracy %.4f (95 %% interval ", accuracy);
    assertThat(first.out()).contains(figure, "" + firstRun).doesNotContain("RANDOM");
    assertThat(Files.readString(firstRun.resolve("log.txt"))).contains(figure, "epoch  1/3");
  }

  private static double validationLoss(List<String> history, int epoch) {
    return Double.parseDouble(history.get(epoch).split(",", -1)[3]);
  }

  @Test
  void theSavedModelHoldsTheBundledWeightsBitForBitWhereItIsFrozen() throws Exception {
    PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
    Criteria<Image, Classifications> plain =
        Criteria.builder()
            .setTypes(Image.class, Classifications.class)
            .optModelPath(firstRun.resolve("model"))
            .build();
    try (ZooModel<Image, Classifications> saved = plain.loadModel();
        LoadedBackbone bundled =
            LoadedBackbone.load(
                BackboneInfo.VGG16,
                "pretrained",
                32,
                Device.cpu(),
                new Console(nowhere, nowhere, false))) {
      List<Parameter> parameters = saved.getBlock().getParameters().values();
      List<Parameter> frozen = bundled.trunk().getParameters().values();
      assertThat(frozen).hasSize(26);
      for (int i = 0; i < frozen.size(); i++) {
        NDArray array = parameters.get(i).getArray();
        assertThat(array.toByteArray()).isEqualTo(frozen.get(i).getArray().toByteArray());
      }
      // The scaling was measured, and the head was trained.
      assertThat(parameters).hasSize(26 + 2 + 4);
      assertThat(parameters.get(26).getArray().toFloatArray()).isNotEqualTo(new float[1280]);
    }
  }

  @Test
  void theRecipeOfARunRepeatsItFromTheCacheToTheLastDigit() throws IOException {
    CommandRun again =
        CommandRun.of(
            "fine-tune",
            "--recipe",
            firstRun.resolve("recipe.yaml").toString(),
            "--output",
            output.toString());
    assertThat(again.code()).as(again.err()).isZero();
    Path run = latest();
    assertThat(run).isNotEqualTo(firstRun);
    assertThat(again.out()).contains("(cached)");
    assertThat(json(run).at("/cache/hit").asBoolean()).isTrue();
    assertThat(history(run)).isEqualTo(history(firstRun));
    // The values that were automatic in the first run are explicit in the second.
    assertThat(Files.readString(run.resolve("recipe.yaml")))
        .isEqualTo(Files.readString(firstRun.resolve("recipe.yaml")).replace("  # auto", ""));
    for (String file : List.of("predictions.csv", "confusion.csv")) {
      assertThat(run.resolve(file)).hasSameTextualContentAs(firstRun.resolve(file));
    }
    assertThat(json(run).path("test")).isEqualTo(json(firstRun).path("test"));
  }

  @Test
  void anotherSeedIsAnotherRun() throws IOException {
    CommandRun other = fineTune("--seed", "43");
    assertThat(other.code()).as(other.err()).isZero();
    assertThat(json(latest()).path("seed").asInt()).isEqualTo(43);
    assertThat(json(latest()).at("/cache/hit").asBoolean()).isTrue();
    assertThat(history(latest())).isNotEqualTo(history(firstRun));
  }

  @Test
  void withoutTheCacheTheFiguresAreTheSameWithinNoise() throws IOException {
    String[] once = {"--epochs=1", "--set=min-steps=3"};
    CommandRun cached = fineTune(once);
    assertThat(cached.code()).as(cached.err()).isZero();
    JsonNode expected = json(latest());
    CommandRun other = fineTune(once[0], once[1], "--no-cache");
    assertThat(other.code()).as(other.err()).isZero();
    JsonNode run = json(latest());
    assertThat(run.at("/cache/bytes").asInt()).isZero();
    assertThat(run.at("/test/accuracy").asDouble())
        .isCloseTo(expected.at("/test/accuracy").asDouble(), within(0.1));
    assertThat(run.at("/test/loss").asDouble())
        .isCloseTo(expected.at("/test/loss").asDouble(), within(0.1));
  }

  @Test
  void unfreezingTrainsTheStagesFromThatOneOn() throws IOException {
    CommandRun other =
        fineTune("--unfreeze", "block5_conv1", "--epochs", "1", "--set", "min-steps=4");
    assertThat(other.code()).as(other.err()).isZero();
    JsonNode run = json(latest());
    assertThat(run.at("/parameters/trained").asInt()).isEqualTo(3 * (512 * 512 * 9 + 512) + 41_322);
    int record = 512 * 2 * 2 * 2 + (256 + 512) * 4; // block4_pool in float16, and two averages
    assertThat(run.at("/cache/bytes").asInt()).isEqualTo(8192 + 360 * (36 + record));
    assertThat(run.at("/test/accuracy").asDouble()).isGreaterThan(0.2);
    assertThat(Files.readString(latest().resolve("model/network.json")))
        .contains("\"unfreeze\" : \"block5_conv1\"");
    CommandRun answer = CommandRun.of("infer", "--json", "--model", latest().toString(), "car.png");
    assertThat(answer.json().get(0).path("predictions")).hasSize(3);
  }

  @Test
  void aNetworkIsTrainedFromScratchByItsRecipe() throws IOException {
    CommandRun other = fineTune("--recipe", "conf/baseline-cnn.yaml", "--epochs", "1");
    assertThat(other.code()).as(other.err()).isZero();
    JsonNode run = json(latest());
    assertThat(run.path("backbone").asText()).isEqualTo("small-cnn");
    assertThat(run.at("/weights/pretrained").asBoolean(true)).isFalse();
    assertThat(run.at("/parameters/trained")).isEqualTo(run.at("/parameters/total"));
    assertThat(run.at("/epochs/run").asInt()).isEqualTo(1);
    assertThat(run.at("/cache/bytes").asInt()).isEqualTo(8192 + 360 * (36 + 3 * SIDE * SIDE));
    assertThat(latest().getFileName().toString()).endsWith("-small-cnn-cifar10");
  }

  @Test
  void randomWeightsAreCalledSoEverywhere() throws IOException {
    CommandRun other = fineTune("--weights", "random", "--epochs", "1");
    assertThat(other.code()).as(other.err()).isZero();
    assertThat(other.out()).contains("RANDOM").doesNotContain("notebook");
    JsonNode run = json(latest());
    assertThat(run.at("/weights/pretrained").asBoolean(true)).isFalse();
    assertThat(run.at("/weights/source").asText()).isEqualTo("random");
    assertThat(run.at("/weights/sha256").asText()).isEmpty();
    assertThat(run.at("/cache/hit").asBoolean()).isFalse();
    assertThat(Files.readString(latest().resolve("model/network.json"))).contains("RANDOM");

    CommandRun otherwise =
        fineTune("--weights", "random", "--epochs", "1", "--set", "initializer=he-uniform");
    assertThat(otherwise.code()).as(otherwise.err()).isZero();
    assertThat(json(latest()).at("/cache/hit").asBoolean(true)).isFalse();
  }

  @Test
  void aLossThatIsNotANumberStopsTheRunWithASentence() throws IOException {
    String before = Files.readString(output.resolve("latest"));
    for (String rate : List.of("1e30", "1.0e+300")) { // too large, and too large for a float

      CommandRun failed = fineTune("--learning-rate", rate);
      assertThat(failed.code()).as(failed.err()).isEqualTo(1);
      assertThat(failed.err().lines().reduce((a, b) -> b).orElseThrow())
          .contains("learning-rate")
          .endsWith(".");
      assertThat(failed.err()).doesNotContain("\tat ", "Exception");
      assertThat(failed.out()).isEmpty();
    }
    assertThat(output.resolve("latest")).hasContent(before);
    try (Stream<Path> runs = Files.list(output.resolve("runs"))) {
      List<JsonNode> failed = new ArrayList<>();
      for (Path run : runs.toList()) {
        if (json(run).path("status").asText().equals("failed")) {
          failed.add(json(run));
        }
      }
      assertThat(failed)
          .hasSize(1) // the second rate is refused before the run begins
          .allSatisfy(
              run -> {
                assertThat(run.path("message").asText()).contains("learning-rate");
                assertThat(run.has("test")).isFalse();
              });
    }
  }

  // Inference.

  private static CommandRun infer(String... arguments) {
    List<String> all = new ArrayList<>(List.of("infer", "--device", "cpu"));
    all.addAll(Arrays.asList(arguments));
    return CommandRun.of(all.toArray(String[]::new));
  }

  @ParameterizedTest
  @ValueSource(strings = {"foo", "gpu", "gpux", "gpu99999999999"})
  void everyCommandRejectsAnInvalidDevice(String name) {
    for (CommandRun refused :
        List.of(
            CommandRun.of("infer", "--imagenet", "--device", name, "car.png"),
            CommandRun.of("infer", "--imagenet", "--precision=int8", "--device", name, "car.png"),
            CommandRun.of("evaluate", "--output", output.toString(), "--device", name))) {
      assertThat(refused.code()).isEqualTo(1);
      assertThat(refused.err())
          .endsWith("device: must be auto, cpu or gpu0, gpu1, …, not " + name + ".\n");
      assertThat(refused.out()).isEmpty();
    }
  }

  @Test
  void aGpuIsRefusedForAModelInInt8() {
    CommandRun refused =
        CommandRun.of("infer", "--imagenet", "--precision=int8", "--device=gpu9", "car.png");
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.err())
        .endsWith(
            "--device: gpu9 cannot compute this model, since models in int8 and files that export wrote are computed on the CPU; leave it out.\n");
    assertThat(refused.out()).isEmpty();
  }

  @Test
  void beforeAnyRunInferPredictsImageNetClasses() throws IOException {
    CommandRun answer =
        infer("--json", "--top", "5", "--output", folder.resolve("none").toString(), "car.png");
    assertThat(answer.code()).as(answer.err()).isZero();
    assertThat(answer.err()).contains("Image: the bundled example car.png (a file of that name");
    JsonNode line = answer.json().get(0);
    assertThat(line.path("image").asText()).isEqualTo("car.png");
    assertThat(line.path("model").asText()).contains("ImageNet");
    assertThat(line.path("predictions")).hasSize(5);
    double last = 1;
    for (JsonNode each : line.path("predictions")) {
      assertThat(each.path("id").asText()).matches("n[0-9]{8}");
      assertThat(LoadedBackbone.imageNetClasses().get(each.path("index").asInt()))
          .isEqualTo(each.path("id").asText() + " " + each.path("name").asText());
      assertThat(each.path("probability").asDouble()).isBetween(0.0, last);
      last = each.path("probability").asDouble();
    }
    assertThat(line.at("/predictions/0/name").asText()).containsPattern("car|wagon|convertible");
    assertThat(folder.resolve("none")).doesNotExist();
  }

  @Test
  void afterARunInferUsesItsModelUnlessImageNetIsRequested() throws IOException {
    CommandRun own = infer("--output", output.toString(), "car.png");
    assertThat(own.code()).as(own.err()).isZero();
    assertThat(own.err()).contains("Model: " + latest().getFileName());
    List<String> lines = own.out().lines().toList();
    assertThat(lines).hasSizeBetween(4, 5); // the fifth: the image is unlike the training images
    assertThat(lines.get(0)).isEqualTo("car.png");
    assertThat(lines.subList(1, 4))
        .allSatisfy(
            line -> assertThat(line).matches(" +[0-9.]+ %  (" + String.join("|", CLASSES) + ")"));

    CommandRun imageNet = infer("--imagenet", "--output", output.toString(), "car.png");
    assertThat(imageNet.code()).isZero();
    assertThat(imageNet.err()).contains("Model: efficientnet-lite0 (ImageNet)");
    assertThat(imageNet.out()).containsPattern("n[0-9]{8}");
  }

  /**
   * Engines differ in the seventh digit between one image and a batch. These images are so similar
   * that their features hardly vary, and standardization magnifies the difference.
   */
  @Test
  void theSavedModelPredictsTheTestImagesAsTheRunDid() throws IOException {
    byte[] records = Files.readAllBytes(folder.resolve("data/cifar-10-batches-bin/test_batch.bin"));
    List<String> arguments =
        new ArrayList<>(List.of("--json", "--top", "1", "--model", firstRun.toString()));
    for (int i = 0; i < 20; i++) {
      BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
      int start = i * (1 + 3 * SIDE * SIDE) + 1;
      for (int p = 0; p < SIDE * SIDE; p++) {
        int red = records[start + p] & 0xff;
        int green = records[start + SIDE * SIDE + p] & 0xff;
        int blue = records[start + 2 * SIDE * SIDE + p] & 0xff;
        image.setRGB(p % SIDE, p / SIDE, red << 16 | green << 8 | blue);
      }
      Path file = folder.resolve("test-" + i + ".png");
      ImageIO.write(image, "png", file.toFile());
      arguments.add(file.toString());
    }
    CommandRun answer = infer(arguments.toArray(String[]::new));
    assertThat(answer.code()).as(answer.err()).isZero();
    List<String> predictions = Files.readAllLines(firstRun.resolve("predictions.csv"));
    List<JsonNode> lines = answer.json();
    assertThat(lines).hasSize(20);
    for (int i = 0; i < 20; i++) {
      String[] row = predictions.get(i + 1).split(",", -1);
      JsonNode best = lines.get(i).at("/predictions/0");
      assertThat(best.path("name").asText()).isEqualTo(row[2]);
      assertThat(best.path("index").asInt()).isEqualTo(CLASSES.indexOf(row[2]));
      assertThat(best.path("probability").asDouble())
          .isCloseTo(Double.parseDouble(row[3]), within(0.01));
    }
  }

  @Test
  void aBrokenImageHasALineOfItsOwnAndSetsTheExitCode() throws IOException {
    Path good = folder.resolve("good.png");
    ImageIO.write(new BufferedImage(40, 30, BufferedImage.TYPE_INT_RGB), "png", good.toFile());
    byte[] bytes = Files.readAllBytes(good);
    Path broken = folder.resolve("broken.png");
    Files.write(broken, Arrays.copyOf(bytes, bytes.length / 2));
    CommandRun answer =
        infer("--json", "--model", firstRun.toString(), good.toString(), broken.toString());
    assertThat(answer.code()).isEqualTo(1);
    List<JsonNode> lines = answer.json();
    assertThat(lines).hasSize(2);
    assertThat(lines.get(0).path("image").asText()).isEqualTo(good.toString());
    assertThat(lines.get(0).path("model").asText()).isEqualTo("" + firstRun.getFileName());
    assertThat(lines.get(0).path("predictions")).hasSize(3);
    assertThat(lines.get(1).path("image").asText()).isEqualTo(broken.toString());
    assertThat(lines.get(1).path("error").asText()).contains("broken.png").endsWith(".");
    assertThat(lines.get(1).has("predictions")).isFalse();
  }

  /** Writes an image of colored noise in blocks; every seed gives another image. */
  private static void writeImage(Path file, int seed) throws IOException {
    BufferedImage image = new BufferedImage(60, 50, BufferedImage.TYPE_INT_RGB);
    int[] colors = new Random(seed).ints(48, 0, 1 << 24).toArray();
    for (int y = 0; y < 50; y++) {
      for (int x = 0; x < 60; x++) {
        image.setRGB(x, y, colors[y / 10 * 6 + x / 10]);
      }
    }
    ImageIO.write(image, "png", file.toFile());
  }

  private static void assertSamePredictions(JsonNode expected, JsonNode actual) {
    assertThat(actual.path("predictions")).hasSameSizeAs(expected.path("predictions"));
    for (int i = 0; i < expected.path("predictions").size(); i++) {
      JsonNode one = expected.path("predictions").get(i);
      JsonNode other = actual.path("predictions").get(i);
      assertThat(other.path("id")).as(actual.path("image").asText()).isEqualTo(one.path("id"));
      assertThat(other.path("probability").asDouble())
          .isCloseTo(one.path("probability").asDouble(), within(1e-5));
    }
  }

  @Test
  void predictionsFollowTheOrderOfAFolderAndFailuresAreListedAtTheEnd() throws IOException {
    Path images = Files.createDirectories(folder.resolve("own pictures/sub")).getParent();
    List<String> names =
        new ArrayList<>(
            List.of(
                "a b.png", "b 'quoted', [1].png", "c 写真.png", "d 😀.png", "e.png", "sub/Ä.png"));
    IntStream.range(10, 40).forEach(i -> names.add("sub/no " + i + ".png")); // across two batches
    names.sort(null);
    for (int i = 0; i < names.size(); i++) {
      writeImage(images.resolve(names.get(i)), i);
    }
    Files.writeString(images.resolve("e.png"), "no image");
    Files.createFile(images.resolve("sub/no 20.png").resolveSibling("Thumbs.db"));
    int bad = names.indexOf("e.png");

    CommandRun answer = infer("--imagenet", "--json", images.toString());
    assertThat(answer.code()).as(answer.err()).isEqualTo(1);
    List<JsonNode> lines = answer.json();
    assertThat(lines.stream().map(line -> line.path("image").asText()))
        .containsExactlyElementsOf(names.stream().map(n -> "" + images.resolve(n)).toList());
    for (int i = 0; i < names.size(); i++) {
      assertThat(lines.get(i).has("predictions")).as(names.get(i)).isEqualTo(i != bad);
      assertThat(lines.get(i).has("error")).as(names.get(i)).isEqualTo(i == bad);
    }
    assertThat(answer.err().lines().toList())
        .endsWith(
            "1 of 36 images could not be read:", "  " + lines.get(bad).path("error").asText());

    // Alone, twice, by a pattern, and as CSV: the same answers.
    String japanese = images.resolve("c 写真.png").toString();
    String last = images.resolve("sub/no 39.png").toString();
    List<JsonNode> some =
        infer("--imagenet", "--json", last, japanese, images + "/c*.png", last).json();
    assertThat(some.stream().map(line -> line.path("image").asText()))
        .containsExactly(last, japanese, japanese, last);
    JsonNode lastLine = lines.get(names.indexOf("sub/no 39.png"));
    JsonNode japaneseLine = lines.get(names.indexOf("c 写真.png"));
    assertSamePredictions(lastLine, some.get(0));
    assertSamePredictions(japaneseLine, some.get(1));
    assertSamePredictions(japaneseLine, some.get(2));
    assertSamePredictions(lastLine, some.get(3));
    assertSamePredictions(lastLine, infer("--imagenet", "--json", last).json().get(0));
    assertThat(lastLine.path("predictions")).isNotEqualTo(japaneseLine.path("predictions"));

    CommandRun csv =
        infer("--model", firstRun.toString(), "--csv", "--top", "1", images.toString());
    assertThat(csv.code()).isEqualTo(1);
    List<String> rows = csv.out().lines().toList();
    assertThat(rows).hasSize(1 + names.size());
    assertThat(rows.get(0)).isEqualTo("image,error,top1_id,top1_name,top1_probability,typicality");
    assertThat(rows.get(1 + bad)).startsWith(images.resolve("e.png") + ",").endsWith(",,,,");
    assertThat(rows.get(1 + names.indexOf("b 'quoted', [1].png")))
        .startsWith("\"" + images.resolve("b 'quoted', [1].png") + "\",,");
    String classes = String.join("|", CLASSES);
    assertThat(rows.get(1 + names.indexOf("sub/no 39.png")))
        .matches(".*no 39\\.png,,(" + classes + "),(" + classes + "),[0-9.E-]+,[0-9.]+");
  }

  @Test
  void inTextFailuresAreListedAtTheEnd() throws IOException {
    Path good = folder.resolve("good one.png");
    writeImage(good, 1);
    Path empty = Files.createFile(folder.resolve("empty.png"));
    Path phone = Files.createDirectory(folder.resolve("phone"));
    Files.createFile(phone.resolve("IMG_1.HEIC"));
    CommandRun skips = infer("--top", "1", "--model", "" + firstRun, "" + good, "" + phone);
    assertThat(skips.code()).isEqualTo(1);
    assertThat(skips.err().lines())
        .contains(ImageFileReader.ignoredHeic(1))
        .endsWith(
            "1 of 2 images could not be read:",
            "  There are no images in " + phone + " that Graft can read, only 1 in HEIC.");
    CommandRun answer =
        infer("--top", "1", "--model", "" + firstRun, "" + empty, "" + good, folder + "/*.nothing");
    assertThat(answer.code()).isEqualTo(1);
    assertThat(answer.out().lines()).hasSizeBetween(2, 3).first().isEqualTo(good.toString());
    assertThat(answer.err().lines().toList())
        .endsWith(
            "2 of 3 images could not be read:",
            "  " + empty + " is empty.",
            "  Nothing matches " + folder + "/*.nothing.");
  }

  /** Pillow made the RGB version of each image. */
  @Test
  void grayTransparentAndPaletteImagesArePredictedAsTheirRgbVersions()
      throws IOException, URISyntaxException {
    Path images = Path.of(CommandLineTest.class.getResource("/dev/graft/image/files").toURI());
    List<String> names =
        List.of("gray.png", "gray-alpha.png", "alpha.png", "palette.png", "rgb-16-bit.png");
    List<String> arguments = new ArrayList<>(List.of("--json", "--imagenet", "--top", "10"));
    for (String name : names) {
      arguments.add(images.resolve(name).toString());
      arguments.add(images.resolve("seen-by-pillow").resolve(name + ".png").toString());
    }
    CommandRun answer = infer(arguments.toArray(String[]::new));
    assertThat(answer.code()).as(answer.err()).isZero();
    List<JsonNode> lines = answer.json();
    assertThat(lines).hasSize(2 * names.size());
    for (int i = 0; i < names.size(); i++) {
      assertThat(lines.get(2 * i).path("predictions"))
          .as(names.get(i))
          .hasSize(10)
          .isEqualTo(lines.get(2 * i + 1).path("predictions"));
    }
    assertThat(lines.get(0).path("predictions")).isNotEqualTo(lines.get(6).path("predictions"));
  }

  @Test
  void aMissingModelIsReportedInASentence() {
    CommandRun answer = infer("--model", folder.resolve("nowhere").toString(), "car.png");
    assertThat(answer.code()).isEqualTo(1);
    assertThat(answer.err())
        .contains("The folder " + folder.resolve("nowhere") + " does not exist.")
        .doesNotContain("Exception");
    assertThat(answer.out()).isEmpty();
  }

  @Test
  void everyCommandSaysHowARunIsContinuedThatHasNoModelYet() throws IOException {
    Path run = Files.createDirectory(folder.resolve("cut"));
    Files.writeString(
        run.resolve("run.json"),
        Files.readString(firstRun.resolve("run.json")).replace("completed", "interrupted"));
    for (CommandRun each :
        List.of(
            infer("--model", run.toString(), "car.png"),
            CommandRun.of("serve", "--model", run.toString()),
            CommandRun.of("evaluate", "--run", run.toString()),
            CommandRun.of("export", run.toString()))) {
      assertThat(each.code()).isEqualTo(1);
      assertThat(each.err())
          .contains(
              run
                  + " was interrupted and has no complete model; continue it with fine-tune --resume "
                  + run);
    }
  }

  // Other commands.

  @Test
  void doctorDescribesTheInstallation() {
    CommandRun answer = CommandRun.of("doctor", "--output", output.toString());
    assertThat(answer.out()).contains("fonts        found, for charts\n");
    assertThat(answer.code()).isZero();
    assertThat(answer.out())
        .containsPattern("engine +(PyTorch|MXNet) [0-9.]+, DJL [0-9.]+")
        .containsPattern("weights +vgg16: bundled")
        .containsPattern("features +\\S+features: [1-9][0-9.]* MB")
        .containsPattern("runs +[0-9]+ in .*latest completed: [0-9]{8}-[0-9]{6}-");

    CommandRun bare = CommandRun.of("doctor", "--output", folder.resolve("none").toString());
    assertThat(bare.code()).isZero();
    assertThat(bare.out()).contains("none yet");
    assertThat(folder.resolve("none")).doesNotExist();
  }
}
