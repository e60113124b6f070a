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
import java.util.OptionalInt;

/**
 * An external network, opened in the engine of its format: ONNX Runtime for ONNX, PyTorch for
 * TorchScript.
 */
public sealed interface ExternalNetwork extends AutoCloseable {
  /** DJL's name of the only engine for TorchScript. */
  String PYTORCH = "PyTorch";

  /**
   * Computes all outputs, in the order of the file.
   *
   * @param pixels {@code (N, 3, H, W)}, float32; its manager owns the outputs
   */
  NDList outputs(NDArray pixels);

  /** Returns the metadata of the file; empty for TorchScript. */
  default Map<String, String> metadata() {
    return Map.of();
  }

  /** Returns the side of the square input in pixels; empty if the file does not fix it. */
  default OptionalInt inputSize() {
    return OptionalInt.empty();
  }

  @Override
  void close();

  /**
   * Opens a file.
   *
   * @param device that holds the arrays
   * @throws GraftException if the file can't be read or is not a network of this format
   */
  static ExternalNetwork open(Path file, Format format, Device device) {
    try {
      return switch (format) {
        case ONNX -> new Onnx(OnnxSession.open(file));
        case TORCHSCRIPT -> new TorchScript(torchScript(file, device));
      };
    } catch (IOException | MalformedModelException e) {
      throw new GraftException(
          "it can't be opened: " + Messages.of(e, "it is not a TorchScript network") + ".", e);
    } catch (EngineException e) {
      throw new GraftException("it is not a TorchScript network.", e);
    }
  }

  /**
   * Checks that the engine for a format is available.
   *
   * @throws GraftException if it is not
   */
  static void check(Format format) {
    if (format == Format.TORCHSCRIPT && !PYTORCH.equals(Engine.getDefaultEngineName())) {
      throw new GraftException(
          "TorchScript needs DJL's PyTorch engine; build Graft with the profile pytorch.");
    }
  }

  /**
   * Loads from a stream, because from a path DJL would also apply files beside it, such as the
   * {@code serving.properties} of a saved model.
   */
  private static Model torchScript(Path file, Device device)
      throws IOException, MalformedModelException {
    check(Format.TORCHSCRIPT);
    Model model = Model.newInstance("external", device, PYTORCH);
    try (InputStream bytes = new BufferedInputStream(Files.newInputStream(file))) {
      model.load(bytes);
      return model;
    } catch (IOException | MalformedModelException | RuntimeException e) {
      model.close();
      throw e;
    } finally {
      if (model.getModelPath() != null) {
        Files.deleteIfExists(model.getModelPath()); // DJL creates an empty folder for a stream
      }
    }
  }

  /** An external network in ONNX Runtime, on the CPU. */
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
            "its input must be (N, 3, H, W), float32, for any N, and is "
                + new Shape(shape)
                + (session.takesFloats() ? "." : " of another type."));
      }
    }

    @Override
    public NDList outputs(NDArray pixels) {
      ByteBuffer source = pixels.toByteBuffer();
      ByteBuffer values = ByteBuffer.allocateDirect(source.remaining()).order(source.order());
      values.put(source).flip();
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
    public OptionalInt inputSize() {
      int side = Math.toIntExact(session.shape()[3]);
      return side > 0 ? OptionalInt.of(side) : OptionalInt.empty();
    }

    @Override
    public void close() {
      session.close();
    }
  }

  /** An external network in PyTorch, which must also be the engine that trains. */
  record TorchScript(Model model) implements ExternalNetwork {
    @Override
    public NDList outputs(NDArray pixels) {
      try {
        return model
            .getBlock()
            .forward(new ParameterStore(pixels.getManager(), false), new NDList(pixels), false);
      } catch (EngineException e) {
        throw new GraftException(
            "PyTorch can't compute it for an input of "
                + pixels.getShape()
                + ": "
                + reason(e)
                + ".",
            e);
      }
    }

    /** Returns the last line of the traceback, which names the error. */
    private static String reason(EngineException e) {
      String last = String.valueOf(e.getMessage()).strip().lines().reduce("", (a, line) -> line);
      return Messages.ofNative(last, "no reason given");
    }

    @Override
    public void close() {
      model.close();
    }
  }
}
