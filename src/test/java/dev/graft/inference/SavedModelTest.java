package dev.graft.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.inference.Predictor;
import ai.djl.modality.Classifications;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.ImageFactory;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.training.ParameterStore;
import dev.graft.GraftException;
import dev.graft.evaluation.Temperature;
import dev.graft.example.ClassifyImage;
import dev.graft.image.ImageFileReader;
import dev.graft.image.RgbImage;
import dev.graft.io.Hash;
import dev.graft.network.BackboneSpec;
import dev.graft.network.NetworkDesign;
import dev.graft.network.Preprocessing;
import dev.graft.network.SmallCnn;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.network.djl.GraphBlock;
import dev.graft.recipe.Auto;
import dev.graft.recipe.Recipe;
import dev.graft.util.Progress;
import dev.graft.zoo.BackboneInfo;
import dev.graft.zoo.LoadedBackbone;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("engine")
class SavedModelTest {
  /** Not in alphabetical order, with characters that are special in properties files and lists. */
  private static final List<String> CLASSES = List.of("zebra", "an apple, red", "Öl=Fass", "cat");

  private static final Recipe.Head HEAD = new Recipe.Head(16, 0.3, 0.5, Auto.undecided());
  private static final SavedModel.Extras NO_EXTRAS =
      new SavedModel.Extras(Optional.empty(), Optional.empty(), false);

  @TempDir Path folder;

  private static DjlNetwork network(
      BackboneSpec backbone,
      GraphBlock trunk,
      Preprocessing preprocessing,
      String unfreeze,
      NetworkDesign.Scaling scaling,
      NDManager manager) {
    NetworkDesign design = design(backbone, preprocessing, unfreeze, scaling);
    DjlNetwork network = trunk == null ? DjlNetwork.of(design) : DjlNetwork.of(design, trunk);
    network.initialize(manager);
    if (scaling.standardize()) {
      float[] means = new float[design.featureWidth()];
      float[] deviations = new float[design.featureWidth()];
      for (int i = 0; i < means.length; i++) {
        means[i] = 0.001f * i;
        deviations[i] = 1 + 0.001f * i;
      }
      network.setStandardization(means, deviations);
    }
    return network;
  }

  private static NetworkDesign design(
      BackboneSpec backbone,
      Preprocessing preprocessing,
      String unfreeze,
      NetworkDesign.Scaling scaling) {
    return NetworkDesign.of(
        backbone,
        32,
        preprocessing,
        unfreeze,
        List.of(),
        scaling,
        NetworkDesign.head(
            NetworkDesign.featureWidth(backbone, 32, List.of()),
            HEAD.hidden(),
            HEAD.inputDropout(),
            HEAD.dropout(),
            CLASSES.size()));
  }

  /** Creates colored noise in blocks of four pixels, which resizing does not average out. */
  private static byte[] noise(int width, int height, int seed) {
    byte[] rgb = new byte[3 * width * height];
    int[] colors = new Random(seed).ints(3L * width * height, 0, 256).toArray();
    for (int i = 0; i < rgb.length; i++) {
      int x = i / 3 % width / 4;
      int y = i / 3 / width / 4;
      rgb[i] = (byte) colors[3 * (y * width + x) + i % 3];
    }
    return rgb;
  }

  private static Image image(byte[] rgb, int width, int height) {
    BufferedImage image = new RgbImage(width, height, rgb).toBufferedImage();
    return ImageFactory.getInstance().fromImage(image);
  }

  private static float[] probabilities(DjlNetwork network, byte[] rgb, int width, int height) {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      byte[] planes =
          network.design().preprocessing().framing().planes(new RgbImage(width, height, rgb), 32);
      NDList pixels =
          new NDList(
              manager
                  .create(ByteBuffer.wrap(planes), new Shape(1, 3, 32, 32), DataType.UINT8)
                  .toType(DataType.FLOAT32, true));
      ParameterStore parameters = new ParameterStore(manager, false);
      return network
          .probabilities()
          .forward(parameters, network.features(true).forward(parameters, pixels, false), false)
          .singletonOrThrow()
          .toFloatArray();
    }
  }

  private static void assertSameProbabilities(ModelRunner loaded, DjlNetwork network) {
    for (int[] size : new int[][] {{32, 32}, {50, 41}, {24, 100}}) {
      byte[] rgb = noise(size[0], size[1], size[0]);
      float[] expected = probabilities(network, rgb, size[0], size[1]);
      RgbImage image = new RgbImage(size[0], size[1], rgb);
      float[] found = loaded.probabilities(List.of(loaded.prepare(image))).get(0);
      assertThat(found).containsExactly(expected, within(1e-4f));
      assertThat(expected[0]).isNotCloseTo(expected[1], within(1e-3f));
    }
  }

  private static void assertSameProbabilities(
      ZooModel<Image, Classifications> loaded, DjlNetwork network) throws Exception {
    try (Predictor<Image, Classifications> predictor = loaded.newPredictor()) {
      for (int[] size : new int[][] {{32, 32}, {50, 41}, {24, 100}}) {
        byte[] rgb = noise(size[0], size[1], size[0]);
        float[] expected = probabilities(network, rgb, size[0], size[1]);
        Classifications answer = predictor.predict(image(rgb, size[0], size[1]));
        for (int i = 0; i < CLASSES.size(); i++) {
          assertThat(answer.get(CLASSES.get(i)).getProbability())
              .as(CLASSES.get(i))
              .isCloseTo(expected[i], within(1e-4));
        }
        assertThat(expected[0]).isNotCloseTo(expected[1], within(1e-3f));
      }
    }
  }

  @Test
  void aSavedVgg16GivesTheSameProbabilitiesInDjlAndGraft() throws Exception {
    Path saved = folder.resolve("model");
    Engine.getInstance().setRandomSeed(3);
    try (LoadedBackbone backbone =
        LoadedBackbone.load(
            BackboneInfo.VGG16, "pretrained", 32, Device.cpu(), Progress.Display.NONE)) {
      DjlNetwork network =
          network(
              backbone.network(),
              backbone.trunk(),
              Preprocessing.CAFFE,
              "none",
              new NetworkDesign.Scaling(0.5, true),
              backbone.model().getNDManager());
      SavedModel.save(network, saved, "mine", "pretrained weights", CLASSES, HEAD, NO_EXTRAS);
      Criteria<Image, Classifications> plain =
          Criteria.builder()
              .setTypes(Image.class, Classifications.class)
              .optModelPath(saved)
              .build();
      try (ZooModel<Image, Classifications> loaded = plain.loadModel()) {
        assertSameProbabilities(loaded, network);
      }
      try (ModelRunner loaded = ModelRunner.load(saved, Device.cpu())) {
        assertSameProbabilities(loaded, network);
      }
      try (ModelRunner loaded = ModelRunner.inTrainingEngine(saved)) {
        assertSameProbabilities(loaded, network);
      }
    }
  }

  @Test
  void aSavedSmallCnnGivesTheSameProbabilities() throws Exception {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      DjlNetwork network = saveSmallCnn(manager);
      try (ModelRunner loaded = ModelRunner.load(folder.resolve("model"), Device.cpu())) {
        assertSameProbabilities(loaded, network);
      }
    }
  }

  @Test
  void theTemperatureIsAppliedInEveryEngine() throws Exception {
    Path saved = folder.resolve("warm");
    try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      DjlNetwork network = saveSmallCnn(manager);
      DjlNetwork warm = network.withTemperature(3);
      SavedModel.save(warm, saved, "mine", "RANDOM weights", CLASSES, HEAD, NO_EXTRAS);
      byte[] rgb = noise(32, 32, 5);
      float[] scaled = probabilities(warm, rgb, 32, 32);
      assertThat(scaled)
          .containsExactly(
              new Temperature(3, 1).of(probabilities(network, rgb, 32, 32)), within(1e-6f))
          .isNotEqualTo(probabilities(network, rgb, 32, 32));
      Criteria<Image, Classifications> plain =
          Criteria.builder()
              .setTypes(Image.class, Classifications.class)
              .optModelPath(saved)
              .build();
      try (ZooModel<Image, Classifications> loaded = plain.loadModel()) {
        assertSameProbabilities(loaded, warm);
      }
      try (ModelRunner loaded = ModelRunner.load(saved, Device.cpu())) {
        assertSameProbabilities(loaded, warm);
      }
      try (ModelRunner loaded = ModelRunner.inTrainingEngine(saved)) {
        assertSameProbabilities(loaded, warm);
      }
    }
  }

  @Test
  void aModelWithoutTemperatureHasTemperatureOne() throws Exception {
    Path description = folder.resolve("model/network.json");
    try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      DjlNetwork network = saveSmallCnn(manager);
      String text = Files.readString(description);
      assertThat(text).contains("\"temperature\" : 1.0,");
      Files.writeString(description, text.replace("\"temperature\" : 1.0,", ""));
      try (ModelRunner loaded = ModelRunner.load(folder.resolve("model"), Device.cpu())) {
        assertSameProbabilities(loaded, network);
      }
    }
  }

  private DjlNetwork saveSmallCnn(NDManager manager) throws IOException {
    Engine.getInstance().setRandomSeed(4);
    DjlNetwork network =
        network(
            SmallCnn.network(),
            null,
            Preprocessing.ZERO_ONE,
            "conv3",
            NetworkDesign.Scaling.NONE,
            manager);
    SavedModel.save(
        network, folder.resolve("model"), "mine", "RANDOM weights", CLASSES, HEAD, NO_EXTRAS);
    return network;
  }

  @Test
  void theFolderHoldsFourFilesAndTheClassesInOrder() throws Exception {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      saveSmallCnn(manager);
    }
    Path model = folder.resolve("model");
    try (Stream<Path> files = Files.list(model)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "mine-0000.params", "synset.txt", "network.json", "serving.properties");
    }
    assertThat(folder).isDirectoryNotContaining(path -> !path.equals(model));
    assertThat(Files.readAllLines(model.resolve("synset.txt"))).isEqualTo(CLASSES);
    try (ModelRunner loaded = ModelRunner.load(model, Device.cpu())) {
      assertThat(loaded.classes()).isEqualTo(CLASSES);
    }
  }

  @Test
  void aModelIsNamedByItsFolderOrItsRun() throws IOException {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      saveSmallCnn(manager);
    }
    for (String name : List.of("models/cats", "models/dogs", "runs/today/model")) {
      Path moved = folder.resolve(name);
      Files.createDirectories(moved.getParent());
      Files.move(folder.resolve("model"), moved);
      try (LoadedModel loaded = SavedModel.load(moved, Device.cpu())) {
        assertThat("models/" + loaded.name() + " runs/" + loaded.name() + "/model").contains(name);
      }
      Files.move(moved, folder.resolve("model"));
    }
  }

  @Test
  void theExampleOfTheReadmeClassifiesAnImage() throws IOException {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      saveSmallCnn(manager);
    }
    Path image = folder.resolve("car.png");
    try (InputStream bundled = GraftException.class.getResourceAsStream("car.png")) {
      Files.copy(bundled, image);
    }
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    PrintStream before = System.out;
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      ClassifyImage.main(new String[] {folder.resolve("model").toString(), image.toString()});
    } finally {
      System.setOut(before);
    }
    assertThat(printed.toString(StandardCharsets.UTF_8).lines())
        .hasSize(3)
        .allMatch(line -> CLASSES.contains(line.replaceFirst(" [0-9.E-]+$", "")));
  }

  @Test
  void aFileAndItsStreamGiveTheSameClasses() throws IOException {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      saveSmallCnn(manager);
    }
    Path image = folder.resolve("car.png");
    try (InputStream bundled = GraftException.class.getResourceAsStream("car.png")) {
      Files.copy(bundled, image);
    }
    try (ModelRunner classifier = ModelRunner.load(folder.resolve("model"), Device.cpu());
        InputStream stream = Files.newInputStream(image)) {
      assertThat(classifier.classify(stream, "a car", 3)).isEqualTo(classifier.classify(image, 3));
    }
  }

  @Test
  void aBlankOrRepeatedNameOfAClassIsRefused() throws IOException {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      saveSmallCnn(manager);
    }
    Path model = folder.resolve("model");
    Path names = model.resolve("synset.txt");
    Files.write(names, List.of("cat", "", "dog", "zebra"));
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> ModelRunner.load(model, Device.cpu()))
        .withMessageEndingWith(names + ", line 2, is blank; give each class a name of its own.");
    Files.write(names, List.of("cat", "dog", "zebra", "dog"));
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> ModelRunner.load(model, Device.cpu()))
        .withMessageEndingWith(
            names
                + ", line 4, repeats the name in line 2, dog; give each class a name of its own.");
  }

  /** Failure modes of a model folder. */
  private interface Damage {
    void to(Path model) throws IOException;
  }

  static Map<String, Damage> damages() {
    return Map.ofEntries(
        Map.entry("no parameters", model -> Files.delete(model.resolve("mine-0000.params"))),
        Map.entry("truncated parameters", model -> cut(model.resolve("mine-0000.params"))),
        Map.entry(
            "parameters that are none",
            model -> Files.write(model.resolve("mine-0000.params"), noise(50, 50, 1))),
        Map.entry(
            "parameters with noise in them",
            model -> {
              Path file = model.resolve("mine-0000.params");
              byte[] bytes = Files.readAllBytes(file);
              System.arraycopy(noise(10, 10, 1), 0, bytes, 20, 300);
              Files.write(file, bytes);
            }),
        Map.entry("empty parameters", model -> write(model, "mine-0000.params", "")),
        Map.entry(
            "two files of parameters",
            model -> write(model, "other-0000.params", "as if it were one")),
        Map.entry(
            "a folder for parameters",
            model -> {
              Files.delete(model.resolve("mine-0000.params"));
              Files.createDirectory(model.resolve("mine-0000.params"));
            }),
        Map.entry(
            "an input size that no memory holds",
            model ->
                replace(model, "network.json", "\"inputSize\" : 32", "\"inputSize\" : 2000000000")),
        Map.entry(
            "a class that commands a terminal",
            model -> replace(model, "synset.txt", "zebra", "zebra\u001b[2J")),
        Map.entry(
            "an invalid temperature",
            model ->
                replace(model, "network.json", "\"temperature\" : 1.0", "\"temperature\" : -1")),
        Map.entry("no description", model -> Files.delete(model.resolve("network.json"))),
        Map.entry("an empty description", model -> write(model, "network.json", "")),
        Map.entry("a description of nothing", model -> write(model, "network.json", "{}")),
        Map.entry("a description that is null", model -> write(model, "network.json", "null")),
        Map.entry("a truncated description", model -> cut(model.resolve("network.json"))),
        Map.entry(
            "another number of classes",
            model -> replace(model, "network.json", "\"classes\" : 4", "\"classes\" : 3")),
        Map.entry(
            "another backbone", model -> replace(model, "network.json", "small-cnn", "vgg16")),
        Map.entry(
            "a backbone that there is not",
            model -> replace(model, "network.json", "small-cnn", "large-cnn")),
        Map.entry(
            "another input size",
            model -> replace(model, "network.json", "\"inputSize\" : 32", "\"inputSize\" : 64")),
        Map.entry(
            "a scaling that there is not",
            model -> replace(model, "network.json", "\"power\" : 1.0", "\"power\" : 7.0")),
        Map.entry(
            "a later format",
            model -> replace(model, "network.json", "\"format\" : 1", "\"format\" : 2")),
        Map.entry(
            "no hash of the weights",
            model -> replace(model, "network.json", "weightsSha256", "weightsSha1")),
        Map.entry(
            "an empty hash of the weights",
            model ->
                Files.writeString(
                    model.resolve("network.json"),
                    Files.readString(model.resolve("network.json"))
                        .replaceFirst("[0-9a-f]{64}", ""))),
        Map.entry("no classes", model -> Files.delete(model.resolve("synset.txt"))),
        Map.entry("a class too few", model -> replace(model, "synset.txt", "zebra\n", "")),
        Map.entry(
            "a class too many", model -> replace(model, "synset.txt", "zebra\n", "zebra\ngnu\n")),
        Map.entry("no folder", model -> Files.move(model, model.resolveSibling("elsewhere"))));
  }

  /** Flips one bit of a value, which changes no size and which DJL does not detect. */
  private static void flipABit(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.write(file, bytes);
  }

  @Test
  void changedWeightsAreRejectedByGraftAndPlainDjl() throws IOException {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      saveSmallCnn(manager);
    }
    Path model = folder.resolve("model");
    flipABit(model.resolve("mine-0000.params"));
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> SavedModel.load(model, Device.cpu()).close())
        .withMessage(
            "The model in "
                + model
                + " can't be loaded: the file of its weights has been changed or damaged; copy the"
                + " model's folder again, or train again.");
    Criteria<Image, Classifications> plain =
        Criteria.builder().setTypes(Image.class, Classifications.class).optModelPath(model).build();
    assertThatExceptionOfType(Exception.class)
        .isThrownBy(() -> plain.loadModel().close())
        .withStackTraceContaining("has been changed or damaged");
  }

  /** Its blocks are nested differently, and it has an unused mean and deviation. */
  @Test
  void aModelOfTheFirstVersionGivesTheSameProbabilities() throws Exception {
    Path model = Path.of(SavedModelTest.class.getResource("/models/7c1b583").toURI());
    try (ModelRunner classifier = ModelRunner.load(model, Device.cpu());
        InputStream car = Recipe.class.getResourceAsStream("/dev/graft/car.png")) {
      RgbImage image = ImageFileReader.read(car, "car.png", 0);
      assertThat(classifier.probabilities(List.of(classifier.prepare(image))).get(0))
          .containsExactly(
              new float[] {
                0.000553f, 0.000139f, 0.006534f, 0, 0.000814f, 0.00008f, 0.037022f, 0.000026f,
                0.9548f, 0.00003f
              },
              within(1e-3f));
    }
  }

  /** Some of these types crash the JVM in the engine. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "UNKNOWN",
        "BFLOAT16",
        "UINT16",
        "UINT32",
        "UINT64",
        "INT16",
        "COMPLEX64",
        "FLOAT64",
        "STRING",
        "no type"
      })
  void anArrayOfAnotherTypeIsRejectedBeforeTheEngineGetsIt(String type) throws IOException {
    assertRefused(
        bytes -> replace(bytes, bytes.indexOf("NDAR"), utf("FLOAT32"), utf(type)),
        "conv1.weight is not of type float32");
  }

  @Test
  void anArrayOfAnotherShapeOrLengthIsRejected() throws IOException {
    String lengths = longs(32, 3, 3, 3);
    assertRefused(
        bytes -> replace(bytes, 0, lengths, longs(32, 3, 3, 1L << 60)),
        "conv1.weight has another shape");
    assertRefused(
        bytes -> replace(bytes, bytes.indexOf(lengths), "\0\0\15\200", "\177\377\377\377"),
        "conv1.weight has another length");
  }

  @Test
  void weightsThatAreNotFiniteAreRejected() throws IOException {
    for (String none : List.of("\0\0\300\177", "\0\0\200\377")) { // NaN and minus infinity
      assertRefused(
          bytes -> bytes.substring(0, bytes.length() - 4) + none, "head_classes.bias holds ");
    }
  }

  /** Changes the weights of a saved model, and the hash with them. */
  private void assertRefused(UnaryOperator<String> change, String problem) throws IOException {
    Path model = folder.resolve("model");
    if (!Files.exists(model)) {
      try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
        saveSmallCnn(manager);
      }
    }
    Path weights = model.resolve("mine-0000.params");
    byte[] before = Files.readAllBytes(weights);
    String bytes = new String(before, StandardCharsets.ISO_8859_1);
    String changed = change.apply(bytes);
    assertThat(changed.equals(bytes)).isFalse();
    Files.write(weights, changed.getBytes(StandardCharsets.ISO_8859_1));
    Path description = model.resolve("network.json");
    String text = Files.readString(description);
    String hash = Hash.Algorithm.SHA256.of(weights).hex();
    Files.writeString(description, text.replaceFirst("[0-9a-f]{64}", hash));

    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> SavedModel.load(model, Device.cpu()).close())
        .withMessageContainingAll(model.toString(), problem);
    Criteria<Image, Classifications> plain =
        Criteria.builder().setTypes(Image.class, Classifications.class).optModelPath(model).build();
    assertThatExceptionOfType(Exception.class)
        .isThrownBy(() -> plain.loadModel().close())
        .withStackTraceContaining(problem);
    Files.write(weights, before);
    Files.writeString(description, text);
  }

  private static String replace(String bytes, int from, String old, String with) {
    int at = bytes.indexOf(old, from);
    assertThat(at).isNotNegative();
    return bytes.substring(0, at) + with + bytes.substring(at + old.length());
  }

  private static String utf(String text) {
    return "\0" + (char) text.length() + text;
  }

  private static String longs(long... values) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * values.length);
    LongStream.of(values).forEach(bytes::putLong);
    return new String(bytes.array(), StandardCharsets.ISO_8859_1);
  }

  @Test
  void theNameOfTheBlockFactoryIsStable() throws IOException {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      saveSmallCnn(manager);
    }
    assertThat(Files.readAllLines(folder.resolve("model/serving.properties")))
        .contains("blockFactory=dev.graft.inference.SavedModel$BuildsBlock");
  }

  @Test
  void graftIgnoresServingProperties() throws Exception {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      DjlNetwork network = saveSmallCnn(manager);
      Path model = folder.resolve("model");
      write(
          model,
          "serving.properties",
          "engine=Python\nblockFactory=some.Other\noption.modelName=../../other\n");
      try (ModelRunner loaded = ModelRunner.load(model, Device.cpu())) {
        assertSameProbabilities(loaded, network);
      }
    }
  }

  private static void cut(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
  }

  private static void write(Path model, String name, String text) throws IOException {
    Files.writeString(model.resolve(name), text);
  }

  private static void replace(Path model, String name, String old, String with) throws IOException {
    String text = Files.readString(model.resolve(name));
    assertThat(text).contains(old);
    Files.writeString(model.resolve(name), text.replace(old, with));
  }

  static Stream<String> damagesByName() {
    return damages().keySet().stream().sorted();
  }

  @ParameterizedTest
  @MethodSource("damagesByName")
  void aDamagedModelIsRejectedWithASentence(String damage) throws IOException {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      saveSmallCnn(manager);
    }
    Path model = folder.resolve("model");
    damages().get(damage).to(model);
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> SavedModel.load(model, Device.cpu()).close())
        .satisfies(
            e ->
                assertThat(e.getMessage())
                    .contains(model.toString())
                    .endsWith(".")
                    .doesNotContain("\n", "..", ": null", " ("))
        .withMessageContaining(
            switch (damage) {
              case "no folder" -> "does not exist";
              case "a later format" -> "use a newer version";
              case "another backbone" -> "its stages are";
              case "a backbone that there is not" -> "large-cnn";
              default -> "copy the model's folder again";
            });
  }
}
