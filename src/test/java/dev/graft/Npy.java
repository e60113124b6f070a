package dev.graft;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An array in NumPy's file format, in which reference outputs are stored.
 *
 * @param shape as in NumPy
 * @param values row-major; bytes as 0 to 255
 */
@SuppressWarnings("ArrayRecordComponent") // never compared as a whole
public record Npy(long[] shape, float[] values) {
  private static final Pattern HEADER =
      Pattern.compile(
          "\\{'descr': '(<f4|\\|u1)', 'fortran_order': False, 'shape': \\(([0-9, ]*)\\), \\}\\s*");

  /** Reads a resource below {@code /reference}. */
  public static Npy resource(String name) {
    try (InputStream stream = Npy.class.getResourceAsStream("/reference/" + name)) {
      if (stream == null) {
        throw new IllegalArgumentException("no resource /reference/" + name);
      }
      return of(stream.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Npy of(byte[] file) {
    ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).position(8);
    byte[] header = new byte[Short.toUnsignedInt(bytes.getShort())];
    bytes.get(header);
    String text = new String(header, StandardCharsets.US_ASCII);
    Matcher matcher = HEADER.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("a header that this reader does not know: " + text);
    }
    long[] shape =
        Arrays.stream(matcher.group(2).split("[, ]+")).mapToLong(Long::parseLong).toArray();
    float[] values = new float[Math.toIntExact(Arrays.stream(shape).reduce(1, (a, b) -> a * b))];
    boolean floats = matcher.group(1).equals("<f4");
    for (int i = 0; i < values.length; i++) {
      values[i] = floats ? bytes.getFloat() : Byte.toUnsignedInt(bytes.get());
    }
    return new Npy(shape, values);
  }

  /** {@code (N, H, W, C)} to {@code (N, C, H, W)}, from Keras's layout to Graft's. */
  public Npy channelsFirst() {
    int channels = Math.toIntExact(shape[3]);
    int pixels = Math.toIntExact(shape[1] * shape[2]);
    float[] moved = new float[values.length];
    for (int n = 0; n < shape[0]; n++) {
      for (int p = 0; p < pixels; p++) {
        for (int c = 0; c < channels; c++) {
          moved[(n * channels + c) * pixels + p] = values[(n * pixels + p) * channels + c];
        }
      }
    }
    return new Npy(new long[] {shape[0], shape[3], shape[1], shape[2]}, moved);
  }

  /** Returns {@code max |a - b| / max |b|} for others a and these b; infinity if a value is NaN. */
  public double distance(float[] others) {
    if (others.length != values.length) {
      throw new IllegalArgumentException(others.length + " values instead of " + values.length);
    }
    double difference = 0;
    double greatest = 0;
    for (int i = 0; i < values.length; i++) {
      double gap = Math.abs((double) others[i] - values[i]);
      difference = Math.max(difference, Double.isNaN(gap) ? Double.POSITIVE_INFINITY : gap);
      greatest = Math.max(greatest, Math.abs(values[i]));
    }
    return difference / greatest;
  }
}
