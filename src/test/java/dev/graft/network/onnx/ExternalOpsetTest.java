package dev.graft.network.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.types.Shape;
import dev.graft.GraftException;
import dev.graft.engine.OnnxSession;
import dev.graft.image.Framing;
import dev.graft.network.Adapter;
import dev.graft.network.BackboneSpec;
import dev.graft.network.Graph;
import dev.graft.network.Layer;
import dev.graft.network.NetworkDesign;
import dev.graft.network.Preprocessing;
import dev.graft.network.Stage;
import dev.graft.network.Step;
import dev.graft.network.Typicality;
import dev.graft.network.Weight;
import dev.graft.network.Weights;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Graft's own nodes around an external network of every opset that ONNX Runtime supports. */
@Tag("engine")
class ExternalOpsetTest {
  private static final int SIDE = 32;

  /** Of two images. */
  private static final int VALUES = 2 * 3 * SIDE * SIDE;

  @TempDir private Path folder;

  private Layer.External external(int opset) throws IOException {
    Path file = Files.write(folder.resolve(opset + ".onnx"), ExternalModel.bytes(opset));
    return new Layer.External(
        "external",
        file,
        Layer.External.Format.ONNX,
        "",
        Adapter.of(List.of(List.of(4L, 16L, 16L), List.of(4L))));
  }

  private static Graph graph(Layer.External external) {
    return design(external).graph();
  }

  private static NetworkDesign design(Layer.External external) {
    BackboneSpec backbone =
        new BackboneSpec("b", List.of(Stage.of("external", external)), List.of("external"), 1);
    Preprocessing bgr =
        new Preprocessing(
            Framing.WHOLE,
            Preprocessing.ChannelOrder.BGR,
            List.of(120f, 115f, 110f),
            List.of(60f, 61f, 62f));
    return NetworkDesign.of(
            backbone,
            SIDE,
            bgr,
            NetworkDesign.NONE,
            List.of(),
            new NetworkDesign.Scaling(0.5, true),
            NetworkDesign.head(8, 5, 0.1, 0.2, 3))
        .at(1.5);
  }

  private static float[] weights(Weight weight) {
    Random random = new Random(weight.name().hashCode());
    float[] values = new float[weight.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          weight.role() == Weight.Role.DEVIATION
              ? 0.5f + random.nextFloat()
              : (float) random.nextGaussian();
    }
    return values;
  }

  private static float[] run(Graph graph, String output, PixelType pixels) {
    Weights weights = ExternalOpsetTest::weights;
    return run(
        OnnxFile.of(graph, List.of(output), weights, new Precision.Float32(), pixels, Map.of()),
        output,
        pixels);
  }

  private static float[] run(OnnxFile file, String output, PixelType pixels) {
    ByteBuffer batch =
        ByteBuffer.allocateDirect(VALUES * Float.BYTES).order(ByteOrder.nativeOrder());
    Random random = new Random(3);
    for (int i = 0; i < VALUES; i++) {
      int value = random.nextInt(256);
      if (pixels == PixelType.UINT8) {
        batch.put((byte) value);
      } else {
        batch.putFloat(value);
      }
    }
    try (OnnxSession session = file.open()) {
      int index = session.outputs().indexOf(output);
      FloatBuffer values = session.run(batch.flip(), 2).get(index);
      float[] array = new float[values.remaining()];
      values.get(array);
      return array;
    }
  }

  static IntStream opsets() {
    return IntStream.rangeClosed(7, 26);
  }

  @ParameterizedTest
  @MethodSource("opsets")
  void aNetworkGivesTheSameOutputInEveryOpset(int opset) throws IOException {
    float[] expected = run(graph(external(17)), NetworkDesign.PROBABILITIES, PixelType.UINT8);
    assertThat(expected).hasSize(6);
    for (PixelType pixels : PixelType.values()) {
      assertThat(run(graph(external(opset)), NetworkDesign.PROBABILITIES, pixels))
          .containsExactly(expected, within(1e-5f));
    }
  }

  @ParameterizedTest
  @MethodSource("opsets")
  void typicalityIsTheShareOfHeldOutImagesInEveryOpset(int opset) throws IOException {
    NetworkDesign design = design(external(opset));
    float[] features = run(design.graph(), design.lastFeatures(), PixelType.UINT8);
    int width = design.lastFeatureWidth();
    assertThat(features).hasSize(2 * width);
    Random random = new Random(4);
    float[] vectors = new float[6 * width];
    for (int i = 0; i < vectors.length; i++) {
      vectors[i] = (float) random.nextGaussian();
    }
    Typicality.Bank bank = Typicality.Bank.of(vectors, width);
    float first = nearest(bank, features, 0);
    float second = nearest(bank, features, 1);
    float[] heldOut = {first - 0.1f, first + 0.1f, second - 0.1f, second + 0.1f, 2};
    Typicality typicality = new Typicality(bank, 3, heldOut);
    float[] expected = {typicality.share(first), typicality.share(second)};
    for (PixelType pixels : PixelType.values()) {
      OnnxFile file =
          OnnxFile.of(
              design,
              typicality,
              ExternalOpsetTest::weights,
              new Precision.Float32(),
              pixels,
              Map.of());
      assertThat(run(file, Typicality.NAME, pixels)).containsExactly(expected);
      assertThat(run(file, NetworkDesign.PROBABILITIES, pixels))
          .containsExactly(run(design.graph(), NetworkDesign.PROBABILITIES, pixels));
    }
  }

  /** Returns the mean similarity of a row of features to the three nearest images. */
  private static float nearest(Typicality.Bank bank, float[] features, int row) {
    int width = bank.width();
    double length = 0;
    for (int i = 0; i < width; i++) {
      length += Math.pow(features[row * width + i], 2);
    }
    float[] similarities = new float[bank.rows()];
    for (int image = 0; image < similarities.length; image++) {
      for (int i = 0; i < width; i++) {
        similarities[image] +=
            (float)
                (features[row * width + i]
                    / Math.sqrt(length)
                    * bank.values()[image * width + i]
                    * bank.scales()[image]);
      }
    }
    return Typicality.similarity(similarities, 0, similarities.length, 3);
  }

  @ParameterizedTest
  @ValueSource(ints = {7, 8, 9, 17})
  void aSignedPowerGivesTheSameOutputInEveryOpset(int opset) throws IOException {
    Graph whole = graph(external(opset));
    String features = whole.steps().get(1).name();
    float[] values = run(whole, features, PixelType.FLOAT32);
    float[] powers = run(whole, NetworkDesign.SCALING + "_power", PixelType.FLOAT32);
    assertThat(values).hasSize(16);
    assertThat(IntStream.range(0, 16).filter(i -> values[i] < 0)).isNotEmpty();
    assertThat(IntStream.range(0, 16).filter(i -> values[i] > 0)).isNotEmpty();
    for (int i = 0; i < values.length; i++) {
      double e = Layer.Power.AT_ZERO;
      double size = Math.pow(Math.abs(values[i]) + e, 0.5) - Math.pow(e, 0.5);
      assertThat((double) powers[i]).isCloseTo(Math.signum(values[i]) * size, within(1e-5));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {7, 10, 11, 26})
  void relu6ClipsInEveryOpset(int opset) throws IOException {
    Layer.External external = external(opset);
    Graph graph =
        new Graph(
            new Shape(3, SIDE, SIDE),
            List.of(Step.of(external, Graph.PIXELS), Step.of(new Layer.Relu6("clip"), "external")));
    float[] values = run(graph, "external", PixelType.FLOAT32);
    float[] clipped = run(graph, "clip", PixelType.FLOAT32);
    for (int i = 0; i < values.length; i++) {
      assertThat(clipped[i]).isEqualTo(Math.min(Math.max(values[i], 0), 6));
    }
  }

  @Test
  void anOldOpsetIsRejectedBeforeTraining() throws IOException {
    Graph graph = graph(external(6));
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> OnnxFile.check(graph))
        .withMessage(
            "an external network must be written in ONNX's opset 7 or newer, and this one is in"
                + " opset 6; export it again.");
  }
}
