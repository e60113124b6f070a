package dev.graft.network;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ModelException;
import ai.djl.basicmodelzoo.cv.classification.VGG;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.training.ParameterStore;
import dev.graft.Npy;
import dev.graft.command.Console;
import dev.graft.image.Framing;
import dev.graft.image.RgbImage;
import dev.graft.network.djl.GraphBlock;
import dev.graft.zoo.BackboneInfo;
import dev.graft.zoo.KerasH5;
import dev.graft.zoo.LoadedBackbone;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The networks, compared with PyTorch and Keras on the same weights. */
@Tag("engine")
class ParityTest {
  private static final double LIMIT = 1e-3;

  /** For inputs that are preprocessed already. */
  private static final Preprocessing IDENTITY =
      new Preprocessing(
          Framing.WHOLE, Preprocessing.ChannelOrder.RGB, List.of(0f, 0f, 0f), List.of(1f, 1f, 1f));

  private static LoadedBackbone vgg16;
  private static LoadedBackbone lite;

  @BeforeAll
  static void load() {
    vgg16 = load(BackboneInfo.VGG16, 32);
    lite = load(BackboneInfo.EFFICIENTNET_LITE0, 97);
  }

  @AfterAll
  static void close() {
    vgg16.close();
    lite.close();
  }

  private static LoadedBackbone load(BackboneInfo entry, int side) {
    PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
    return LoadedBackbone.load(
        entry, "pretrained", side, Device.cpu(), new Console(nowhere, nowhere, false));
  }

  @ParameterizedTest
  @ValueSource(strings = {"block3_pool", "block4_pool", "block5_pool"})
  void vgg16StagesEqualPyTorch(String stage) {
    Npy input = Npy.resource("vgg16/input_32.npy");
    Npy expected = Npy.resource("vgg16/" + stage + "_32.npy");
    assertThat(expected.distance(stage(vgg16.trunk(), vgg16.network(), stage, input)))
        .isLessThan(LIMIT);
  }

  @ParameterizedTest
  @CsvSource({"input_32, gap_32", "input_32_notebook, gap_32_notebook"})
  void vgg16FeaturesEqualPyTorch(String input, String features) {
    float[] values =
        stage(
            vgg16.trunk(), vgg16.network(), "block5_pool", Npy.resource("vgg16/" + input + ".npy"));
    assertThat(Npy.resource("vgg16/" + features + ".npy").distance(values)).isLessThan(LIMIT);
  }

  @Test
  void vgg16PreprocessesRawPixels() {
    Npy images = Npy.resource("vgg16/images_nchw_uint8.npy");
    float[] own = features(vgg16.trunk(), vgg16.network(), Preprocessing.CAFFE, images);
    float[] notebook = features(vgg16.trunk(), vgg16.network(), Preprocessing.ZERO_ONE, images);
    assertThat(vgg16.preprocessing()).isEqualTo(Preprocessing.CAFFE);
    assertThat(Npy.resource("vgg16/gap_32.npy").distance(own)).isLessThan(LIMIT);
    assertThat(Npy.resource("vgg16/gap_32_notebook.npy").distance(notebook)).isLessThan(LIMIT);
  }

  @Test
  void preprocessingEqualsTheReferenceInputs() {
    Npy images = Npy.resource("vgg16/images_nchw_uint8.npy");
    assertThat(Npy.resource("vgg16/input_32.npy").distance(prepared(Preprocessing.CAFFE, images)))
        .isLessThan(1e-6);
    assertThat(
            Npy.resource("vgg16/input_32_notebook.npy")
                .distance(prepared(Preprocessing.ZERO_ONE, images)))
        .isLessThan(1e-6);
  }

  /** Converts interleaved bytes, as of an image file, to the network's input. */
  private static float[] prepared(Preprocessing preprocessing, Npy images) {
    int plane = 32 * 32;
    float[] pixels = new float[images.values().length];
    for (int n = 0; n < images.shape()[0]; n++) {
      byte[] rgb = new byte[3 * plane];
      for (int i = 0; i < rgb.length; i++) {
        rgb[i] = (byte) images.values()[n * 3 * plane + i % 3 * plane + i / 3];
      }
      byte[] planes = preprocessing.framing().planes(new RgbImage(32, 32, rgb), 32);
      for (int i = 0; i < planes.length; i++) {
        pixels[n * 3 * plane + i] = Byte.toUnsignedInt(planes[i]);
      }
    }
    try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      NDArray array = manager.create(pixels, new Shape(images.shape()));
      Step normalization = Step.of(preprocessing.normalization(), Graph.PIXELS);
      GraphBlock segment = GraphBlock.of(new Graph(new Shape(3, 32, 32), List.of(normalization)));
      return segment
          .forward(new ParameterStore(manager, false), new NDList(array), false)
          .singletonOrThrow()
          .toFloatArray();
    }
  }

  @Test
  void vgg16EqualsDjlsOwnVgg() {
    Npy input = Npy.resource("vgg16/input_32.npy");
    SequentialBlock theirs =
        (SequentialBlock)
            VGG.builder()
                .setNumLayers(16)
                .setConvArch(new int[][] {{2, 64}, {2, 128}, {3, 256}, {3, 512}, {3, 512}})
                .build();
    while (theirs.getChildren().size() > 5) {
      theirs.removeLastBlock();
    }
    try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      theirs.initialize(manager, DataType.FLOAT32, new Shape(1, 3, 32, 32));
      List<Weight> weights = vgg16.network().weights();
      List<Parameter> parameters = theirs.getParameters().values();
      assertThat(parameters).hasSameSizeAs(weights).hasSize(26);
      for (int i = 0; i < weights.size(); i++) {
        Parameter ours = vgg16.trunk().byWeight().get(weights.get(i));
        ours.getArray().copyTo(parameters.get(i).getArray());
      }
      float[] expected = forward(manager, theirs, input);
      float[] values = stage(vgg16.trunk(), vgg16.network(), "block5_pool", input);
      assertThat(new Npy(new long[] {4, 512}, expected).distance(values)).isLessThan(LIMIT);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"stem", "blocks.0", "blocks.4", "blocks.10"})
  void efficientNetLite0StagesEqualPyTorch(String stage) {
    Npy input = Npy.resource("efficientnet-lite0/input_97.npy");
    Npy expected = Npy.resource("efficientnet-lite0/" + stage + "_97.npy");
    assertThat(expected.distance(stage(lite.trunk(), lite.network(), stage, input)))
        .isLessThan(LIMIT);
  }

  @ParameterizedTest
  @ValueSource(ints = {32, 97})
  void efficientNetLite0FeaturesAndLogitsEqualPyTorch(int side) throws IOException, ModelException {
    checkLite(
        Npy.resource("efficientnet-lite0/input_" + side + ".npy"),
        Npy.resource("efficientnet-lite0/gap_" + side + ".npy"),
        Npy.resource("efficientnet-lite0/logits_" + side + ".npy"));
  }

  @Test
  void efficientNetLite0FeaturesAndLogitsEqualPyTorchAtFullSize()
      throws IOException, ModelException {
    checkLite(
        Npy.resource("efficientnet-lite0/input_224.npy"),
        Npy.resource("efficientnet-lite0/gap_224.npy"),
        Npy.resource("efficientnet-lite0/logits_224.npy"));
  }

  private static void checkLite(Npy input, Npy features, Npy logits)
      throws IOException, ModelException {
    float[] values = features(lite.trunk(), lite.network(), IDENTITY, input);
    assertThat(features.distance(values)).isLessThan(LIMIT);
    Criteria<NDList, NDList> criteria =
        Criteria.builder()
            .setTypes(NDList.class, NDList.class)
            .optGroupId("dev.graft")
            .optArtifactId("efficientnet-lite0")
            .optArgument("inputSize", 224)
            .optArgument("classifier", true)
            .optDevice(Device.cpu())
            .build();
    try (ZooModel<NDList, NDList> model = criteria.loadModel();
        NDManager manager = model.getNDManager().newSubManager()) {
      // Back to pixels: the network with a classifier preprocesses them itself.
      float[] pixels = new float[input.values().length];
      for (int i = 0; i < pixels.length; i++) {
        pixels[i] = input.values()[i] * 128 + 127;
      }
      NetworkDesign design =
          design(
              lite.network(),
              (int) input.shape()[2],
              Preprocessing.LITE,
              List.of(new Layer.Dense("classifier", 1280, 1000)));
      GraphBlock classifier =
          ((GraphBlock) model.getBlock()).sharingWeights(design.graph(), 0, design.logitsEnd());
      float[] classified = forward(manager, classifier, new Npy(input.shape(), pixels));
      assertThat(logits.distance(classified)).isLessThan(LIMIT);
    }
  }

  @Test
  void kerasWeightsGiveKerasOutputs() throws URISyntaxException {
    BackboneSpec network = Vgg16.network(8, 16, 32, 64, 64);
    GraphBlock trunk = GraphBlock.of(design(network, 32, IDENTITY, List.of()).graph());
    Path file = Path.of(ParityTest.class.getResource("/keras/vgg16-width-1-8_notop.h5").toURI());
    Npy input = Npy.resource("keras/vgg16_input_nhwc.npy").channelsFirst();
    try (NDManager manager = NDManager.newBaseManager(Device.cpu());
        KerasH5 reader = KerasH5.open(file, network.name(), network.weights())) {
      trunk.initialize(manager, DataType.FLOAT32, new Shape(1, 3, 32, 32));
      trunk.byWeight().forEach((weight, each) -> each.getArray().set(reader.read(weight)));
      for (int block = 1; block <= 5; block++) {
        String stage = "block" + block + "_pool";
        Npy expected = Npy.resource("keras/vgg16_" + stage + "_nhwc.npy").channelsFirst();
        assertThat(expected.distance(stage(trunk, network, stage, input)))
            .as(stage)
            .isLessThan(LIMIT);
      }
      Npy expected = Npy.resource("keras/vgg16_gap.npy");
      assertThat(expected.distance(features(trunk, network, IDENTITY, input))).isLessThan(LIMIT);
    }
  }

  @Test
  void vgg16WithDenseLayersEqualsKeras() throws URISyntaxException {
    BackboneSpec network = Vgg16.withDenseLayers(Vgg16.network(2, 2, 2, 4, 4), 64, 8);
    NetworkDesign design =
        design(network, 64, Preprocessing.CAFFE, List.of(new Layer.Dense("predictions", 8, 5)));
    Graph graph = design.graph();
    GraphBlock whole = GraphBlock.of(graph);
    Path file = Path.of(ParityTest.class.getResource("/keras/vgg16-small-with-top.h5").toURI());
    Npy images = Npy.resource("keras/vgg16-small-with-top_images.npy").channelsFirst();
    Npy expected = Npy.resource("keras/vgg16-small-with-top_probabilities.npy");
    try (NDManager manager = NDManager.newBaseManager(Device.cpu());
        KerasH5 reader = KerasH5.open(file, network.name(), graph.weights())) {
      whole.initialize(manager, DataType.FLOAT32, new Shape(1, 3, 64, 64));
      whole.setWeights(reader.weights());

      assertThat(expected.distance(forward(manager, whole, images))).isLessThan(LIMIT);
    }
  }

  private static NetworkDesign design(
      BackboneSpec network, int side, Preprocessing preprocessing, List<Layer> head) {
    String last = network.stages().get(network.stages().size() - 1).name();
    return NetworkDesign.of(
        network,
        side,
        preprocessing,
        NetworkDesign.NONE,
        List.of(last),
        NetworkDesign.Scaling.NONE,
        head);
  }

  /** Returns the output of a stage for preprocessed input. */
  private static float[] stage(GraphBlock trunk, BackboneSpec network, String stage, Npy input) {
    Graph graph = design(network, (int) input.shape()[2], IDENTITY, List.of()).graph();
    String last = network.stages().get(network.indexOf(stage)).output();
    return forward(trunk.sharingWeights(graph, 0, graph.indexOf(last) + 1), input);
  }

  /** Returns the global averages of the last stage. */
  private static float[] features(
      GraphBlock trunk, BackboneSpec network, Preprocessing preprocessing, Npy input) {
    Graph graph = design(network, (int) input.shape()[2], preprocessing, List.of()).graph();
    return forward(trunk.sharingWeights(graph, 0, graph.size()), input);
  }

  private static float[] forward(Block block, Npy input) {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      return forward(manager, block, input);
    }
  }

  private static float[] forward(NDManager manager, Block block, Npy input) {
    NDArray array = manager.create(input.values(), new Shape(input.shape()));
    return block
        .forward(new ParameterStore(manager, false), new NDList(array), false)
        .get(0)
        .toFloatArray();
  }
}
