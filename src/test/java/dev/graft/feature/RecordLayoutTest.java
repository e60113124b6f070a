package dev.graft.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.graft.GraftException;
import dev.graft.image.Framing;
import dev.graft.network.BackboneSpec;
import dev.graft.network.Layer;
import dev.graft.network.NetworkDesign;
import dev.graft.network.NetworkDesign.Scaling;
import dev.graft.network.Preprocessing;
import dev.graft.network.Vgg16;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Layout of the records and cache key for different freeze boundaries. */
class RecordLayoutTest {
  /** Creates a layout of an activation, unless its shape is empty, and averages. */
  static RecordLayout layout(Shape crossing, DataType type, int... averages) {
    List<RecordLayout.Field> fields = new ArrayList<>();
    if (crossing.dimension() > 0) {
      fields.add(new RecordLayout.Field(crossing, type));
    }
    for (int channels : averages) {
      if (channels > 0) {
        fields.add(new RecordLayout.Field(new Shape(channels), DataType.FLOAT32));
      }
    }
    return new RecordLayout(fields);
  }

  @Test
  void ifAllStagesAreFrozenARecordHoldsAverages() {
    for (boolean half : new boolean[] {true, false}) {
      RecordLayout layout = RecordLayout.of(vgg16("none", List.of()), half);
      assertThat(layout).isEqualTo(layout(new Shape(), DataType.FLOAT32, 1280));
      assertThat(layout.bytes()).isEqualTo(5120);
      assertThat(layout).hasToString("crossing [] float32, 1280 averages");
    }
  }

  @Test
  void aRecordHoldsActivationsInTheGivenPrecisionAndAverages() {
    NetworkDesign design = vgg16("block5_conv1", List.of());
    RecordLayout half = RecordLayout.of(design, true);
    assertThat(half).isEqualTo(layout(new Shape(512, 2, 2), DataType.FLOAT16, 256, 512));
    assertThat(half).hasToString("crossing [512, 2, 2] float16, 768 averages");
    assertThat(half.fields().stream().map(RecordLayout.Field::bytes))
        .containsExactly(4096, 1024, 2048);
    assertThat(half.bytes()).isEqualTo(7168);
    RecordLayout full = RecordLayout.of(design, false);
    assertThat(full).isEqualTo(layout(new Shape(512, 2, 2), DataType.FLOAT32, 256, 512));
    assertThat(full.bytes()).isEqualTo(11_264);
    assertThat(full.toString()).isNotEqualTo(half.toString());
  }

  @Test
  void pixelsAreStoredAsBytes() {
    RecordLayout layout = RecordLayout.of(vgg16("block1_conv1", List.of()), true);
    assertThat(layout).isEqualTo(layout(new Shape(3, 32, 32), DataType.UINT8));
    assertThat(layout).hasToString("crossing [3, 32, 32] uint8, 0 averages");
    assertThat(layout.bytes()).isEqualTo(3072);
  }

  @Test
  void anEmptyRecordIsRejected() {
    assertThatIllegalArgumentException().isThrownBy(() -> layout(new Shape(), DataType.FLOAT32));
  }

  @Test
  void aBatchLargerThanAnArrayIsRejected() {
    RecordLayout.Field pixels = new RecordLayout.Field(new Shape(3, 1024, 1024), DataType.UINT8);
    assertThat(pixels.bytes(682)).isEqualTo(2_145_386_496);
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> pixels.bytes(800))
        .withMessage(
            "A batch of 800 images takes 2,517 MB, and the maximum is 2,147 MB; choose a smaller"
                + " batch-size or input-size.");
  }

  @Test
  void trainedStagesDoNotChangeTheKey() {
    String hash = hash(vgg16("block2_conv1", List.of("block1_pool", "block2_pool")));
    assertThat(hash(vgg16("block2_conv1", List.of("block1_pool", "block2_conv1")))).isEqualTo(hash);
    assertThat(hash(vgg16("block2_conv1", List.of("block1_pool", "block5_pool")))).isEqualTo(hash);
    NetworkDesign otherHead =
        NetworkDesign.of(
            Vgg16.network(),
            32,
            Preprocessing.CAFFE,
            "block2_conv1",
            List.of("block1_pool", "block2_pool"),
            new Scaling(0.5, true),
            List.of(new Layer.Dense("other", 192, 3)));
    assertThat(hash(otherHead)).isEqualTo(hash);
  }

  @Test
  void frozenStagesChangeTheKey() {
    BackboneSpec vgg16 = Vgg16.network();
    List<String> pool1 = List.of("block1_pool");
    List<String> pool12 = List.of("block1_pool", "block2_pool");
    Preprocessing caffe = Preprocessing.CAFFE;
    Set<String> hashes = new TreeSet<>();
    hashes.add(hash(vgg16("none", pool12)));
    hashes.add(hash(vgg16("none", List.of("block2_pool"))));
    hashes.add(hash(vgg16("none", pool1)));
    hashes.add(hash(vgg16("block2_conv1", pool12)));
    hashes.add(hash(vgg16("block2_conv2", pool12)));
    hashes.add(hash(design(vgg16, 64, caffe, "none", pool12)));
    hashes.add(hash(design(vgg16, 32, Preprocessing.ZERO_ONE, "none", pool12)));
    hashes.add(hash(design(vgg16, 32, caffe.with(Framing.CENTER), "none", pool12)));
    hashes.add(key(vgg16("none", pool12), "other", "engine").hash());
    hashes.add(key(vgg16("none", pool12), "weights", "other").hash());
    assertThat(hashes).hasSize(10);
  }

  private static String hash(NetworkDesign design) {
    return key(design, "weights", "engine").hash();
  }

  private static FeatureKey key(NetworkDesign design, String weights, String engine) {
    return FeatureKey.of(design, RecordLayout.of(design, true), weights, engine);
  }

  private static NetworkDesign vgg16(String unfreeze, List<String> features) {
    return design(Vgg16.network(), 32, Preprocessing.CAFFE, unfreeze, features);
  }

  private static NetworkDesign design(
      BackboneSpec network,
      int side,
      Preprocessing preprocessing,
      String unfreeze,
      List<String> features) {
    int width = NetworkDesign.featureWidth(network, side, features);
    return NetworkDesign.of(
        network,
        side,
        preprocessing,
        unfreeze,
        features,
        Scaling.NONE,
        NetworkDesign.head(width, 0, 0, 0, 10));
  }

  @Test
  void aRecordWithNanOrInfinityIsNotFinite() {
    RecordLayout layout = layout(new Shape(1, 1, 2), DataType.FLOAT16, 1);
    ByteBuffer records = ByteBuffer.allocate(6 * 8).order(ByteOrder.LITTLE_ENDIAN);
    records.putShort((short) 0x7c00).putShort((short) 1).putFloat(1);
    records.putShort((short) 0).putShort((short) 0x7e00).putFloat(1);
    records.putShort((short) 0).putShort((short) 0xfe00).putFloat(1);
    records.putInt(0).putFloat(Float.NaN);
    records.putInt(0).putFloat(Float.NEGATIVE_INFINITY);
    records.putShort((short) 0x7bff).putShort((short) 0xfbff).putFloat(1).flip();
    assertThat(IntStream.range(0, 6).mapToObj(row -> layout.isFinite(records, row)))
        .containsExactly(false, false, false, false, false, true);
  }

  @Test
  void finiteRecordsMoveTogether() {
    RecordLayout layout = layout(new Shape(), DataType.FLOAT32, 1);
    ByteBuffer records = ByteBuffer.allocate(5 * 4).order(ByteOrder.LITTLE_ENDIAN);
    records.putFloat(Float.NaN).putFloat(1).putFloat(2).putFloat(Float.NaN).putFloat(4).flip();
    assertThat(layout.keepFinite(records, 5)).containsExactly(1, 2, 4);
    assertThat(records.remaining()).isEqualTo(3 * 4);
    assertThat(List.of(records.getFloat(0), records.getFloat(4), records.getFloat(8)))
        .containsExactly(1f, 2f, 4f);
  }
}
