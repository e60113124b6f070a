package dev.graft.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.graft.network.Graph;
import dev.graft.network.NetworkDesign;
import dev.graft.network.NetworkDesign.Scaling;
import dev.graft.network.Preprocessing;
import dev.graft.network.SmallCnn;
import dev.graft.network.Weight;
import dev.graft.network.onnx.Precision;
import dev.graft.network.onnx.RangeCalibrator;
import dev.graft.network.onnx.Ranges;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OnnxFrozenPartTest {
  private static final int SIDE = 12;
  private static final int BYTES = 3 * SIDE * SIDE;

  /** Frozen up to the middle: the records hold averages and activations. */
  private static final NetworkDesign DESIGN =
      NetworkDesign.of(
          SmallCnn.network(),
          SIDE,
          Preprocessing.ZERO_ONE,
          "conv3",
          List.of("pool1", "flatten"),
          Scaling.NONE,
          NetworkDesign.head(
              NetworkDesign.featureWidth(SmallCnn.network(), SIDE, List.of("pool1", "flatten")),
              0,
              0,
              0,
              2));

  private static float[] weights(Weight weight) {
    Random random = new Random(weight.name().hashCode());
    float[] values = new float[weight.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian() / 5;
    }
    return values;
  }

  private static byte[] pixels(int images) {
    byte[] pixels = new byte[images * BYTES];
    new Random(1).nextBytes(pixels);
    return pixels;
  }

  private static Precision precision(boolean int8) {
    if (!int8) {
      return new Precision.Float32();
    }
    Graph graph = DESIGN.graph();
    ByteBuffer batch = ByteBuffer.allocateDirect(20 * BYTES).put(pixels(20)).flip();
    Ranges ranges =
        RangeCalibrator.ranges(
            graph,
            graph.crossing(DESIGN.cut()),
            OnnxFrozenPartTest::weights,
            DESIGN.cut(),
            List.of(batch).iterator());
    return new Precision.Int8(ranges, DESIGN.cut());
  }

  private static OnnxFrozenPart frozenPart(boolean int8, RecordLayout layout) {
    return new OnnxFrozenPart(DESIGN, OnnxFrozenPartTest::weights, precision(int8), layout);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aRecordDoesNotDependOnOtherImages(boolean int8) {
    RecordLayout layout = RecordLayout.of(DESIGN, false);
    byte[] pixels = pixels(77);
    try (OnnxFrozenPart frozenPart = frozenPart(int8, layout)) {
      byte[] all = frozenPart.forward(ByteBuffer.wrap(pixels), 77).array().clone();
      assertThat(all).hasSize(77 * layout.bytes());
      for (int i : new int[] {0, 31, 32, 76}) {
        byte[] one = Arrays.copyOfRange(pixels, i * BYTES, (i + 1) * BYTES);
        assertThat(frozenPart.forward(ByteBuffer.wrap(one), 1).array())
            .as("image %d", i)
            .isEqualTo(Arrays.copyOfRange(all, i * layout.bytes(), (i + 1) * layout.bytes()));
      }
    }
  }

  @Test
  void activationsAreStoredInHalfPrecisionAndAveragesInFloat32() {
    RecordLayout whole = RecordLayout.of(DESIGN, false);
    RecordLayout halves = RecordLayout.of(DESIGN, true);
    assertThat(halves.fields().stream().map(RecordLayout.Field::type))
        .containsExactly(DataType.FLOAT16, DataType.FLOAT32);
    Shape activations = halves.fields().get(0).shape();
    ByteBuffer pixels = ByteBuffer.wrap(pixels(3));
    try (OnnxFrozenPart exact = frozenPart(false, whole);
        OnnxFrozenPart half = frozenPart(false, halves)) {
      ByteBuffer wanted = exact.forward(pixels, 3).order(ByteOrder.LITTLE_ENDIAN);
      ByteBuffer given = half.forward(pixels, 3).order(ByteOrder.LITTLE_ENDIAN);
      for (int image = 0; image < 3; image++) {
        for (int i = 0; i < activations.size(); i++) {
          float value = wanted.getFloat();
          assertThat(given.getShort()).isEqualTo(OnnxFrozenPart.half(value));
        }
        for (int i = 0; i < halves.fields().get(1).shape().size(); i++) {
          assertThat(given.getFloat()).isEqualTo(wanted.getFloat());
        }
      }
      assertThat(given.hasRemaining()).isFalse();
    }
  }

  @Test
  void int8IsCloseToFloat32() {
    RecordLayout layout = RecordLayout.of(DESIGN, false);
    ByteBuffer pixels = ByteBuffer.wrap(pixels(20));
    try (OnnxFrozenPart float32 = frozenPart(false, layout);
        OnnxFrozenPart int8 = frozenPart(true, layout)) {
      float[] wanted = floats(float32.forward(pixels, 20));
      float[] given = floats(int8.forward(pixels, 20));
      float greatest = 0;
      for (float value : wanted) {
        greatest = Math.max(greatest, Math.abs(value));
      }
      assertThat(given).isNotEqualTo(wanted).containsExactly(wanted, within(greatest / 10));
    }
  }

  private static float[] floats(ByteBuffer records) {
    float[] floats = new float[records.remaining() / Float.BYTES];
    records.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats);
    return floats;
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0000",
    "-0.0, 8000",
    "1, 3c00",
    "-2, c000",
    "65504, 7bff", // the largest
    "65519.9, 7bff",
    "65520, 7c00",
    "-1e9, fc00",
    "NaN, 7e00",
    "6.1035156e-5, 0400", // the smallest with a leading 1
    "6.1e-5, 03ff",
    "5.9604645e-8, 0001",
    "2.9802322e-8, 0000", // half of it, to the even one
    "1.00048828125, 3c00", // in the middle, to the even one
    "1.00146484375, 3c02",
    "1.0005, 3c01"
  })
  void halfPrecisionRoundsToNearestEven(float value, String bits) {
    assertThat(Short.toUnsignedInt(OnnxFrozenPart.half(value)))
        .isEqualTo(Integer.parseInt(bits, 16));
  }
}
