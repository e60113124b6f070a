package dev.graft.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.sun.management.ThreadMXBean;
import dev.graft.GraftException;
import dev.graft.network.BackboneSpec;
import dev.graft.network.Weight;
import dev.graft.network.Weight.Role;
import dev.graft.network.Weights;
import dev.graft.zoo.WeightReader.Convention;
import io.jhdf.HdfFile;
import io.jhdf.WritableHdfFile;
import io.jhdf.api.WritableGroup;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class KerasH5Test {
  private static final Weight CONV = Weight.of("conv", Role.KERNEL, 2, 3, 3, 3);
  private static final Weight CONV_BIAS = Weight.of("conv", Role.BIAS, 2);

  @TempDir Path folder;
  private Path vgg;

  @BeforeEach
  void copyResource() throws IOException {
    vgg = resource("vgg16-width-1-8_notop.h5");
  }

  /** The expected values were read with h5py: {@code a.transpose(3, 2, 0, 1)}. */
  @Test
  void readsFilesWrittenByKeras() {
    List<Weight> wanted = vgg16();
    try (WeightReader reader = WeightReader.open(vgg, "vgg16", wanted)) {
      assertThat(reader).isInstanceOf(KerasH5.class);
      assertThat(reader.convention()).isEqualTo(Convention.KERAS);

      float[] first = reader.read(wanted.get(0)); // (8, 3, 3, 3)
      assertThat(first).hasSize(216);
      assertThat(first).startsWith(0.00033480534f, 0.04266224f, -0.17458613f);
      assertThat(first[9]).isEqualTo(-0.13396165f); // [0, 1, 0, 0]
      assertThat(first[27]).isEqualTo(0.08130824f); // [1, 0, 0, 0]
      assertThat(first[215]).isEqualTo(0.012080309f); // [7, 2, 2, 2]
      assertThat(reader.read(wanted.get(1))).startsWith(-0.024580307f).hasSize(8);

      float[] last = reader.read(wanted.get(24)); // (64, 64, 3, 3)
      assertThat(last[63 * 576 + 7]).isEqualTo(0.004178786f); // [63, 0, 2, 1]
      assertThat(last[5 * 576 + 60 * 9 + 2]).isEqualTo(-0.02189138f); // [5, 60, 0, 2]
      assertThat(reader.read(wanted.get(25))[63]).isEqualTo(0.17067991f);
      double sum = 0;
      for (float value : last) {
        sum += Math.abs(value);
      }
      assertThat(sum).isEqualTo(1738.8091065054086, within(1e-9));
    }
  }

  @Test
  void ignoresTheClassifier() throws IOException {
    Path file = resource("small-with-top.h5");
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    try (WeightReader reader = WeightReader.open(file, "small", List.of(CONV, CONV_BIAS))) {
      float[] kernel = reader.read(CONV);
      // In Keras's layout the values are 0, 1, …, 53: that of [y, x, in, out] is 18y + 6x + 2in +
      // out.
      assertThat(kernel).startsWith(0, 6, 12, 18, 24, 30, 36, 42, 48, 2).endsWith(53);
      assertThat(kernel[27]).isEqualTo(1);
      assertThat(reader.read(CONV_BIAS)).containsExactly(0.5f, -0.5f);
    }
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertThat(allocated).as("bytes allocated; fc1 alone has 411 MB").isLessThan(50_000_000);
  }

  @Test
  void readsEveryLayoutFromTheFileOfAWholeModel() {
    Path file = folder.resolve("model.h5");
    try (WritableHdfFile hdf = HdfFile.write(file)) {
      WritableGroup model = hdf.putGroup("model_weights");
      model.putAttribute("layer_names", new String[] {"separable", "dense"});
      WritableGroup separable = model.putGroup("separable");
      separable.putAttribute(
          "weight_names", new String[] {"separable/depthwise:0", "separable/pointwise:0"});
      WritableGroup inner = separable.putGroup("separable");
      // (1, 2, 3, 1): height, width, channels, 1
      inner.putDataset("depthwise:0", new float[][][][] {{{{1}, {2}, {3}}, {{4}, {5}, {6}}}});
      // (1, 1, 3, 2): height, width, in, out
      inner.putDataset("pointwise:0", new double[][][][] {{{{1, 2}, {3, 4}, {5, 6}}}});
      WritableGroup dense = model.putGroup("dense");
      dense.putAttribute("weight_names", new String[] {"kernel:0", "bias:0"});
      dense.putDataset("kernel:0", new float[][] {{1, 2, 3}, {4, 5, 6}}); // (2, 3): in, out
      dense.putDataset("bias:0", new float[] {7, 8, 9});
    }
    Weight depthwise = Weight.of("depthwise", Role.DEPTHWISE_KERNEL, 3, 1, 1, 2);
    Weight pointwise = Weight.of("pointwise", Role.KERNEL, 2, 3, 1, 1);
    Weight kernel = Weight.of("top", Role.DENSE_KERNEL, 3, 2);
    Weight bias = Weight.of("top", Role.BIAS, 3);
    try (WeightReader reader =
        WeightReader.open(file, "net", List.of(depthwise, pointwise, kernel, bias))) {
      assertThat(reader.read(depthwise)).containsExactly(1, 4, 2, 5, 3, 6);
      assertThat(reader.read(pointwise)).containsExactly(1, 3, 5, 2, 4, 6);
      assertThat(reader.read(kernel)).containsExactly(1, 4, 2, 5, 3, 6);
      assertThat(reader.read(bias)).containsExactly(7, 8, 9);
    }
  }

  /** From 2x2 pixels of 4 channels to 8 values: the kernel is (16, 8) in the file. */
  @Test
  void readsADenseLayerAsAConvolutionByPosition() throws IOException {
    Path file = resource("vgg16-small-with-top.h5");
    BackboneSpec network = BackboneInfo.VGG16.classifying();
    List<Weight> wanted = new ArrayList<>();
    for (Weight each : network.weights()) {
      wanted.add(narrow(each));
    }
    Weight kernel =
        wanted.stream().filter(each -> each.layer().equals("fc1")).findFirst().orElseThrow();
    assertThat(kernel.shape()).containsExactly(8L, 4L, 2L, 2L);
    try (WeightReader reader = WeightReader.open(file, "vgg16", wanted)) {
      Weights whole = reader::read;
      for (int place = 0; place < 4; place++) {
        assertThat(reader.weights().at(kernel, place / 2, place % 2))
            .hasSize(32)
            .containsExactly(whole.at(kernel, place / 2, place % 2));
      }
    }
  }

  /** Returns the same weight in the network of that file. */
  private static Weight narrow(Weight weight) {
    List<Long> shape = new ArrayList<>();
    for (long length : weight.shape()) {
      shape.add(
          switch ((int) length) {
            case 64, 128, 256 -> 2L;
            case 512 -> 4L;
            case 4096 -> 8L;
            case 7 -> 2L;
            default -> length;
          });
    }
    return new Weight(weight.layer(), weight.role(), shape);
  }

  @Test
  void matchesArraysByOrderInsteadOfName() {
    Path file = layers("z", new float[] {1}, "a", new float[] {2});
    Weight a = Weight.of("a", Role.BIAS, 1);
    Weight z = Weight.of("z", Role.BIAS, 1);
    try (WeightReader reader = WeightReader.open(file, "net", List.of(a, z))) {
      assertThat(reader.read(a)).containsExactly(1);
      assertThat(reader.read(z)).containsExactly(2);
    }
  }

  @Test
  void rejectsLayersOfAnotherNetwork() {
    Path file = layers("one", new float[] {1}, "two", new float[] {2});
    Weight x = Weight.of("x", Role.BIAS, 1);
    refused(file, x, Weight.of("y", Role.BIAS, 1), Weight.of("last", Role.BIAS, 1))
        .hasMessageContaining(
            "2 layers have 2 arrays, but net needs 3: there is none for last.bias");
    refused(file, Weight.of("x", Role.DENSE_KERNEL, 1, 1))
        .hasMessage(
            file
                + ": the array w of its layer one has the shape (1), but net's x.weight, (1, 1),"
                + " needs (1, 1) here.");
    // One layer of the network for two of the file, and half a layer of the file.
    refused(file, x, x).hasMessageContaining("do not fit those of net's layer x");
    refused(vgg, Weight.of("conv", Role.KERNEL, 8, 3, 3, 3))
        .hasMessageContaining("layer block1_conv1 do not fit those of net's layer conv");
  }

  @Test
  void namesBothShapesInKerasLayout() {
    refused(vgg, Weight.of("block1_conv1", Role.KERNEL, 64, 3, 3, 3))
        .hasMessage(
            vgg
                + ": the array block1_conv1_W_1:0 of its layer block1_conv1 has the shape"
                + " (3, 3, 3, 8), but net's block1_conv1.weight, (64, 3, 3, 3), needs (3, 3, 3, 64)"
                + " here.");
  }

  @Test
  void rejectsIntegersNanAndInfinity() {
    Weight x = Weight.of("x", Role.BIAS, 2);
    refused(layers("one", new int[] {1, 2}, "two", new int[] {1}), x)
        .hasMessageContaining("has the type int, but weights must be floating-point numbers");
    Path file = layers("one", new float[] {1, Float.NaN}, "two", new float[] {1});
    try (WeightReader reader = WeightReader.open(file, "net", List.of(x))) {
      assertThatThrownBy(() -> reader.read(x))
          .isInstanceOf(GraftException.class)
          .hasMessageContaining("value 1 of x.bias is NaN");
    }
  }

  @Test
  void rejectsOtherHdf5Files() {
    Path file = folder.resolve("other.h5");
    try (WritableHdfFile hdf = HdfFile.write(file)) {
      hdf.putDataset("data", new float[] {1});
    }
    refused(file, CONV).hasMessageContaining("no attribute layer_names");
  }

  @Test
  void reportsATruncatedFile() throws IOException {
    byte[] bytes = Files.readAllBytes(vgg);
    Path cut = Files.write(folder.resolve("cut.h5"), Arrays.copyOf(bytes, 900_000));
    assertThatThrownBy(() -> WeightReader.open(cut, "vgg16", vgg16()))
        .isInstanceOf(GraftException.class)
        .hasMessage(
            cut + ": it should have 957456 bytes, but has 900000: it is truncated; get it again.");
  }

  /** Any bytes give values or a sentence. */
  @Test
  @Timeout(60)
  void survivesDamage() throws IOException {
    byte[] sound = Files.readAllBytes(vgg);
    List<Weight> wanted = vgg16();
    Random random = new Random(20260101);
    int read = 0;
    int refused = 0;
    for (int i = 0; i < 200; i++) {
      byte[] bytes = sound.clone();
      for (int flips = 1 + random.nextInt(20); flips > 0; flips--) {
        // Nearly everything but values is in the first 12 KB.
        int at = random.nextInt(random.nextInt(10) == 0 ? bytes.length : 12 << 10);
        bytes[at] ^= (byte) (1 << random.nextInt(8));
      }
      int length = random.nextInt(10) == 0 ? random.nextInt(bytes.length) : bytes.length;
      Path damaged = folder.resolve("damaged.h5");
      Files.write(damaged, Arrays.copyOf(bytes, length));
      try (WeightReader reader = KerasH5.open(damaged, "vgg16", wanted)) {
        wanted.forEach(reader::read);
        read++;
      } catch (GraftException e) {
        refused++;
        assertThat(e).hasMessageStartingWith(damaged + ": ");
      }
    }
    assertThat(read).isPositive();
    assertThat(refused).isGreaterThan(50);
  }

  private AbstractThrowableAssert<?, ? extends Throwable> refused(Path file, Weight... wanted) {
    return assertThatThrownBy(() -> WeightReader.open(file, "net", List.of(wanted)))
        .isInstanceOf(GraftException.class);
  }

  /** Returns a file of two layers with an array each, called {@code w}. */
  private Path layers(String first, Object firstArray, String second, Object secondArray) {
    Path file = folder.resolve("layers.h5");
    try (WritableHdfFile hdf = HdfFile.write(file)) {
      hdf.putAttribute("layer_names", new String[] {first, second});
      WritableGroup one = hdf.putGroup(first);
      one.putAttribute("weight_names", new String[] {"w"});
      one.putDataset("w", firstArray);
      WritableGroup two = hdf.putGroup(second);
      two.putAttribute("weight_names", new String[] {"w"});
      two.putDataset("w", secondArray);
    }
    return file;
  }

  private Path resource(String name) throws IOException {
    try (InputStream in = KerasH5Test.class.getResourceAsStream("/keras/" + name)) {
      Path file = folder.resolve(name);
      Files.copy(in, file);
      return file;
    }
  }

  /** Returns the weights of VGG16 without its top, with all widths divided by eight. */
  private static List<Weight> vgg16() {
    List<Weight> wanted = new ArrayList<>();
    int[][] widths = {{8, 8}, {16, 16}, {32, 32, 32}, {64, 64, 64}, {64, 64, 64}};
    int in = 3;
    for (int block = 0; block < widths.length; block++) {
      for (int conv = 0; conv < widths[block].length; conv++) {
        int out = widths[block][conv];
        String layer = "block" + (block + 1) + "_conv" + (conv + 1);
        wanted.add(Weight.of(layer, Role.KERNEL, out, in, 3, 3));
        wanted.add(Weight.of(layer, Role.BIAS, out));
        in = out;
      }
    }
    return wanted;
  }
}
