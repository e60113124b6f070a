package dev.graft.zoo;

import dev.graft.GraftException;
import dev.graft.network.Weight;
import dev.graft.zoo.SafetensorsHeader.Tensor;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Reads <a href="https://huggingface.co/docs/safetensors">safetensors</a> files: the length of a
 * JSON header in eight bytes, little endian; the header, which maps each tensor's name to {@code
 * dtype}, {@code shape} and {@code data_offsets} (begin and end in bytes, relative to the header's
 * end); then the values, little endian and row-major, without gaps or overlaps.
 *
 * <p>The names are Graft's or torchvision's. Values are converted to float32 in chunks of 64 KiB,
 * so that reading takes no memory beyond its result.
 */
public final class Safetensors extends WeightReader {
  /** A thousand times the header of VGG16, and small enough to parse in any heap. */
  private static final int MAX_HEADER_BYTES = 8 << 20;

  private static final int CHUNK_BYTES = 1 << 16; // a multiple of the size of every type

  private final Source source;
  private final Convention convention;
  private final Map<Weight, Tensor> tensors = new HashMap<>();

  private Safetensors(String file, Source source, String network, List<Weight> wanted)
      throws IOException {
    super(file);
    this.source = source;
    Map<String, Tensor> present = header(file, source);
    Map<Weight, String> own = new LinkedHashMap<>();
    wanted.forEach(weight -> own.put(weight, weight.name()));
    Map<Weight, String> torchvision = Torchvision.names(network, wanted);
    boolean isTorchvision = matches(torchvision, present) > matches(own, present);
    convention = isTorchvision ? Convention.TORCHVISION : Convention.GRAFT;
    (isTorchvision ? torchvision : own)
        .forEach((weight, name) -> tensors.put(weight, find(network, weight, name, present)));
  }

  /** Opens a safetensors file with any suffix; see {@link WeightReader#open}. */
  public static Safetensors open(Path file, String network, List<Weight> wanted) {
    try {
      return open(file.toString(), Source.of(FileChannel.open(file)), network, wanted);
    } catch (IOException e) {
      throw unreadable(file.toString(), "it", e);
    }
  }

  /**
   * Opens a safetensors file in memory, such as a class path resource; see {@link
   * WeightReader#open}.
   *
   * @param name of the file, for messages
   * @param bytes the file's content, from position to limit; both stay unchanged
   */
  public static Safetensors of(String name, ByteBuffer bytes, String network, List<Weight> wanted) {
    return open(name, Source.of(bytes.slice()), network, wanted);
  }

  private static Safetensors open(String file, Source source, String network, List<Weight> wanted) {
    try {
      return new Safetensors(file, source, network, wanted);
    } catch (IOException e) {
      source.close();
      throw unreadable(file, "it", e);
    } catch (GraftException e) {
      source.close();
      throw e;
    }
  }

  private static long matches(Map<Weight, String> names, Map<String, Tensor> present) {
    return names.values().stream().filter(present::containsKey).count();
  }

  private static Map<String, Tensor> header(String file, Source source) throws IOException {
    if (source.size() < 8) {
      throw GraftException.of(
          "%s: not a safetensors file: it has only %s bytes.", file, source.size());
    }
    long length = source.read(0, 8).getLong();
    if (length < 0 || length > source.size() - 8) {
      throw GraftException.of(
          "%s: its header should have %s bytes, but the whole file has %s: it is truncated, or not"
              + " a safetensors file.",
          file, Long.toUnsignedString(length), source.size());
    }
    if (length > MAX_HEADER_BYTES) {
      throw GraftException.of(
          "%s: its header has %s bytes, but Graft reads at most %s.",
          file, length, MAX_HEADER_BYTES);
    }
    // As text, because Jackson would guess the encoding of bytes, which is always UTF-8.
    String text = new String(source.read(8, (int) length).array(), StandardCharsets.UTF_8);
    return SafetensorsHeader.tensors(file, text, 8 + length, source.size());
  }

  private Tensor find(String network, Weight weight, String name, Map<String, Tensor> present) {
    Tensor tensor = present.get(name);
    if (tensor == null) {
      String first = present.keySet().stream().limit(4).collect(Collectors.joining(", "));
      throw GraftException.of(
          "%s: it has no tensor %s, which %s needs; the file's %s tensors begin with %s.",
          file(), name, network, present.size(), first);
    }
    if (!tensor.shape().equals(weight.shape())) {
      throw GraftException.of(
          "%s: the tensor %s has the shape %s, but %s needs %s.",
          file(), name, shape(tensor.shape()), network, shape(weight.shape()));
    }
    // Checked only for wanted tensors: other ones may have types that cannot be converted.
    long bytes = (long) weight.size() * type(tensor).bytes;
    long length = tensor.end() - tensor.begin();
    if (length != bytes) {
      throw GraftException.of(
          "%s: the tensor %s takes %s bytes, but its shape %s of %s needs %s: the file is damaged.",
          file(), name, length, shape(tensor.shape()), tensor.type(), bytes);
    }
    return tensor;
  }

  private FloatType type(Tensor tensor) {
    return FloatType.named(tensor.type())
        .orElseThrow(
            () ->
                GraftException.of(
                    "%s: the tensor %s has the type %s, but Graft only reads %s.",
                    file(), tensor.name(), tensor.type(), Arrays.toString(FloatType.values())));
  }

  @Override
  public Convention convention() {
    return convention;
  }

  @Override
  float[] values(Weight weight) {
    Tensor tensor = tensors.get(weight);
    if (tensor == null) {
      throw new IllegalArgumentException("the reader was not opened for " + weight.name());
    }
    FloatType type = type(tensor);
    float[] values = new float[weight.size()];
    try {
      for (int at = 0; at < values.length; ) {
        int count = Math.min(CHUNK_BYTES / type.bytes, values.length - at);
        ByteBuffer chunk = source.read(tensor.begin() + (long) at * type.bytes, count * type.bytes);
        for (int end = at + count; at < end; at++) {
          values[at] = type.next(chunk);
        }
      }
    } catch (IOException e) {
      throw unreadable(file(), "the tensor " + tensor.name(), e);
    }
    return values;
  }

  @Override
  public void close() {
    source.close();
  }

  /** Fills a buffer with the bytes from an offset on. */
  private interface Bytes {
    void read(long offset, ByteBuffer into) throws IOException;
  }

  /** A file or a buffer. */
  private record Source(long size, Bytes bytes, Closeable channel) implements Closeable {
    /** Reads by position; a mapping would keep the file open after closing. */
    static Source of(FileChannel channel) throws IOException {
      return new Source(
          channel.size(),
          (offset, into) -> {
            while (into.hasRemaining()) {
              if (channel.read(into, offset + into.position()) < 0) {
                throw new EOFException("the file ends before byte " + (offset + into.limit()));
              }
            }
          },
          channel);
    }

    static Source of(ByteBuffer memory) {
      return new Source(
          memory.limit(),
          (offset, into) -> into.put(memory.slice(Math.toIntExact(offset), into.remaining())),
          () -> {});
    }

    /** Returns a copy of the bytes, little endian, backed by an array. */
    ByteBuffer read(long offset, int length) throws IOException {
      ByteBuffer copy = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
      bytes.read(offset, copy);
      return copy.flip();
    }

    @Override
    public void close() {
      try {
        channel.close();
      } catch (IOException ignored) {
        // Harmless: the file was only read.
      }
    }
  }
}
