package dev.graft.zoo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.graft.GraftException;
import dev.graft.network.Weight;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Weights in <a href="https://huggingface.co/docs/safetensors">safetensors</a>: eight bytes, little
 * endian, that give the length of a JSON header; the header, which maps each tensor's name to
 * {@code dtype}, {@code shape} and {@code data_offsets} (first byte and the byte after the last,
 * counted from the header's end); then the values, little endian and row-major, with neither gap
 * nor overlap.
 *
 * <p>Names are the network's own or, for VGG16, torchvision's. Values are converted to float32 in
 * pieces of 64 KiB, so a read takes no memory beyond its result.
 */
public final class Safetensors extends WeightReader {
  /**
   * torchvision's {@code vgg16().features} counts activations and pools too; these are its
   * convolutions, {@code block1_conv1} to {@code block5_conv3}.
   */
  private static final int[] TORCHVISION_VGG16 = {0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28};

  /** A thousand times what our networks need, and little enough to parse in any heap. */
  private static final int LONGEST_HEADER = 8 << 20; // bytes

  private static final int PIECE = 1 << 16; // bytes; a multiple of every type's size

  private static final ObjectReader JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build()
          .readerFor(JsonNode.class);

  private final Source source;
  private final Convention convention;
  private final Map<Weight, Tensor> tensors;

  private Safetensors(
      String file, Source source, Convention convention, Map<Weight, Tensor> tensors) {
    super(file);
    this.source = source;
    this.convention = convention;
    this.tensors = tensors;
  }

  /** As {@link WeightReader#open}, of a file that is taken for safetensors whatever its name. */
  public static Safetensors open(Path file, String network, List<Weight> wanted) {
    Source source;
    try {
      source = new FileSource(FileChannel.open(file));
    } catch (IOException e) {
      throw failure(file.toString(), "it cannot be read (%s)".formatted(e), e);
    }
    return open(file.toString(), source, network, wanted);
  }

  /**
   * As {@link WeightReader#open}, of what lies in memory, such as a resource of the class path.
   *
   * @param name what messages call it
   * @param bytes the file's content, from position to limit; neither moves
   */
  public static Safetensors of(String name, ByteBuffer bytes, String network, List<Weight> wanted) {
    return open(name, new BufferSource(bytes.slice()), network, wanted);
  }

  private static Safetensors open(String file, Source source, String network, List<Weight> wanted) {
    try {
      Map<String, Tensor> present = header(file, source);
      Map<Weight, String> own = new LinkedHashMap<>();
      wanted.forEach(weight -> own.put(weight, weight.name()));
      Map<Weight, String> torchvision =
          network.equals("vgg16") ? torchvisionNames(wanted) : Map.of();
      boolean theirs = hits(torchvision, present) > hits(own, present);
      Map<Weight, Tensor> tensors = new HashMap<>();
      (theirs ? torchvision : own)
          .forEach(
              (weight, name) -> tensors.put(weight, find(file, network, weight, name, present)));
      return new Safetensors(
          file, source, theirs ? Convention.TORCHVISION : Convention.GRAFT, tensors);
    } catch (IOException e) {
      source.close();
      throw failure(file, "it cannot be read (%s)".formatted(e), e);
    } catch (GraftException e) {
      source.close();
      throw e;
    }
  }

  /** A layer that torchvision's {@code features} does not have keeps its own name. */
  private static Map<Weight, String> torchvisionNames(List<Weight> wanted) {
    List<String> layers = wanted.stream().map(Weight::layer).distinct().toList();
    Map<Weight, String> names = new LinkedHashMap<>();
    for (Weight weight : wanted) {
      int layer = layers.indexOf(weight.layer());
      names.put(
          weight,
          layer < TORCHVISION_VGG16.length
              ? "features."
                  + TORCHVISION_VGG16[layer]
                  + weight.name().substring(weight.layer().length())
              : weight.name());
    }
    return names;
  }

  private static long hits(Map<Weight, String> names, Map<String, Tensor> present) {
    return names.values().stream().filter(present::containsKey).count();
  }

  private static Tensor find(
      String file, String network, Weight weight, String name, Map<String, Tensor> present) {
    Tensor tensor = present.get(name);
    if (tensor == null) {
      throw failure(
          file,
          "there is no tensor %s, which %s needs; the file's %d tensors begin with %s"
              .formatted(
                  name,
                  network,
                  present.size(),
                  present.keySet().stream().limit(4).collect(Collectors.joining(", "))));
    }
    if (!tensor.shape().equals(weight.shape())) {
      throw failure(
          file,
          "the tensor %s has the shape %s, but %s needs %s"
              .formatted(name, shape(tensor.shape()), network, shape(weight.shape())));
    }
    // Only now is the type of interest: a file may hold other tensors of types we can't convert.
    Dtype dtype =
        Dtype.named(tensor.dtype())
            .orElseThrow(
                () ->
                    failure(
                        file,
                        "the tensor %s is of type %s, and only %s can be read"
                            .formatted(name, tensor.dtype(), Arrays.toString(Dtype.values()))));
    long bytes = (long) weight.size() * dtype.bytes;
    if (tensor.end() - tensor.begin() != bytes) {
      throw failure(
          file,
          "the tensor %s takes %d bytes, but its shape %s of %s needs %d: the file is damaged"
              .formatted(name, tensor.end() - tensor.begin(), shape(tensor.shape()), dtype, bytes));
    }
    return tensor;
  }

  /** Every tensor of the file by name, in the order of names. */
  private static Map<String, Tensor> header(String file, Source source) throws IOException {
    long size = source.size();
    if (size < 8) {
      throw failure(file, "%d bytes are too few for a safetensors file".formatted(size));
    }
    long length = source.read(0, 8).getLong();
    if (length < 0 || length > size - 8) {
      throw failure(
          file,
          ("its header should have %s bytes, but the file has %d in all: it is cut short, or no"
                  + " safetensors file")
              .formatted(Long.toUnsignedString(length), size));
    }
    if (length > LONGEST_HEADER) {
      throw failure(
          file,
          "a header of %d bytes is beyond the %d that Graft reads"
              .formatted(length, LONGEST_HEADER));
    }
    // As text: of bytes Jackson would guess the encoding, which is UTF-8 and nothing else.
    String text = new String(source.read(8, (int) length).array(), StandardCharsets.UTF_8);
    JsonNode json;
    try {
      json = JSON.readValue(text);
    } catch (JsonProcessingException e) {
      throw failure(
          file, "its header is not JSON (%s)".formatted(firstLine(e.getOriginalMessage())), e);
    }
    if (json == null || !json.isObject()) {
      throw failure(file, "its header is not a JSON object");
    }
    Map<String, Tensor> tensors = new TreeMap<>();
    long dataStart = 8 + length;
    for (Map.Entry<String, JsonNode> entry : json.properties()) {
      if (!entry.getKey().equals("__metadata__")) {
        tensors.put(entry.getKey(), tensor(file, entry.getKey(), entry.getValue(), dataStart));
      }
    }
    checkPlaces(file, tensors, dataStart, size);
    return tensors;
  }

  private static String firstLine(String message) {
    return message.lines().findFirst().orElse("empty");
  }

  private static Tensor tensor(String file, String name, JsonNode json, long dataStart) {
    Optional<List<Long>> shape = naturals(json.path("shape"));
    List<Long> offsets = naturals(json.path("data_offsets")).orElse(List.of());
    if (!json.path("dtype").isTextual()
        || shape.isEmpty()
        || offsets.size() != 2
        || offsets.get(0) > offsets.get(1)
        || offsets.get(1) > Long.MAX_VALUE - dataStart) {
      throw failure(
          file,
          "the header's entry for %s makes no sense: dtype %s, shape %s, data_offsets %s"
              .formatted(name, json.path("dtype"), json.path("shape"), json.path("data_offsets")));
    }
    return new Tensor(
        name,
        json.path("dtype").textValue(),
        shape.get(),
        dataStart + offsets.get(0),
        dataStart + offsets.get(1));
  }

  /** The numbers of an array of whole numbers that are not negative; nothing of anything else. */
  private static Optional<List<Long>> naturals(JsonNode json) {
    List<Long> numbers = new ArrayList<>();
    for (JsonNode number : json) {
      if (!number.isIntegralNumber() || !number.canConvertToLong() || number.longValue() < 0) {
        return Optional.empty();
      }
      numbers.add(number.longValue());
    }
    return json.isArray() ? Optional.of(numbers) : Optional.empty();
  }

  /** The tensors must cover the bytes after the header, each byte once. */
  private static void checkPlaces(
      String file, Map<String, Tensor> tensors, long dataStart, long size) {
    long end = dataStart;
    for (Tensor tensor :
        tensors.values().stream()
            .sorted(Comparator.comparingLong(Tensor::begin).thenComparingLong(Tensor::end))
            .toList()) {
      if (tensor.begin() != end) {
        throw failure(
            file,
            ("the tensor %s begins at byte %d where the one before it ends at %d: the file is"
                    + " damaged")
                .formatted(tensor.name(), tensor.begin(), end));
      }
      end = tensor.end();
    }
    if (end != size) {
      throw failure(
          file,
          "its tensors end at byte %d, but the file has %d: it is %s"
              .formatted(end, size, end > size ? "cut short, get it again" : "damaged"));
    }
  }

  @Override
  public Convention convention() {
    return convention;
  }

  @Override
  float[] values(Weight weight) {
    Tensor tensor = tensors.get(weight);
    if (tensor == null) {
      throw new IllegalArgumentException(weight.name() + " was not asked for on opening");
    }
    Dtype dtype = Dtype.named(tensor.dtype()).orElseThrow();
    float[] values = new float[weight.size()];
    try {
      for (int at = 0; at < values.length; ) {
        int count = Math.min(PIECE / dtype.bytes, values.length - at);
        ByteBuffer piece =
            source.read(tensor.begin() + (long) at * dtype.bytes, count * dtype.bytes);
        for (int end = at + count; at < end; at++) {
          values[at] = dtype.next(piece);
        }
      }
    } catch (IOException e) {
      throw failure(file(), "the tensor %s cannot be read (%s)".formatted(tensor.name(), e), e);
    }
    return values;
  }

  @Override
  public void close() {
    source.close();
  }

  /**
   * A tensor of the file.
   *
   * @param begin its first byte, counted from the file's start
   * @param end the byte after its last
   */
  private record Tensor(String name, String dtype, List<Long> shape, long begin, long end) {}

  /** The types that can be converted to float32. */
  private enum Dtype {
    F16(2) {
      @Override
      float next(ByteBuffer bytes) {
        return half(bytes.getShort());
      }
    },
    BF16(2) {
      @Override
      float next(ByteBuffer bytes) {
        return Float.intBitsToFloat(bytes.getShort() << 16);
      }
    },
    F32(4) {
      @Override
      float next(ByteBuffer bytes) {
        return bytes.getFloat();
      }
    },
    F64(8) {
      @Override
      float next(ByteBuffer bytes) {
        return (float) bytes.getDouble();
      }
    };

    private final int bytes;

    Dtype(int bytes) {
      this.bytes = bytes;
    }

    static Optional<Dtype> named(String name) {
      return Arrays.stream(values()).filter(dtype -> dtype.name().equals(name)).findFirst();
    }

    abstract float next(ByteBuffer bytes);

    /** IEEE 754 binary16: sign, five bits of exponent (bias 15), ten of fraction. */
    private static float half(short bits) {
      int exponent = (bits >> 10) & 0x1f;
      int fraction = bits & 0x3ff;
      float magnitude =
          switch (exponent) {
            case 0 -> fraction * 0x1p-24f;
            case 0x1f -> fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
            default -> Float.intBitsToFloat(((exponent + 127 - 15) << 23) | (fraction << 13));
          };
      return bits < 0 ? -magnitude : magnitude;
    }
  }

  /** Where the bytes are. */
  private sealed interface Source extends Closeable {
    long size() throws IOException;

    /** A buffer of its own with exactly these bytes, little endian, backed by an array. */
    ByteBuffer read(long offset, int length) throws IOException;

    @Override
    void close();
  }

  /** Read by position instead of mapped: a mapping would keep the file open after closing. */
  private record FileSource(FileChannel channel) implements Source {
    @Override
    public long size() throws IOException {
      return channel.size();
    }

    @Override
    public ByteBuffer read(long offset, int length) throws IOException {
      ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
      while (bytes.hasRemaining()) {
        if (channel.read(bytes, offset + bytes.position()) < 0) {
          throw new EOFException("the file ends before byte " + (offset + length));
        }
      }
      return bytes.flip();
    }

    @Override
    public void close() {
      try {
        channel.close();
      } catch (IOException ignored) {
        // It was only read from: nobody loses anything.
      }
    }
  }

  private record BufferSource(ByteBuffer bytes) implements Source {
    @Override
    public long size() {
      return bytes.limit();
    }

    @Override
    public ByteBuffer read(long offset, int length) {
      return ByteBuffer.allocate(length)
          .order(ByteOrder.LITTLE_ENDIAN)
          .put(bytes.slice(Math.toIntExact(offset), length))
          .flip();
    }

    @Override
    public void close() {}
  }
}
