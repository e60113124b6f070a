package dev.graft.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import com.sun.net.httpserver.HttpServer;
import dev.graft.GraftException;
import dev.graft.command.Console;
import dev.graft.network.Preprocessing;
import dev.graft.network.Weight;
import dev.graft.network.djl.GraphBlock;
import dev.graft.util.Progress;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Loading networks with weights through DJL, by name and by {@code weights} of a recipe. */
@Tag("engine")
class GraftModelZooTest {
  private static final String VGG16_SHA256 =
      "42dd76b7a5cc710969191c9d59f3e2ff8b007f48e7568015d5921eeeb538127b";
  private static final String LITE_SHA256 =
      "0188fbb7303b69f33baebc52a4963e614fd14c098cda2511ae9fbddfcaaf3bda";

  @TempDir Path folder;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  @Test
  void plainDjlLoadsABackboneByItsArtifactId() throws Exception {
    Criteria<NDList, NDList> criteria =
        Criteria.builder()
            .setTypes(NDList.class, NDList.class)
            .optGroupId("dev.graft")
            .optArtifactId("vgg16")
            .optDevice(Device.cpu())
            .build();
    try (ZooModel<NDList, NDList> model = criteria.loadModel()) {
      GraphBlock trunk = (GraphBlock) model.getBlock();
      assertThat(trunk.getOutputShapes(new Shape[] {new Shape(2, 3, 32, 32)}))
          .containsExactly(new Shape(2, 512));
      for (String name : Arrays.asList("block1_conv1", "block5_conv3")) {
        assertThat(values(trunk, BackboneInfo.VGG16, name))
            .isEqualTo(bundled(BackboneInfo.VGG16, name));
      }
    }
  }

  @Test
  void bundledWeightsHaveTheRecordedHash() {
    try (LoadedBackbone backbone = load(BackboneInfo.VGG16, "pretrained")) {
      assertThat(backbone.weights())
          .isEqualTo(new LoadedBackbone.Provenance("pretrained", VGG16_SHA256, true));
      assertThat(backbone.preprocessing()).isEqualTo(Preprocessing.CAFFE);
    }
  }

  @Test
  void fileWithGraftsNamesKeepsTheBackbonesPreprocessing() throws IOException {
    Path file =
        Files.write(folder.resolve("mine.safetensors"), resource(BackboneInfo.EFFICIENTNET_LITE0));
    try (LoadedBackbone backbone = load(BackboneInfo.EFFICIENTNET_LITE0, file.toString())) {
      assertThat(backbone.weights())
          .isEqualTo(new LoadedBackbone.Provenance("mine.safetensors", LITE_SHA256, true));
      assertThat(backbone.preprocessing()).isEqualTo(Preprocessing.LITE);
      assertThat(values(backbone.trunk(), BackboneInfo.EFFICIENTNET_LITE0, "blocks.3.depthwise"))
          .isEqualTo(bundled(BackboneInfo.EFFICIENTNET_LITE0, "blocks.3.depthwise"));
    }
  }

  @Test
  void fileWithTorchvisionsNamesHasTorchvisionsPreprocessing() throws IOException {
    int[] places = {0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28};
    int[] convolutions = {2, 2, 3, 3, 3};
    byte[] renamed =
        withHeader(
            resource(BackboneInfo.VGG16),
            header -> {
              String text = header;
              int place = 0;
              for (int block = 1; block <= 5; block++) {
                for (int i = 1; i <= convolutions[block - 1]; i++) {
                  text =
                      text.replace(
                          "\"block" + block + "_conv" + i + ".",
                          "\"features." + places[place++] + ".");
                }
              }
              assertThat(text).doesNotContain("block");
              return text;
            });
    Path file = Files.write(folder.resolve("vgg16-torchvision.safetensors"), renamed);
    try (LoadedBackbone backbone = load(BackboneInfo.VGG16, file.toString())) {
      assertThat(backbone.preprocessing()).isEqualTo(Preprocessing.TORCHVISION);
      assertThat(backbone.weights().source()).isEqualTo("vgg16-torchvision.safetensors");
      for (String name : Arrays.asList("block1_conv2", "block3_conv1", "block5_conv3")) {
        assertThat(values(backbone.trunk(), BackboneInfo.VGG16, name))
            .isEqualTo(bundled(BackboneInfo.VGG16, name));
      }
    }
  }

  @Test
  void randomWeightsAreLabeledAndDependOnTheSeed() {
    float[] first;
    float[] second;
    float[] third;
    try (LoadedBackbone backbone = loadRandom(1)) {
      assertThat(backbone.weights()).isEqualTo(new LoadedBackbone.Provenance("random", "", false));
      assertThat(backbone.weights().title()).isEqualTo("RANDOM weights");
      first = values(backbone.trunk(), BackboneInfo.EFFICIENTNET_LITE0, "stem");
    }
    try (LoadedBackbone backbone = loadRandom(1)) {
      second = values(backbone.trunk(), BackboneInfo.EFFICIENTNET_LITE0, "stem");
    }
    try (LoadedBackbone backbone = loadRandom(2)) {
      third = values(backbone.trunk(), BackboneInfo.EFFICIENTNET_LITE0, "stem");
    }
    assertThat(first)
        .isEqualTo(second)
        .isNotEqualTo(third)
        .isNotEqualTo(bundled(BackboneInfo.EFFICIENTNET_LITE0, "stem"));
    assertThat(first).doesNotContain(0f, Float.NaN);
  }

  private LoadedBackbone loadRandom(int seed) {
    Engine.getInstance().setRandomSeed(seed);
    return load(BackboneInfo.EFFICIENTNET_LITE0, "random");
  }

  @Test
  void xceptionsDownloadMustHaveKerasHash() throws IOException {
    Path reference = Path.of("src/test/resources/keras/xception-width-1-8_notop.h5");
    serving(
        Files.readAllBytes(reference),
        url -> {
          // A complete file in the layout of Keras, but with an eighth of the widths.
          assertRefused(
              BackboneInfo.XCEPTION,
              url + "narrow.h5",
              "block1_conv1",
              "(3, 3, 3, 4)",
              "(3, 3, 3, 32)");
          assertRefused(
              BackboneInfo.XCEPTION,
              url + Published.XCEPTION_NO_TOP.name(),
              "b0042744bf5b25fce3cb969f33bebb97");
        });
  }

  @Test
  void vgg16sDownloadWithClassifierMustHaveKerasHash() throws IOException {
    assertThat(WeightSource.withClassifier(Optional.empty(), BackboneInfo.VGG16))
        .isEqualTo(new WeightSource.Remote("vgg16", Published.VGG16));
    assertThat(Published.VGG16.download().uri())
        .hasToString(
            "https://storage.googleapis.com/tensorflow/keras-applications/vgg16/"
                + "vgg16_weights_tf_dim_ordering_tf_kernels.h5");
    List<Weight> wanted = LoadedBackbone.imageNetDesign(BackboneInfo.VGG16, 224).graph().weights();
    try (InputStream narrow =
        GraftModelZooTest.class.getResourceAsStream("/keras/vgg16-small-with-top.h5")) {
      serving(
          narrow.readAllBytes(),
          url -> {
            assertThatExceptionOfType(GraftException.class)
                .isThrownBy(() -> open(url + "narrow.h5", wanted))
                .withMessageContainingAll("block1_conv1", "(3, 3, 3, 2)", "(3, 3, 3, 64)");
            assertThatExceptionOfType(GraftException.class)
                .isThrownBy(() -> open(url + Published.VGG16.name(), wanted))
                .withMessageContaining("bytes instead of 553467096");
          });
    }
  }

  private static void open(String url, List<Weight> wanted) {
    WeightSource.of(url, BackboneInfo.VGG16).open(wanted, Progress.Display.NONE).reader().close();
  }

  /**
   * Answers every request with the same bytes.
   *
   * @param test receives the address of the server; downloads are cached in the test folder
   */
  private void serving(byte[] content, Consumer<String> test) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            exchange.sendResponseHeaders(200, content.length);
            exchange.getResponseBody().write(content);
          }
        });
    System.setProperty("graft.cache", folder.toString());
    try {
      server.start();
      test.accept("http://127.0.0.1:" + server.getAddress().getPort() + "/");
    } finally {
      server.stop(0);
      System.clearProperty("graft.cache");
    }
  }

  @Test
  void urlIsDownloadedOnceAndThenReadFromTheCache() throws IOException {
    byte[] content = resource(BackboneInfo.EFFICIENTNET_LITE0);
    AtomicInteger requests = new AtomicInteger();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          requests.incrementAndGet();
          try (exchange) {
            exchange.sendResponseHeaders(200, content.length);
            exchange.getResponseBody().write(content);
          }
        });
    String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/weights/lite.safetensors";
    String before = System.getProperty("graft.cache");
    System.setProperty("graft.cache", folder.toString());
    try {
      server.start();
      try (LoadedBackbone backbone = load(BackboneInfo.EFFICIENTNET_LITE0, url)) {
        assertThat(backbone.weights().sha256()).isEqualTo(LITE_SHA256);
        assertThat(backbone.weights().pretrained()).isTrue();
      } finally {
        server.stop(0);
      }
      assertThat(out.toString(StandardCharsets.UTF_8)).contains("Downloading " + url);
      assertThat(requests).hasValue(1);
      out.reset();
      try (LoadedBackbone backbone = load(BackboneInfo.EFFICIENTNET_LITE0, url)) {
        assertThat(backbone.weights().sha256()).isEqualTo(LITE_SHA256);
        assertThat(values(backbone.trunk(), BackboneInfo.EFFICIENTNET_LITE0, "stem"))
            .isEqualTo(bundled(BackboneInfo.EFFICIENTNET_LITE0, "stem"));
      }
      assertThat(out.toString(StandardCharsets.UTF_8)).doesNotContain("Downloading");
      try (Stream<Path> files = Files.walk(folder)) {
        assertThat(files.filter(file -> file.toString().endsWith("lite.safetensors"))).hasSize(1);
      }
      // A file that is not in the cache is not available now.
      assertRefused(
          BackboneInfo.EFFICIENTNET_LITE0,
          url.replace("lite.", "other."),
          "other.safetensors",
          "cannot connect");
    } finally {
      if (before == null) {
        System.clearProperty("graft.cache");
      } else {
        System.setProperty("graft.cache", before);
      }
    }
  }

  @Test
  void wrongShapeIsRejected() throws URISyntaxException {
    Path file =
        Path.of(GraftModelZooTest.class.getResource("/keras/vgg16-width-1-8_notop.h5").toURI());
    assertRefused(
        BackboneInfo.VGG16, file.toString(), file.toString(), "block1_conv1", "(64, 3, 3, 3)");
  }

  @Test
  void missingTensorIsRejected() throws IOException {
    Path file =
        Files.write(
            folder.resolve("lacks.safetensors"),
            withHeader(
                resource(BackboneInfo.EFFICIENTNET_LITE0),
                header ->
                    header.replace("\"blocks.7.project.bias\"", "\"blocks.7.project.bios\"")));
    assertRefused(
        BackboneInfo.EFFICIENTNET_LITE0,
        file.toString(),
        file.toString(),
        "it has no tensor blocks.7.project.bias");
  }

  @Test
  void truncatedFileIsRejected() throws IOException {
    byte[] whole = resource(BackboneInfo.EFFICIENTNET_LITE0);
    Path file =
        Files.write(folder.resolve("cut.safetensors"), Arrays.copyOf(whole, whole.length - 1000));
    assertRefused(BackboneInfo.EFFICIENTNET_LITE0, file.toString(), file.toString(), "truncated");
  }

  @Test
  void nanIsRejected() throws IOException {
    byte[] damaged = resource(BackboneInfo.EFFICIENTNET_LITE0);
    // The classifier comes early in the alphabet, the last tensor late: its last value, to NaN.
    damaged[damaged.length - 1] = 0x7e;
    Path file = Files.write(folder.resolve("nan.safetensors"), damaged);
    assertRefused(BackboneInfo.EFFICIENTNET_LITE0, file.toString(), file.toString(), "is NaN");
  }

  @Test
  void unavailablePretrainedWeightsAreRejected() {
    assertRefused(BackboneInfo.SMALL_CNN, "pretrained", "small-cnn", "weights random");
  }

  private void assertRefused(BackboneInfo entry, String weights, String... says) {
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> load(entry, weights).close())
        .satisfies(
            e -> assertThat(e.getMessage()).contains(says).endsWith(".").doesNotContain("\n"));
  }

  private LoadedBackbone load(BackboneInfo entry, String weights) {
    PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
    int side = Math.max(32, entry.network().smallestInput());
    return LoadedBackbone.load(
        entry, weights, side, Device.cpu(), new Console(stream, stream, false));
  }

  private static Weight kernel(BackboneInfo entry, String layer) {
    return entry.network().weights().stream()
        .filter(weight -> weight.name().equals(layer + ".weight"))
        .findFirst()
        .orElseThrow();
  }

  private static float[] values(GraphBlock trunk, BackboneInfo entry, String layer) {
    return trunk.byWeight().get(kernel(entry, layer)).getArray().toFloatArray();
  }

  private static float[] bundled(BackboneInfo entry, String layer) {
    try (WeightReader reader =
        Safetensors.of(
            "bundled", ByteBuffer.wrap(resource(entry)), entry.id(), entry.network().weights())) {
      return reader.read(kernel(entry, layer));
    }
  }

  private static byte[] resource(BackboneInfo entry) {
    try (InputStream stream =
        GraftModelZoo.class.getResourceAsStream(entry.pretrained().bundled().orElseThrow())) {
      return stream.readAllBytes();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Returns the same safetensors file with another header. */
  private static byte[] withHeader(byte[] file, UnaryOperator<String> change) {
    int length = (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
    String before = new String(file, 8, length, StandardCharsets.UTF_8);
    String changed = change.apply(before);
    assertThat(changed).isNotEqualTo(before);
    byte[] header = changed.getBytes(StandardCharsets.UTF_8);
    int data = 8 + length;
    return ByteBuffer.allocate(8 + header.length + file.length - data)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(header.length)
        .put(header)
        .put(file, data, file.length - data)
        .array();
  }
}
