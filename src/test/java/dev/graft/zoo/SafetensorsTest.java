package dev.graft.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.GraftException;
import dev.graft.network.Weight;
import dev.graft.network.Weight.Role;
import dev.graft.zoo.WeightReader.Convention;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsTest {
  private static final Weight A = Weight.of("a", Role.BIAS, 2);
  private static final Weight B = Weight.of("b", Role.KERNEL, 1, 2, 1, 1);

  /** A valid header: {@code a.bias} = (1, -2) and {@code b.weight} = (0.5, 3), both float32. */
  private static final String HEADER =
      """
      {"__metadata__":{"format":"graft"},
       "a.bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},
       "b.weight":{"dtype":"F32","shape":[1,2,1,1],"data_offsets":[8,16]}}""";

  private static final byte[] DATA = floats(1, -2, 0.5f, 3);

  @TempDir Path folder;

  @Test
  void readsGraftsNamesFromFileAndMemory() throws IOException {
    byte[] bytes = file(HEADER, DATA);
    Path file = Files.write(folder.resolve("a.safetensors"), bytes);
    ByteBuffer buffer = ByteBuffer.allocate(bytes.length + 7).position(7).put(bytes).position(7);
    try (WeightReader fromFile = WeightReader.open(file, "net", List.of(A, B));
        WeightReader fromMemory = Safetensors.of("memory", buffer, "net", List.of(A, B))) {
      for (WeightReader reader : List.of(fromFile, fromMemory)) {
        assertThat(reader.convention()).isEqualTo(Convention.GRAFT);
        assertThat(reader.read(B)).containsExactly(0.5f, 3);
        assertThat(reader.read(A)).containsExactly(1, -2);
      }
    }
    assertThat(buffer.position()).isEqualTo(7);
  }

  @Test
  void convertsEveryType() {
    ByteBuffer data = ByteBuffer.allocate(16 + 8 + 8).order(ByteOrder.LITTLE_ENDIAN);
    // float16: 1, -2.5, the largest, the smallest normal and subnormal, -0, 1/3 rounded, -1/2
    for (int half : new int[] {0x3c00, 0xc100, 0x7bff, 0x0400, 0x0001, 0x8000, 0x3555, 0xb800}) {
      data.putShort((short) half);
    }
    // bfloat16: 1, -2, 3.140625, the smallest normal
    for (int brain : new int[] {0x3f80, 0xc000, 0x4049, 0x0080}) {
      data.putShort((short) brain);
    }
    data.putDouble(0.1);
    byte[] bytes =
        file(
            """
            {"h.bias":{"dtype":"F16","shape":[8],"data_offsets":[0,16]},
             "b.bias":{"dtype":"BF16","shape":[4],"data_offsets":[16,24]},
             "d.bias":{"dtype":"F64","shape":[1],"data_offsets":[24,32]}}""",
            data.array());
    Weight half = Weight.of("h", Role.BIAS, 8);
    Weight brain = Weight.of("b", Role.BIAS, 4);
    Weight twice = Weight.of("d", Role.BIAS, 1);
    try (WeightReader reader = memory(bytes, half, brain, twice)) {
      assertThat(reader.read(half))
          .containsExactly(1, -2.5f, 65504, 0x1p-14f, 0x1p-24f, -0.0f, 0.33325195f, -0.5f);
      assertThat(reader.read(brain)).containsExactly(1, -2, 3.140625f, 0x1p-126f);
      assertThat(reader.read(twice)).containsExactly(0.1f);
    }
  }

  @Test
  void headerInAnotherEncodingIsRejectedWithAPlainMessage() {
    // Three zero bytes first are UTF-32 to Jackson, if it is given bytes.
    byte[] bytes = file("\0\0\0{" + "a".repeat(60), new byte[0]);
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> memory(bytes, A))
        .withMessageContaining("its header is not JSON")
        .withMessageNotContaining("java.");
  }

  @Test
  void readsATensorLargerThanAChunk() {
    float[] values = new float[50_000]; // 200,000 bytes: three pieces and a bit
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    Weight weight = Weight.of("long", Role.BIAS, values.length);
    String header =
        "{\"long.bias\":{\"dtype\":\"F32\",\"shape\":[50000],\"data_offsets\":[0,200000]}}";
    try (WeightReader reader = memory(file(header, floats(values)), weight)) {
      assertThat(reader.read(weight)).isEqualTo(values);
    }
  }

  @Test
  void readsTorchvisionsNamesOfVgg16Only() {
    byte[] bytes =
        file(
            """
            {"classifier.0.weight":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},
             "features.0.weight":{"dtype":"F32","shape":[1,1,1,1],"data_offsets":[8,12]},
             "features.0.bias":{"dtype":"F32","shape":[1],"data_offsets":[12,16]},
             "features.2.weight":{"dtype":"F32","shape":[1,1,1,1],"data_offsets":[16,20]},
             "features.2.bias":{"dtype":"F32","shape":[1],"data_offsets":[20,24]},
             "features.5.weight":{"dtype":"F32","shape":[1,1,1,1],"data_offsets":[24,28]},
             "features.5.bias":{"dtype":"F32","shape":[1],"data_offsets":[28,32]}}""",
            floats(0, 0, 1, 2, 3, 4, 5, 6));
    List<Weight> wanted = new ArrayList<>();
    for (String layer : List.of("block1_conv1", "block1_conv2", "block2_conv1")) {
      wanted.add(Weight.of(layer, Role.KERNEL, 1, 1, 1, 1));
      wanted.add(Weight.of(layer, Role.BIAS, 1));
    }
    try (WeightReader reader = Safetensors.of("f", ByteBuffer.wrap(bytes), "vgg16", wanted)) {
      assertThat(reader.convention()).isEqualTo(Convention.TORCHVISION);
      assertThat(wanted.stream().map(weight -> reader.read(weight)[0]))
          .containsExactly(1f, 2f, 3f, 4f, 5f, 6f);
    }
    assertThatThrownBy(() -> Safetensors.of("f", ByteBuffer.wrap(bytes), "xception", wanted))
        .hasMessageContaining("it has no tensor block1_conv1.weight, which xception needs")
        .hasMessageContaining("features.0.bias");
  }

  @Test
  void namesFileTensorAndBothShapes() {
    refused(HEADER, DATA, Weight.of("a", Role.BIAS, 3))
        .hasMessage("f: the tensor a.bias has the shape (2), but net needs (3).");
  }

  @Test
  void namesAMissingTensorAndSomeExistingOnes() {
    refused(HEADER, DATA, Weight.of("c", Role.BIAS, 3))
        .hasMessage(
            "f: it has no tensor c.bias, which net needs; the file's 2 tensors begin with a.bias,"
                + " b.weight.");
  }

  @Test
  void rejectsUnknownTypesOfWantedTensorsOnly() {
    String header = HEADER.replaceFirst("F32", "F8_E4M3");
    try (WeightReader reader = memory(file(header, DATA), B)) {
      assertThat(reader.read(B)).containsExactly(0.5f, 3);
    }
    refused(header, DATA, A)
        .hasMessage(
            "f: the tensor a.bias has the type F8_E4M3, but Graft only reads [F16, BF16, F32, F64].");
  }

  @Test
  void rejectsOffsetsThatContradictTypeAndShape() {
    refused(HEADER.replaceFirst("F32", "F16"), DATA, A)
        .hasMessageContaining("takes 8 bytes, but its shape (2) of F16 needs 4");
  }

  @ParameterizedTest
  @CsvSource({
    "'[8,16]', '[4,16]', overlapping",
    "'[8,16]', '[12,16]', a gap",
    "'[0,8]', '[1,8]', a gap at the start",
    "'[8,16]', '[0,8]', one place for two",
    "'[8,16]', '[8,24]', beyond the end",
    "'[8,16]', '[8,12]', bytes left over",
    "'[8,16]', '[16,8]', backwards",
    "'[8,16]', '[8,9223372036854775807]', an overflow",
    "'[8,16]', '[8,1e400]', no integer",
    "'[8,16]', '[8,99999999999999999999]', no long",
    "'[8,16]', '[-8,16]', negative",
    "'[8,16]', '[8]', one offset",
    "'[8,16]', '\"8\"', no array",
    "'[1,2,1,1]', '[-1,2,1,1]', a negative shape",
    "'\"F32\",\"shape\":[2]', '7,\"shape\":[2]', a type that is no text",
  })
  void rejectsAnInvalidHeader(String sound, String damaged, String what) {
    assertThat(HEADER).as(what).contains(sound);
    refused(HEADER.replace(sound, damaged), DATA, A);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "7",
        "null",
        "{\"a.bias\":7}",
        "{\"a.bias\":",
        "{} {}",
        "no JSON",
        "{\"a.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
            + "\"a.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]}}"
      })
  void refusesWhatIsNoHeader(String header) {
    refused(header, DATA, A);
  }

  @Test
  void rejectsDeepNesting() {
    refused("{\"a\":" + "[".repeat(1_000_000), DATA, A).hasMessageContaining("is not JSON");
  }

  @ParameterizedTest
  @CsvSource({
    "'{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}', a tensor",
    "'\"F32\"', a type",
    "'[2]', a shape",
    "'[0,8]', a place",
    "'0', a byte",
  })
  void refusesANull(String sound, String what) {
    String header = HEADER.replaceFirst(Pattern.quote(sound), "null");
    assertThat(header).as(what).isNotEqualTo(HEADER);

    refused(header, DATA, A).hasMessageContaining("the header's entry for a.bias is invalid");
  }

  @Test
  void quotesFileContentSafely() {
    String name = "\\u001b[31m" + "x".repeat(40_000);
    refused("{\"" + name + "\":7}", DATA, A)
        .hasMessageContaining("entry for ?[31mxxx")
        .extracting(e -> e.getMessage().length())
        .asInstanceOf(InstanceOfAssertFactories.INTEGER)
        .isLessThan(2_000);
  }

  @Test
  void rejectsAHeaderLengthBeyondTheFile() {
    for (long length : new long[] {1000, Integer.MAX_VALUE, Long.MAX_VALUE, -1, Long.MIN_VALUE}) {
      byte[] bytes = file(HEADER, DATA);
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
      assertThatExceptionOfType(GraftException.class)
          .isThrownBy(() -> memory(bytes, A))
          .withMessageContaining(
              "its header should have " + Long.toUnsignedString(length) + " bytes");
    }
  }

  @Test
  void rejectsNanAndInfinity() {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      try (WeightReader reader = memory(file(HEADER, floats(1, bad, 0, 0)), A)) {
        assertThatThrownBy(() -> reader.read(A))
            .isInstanceOf(GraftException.class)
            .hasMessageContaining("f: value 1 of a.bias is " + bad);
      }
    }
  }

  @Test
  void reportsATruncatedFile() {
    byte[] bytes = file(HEADER, DATA);
    ByteBuffer cut = ByteBuffer.wrap(bytes, 0, bytes.length - 5);
    assertThatThrownBy(() -> Safetensors.of("f", cut, "net", List.of(A, B)))
        .isInstanceOf(GraftException.class)
        .hasMessageContaining("truncated")
        .hasMessageContaining("but the file has " + (bytes.length - 5));
  }

  @Test
  void recognizesFilesOfOtherFormats() throws IOException {
    assertThatThrownBy(() -> WeightReader.open(folder.resolve("none.h5"), "net", List.of(A)))
        .hasMessageContaining("the weight file does not exist");
    assertThatThrownBy(() -> WeightReader.open(folder, "net", List.of(A)))
        .hasMessageContaining("it is a folder");
    Path zip = Files.writeString(folder.resolve("model.keras"), "PK\3\4 and so on");
    assertThatThrownBy(() -> WeightReader.open(zip, "net", List.of(A)))
        .isInstanceOf(GraftException.class)
        .hasMessageContaining("neither a safetensors file nor a Keras HDF5 file")
        .hasMessageContaining("ZIP");
    Path page = Files.writeString(folder.resolve("model.h5"), "<html>Not found</html>");
    assertThatThrownBy(() -> WeightReader.open(page, "net", List.of(A)))
        .isInstanceOf(GraftException.class)
        .hasMessageContaining("not an HDF5 file");
    for (String suffix : List.of("bin", "h5", "safetensors")) {
      Path empty = Files.createFile(folder.resolve("empty." + suffix));
      assertThatThrownBy(() -> WeightReader.open(empty, "net", List.of(A)))
          .isInstanceOf(GraftException.class);
    }
  }

  /** Any bytes give values or a sentence. */
  @Test
  @Timeout(20)
  void survivesDamage() throws IOException {
    byte[] sound = file(HEADER, DATA);
    Random random = new Random(20260101);
    int read = 0;
    int refused = 0;
    for (int i = 0; i < 400; i++) {
      byte[] bytes = sound.clone();
      for (int flips = random.nextInt(4); flips >= 0; flips--) {
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      }
      int length = random.nextInt(4) == 0 ? random.nextInt(bytes.length) : bytes.length;
      ByteBuffer damaged = ByteBuffer.wrap(bytes, 0, length);
      Path file = folder.resolve("damaged.safetensors");
      Files.write(file, Arrays.copyOf(bytes, length));
      try (WeightReader reader = Safetensors.of("f", damaged, "net", List.of(A, B))) {
        reader.read(A);
        reader.read(B);
        read++;
      } catch (GraftException e) {
        refused++;
        assertThat(e).hasMessageStartingWith("f: ");
        assertThatExceptionOfType(GraftException.class)
            .isThrownBy(
                () -> {
                  try (WeightReader reader = WeightReader.open(file, "net", List.of(A, B))) {
                    reader.read(A);
                    reader.read(B);
                  }
                });
      }
    }
    assertThat(read).isPositive();
    assertThat(refused).isGreaterThan(100);
  }

  private static AbstractThrowableAssert<?, ? extends Throwable> refused(
      String header, byte[] data, Weight... wanted) {
    return assertThatThrownBy(() -> memory(file(header, data), wanted))
        .isInstanceOf(GraftException.class);
  }

  private static WeightReader memory(byte[] bytes, Weight... wanted) {
    return Safetensors.of("f", ByteBuffer.wrap(bytes), "net", List.of(wanted));
  }

  private static byte[] file(String header, byte[] data) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + json.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .put(data)
        .array();
  }

  private static byte[] floats(float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putFloat(value);
    }
    return bytes.array();
  }
}
