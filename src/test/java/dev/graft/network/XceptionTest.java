package dev.graft.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.graft.Npy;
import dev.graft.network.Layer.BatchNorm;
import dev.graft.network.Layer.Conv2d;
import dev.graft.network.Layer.MaxPool;
import dev.graft.network.Layer.Padding;
import dev.graft.network.Layer.Relu;
import dev.graft.network.djl.Segment;
import dev.graft.picture.Framing;
import dev.graft.zoo.KerasH5;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Xception (Chollet 2017), with all widths divided by 8, against Keras: the layers that no backbone
 * of Graft's has yet, which are convolutions without a bias, batch normalisation, pooling that
 * overlaps and residual blocks with a convolution on their shortcut.
 */
@Tag("engine")
class XceptionTest {
  private static final Path REFERENCE = Path.of("../shared/keras-reference");

  @Test
  void xceptionIsAsInKeras() throws Exception {
    Path file = REFERENCE.resolve("xception-width-1-8_notop.h5");
    assumeTrue(Files.isRegularFile(file), "the reference is in " + REFERENCE);
    Npy images = Npy.file(REFERENCE.resolve("xception_images_nhwc_uint8.npy")).channelsFirst();
    Npy features = Npy.file(REFERENCE.resolve("xception_features_nhwc.npy")).channelsFirst();
    Npy averages = Npy.file(REFERENCE.resolve("xception_gap.npy"));
    Preprocessing minusOneToOne =
        new Preprocessing(
            Framing.WHOLE,
            Preprocessing.ChannelOrder.RGB,
            List.of(127.5f, 127.5f, 127.5f),
            List.of(127.5f, 127.5f, 127.5f));
    Network network = xception(8);
    Graph graph =
        GraftedNetwork.of(
                network,
                71,
                minusOneToOne,
                GraftedNetwork.NONE,
                List.of(),
                GraftedNetwork.Scaling.NONE,
                List.of())
            .graph();
    Segment whole = Segment.of(graph);
    try (NDManager manager = NDManager.newBaseManager(Device.cpu());
        KerasH5 reader = KerasH5.open(file, "xception", graph.weights())) {
      whole.initialize(manager, DataType.FLOAT32, new Shape(1, 3, 71, 71));
      whole.byWeight().forEach((weight, each) -> each.getArray().set(reader.read(weight)));
      int last = graph.indexOf("block14_sepconv2_act");
      assertThat(features.distance(forward(manager, whole.sharing(graph, 0, last + 1), images)))
          .isLessThan(1e-3);
      assertThat(averages.distance(forward(manager, whole, images))).isLessThan(1e-3);
    }
  }

  private static float[] forward(NDManager manager, Segment segment, Npy images) {
    NDArray array = manager.create(images.values(), new Shape(images.shape()));
    return segment
        .forward(new ParameterStore(manager, false), new NDList(array), false)
        .singletonOrThrow()
        .toFloatArray();
  }

  private static Network xception(int divisor) {
    List<Stage> stages = new ArrayList<>();
    stages.add(stem("block1_conv1", 3, 32 / divisor, 2));
    stages.add(stem("block1_conv2", 32 / divisor, 64 / divisor, 1));
    int in = 64 / divisor;
    for (int block = 2; block <= 4; block++) {
      int out = List.of(128, 256, 728).get(block - 2) / divisor;
      stages.add(narrowing("block" + block, in, out, out, block > 2));
      in = out;
    }
    for (int block = 5; block <= 12; block++) {
      List<Layer> layers = new ArrayList<>();
      for (int i = 1; i <= 3; i++) {
        separable(layers, "block" + block + "_sepconv" + i, in, in, true, false);
      }
      stages.add(Stage.residual("block" + block, layers));
    }
    stages.add(narrowing("block13", in, in, 1024 / divisor, true));
    List<Layer> layers = new ArrayList<>();
    separable(layers, "block14_sepconv1", 1024 / divisor, 1536 / divisor, false, true);
    separable(layers, "block14_sepconv2", 1536 / divisor, 2048 / divisor, false, true);
    stages.add(Stage.of("block14", layers));
    return new Network("xception", stages, List.of("block14"), 71);
  }

  private static Stage stem(String name, int in, int out, int stride) {
    return Stage.of(
        name,
        new Conv2d(name, in, out, 3, stride, Padding.VALID, 1, false),
        new BatchNorm(name + "_bn", out, 1e-3),
        new Relu(name + "_act"));
  }

  private static Stage narrowing(String name, int in, int middle, int out, boolean reluFirst) {
    List<Layer> layers = new ArrayList<>();
    separable(layers, name + "_sepconv1", in, middle, reluFirst, false);
    separable(layers, name + "_sepconv2", middle, out, true, false);
    layers.add(new MaxPool(name + "_pool", 3, 2, Padding.SAME));
    return Stage.residual(
        name,
        layers,
        List.of(
            new Conv2d(name + "_shortcut", in, out, 1, 2, Padding.SAME, 1, false),
            new BatchNorm(name + "_shortcut_bn", out, 1e-3)));
  }

  /** A kernel a channel, then one of a pixel over all channels. */
  private static void separable(
      List<Layer> layers, String name, int in, int out, boolean reluBefore, boolean reluAfter) {
    if (reluBefore) {
      layers.add(new Relu(name + "_act"));
    }
    layers.add(new Conv2d(name + "_depthwise", in, in, 3, 1, Padding.SAME, in, false));
    layers.add(new Conv2d(name, in, out, 1, 1, Padding.SAME, 1, false));
    layers.add(new BatchNorm(name + "_bn", out, 1e-3));
    if (reluAfter) {
      layers.add(new Relu(name + "_act"));
    }
  }
}
