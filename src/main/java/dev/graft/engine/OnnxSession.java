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
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A network in ONNX Runtime, on the CPU, from pixels to one or more float32 outputs. Not for
 * concurrent use; each call computes on as many threads as there are cores.
 */
public final class OnnxSession implements AutoCloseable {
  /** ONNX Runtime's name in messages. */
  public static final String NAME = "ONNX Runtime";

  private final OrtSession session;

  /** Must live as long as the session. */
  private final OrtSession.SessionOptions options;

  private final String input;
  private final OnnxJavaType type;

  /** {@code (N, 3, side, side)}; -1 for a dimension of any length. */
  private final long[] shape;

  private OnnxSession(OrtSession session, OrtSession.SessionOptions options) throws OrtException {
    this.session = session;
    this.options = options;
    List<NodeInfo> inputs = List.copyOf(session.getInputInfo().values());
    if (inputs.size() != 1 || !(inputs.get(0).getInfo() instanceof TensorInfo info)) {
      throw new GraftException("It should have one input, pixels, and has " + inputs.size() + ".");
    }
    input = inputs.get(0).getName();
    type = info.type;
    shape = info.getShape();
  }

  /**
   * Keeps ONNX Runtime's native libraries unpacked between starts, and tells ONNX Runtime so by a
   * system property: for programs to call before they use a session, not for libraries.
   */
  public static void shareLibraries() {
    OnnxLibraries.share();
  }

  /** Whether ONNX Runtime is on the class path and loads here. */
  public static boolean isThere() {
    return Availability.FAILURE.isEmpty();
  }

  /** Why ONNX Runtime does not load here; empty if it does. */
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

  /** Why its libraries are unpacked at every start; empty if they are not, or by choice. */
  public static Optional<String> whyNotShared() {
    return OnnxLibraries.failure();
  }

  /** ONNX Runtime's version, such as {@code 1.28.0}. */
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
        return Optional.of(
            whyMissing(e)); // not there, for another platform, or no space to unpack it
      }
    }
  }

  /**
   * Opens a model.
   *
   * @param model an ONNX file's bytes, with one input of pixels
   * @throws GraftException if ONNX Runtime rejects it
   */
  public static OnnxSession open(byte[] model) {
    return open((environment, options) -> environment.createSession(model, options));
  }

  /**
   * Opens a model's file without reading it into Java's heap. The file may be deleted afterwards.
   *
   * @throws GraftException if ONNX Runtime rejects it
   */
  public static OnnxSession open(Path file) {
    return open((environment, options) -> environment.createSession(file.toString(), options));
  }

  private interface Opening {
    OrtSession open(OrtEnvironment environment, OrtSession.SessionOptions options)
        throws OrtException;
  }

  private static OnnxSession open(Opening opening) {
    OrtSession.SessionOptions options = null;
    OrtSession session = null;
    try {
      OrtEnvironment environment = environment();
      options = new OrtSession.SessionOptions();
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
      // What it would print also comes as an exception.
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
      // Threads that spin while they wait take the cores from those that decode images.
      options.addConfigEntry("session.intra_op.allow_spinning", "0");
      session = opening.open(environment, options);
      return new OnnxSession(session, options);
    } catch (OrtException | GraftException e) {
      close(session, options);
      throw e instanceof GraftException known
          ? known
          : new GraftException(
              "ONNX Runtime can't open this network: "
                  + Messages.ofNative(e.getMessage(), "it does not say why")
                  + ".",
              e);
    } catch (LinkageError e) {
      throw new GraftException("ONNX Runtime does not load here: " + whyMissing(e) + ".", e);
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
              + Messages.ofNative(e.getMessage(), "it does not say why")
              + ".",
          e);
    } finally {
      if (options != null) {
        options.close();
      }
    }
  }

  /**
   * The batch size that computes fastest, as measured on two cores.
   *
   * @param side of the input, in pixels
   */
  public static int batch(int side) {
    return side <= 48 ? 64 : side <= 128 ? 32 : 4;
  }

  /** Names of the outputs, in the order in which {@link #run} returns them. */
  public List<String> outputs() {
    return List.copyOf(session.getOutputNames());
  }

  /** The file's metadata. */
  public Map<String, String> metadata() {
    try {
      return session.getMetadata().getCustomMetadata();
    } catch (OrtException e) {
      throw new GraftException("ONNX Runtime can't read a file's metadata.", e);
    }
  }

  /** Whether the input is float32 rather than bytes. */
  public boolean takesFloats() {
    return type == OnnxJavaType.FLOAT;
  }

  /** The input's shape; -1 for a dimension of any length. */
  public long[] shape() {
    return shape.clone();
  }

  /** Side of the input, in pixels. */
  public int side() {
    return Math.toIntExact(shape[3]);
  }

  /**
   * Runs one forward pass.
   *
   * @param pixels {@code (n, 3, side, side)} from its position on, in the model's type: bytes, or
   *     float32 in the machine's byte order; not copied if the buffer is direct
   * @param n number of images
   * @return each output, {@code (n, values…)}, in the model's order
   */
  public List<FloatBuffer> run(ByteBuffer pixels, int n) {
    return run(pixels, n, shape[1], shape[2], shape[3]).stream().map(Value::floats).toList();
  }

  /** An output: its shape, batch first, and its values. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Value(long[] shape, FloatBuffer floats) {}

  /** Runs one forward pass on an input of any shape that the model takes, batch first. */
  public List<Value> run(ByteBuffer pixels, long... wanted) {
    int bytes = type.size;
    for (long length : wanted) {
      bytes = Math.toIntExact(bytes * length);
    }
    ByteBuffer batch = pixels.slice(pixels.position(), bytes).order(pixels.order());
    try (OnnxTensor tensor =
            OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), batch, wanted, type);
        OrtSession.Result result = session.run(Map.<String, OnnxTensorLike>of(input, tensor))) {
      List<Value> outputs = new ArrayList<>(result.size());
      for (Map.Entry<String, OnnxValue> output : result) {
        if (!(output.getValue() instanceof OnnxTensor values)
            || values.getInfo().type != OnnxJavaType.FLOAT) {
          throw new GraftException("Its output " + output.getKey() + " is not float32.");
        }
        outputs.add(new Value(values.getInfo().getShape(), values.getFloatBuffer()));
      }
      return outputs;
    } catch (OrtException e) {
      throw new GraftException(
          "ONNX Runtime can't compute a batch of "
              + wanted[0]
              + " images: "
              + Messages.ofNative(e.getMessage(), "it does not say why")
              + ".",
          e);
    }
  }

  @Override
  public void close() {
    close(session, options);
  }
}
