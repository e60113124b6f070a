package dev.graft.network.djl;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.graft.GraftException;
import dev.graft.engine.OnnxSession;
import dev.graft.network.Layer.External.Format;
import dev.graft.util.Messages;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** A network of somebody else's, opened: from an array to arrays, computed by what can. */
public sealed interface ExternalNetwork extends AutoCloseable {
  /** What DJL calls the only engine for TorchScript. */
  String PYTORCH = "PyTorch";

  /**
   * All outputs, in the file's order, in the input's manager.
   *
   * @param pixels {@code (N, 3, H, W)}, float32
   */
  NDList outputs(NDArray pixels);

  /** What the file says of itself. */
  default Map<String, String> metadata() {
    return Map.of();
  }

  /** Side of the square input in pixels; -1 where the file doesn't say, or any will do. */
  default int side() {
    return -1;
  }

  @Override
  void close();

  /**
   * Opens a file.
   *
   * @param device on which the arrays will be
   * @throws GraftException if it is no such network
   */
  static ExternalNetwork open(Path file, Format format, Device device) {
    try {
      return switch (format) {
        case ONNX -> new Onnx(OnnxSession.open(file));
        case TORCHSCRIPT -> new TorchScript(torchScript(file, device));
      };
    } catch (IOException | MalformedModelException e) {
      throw new GraftException(
          "it can't be opened: " + Messages.of(e, "it is no network in TorchScript") + ".", e);
    } catch (EngineException e) {
      throw new GraftException("it is no network in TorchScript.", e);
    }
  }

  /**
   * Checks that such files can be opened here.
   *
   * @throws GraftException if another engine would have to be here
   */
  static void check(Format format) {
    if (format == Format.TORCHSCRIPT && !PYTORCH.equals(Engine.getDefaultEngineName())) {
      throw new GraftException("TorchScript is computed by PyTorch, whose engine is not here.");
    }
  }

  /**
   * By a stream: through a path DJL would also believe what lies beside the file, such as the
   * {@code serving.properties} of a saved model.
   */
  private static Model torchScript(Path file, Device device)
      throws IOException, MalformedModelException {
    check(Format.TORCHSCRIPT);
    Model model = Model.newInstance("foreign", device, PYTORCH);
    try (InputStream bytes = new BufferedInputStream(Files.newInputStream(file))) {
      model.load(bytes);
      return model;
    } catch (IOException | MalformedModelException | RuntimeException e) {
      model.close();
      throw e;
    } finally {
      if (model.getModelPath() != null) {
        Files.deleteIfExists(model.getModelPath()); // an empty folder that DJL makes for a stream
      }
    }
  }

  /** In ONNX Runtime, on the CPU. */
  record Onnx(OnnxSession session) implements ExternalNetwork {
    public Onnx {
      long[] shape = session.shape();
      if (!session.takesFloats()
          || shape.length != 4
          || shape[0] > 0
          || (shape[1] != 3 && shape[1] > 0)
          || shape[2] != shape[3]) {
        session.close();
        throw new GraftException(
            "it should take (N, 3, H, W), float32, for any N, but takes "
                + new Shape(shape)
                + (session.takesFloats() ? "." : " of another type."));
      }
    }

    @Override
    public NDList outputs(NDArray pixels) {
      ByteBuffer given = pixels.toByteBuffer();
      ByteBuffer values = ByteBuffer.allocateDirect(given.remaining()).order(given.order());
      values.put(given).flip();
      NDList outputs = new NDList();
      for (OnnxSession.Value each : session.run(values, pixels.getShape().getShape())) {
        outputs.add(
            pixels.getManager().create(each.floats(), new Shape(each.shape()), DataType.FLOAT32));
      }
      return outputs;
    }

    @Override
    public Map<String, String> metadata() {
      return session.metadata();
    }

    @Override
    public int side() {
      return Math.toIntExact(session.shape()[3]);
    }

    @Override
    public void close() {
      session.close();
    }
  }

  /** In PyTorch, which must also be what trains. */
  record TorchScript(Model model) implements ExternalNetwork {
    @Override
    public NDList outputs(NDArray pixels) {
      try {
        return model
            .getBlock()
            .forward(new ParameterStore(pixels.getManager(), false), new NDList(pixels), false);
      } catch (EngineException e) {
        throw new GraftException(
            "PyTorch can't compute " + pixels.getShape() + " by it: " + reason(e) + ".", e);
      }
    }

    /** The last line of a traceback says what is wrong. */
    private static String reason(EngineException e) {
      String last = String.valueOf(e.getMessage()).strip().lines().reduce("", (a, line) -> line);
      return Messages.ofNative(last, "it does not say why");
    }

    @Override
    public void close() {
      model.close();
    }
  }
}
