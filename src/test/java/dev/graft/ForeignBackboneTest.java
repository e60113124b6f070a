package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.modality.Classifications;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.ImageFactory;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.training.ParameterStore;
import ai.onnx.proto.OnnxMl.ModelProto;
import com.fasterxml.jackson.databind.JsonNode;
import dev.graft.SmallRun.Images;
import dev.graft.engine.OnnxSession;
import dev.graft.inference.ModelRunner;
import dev.graft.inference.TopClass;
import dev.graft.network.Adapter;
import dev.graft.network.NetworkDesign;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.network.djl.ExternalNetwork;
import dev.graft.network.onnx.ExternalModel;
import dev.graft.serve.ServeSettings;
import dev.graft.serve.Server;
import dev.graft.util.Progress;
import dev.graft.util.Resource;
import dev.graft.zoo.BackboneInfo;
import dev.graft.zoo.LoadedBackbone;
import java.awt.image.BufferedImage;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** External networks as backbones: {@code --backbone FILE}, and {@code export --backbone}. */
@Tag("engine")
class ForeignBackboneTest {
  /** Files that other programs wrote. */
  private static final Path WRITTEN = Path.of("src/test/resources/onnx");

  @TempDir static Path folder;
  private static Images images;
  private static Path lite;
  private static Path tiny;

  @BeforeAll
  static void files() throws Exception {
    images =
        new Images(folder.resolve("photos"))
            .add(8, 40, 100, "dark", "train")
            .add(8, 150, 210, "light", "train")
            .add(4, 40, 100, "dark", "val")
            .add(4, 150, 210, "light", "val")
            .add(6, 40, 100, "dark", "test")
            .add(6, 150, 210, "light", "test");
    lite = folder.resolve("lite.onnx");
    CommandRun exported =
        CommandRun.of(
            "export", "--backbone=efficientnet-lite0", "--set=input-size=32", "--to=" + lite);
    assertThat(exported.code()).as(exported.err()).isZero();
    assertThat(exported.out()).contains("pixels (N, 3, 32, 32), RGB, 0 to 255");
    tiny = folder.resolve("tiny.pt");
    Files.write(tiny, Resource.bytes(ForeignBackboneTest.class, "foreign/tiny.pt"));
  }

  private static SmallRun train(String output, Path backbone, String... more) throws Exception {
    Stream<String> all = Stream.of("--backbone=" + backbone, "--weights=pretrained");
    return images.train(
        folder.resolve(output), Stream.concat(all, Stream.of(more)).toArray(String[]::new));
  }

  private static List<String> described(String... more) {
    return Stream.concat(
            Stream.of("--set=mean=[127,127,127]", "--set=deviation=[64,64,64]"), Stream.of(more))
        .toList();
  }

  /**
   * Compares the predictions of ONNX Runtime, where possible, the training engine and plain DJL.
   */
  private static void checkPredictionsInEveryEngine(SmallRun run) throws Exception {
    Path model = run.folder().resolve("model");
    Path image = images.file(30);
    try (ModelRunner one = ModelRunner.load(model, Device.cpu());
        ModelRunner other = ModelRunner.inTrainingEngine(model);
        ZooModel<Image, Classifications> djl =
            Criteria.builder()
                .setTypes(Image.class, Classifications.class)
                .optModelPath(model)
                .optDevice(Device.cpu())
                .build()
                .loadModel();
        var predictor = djl.newPredictor()) {
      TopClass best = one.classify(image, 1).get(0);
      assertThat(best.name()).isEqualTo("light");
      assertThat(other.classify(image, 1).get(0).probability())
          .isCloseTo(best.probability(), within(1e-4f));
      Classifications.Classification plain =
          predictor.predict(ImageFactory.getInstance().fromFile(image)).best();
      assertThat(plain.getClassName()).isEqualTo("light");
      assertThat(plain.getProbability()).isCloseTo(best.probability(), within(1e-4));
    }
  }

  @Test
  void anExportedBackboneIsAsGoodAsTheNativeOneAndStoredWithTheModel() throws Exception {
    Path copy = Files.copy(lite, folder.resolve("mine.onnx"));
    SmallRun foreign = train("foreign", copy, "--set=input-size=auto");
    Files.delete(copy);
    SmallRun own =
        images.train(
            folder.resolve("native"),
            "--backbone=efficientnet-lite0",
            "--weights=pretrained",
            "--set=input-size=32");
    assertThat(foreign.testAccuracy()).isEqualTo(own.testAccuracy());
    JsonNode weights = foreign.json().at("/weights");
    assertThat(weights.get("source").asText()).isEqualTo("mine.onnx");
    assertThat(weights.get("pretrained").asBoolean()).isFalse();
    assertThat(foreign.folder().resolve("model/backbone.onnx")).hasSameBinaryContentAs(lite);
    checkPredictionsInEveryEngine(foreign);
    Path page = foreign.folder().resolve("report.html");
    String made = Files.readString(page);
    for (String command : List.of("report", "evaluate", "export")) {
      CommandRun run = CommandRun.of(command, "--output=" + folder.resolve("foreign"));
      assertThat(run.code()).as(command + ": " + run.err()).isZero();
    }
    assertThat(page).hasContent(made);
  }

  /** A file that brings its preprocessing needs no mean and deviation from a program either. */
  @Test
  void aProgramTrainsOnAnExportedBackbone() throws Exception {
    LabeledImages photos = LabeledImages.at(folder.resolve("photos/pictures.csv"));
    try (FineTuning result = FineTuner.on(Backbones.file(lite)).seed(1).fit(photos)) {
      assertThat(result.test().accuracy()).isEqualTo(1);
    }
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> FineTuner.on(Backbones.file(tiny)).fit(photos))
        .withMessageContaining("does not say how its images are prepared");
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> FineTuner.on(Backbones.named("[a: b")).fit(photos))
        .withMessageStartingWith("backbone: ")
        .withMessageContaining("[a: b");
  }

  @Test
  void anExportedBackboneGivesTheNativeOnesFeatures() {
    try (LoadedBackbone own =
            LoadedBackbone.load(
                BackboneInfo.EFFICIENTNET_LITE0,
                "pretrained",
                32,
                Device.cpu(),
                Progress.Display.NONE);
        OnnxSession exported = OnnxSession.open(lite);
        NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      NetworkDesign design =
          NetworkDesign.of(
              own.network(),
              32,
              own.preprocessing(),
              NetworkDesign.NONE,
              List.of(),
              NetworkDesign.Scaling.NONE,
              List.of());
      NDArray pixels = manager.randomUniform(0, 255, new Shape(2, 3, 32, 32));
      float[] wanted =
          DjlNetwork.of(design, own.trunk())
              .frozenPart()
              .forward(new ParameterStore(manager, false), new NDList(pixels), false)
              .singletonOrThrow()
              .toFloatArray();
      ByteBuffer values = ByteBuffer.allocateDirect(2 * 3 * 32 * 32 * Float.BYTES);
      values.put(pixels.toByteBuffer()).flip();
      float[] given = new float[2 * 1984];
      exported.run(values.order(ByteOrder.nativeOrder()), 2).get(0).get(given);
      assertThat(given).hasSize(2 * 1984).containsExactly(wanted, within(1e-3f));
    }
  }

  @Test
  void theFeaturesOfAFileAreCachedByItsContent() throws Exception {
    train("kept", lite, "--set=input-size=auto");
    Path renamed = Files.copy(lite, folder.resolve("kept").resolve("lite.onnx"));
    SmallRun again = train("kept", renamed, "--set=input-size=auto");
    assertThat(again.json().at("/cache/hit").asBoolean()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {7, 8, 13, 20})
  void aFileOfAnyOpsetIsTrainedEvaluatedAndExported(int opset) throws Exception {
    Path file = folder.resolve("opset" + opset + ".onnx");
    Files.write(file, ExternalModel.bytes(opset));
    SmallRun run =
        train(
            "opset" + opset,
            file,
            described("--no-cache", "--set=input-size=32").toArray(String[]::new));
    checkPredictionsInEveryEngine(run);
    Path exported = folder.resolve("exported" + opset + ".onnx");
    CommandRun export =
        CommandRun.of("export", run.folder().toString(), "--to=" + exported, "--output=" + folder);
    assertThat(export.code()).as(export.err()).isZero();
    try (ModelRunner other = ModelRunner.load(exported, Device.cpu())) {
      assertThat(other.classify(images.file(30), 1).get(0).name()).isEqualTo("light");
    }
  }

  @Test
  void anExternalBackboneIsInt8InFeaturesModelAndExport() throws Exception {
    Path copy = Files.copy(lite, folder.resolve("for-int8.onnx"));
    SmallRun int8 = train("int8", copy, "--set=input-size=auto", "--set=precision=int8");
    SmallRun float32 = train("float32", copy, "--set=input-size=auto");
    Files.delete(copy);
    assertThat(int8.testAccuracy()).isCloseTo(float32.testAccuracy(), within(0.1)); // of 12 images
    assertThat(int8.folder().resolve("model/ranges.json")).content().contains("foreign:");
    assertThat(Files.readString(recipe(int8))).contains("precision: int8");
    Path large = folder.resolve("float32.onnx");
    Path small = folder.resolve("int8.onnx");
    Path same = folder.resolve("same.onnx");
    export(float32, large);
    export(float32, small, "--format=int8", "--force");
    export(int8, same);
    assertThat(Files.size(small)).isLessThan(Files.size(large) / 2);
    assertThat(Files.size(same)).isLessThan(Files.size(large) / 2);
    TopClass saved = best(int8.folder().resolve("model"));
    assertThat(best(same).name()).isEqualTo(saved.name());
    assertThat(best(same).probability()).isCloseTo(saved.probability(), within(1e-4f));
    assertThat(best(small).name()).isEqualTo(best(large).name());
    CommandRun again =
        CommandRun.of(
            "fine-tune",
            "--data=cifar10-sample",
            "--output=" + folder.resolve("none"),
            "--backbone=" + small,
            "--set=precision=int8",
            "--set=mean=[0,0,0]",
            "--set=deviation=[1.5,1.5,1.5]");
    assertThat(again.code()).isOne();
    assertThat(again.err()).contains("int8 is not possible: it is quantized already");
  }

  private static TopClass best(Path model) {
    try (ModelRunner runner = ModelRunner.load(model, Device.cpu())) {
      return runner.classify(images.file(34), 1).get(0);
    }
  }

  private static void export(SmallRun run, Path to, String... more) throws Exception {
    Stream<String> all =
        Stream.of("export", run.folder().toString(), "--to=" + to, "--output=" + folder);
    CommandRun export = CommandRun.of(Stream.concat(all, Stream.of(more)).toArray(String[]::new));
    assertThat(export.code()).as(export.err()).isZero();
  }

  @Test
  void aTorchScriptFileIsABackboneToo() throws Exception {
    Path copy = Files.copy(tiny, folder.resolve("mine.pt"));
    SmallRun run = train("script", copy, described().toArray(String[]::new));
    Files.delete(copy);
    assertThat(run.json().at("/recipe").toString() + Files.readString(recipe(run)))
        .contains("root-engine: training");
    assertThat(run.testAccuracy()).isEqualTo(1);
    assertThat(run.folder().resolve("model/backbone.pt")).hasSameBinaryContentAs(tiny);
    assertThatThrownBy(
            () -> ModelRunner.loadWithoutTorchScript(run.folder().resolve("model"), Device.cpu()))
        .isInstanceOf(GraftException.class)
        .hasMessageContaining("TorchScript backbone, which contains code");
    checkPredictionsInEveryEngine(run);
    CommandRun exported =
        CommandRun.of(
            "export",
            run.folder().toString(),
            "--to=" + folder.resolve("no"),
            "--output=" + folder);
    assertThat(exported.code()).isOne();
    assertThat(exported.err()).contains("A TorchScript backbone can't be written as ONNX");
  }

  private static Path recipe(SmallRun run) {
    return run.folder().resolve("recipe.yaml");
  }

  @Test
  void aTorchScriptFileGivesItsOutputsAsTheyAre() {
    try (Model opened = ExternalNetwork.torchScript(tiny, Device.cpu());
        NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      NDArray pixels = manager.zeros(new Shape(1, 3, 8, 8)).add(3);
      var outputs = ExternalNetwork.outputs(opened, pixels, Adapter.Type.FLOAT32);
      assertThat(outputs.get(0).getShape()).isEqualTo(new Shape(1, 4, 4, 4));
      assertThat(outputs.get(1).toFloatArray()).containsExactly(3, 3, 3);
    }
  }

  @Test
  void aChangedCopyIsRefused() throws Exception {
    SmallRun run = train("changed", tiny, described().toArray(String[]::new));
    Path copy = run.folder().resolve("model/backbone.pt");
    byte[] bytes = Files.readAllBytes(copy);
    bytes[bytes.length / 2] ^= 1;
    Files.write(copy, bytes);
    CommandRun asked =
        CommandRun.of("infer", "--output=" + folder.resolve("changed"), "" + images.file(0));
    assertThat(asked.code()).isOne();
    assertThat(asked.err())
        .contains("backbone.pt has been changed or damaged; copy the model's folder again");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "noise.onnx | | it is not an ONNX file, or it is damaged",
        "noise.pt | | it is not a TorchScript network",
        "nowhere.onnx | | the file does not exist",
        "tiny.pt | | does not say how its images are prepared",
        "old.onnx | --set=mean=[127,127,127] | an external network must be written in ONNX's opset 7",
        "future.onnx | --set=input-size=64 | Opset 99 is under development",
        "lite.onnx | --set=input-size=64 | it takes images of 32x32 pixels; set input-size to 32, not 64",
        "lite.onnx | --unfreeze=foreign | unfreeze: a backbone from a file is entirely frozen",
        "lite.onnx | --weights=keras | weights: a backbone from a file has its own",
        "tiny.pt | --set=precision=int8 | int8 is not possible for a backbone in TorchScript",
        "lite.onnx | --set=mean=[1,2] | mean: must be auto or three numbers",
      })
  void whatCannotBeABackboneIsRefusedInASentence(String file, String option, String sentence)
      throws Exception {
    Files.write(folder.resolve("noise.onnx"), new byte[5000]);
    Files.write(folder.resolve("noise.pt"), new byte[5000]);
    Files.write(folder.resolve("old.onnx"), ExternalModel.bytes(6));
    Files.write(folder.resolve("future.onnx"), ExternalModel.bytes(99));
    List<String> arguments =
        Stream.of(
                "fine-tune",
                "--data=cifar10-sample",
                "--output=" + folder.resolve("none"),
                "--backbone=" + folder.resolve(file),
                option == null ? "--epochs=1" : option,
                "--set=deviation=[64,64,64]")
            .toList();
    CommandRun run = CommandRun.of(arguments.toArray(String[]::new));
    assertThat(run.code()).isOne();
    assertThat(run.err()).contains(sentence).doesNotContain("\tat ").doesNotContain("report it");
    assertThat(folder.resolve("none")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({
    "future.onnx, 'Unsupported model IR version: 99, max supported IR version: 13.'",
    "future-opset.onnx, Opset 99 is under development and support for this is limited.",
    "written-by-onnx-1.23.onnx, 'Unsupported model IR version: 14, max supported IR version: 13.'"
  })
  void aFileOfANewerExporterIsRefusedWithItsVersion(String name, String sentence) {
    CommandRun run =
        CommandRun.of(
            Stream.concat(
                    Stream.of("fine-tune", "--data=cifar10-sample", "--set=order=rgb"),
                    described(
                        "--backbone=" + WRITTEN.resolve(name),
                        "--set=input-size=64",
                        "--output=" + folder.resolve("none"))
                        .stream())
                .toArray(String[]::new));
    assertThat(run.code()).isOne();
    assertThat(run.err())
        .contains(WRITTEN.resolve(name) + ": ONNX Runtime can't open this network: " + sentence)
        .doesNotContain("::");
    assertThat(folder.resolve("none")).doesNotExist();
  }

  @Test
  void aFileOfAnotherExporterIsReadIfItsVersionIsSupported() throws Exception {
    ModelProto.Builder model =
        ModelProto.parseFrom(Files.readAllBytes(WRITTEN.resolve("written-by-onnx-1.23.onnx")))
            .toBuilder();
    model.setIrVersion(13).getOpsetImportBuilder(0).setVersion(26);
    Path file = Files.write(folder.resolve("written.onnx"), model.build().toByteArray());
    CommandRun run = CommandRun.of("models", "--describe=" + file);
    assertThat(run.code()).isZero();
    assertThat(run.out().lines())
        .contains(
            "Input, as declared: x (any, 3, 64, 64) float32",
            "Output, as declared: f (any, 8) float32",
            "Features: f (8 values).")
        .anyMatch(line -> line.startsWith("Used as: 64x64 pixels, 8 features; "));
  }

  @Test
  void anImageThatTheNetworkTurnsIntoNanIsNamed() throws Exception {
    Path file = Files.write(folder.resolve("varied.onnx"), ExternalModel.ofVariedImages());
    Images some =
        new Images(folder.resolve("varied"))
            .add(8, 40, 100, "dark", "train")
            .add(8, 150, 210, "light", "train")
            .add(4, 40, 100, "dark", "val")
            .add(4, 150, 210, "light", "val")
            .add(4, 40, 100, "dark", "test")
            .add(4, 150, 210, "light", "test");
    Path plain = some.file(3);
    ImageIO.write(new BufferedImage(12, 12, BufferedImage.TYPE_INT_RGB), "png", plain.toFile());
    SmallRun run =
        some.train(
            folder.resolve("of-varied"),
            Stream.concat(
                    Stream.of("--backbone=" + file, "--weights=pretrained"),
                    described("--set=input-size=32").stream())
                .toArray(String[]::new));
    assertThat(Files.readString(run.folder().resolve("quarantine.csv")))
        .contains("3.png,can't be used: the network computes NaN or infinity for it");
    CommandRun asked =
        CommandRun.of("infer", "--output=" + folder.resolve("of-varied"), "" + plain);
    assertThat(asked.code()).isOne();
    assertThat(asked.out() + asked.err())
        .contains("3.png has no probabilities: the network computes NaN for this image.")
        .doesNotContain("NaN%");
    CommandRun good =
        CommandRun.of("infer", "--output=" + folder.resolve("of-varied"), "" + some.file(4));
    assertThat(good.code()).as(good.err()).isZero();
    try (ModelRunner runner = ModelRunner.load(run.folder().resolve("model"), Device.cpu())) {
      assertThat(runner.hasGradCam()).as("heat maps").isFalse();
    }
    ModelRunner served = ModelRunner.load(run.folder().resolve("model"), Device.cpu());
    try (Server server = new Server(ServeSettings.LOOPBACK, "varied", served, model -> served)) {
      var request =
          HttpRequest.newBuilder(
              URI.create("http://127.0.0.1:" + server.port() + "/predictions/varied"));
      HttpResponse<String> answer =
          HttpClient.newHttpClient()
              .send(request.POST(BodyPublishers.ofFile(plain)).build(), BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(422);
      assertThat(answer.body()).contains("The image has no probabilities");
    }
  }

  @Test
  void describePrintsThePreprocessingAndRefusesWhatFineTuneRefuses() throws Exception {
    Path bytes = Files.write(folder.resolve("bytes.onnx"), ExternalModel.ofBytes());
    Path old = Files.write(folder.resolve("thirteen.onnx"), ExternalModel.bytes(13));
    assertThat(describe(bytes).out())
        .contains(
            "Images are prepared so: the whole image resized (bicubic), RGB, mean [0.0, 0.0, 0.0],"
                + " deviation [1.0, 1.0, 1.0]");
    assertThat(
            describe(old, "--set=mean=[1,2,3]", "--set=deviation=[4,5,6]", "--set=order=bgr").out())
        .contains("BGR, mean [1.0, 2.0, 3.0], deviation [4.0, 5.0, 6.0]");
    assertThat(describe(old).out()).contains("Preprocessing: not found");
    assertThat(describe(old, "--set=mean=[0.5,0.5,0.5]", "--set=deviation=[0.5,0.5,0.5]").err())
        .contains("these are for pixels from 0 to 1");
    CommandRun refused = describe(bytes, "--set=mean=[123,116,103]", "--set=deviation=[58,57,57]");
    assertThat(refused.code()).isOne();
    assertThat(refused.err()).contains("takes bytes (uint8) and normalizes its images itself");
    CommandRun exported =
        CommandRun.of("export", "--backbone=" + old, "--to=" + folder.resolve("none.onnx"));
    assertThat(exported.code()).isOne();
    assertThat(exported.err()).contains("comes from a file, and needs no export");
  }

  private static CommandRun describe(Path file, String... more) {
    return CommandRun.of(
        Stream.concat(Stream.of("models", "--describe=" + file), Stream.of(more))
            .toArray(String[]::new));
  }
}
