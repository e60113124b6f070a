package dev.graft.network;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.graft.Npy;
import dev.graft.network.djl.GraphBlock;
import dev.graft.zoo.KerasH5;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Xception with all widths divided by 8, compared with Keras. */
@Tag("engine")
class XceptionTest {
  @Test
  void xceptionEqualsKeras() throws Exception {
    Path file = Path.of("src/test/resources/keras/xception-width-1-8_notop.h5");
    Npy images = Npy.resource("keras/xception_images_nhwc_uint8.npy").channelsFirst();
    Npy features = Npy.resource("keras/xception_features_nhwc.npy").channelsFirst();
    Npy averages = Npy.resource("keras/xception_gap.npy");
    BackboneSpec network = Xception.network(8);
    Graph graph =
        NetworkDesign.of(
                network,
                71,
                Preprocessing.MINUS_ONE_TO_ONE,
                NetworkDesign.NONE,
                List.of(),
                NetworkDesign.Scaling.NONE,
                List.of())
            .graph();
    GraphBlock whole = GraphBlock.of(graph);
    try (NDManager manager = NDManager.newBaseManager(Device.cpu());
        KerasH5 reader = KerasH5.open(file, "xception", graph.weights())) {
      whole.initialize(manager, DataType.FLOAT32, new Shape(1, 3, 71, 71));
      whole.byWeight().forEach((weight, each) -> each.getArray().set(reader.read(weight)));
      int last = graph.indexOf("block14_sepconv2_act");
      assertThat(
              features.distance(
                  forward(manager, whole.sharingWeights(graph, 0, last + 1), images, false)))
          .isLessThan(1e-3);
      assertThat(averages.distance(forward(manager, whole, images, false))).isLessThan(1e-3);
      // In training, it normalizes by ImageNet's means and variances, and does not change them.
      assertThat(averages.distance(forward(manager, whole, images, true))).isLessThan(1e-3);
      assertThat(averages.distance(forward(manager, whole, images, false))).isLessThan(1e-3);
    }
  }

  private static float[] forward(
      NDManager manager, GraphBlock segment, Npy images, boolean training) {
    NDArray array = manager.create(images.values(), new Shape(images.shape()));
    return segment
        .forward(new ParameterStore(manager, false), new NDList(array), training)
        .singletonOrThrow()
        .toFloatArray();
  }
}
