package dev.graft.engine;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.graft.GraftException;
import dev.graft.util.Messages;
import dev.graft.util.Names;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A network in ONNX Runtime, on the CPU. Its input is pixels, or the activations at a freeze
 * boundary; its outputs are float32. Passes may run concurrently; each uses one thread per core.
 */
public final class OnnxSession implements AutoCloseable {
  /** ONNX Runtime's name in messages. */
  public static final String NAME = "ONNX Runtime";

  private final OrtSession session;

  /** Must be closed after the session. */
  private final OrtSession.SessionOptions options;

  private final List<String> inputs;
  private final OnnxJavaType type;

  /**
   * Of the first input: of pixels {@code (N, 3, side, side)}; -1 for a dimension of any length, and
   * N is -1 or 1.
   */
  private final long[] shape;

  private OnnxSession(OrtSession session, OrtSession.SessionOptions options, boolean fromPixels)
      throws OrtException {
    this.session = session;
    this.options = options;
    List<NodeInfo> all = List.copyOf(session.getInputInfo().values());
    if ((fromPixels && all.size() != 1) || !(all.get(0).getInfo() instanceof TensorInfo info)) {
      throw new GraftException(
          "A network must have one input, pixels, and this one has " + all.size() + ".");
    }
    inputs = all.stream().map(NodeInfo::getName).toList();
    type = info.type;
    shape = info.getShape();
  }

  /** Returns whether ONNX Runtime is on the class path and loads on this machine. */
  public static boolean isAvailable() {
    return Availability.FAILURE.isEmpty();
  }

  /** Returns why ONNX Runtime does not load on this machine; empty if it does. */
  public static Optional<String> whyMissing() {
    return Availability.FAILURE;
  }

  static String whyMissing(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof ClassNotFoundException) {
        return "its jar is not on the class path";
      }
    }
    Throwable last = failure;
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      last = cause.getMessage() == null ? last : cause;
    }
    return Messages.ofNative(last.getMessage(), failure.getClass().getSimpleName());
  }

  /** Returns ONNX Runtime's version, such as {@code 1.28.0}. */
  public static String version() {
    return environment().getVersion();
  }

  private static OrtEnvironment environment() {
    OnnxLibraries.unpack();
    return OrtEnvironment.getEnvironment();
  }

  /** Computed once: loading takes a few tenths of a second. */
  private static final class Availability {
    static final Optional<String> FAILURE = failure();

    private static Optional<String> failure() {
      try {
        environment();
        return Optional.empty();
      } catch (LinkageError | RuntimeException e) {
        return Optional.of(whyMissing(e)); // missing, for another platform, or no disk space
      }
    }
  }

  /**
   * Opens a network, or the part of one after a freeze boundary.
   *
   * @param model content of an ONNX file
   * @throws GraftException if ONNX Runtime rejects it
   */
  public static OnnxSession open(byte[] model) {
    return open((environment, options) -> environment.createSession(model, options), false);
  }

  /**
   * Opens an ONNX file without reading it into Java's heap. The file may be deleted afterwards.
   *
   * @throws GraftException if ONNX Runtime rejects it, or it has another input besides the pixels
   */
  public static OnnxSession open(Path file) {
    return open(
        (environment, options) -> environment.createSession(file.toString(), options), true);
  }

  private interface Opening {
    OrtSession open(OrtEnvironment environment, OrtSession.SessionOptions options)
        throws OrtException;
  }

  private static OnnxSession open(Opening opening, boolean fromPixels) {
    OrtSession.SessionOptions options = null;
    OrtSession session = null;
    try {
      OrtEnvironment environment = environment();
      options = new OrtSession.SessionOptions();
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
      // Messages it would print are also in exceptions.
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
      // Threads that spin while they wait would slow down the threads that decode images.
      options.addConfigEntry("session.intra_op.allow_spinning", "0");
      session = opening.open(environment, options);
      return new OnnxSession(session, options, fromPixels);
    } catch (OrtException | GraftException e) {
      close(session, options);
      throw e instanceof GraftException known
          ? known
          : new GraftException(
              "ONNX Runtime can't open this network: "
                  + Messages.ofNative(e.getMessage(), "no reason given")
                  + ".",
              e);
    } catch (LinkageError e) {
      throw new GraftException(
          "ONNX Runtime does not load on this machine: " + whyMissing(e) + ".", e);
    }
  }

  private static void close(OrtSession session, OrtSession.SessionOptions options) {
    try {
      if (session != null) {
        session.close();
      }
    } catch (OrtException e) {
      throw new GraftException(
          "ONNX Runtime can't free a network: "
              + Messages.ofNative(e.getMessage(), "no reason given")
              + ".",
          e);
    } finally {
      if (options != null) {
        options.close();
      }
    }
  }

  /**
   * Returns the batch size that computes fastest, measured on two cores.
   *
   * @param side of the input in pixels
   */
  public static int batch(int side) {
    return side <= 48 ? 64 : side <= 128 ? 32 : 4;
  }

  /** Returns the names of the outputs, in the order in which {@link #run} returns them. */
  public List<String> outputs() {
    return List.copyOf(session.getOutputNames());
  }

  /** Returns the metadata of the file. */
  public Map<String, String> metadata() {
    try {
      return session.getMetadata().getCustomMetadata();
    } catch (OrtException e) {
      throw new GraftException("ONNX Runtime can't read a file's metadata.", e);
    }
  }

  /** Returns whether the input is float32 rather than bytes. */
  public boolean takesFloats() {
    return type == OnnxJavaType.FLOAT;
  }

  /** Returns the side of the input in pixels. */
  public int side() {
    return Math.toIntExact(shape[3]);
  }

  /**
   * Runs one forward pass.
   *
   * @param pixels {@code (n, 3, side, side)} from its position on, in the model's type: bytes, or
   *     float32 in the machine's byte order; not copied if the buffer is direct
   * @param n number of images
   * @return each output, {@code (n, …)}, in the order of the model
   * @throws GraftException if ONNX Runtime can't compute it or an output is not float32
   */
  public List<FloatBuffer> run(ByteBuffer pixels, int n) {
    return isImageByImage() && n > 1
        ? oneByOne(pixels, n)
        : run(pixels, n, shape[1], shape[2], shape[3]).stream().map(Value::floats).toList();
  }

  /**
   * Returns whether the model takes one image per pass; {@link #run} then makes a pass for each.
   */
  public boolean isImageByImage() {
    return shape[0] == 1;
  }

  /** Runs a pass for each image, several at once: small passes keep only one core busy. */
  private List<FloatBuffer> oneByOne(ByteBuffer pixels, int n) {
    int bytes = Math.toIntExact(type.size * shape[1] * shape[2] * shape[3]);
    List<List<FloatBuffer>> passes =
        IntStream.range(0, n)
            .parallel()
            .mapToObj(
                i -> {
                  int from = pixels.position() + i * bytes;
                  return run(pixels.slice(from, bytes).order(pixels.order()), 1);
                })
            .toList();
    return IntStream.range(0, passes.get(0).size())
        .mapToObj(
            output -> {
              FloatBuffer all = FloatBuffer.allocate(n * passes.get(0).get(output).remaining());
              passes.forEach(pass -> all.put(pass.get(output)));
              return all.flip();
            })
        .toList();
  }

  /**
   * An input at a freeze boundary, or an output.
   *
   * @param shape batch first
   * @param floats the values in row-major order
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Value(long[] shape, FloatBuffer floats) {}

  /**
   * Runs one forward pass.
   *
   * @param pixels as in {@link #run(ByteBuffer, int)}
   * @param inputShape shape of the input, batch first
   * @return each output in the order of the model
   * @throws GraftException if ONNX Runtime can't compute it or an output is not float32
   */
  public List<Value> run(ByteBuffer pixels, long... inputShape) {
    int bytes = type.size;
    for (long length : inputShape) {
      bytes = Math.toIntExact(bytes * length);
    }
    ByteBuffer batch = pixels.slice(pixels.position(), bytes).order(pixels.order());
    try (OnnxTensor tensor =
        OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), batch, inputShape, type)) {
      return run(Map.of(inputs.get(0), tensor), inputShape[0]);
    } catch (OrtException e) {
      throw failed(inputShape[0], e);
    }
  }

  /**
   * Runs one forward pass from the values at a freeze boundary.
   *
   * @param values the inputs in the order of the model, float32, batch first; not copied if their
   *     buffers are direct
   * @return each output in the order of the model
   * @throws GraftException if ONNX Runtime can't compute it
   */
  public List<Value> run(List<Value> values) {
    long batch = values.get(0).shape()[0];
    Map<String, OnnxTensor> tensors = new LinkedHashMap<>();
    try {
      for (int i = 0; i < inputs.size(); i++) {
        Value value = values.get(i);
        tensors.put(
            inputs.get(i),
            OnnxTensor.createTensor(
                OrtEnvironment.getEnvironment(), value.floats(), value.shape()));
      }
      return run(tensors, batch);
    } catch (OrtException e) {
      throw failed(batch, e);
    } finally {
      tensors.values().forEach(OnnxTensor::close);
    }
  }

  private List<Value> run(Map<String, ? extends OnnxTensorLike> tensors, long batch) {
    try (OrtSession.Result result = session.run(tensors)) {
      List<Value> outputs = new ArrayList<>(result.size());
      for (Map.Entry<String, OnnxValue> output : result) {
        if (!(output.getValue() instanceof OnnxTensor values)
            || values.getInfo().type != OnnxJavaType.FLOAT) {
          throw new GraftException(
              "The output " + output.getKey() + " of a network must be float32 and is not.");
        }
        outputs.add(new Value(values.getInfo().getShape(), values.getFloatBuffer()));
      }
      return outputs;
    } catch (OrtException e) {
      throw failed(batch, e);
    }
  }

  private static GraftException failed(long batch, OrtException e) {
    return new GraftException(
        "ONNX Runtime can't compute a batch of "
            + Names.count(batch, "image")
            + ": "
            + Messages.ofNative(e.getMessage(), "no reason given")
            + ".",
        e);
  }

  @Override
  public void close() {
    close(session, options);
  }
}
