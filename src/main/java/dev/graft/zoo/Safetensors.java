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
 * Weights in <a href="https://huggingface.co/docs/safetensors">safetensors</a>: eight bytes, little
 * endian, that give the length of a JSON header; the header, which maps each tensor's name to
 * {@code dtype}, {@code shape} and {@code data_offsets} (first byte and the byte after the last,
 * counted from the header's end); then the values, little endian and row-major, with neither gap
 * nor overlap.
 *
 * <p>Names are the network's own or torchvision's. Values are converted to float32 in pieces of 64
 * KiB, so a read takes no memory beyond its result.
 */
public final class Safetensors extends WeightReader {
  /** A thousand times what our networks need, and little enough to parse in any heap. */
  private static final int LONGEST_HEADER = 8 << 20; // bytes

  private static final int PIECE = 1 << 16; // bytes; a multiple of every type's size

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
    boolean theirs = hits(torchvision, present) > hits(own, present);
    convention = theirs ? Convention.TORCHVISION : Convention.GRAFT;
    (theirs ? torchvision : own)
        .forEach((weight, name) -> tensors.put(weight, find(network, weight, name, present)));
  }

  /** As {@link WeightReader#open}, of a file that is taken for safetensors whatever its name. */
  public static Safetensors open(Path file, String network, List<Weight> wanted) {
    try {
      return open(file.toString(), Source.of(FileChannel.open(file)), network, wanted);
    } catch (IOException e) {
      throw unreadable(file.toString(), "it", e);
    }
  }

  /**
   * As {@link WeightReader#open}, of what lies in memory, such as a resource of the class path.
   *
   * @param name what messages call it
   * @param bytes the file's content, from position to limit; neither moves
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

  private static long hits(Map<Weight, String> names, Map<String, Tensor> present) {
    return names.values().stream().filter(present::containsKey).count();
  }

  private static Map<String, Tensor> header(String file, Source source) throws IOException {
    if (source.size() < 8) {
      throw GraftException.of(
          "%s: %s bytes are too few for a safetensors file.", file, source.size());
    }
    long length = source.read(0, 8).getLong();
    if (length < 0 || length > source.size() - 8) {
      throw GraftException.of(
          "%s: its header should have %s bytes, but the file has %s in all: it is cut short, or no"
              + " safetensors file.",
          file, Long.toUnsignedString(length), source.size());
    }
    if (length > LONGEST_HEADER) {
      throw GraftException.of(
          "%s: a header of %s bytes is beyond the %s that Graft reads.",
          file, length, LONGEST_HEADER);
    }
    // As text: of bytes Jackson would guess the encoding, which is UTF-8 and nothing else.
    String text = new String(source.read(8, (int) length).array(), StandardCharsets.UTF_8);
    return SafetensorsHeader.tensors(file, text, 8 + length, source.size());
  }

  private Tensor find(String network, Weight weight, String name, Map<String, Tensor> present) {
    Tensor tensor = present.get(name);
    if (tensor == null) {
      String first = present.keySet().stream().limit(4).collect(Collectors.joining(", "));
      throw GraftException.of(
          "%s: there is no tensor %s, which %s needs; the file's %s tensors begin with %s.",
          file(), name, network, present.size(), first);
    }
    if (!tensor.shape().equals(weight.shape())) {
      throw GraftException.of(
          "%s: the tensor %s has the shape %s, but %s needs %s.",
          file(), name, shape(tensor.shape()), network, shape(weight.shape()));
    }
    // Only now is the type of interest: a file may hold other tensors of types we can't convert.
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
                    "%s: the tensor %s is of type %s, and only %s can be read.",
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
      throw new IllegalArgumentException(weight.name() + " was not asked for on opening");
    }
    FloatType type = type(tensor);
    float[] values = new float[weight.size()];
    try {
      for (int at = 0; at < values.length; ) {
        int count = Math.min(PIECE / type.bytes, values.length - at);
        ByteBuffer piece = source.read(tensor.begin() + (long) at * type.bytes, count * type.bytes);
        for (int end = at + count; at < end; at++) {
          values[at] = type.next(piece);
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

  /** Fills a buffer with the bytes from a place on. */
  private interface Bytes {
    void read(long offset, ByteBuffer into) throws IOException;
  }

  /** Where the bytes are. */
  private record Source(long size, Bytes bytes, Closeable channel) implements Closeable {
    /** Read by position instead of mapped: a mapping would keep the file open after closing. */
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

    /** A buffer of its own with exactly these bytes, little endian, backed by an array. */
    ByteBuffer read(long offset, int length) throws IOException {
      ByteBuffer piece = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
      bytes.read(offset, piece);
      return piece.flip();
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
}
