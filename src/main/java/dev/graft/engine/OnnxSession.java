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
import dev.graft.Reason;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A network in ONNX Runtime, on the CPU, from pixels to one or more float32 outputs. One thread at
 * a time asks it; it computes on as many threads as there are cores.
 */
public final class OnnxSession implements AutoCloseable {
  /** What computes, for people. */
  public static final String NAME = "ONNX Runtime";

  private final OrtSession session;
  private final String input;
  private final OnnxJavaType type;

  /** {@code (N, 3, side, side)}; -1 for what may be of any length. */
  private final long[] shape;

  private OnnxSession(OrtSession session) throws OrtException {
    this.session = session;
    List<NodeInfo> inputs = List.copyOf(session.getInputInfo().values());
    if (inputs.size() != 1 || !(inputs.get(0).getInfo() instanceof TensorInfo info)) {
      throw new GraftException("It should have one input, pixels, and has " + inputs.size() + ".");
    }
    input = inputs.get(0).getName();
    type = info.type;
    shape = info.getShape();
  }

  /** Whether ONNX Runtime is on the class path and loads here. */
  public static boolean isThere() {
    return Availability.THERE;
  }

  /** The version of what is there, such as {@code 1.28.0}. */
  public static String version() {
    return environment().getVersion();
  }

  private static OrtEnvironment environment() {
    OnnxLibraries.unpack();
    return OrtEnvironment.getEnvironment();
  }

  /** Asked once: loading it takes a few tenths of a second. */
  private static final class Availability {
    static final boolean THERE = loads();

    private static boolean loads() {
      try {
        return environment() != null;
      } catch (LinkageError | RuntimeException e) {
        return false; // not there, of another platform, or there is no room to unpack it
      }
    }
  }

  /**
   * Opens a model.
   *
   * @param model an ONNX file's bytes, with one input of pixels
   * @throws GraftException if ONNX Runtime does not take it
   */
  public static OnnxSession open(byte[] model) {
    return open((environment, options) -> environment.createSession(model, options));
  }

  /**
   * Likewise, by a file, which may then go; nothing of it is ever in Java's heap.
   *
   * @throws GraftException if ONNX Runtime does not take it
   */
  public static OnnxSession open(Path file) {
    return open((environment, options) -> environment.createSession(file.toString(), options));
  }

  private interface Opening {
    OrtSession by(OrtEnvironment environment, OrtSession.SessionOptions options)
        throws OrtException;
  }

  private static OnnxSession open(Opening opening) {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
      // What it would print comes as an exception, too.
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
      // Threads that spin while they wait take the cores from those that decode pictures.
      options.addConfigEntry("session.intra_op.allow_spinning", "0");
      return new OnnxSession(opening.by(environment(), options));
    } catch (OrtException | LinkageError e) {
      throw new GraftException(
          "ONNX Runtime can't open this network: " + Reason.of(e, "it doesn't load here") + ".", e);
    }
  }

  /**
   * The number of pictures that it computes fastest at a time, as measured on two cores.
   *
   * @param side of the input, in pixels
   */
  public static int batch(int side) {
    return side <= 48 ? 64 : side <= 128 ? 32 : 4;
  }

  /** Names of the outputs, in the order in which {@link #run} gives them. */
  public List<String> outputs() {
    return List.copyOf(session.getOutputNames());
  }

  /** What the file says of itself. */
  public Map<String, String> metadata() {
    try {
      return session.getMetadata().getCustomMetadata();
    } catch (OrtException e) {
      throw new GraftException("ONNX Runtime can't read a file's metadata.", e);
    }
  }

  /** Whether it takes float32, and not bytes. */
  public boolean takesFloats() {
    return type == OnnxJavaType.FLOAT;
  }

  /** The input's shape; -1 for what may be of any length. */
  public long[] shape() {
    return shape.clone();
  }

  /** Side of the input, in pixels. */
  public int side() {
    return Math.toIntExact(shape[3]);
  }

  /**
   * One forward pass.
   *
   * @param pixels {@code (n, 3, side, side)} from its position on, as the model takes them: bytes,
   *     or float32 in the machine's byte order; not copied if it is a direct buffer
   * @param n number of pictures
   * @return each output, {@code (n, values…)}, in the model's order
   */
  public List<FloatBuffer> run(ByteBuffer pixels, int n) {
    return run(pixels, n, shape[1], shape[2], shape[3]).stream().map(Value::floats).toList();
  }

  /** An output: its shape, the batch first, and what is in it. */
  @SuppressWarnings("ArrayRecordComponent") // made once, and compared by nobody
  public record Value(long[] shape, FloatBuffer floats) {}

  /** Likewise, of an input of any shape that the model takes; it begins with the batch. */
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
          throw new GraftException("Its output " + output.getKey() + " is not of float32.");
        }
        outputs.add(new Value(values.getInfo().getShape(), values.getFloatBuffer()));
      }
      return outputs;
    } catch (OrtException e) {
      throw new GraftException(
          "ONNX Runtime can't compute a batch of "
              + (wanted[0] + " pictures: " + Reason.of(e, "it says no more") + "."),
          e);
    }
  }

  @Override
  public void close() {
    try {
      session.close();
    } catch (OrtException e) {
      throw new GraftException("ONNX Runtime can't free a network: " + e.getMessage(), e);
    }
  }
}
