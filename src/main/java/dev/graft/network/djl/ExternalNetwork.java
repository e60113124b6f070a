package dev.graft.network.djl;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.graft.GraftException;
import dev.graft.engine.OnnxSession;
import dev.graft.engine.TorchFunction;
import dev.graft.network.Adapter;
import dev.graft.network.Graph;
import dev.graft.network.Layer;
import dev.graft.network.Step;
import dev.graft.network.onnx.OnnxFile;
import dev.graft.network.onnx.PixelType;
import dev.graft.network.onnx.Precision;
import dev.graft.util.Messages;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipFile;

/**
 * An external network, opened in the engine of its format: ONNX Runtime for ONNX, PyTorch for
 * TorchScript.
 */
public sealed interface ExternalNetwork extends AutoCloseable {
  /**
   * Computes the features.
   *
   * @param pixels {@code (N, 3, H, W)}, float32; its manager owns the features
   * @return {@code (N, F)}, float32
   */
  NDArray features(NDArray pixels);

  @Override
  void close();

  /**
   * Opens a file.
   *
   * @param side of the input in pixels
   * @param device that holds the arrays
   * @throws GraftException if the file can't be read or is not a network of this format
   */
  static ExternalNetwork open(Layer.External layer, int side, Device device) {
    return switch (layer.format()) {
      case ONNX -> new Onnx(onnx(layer, side));
      case TORCHSCRIPT -> new TorchScript(torchScript(layer.file(), device), layer.adapter());
    };
  }

  private static OnnxSession onnx(Layer.External layer, int side) {
    Graph graph = new Graph(new Shape(3, side, side), List.of(Step.of(layer, Graph.PIXELS)));
    return OnnxFile.of(
            graph,
            List.of(layer.name()),
            weight -> new float[0],
            new Precision.Float32(),
            PixelType.FLOAT32,
            Map.of())
        .open();
  }

  /**
   * Checks that the engine for a format is available.
   *
   * @throws GraftException if it is not
   */
  static void check(Layer.External.Format format) {
    if (format == Layer.External.Format.TORCHSCRIPT && !TorchFunction.isPossible()) {
      throw new GraftException(
          "TorchScript needs DJL's PyTorch engine; build Graft with the profile pytorch.");
    }
  }

  /**
   * Opens a TorchScript file.
   *
   * @throws GraftException if it can't be read, or is not TorchScript
   */
  static Model torchScript(Path file, Device device) {
    check(Layer.External.Format.TORCHSCRIPT);
    try {
      return loaded(file, device);
    } catch (IOException | MalformedModelException e) {
      throw new GraftException(
          "it can't be opened: " + Messages.of(e, "it is not a TorchScript network") + ".", e);
    } catch (EngineException e) {
      throw new GraftException("it is not a TorchScript network" + hint(file, e) + ".", e);
    }
  }

  /**
   * Loads from a stream, because from a path DJL would also apply files beside it, such as the
   * {@code serving.properties} of a saved model.
   */
  private static Model loaded(Path file, Device device)
      throws IOException, MalformedModelException {
    try (InputStream bytes = new BufferedInputStream(Files.newInputStream(file))) {
      return TorchFunction.load("external", bytes, device);
    }
  }

  /** Returns why PyTorch refuses a file, and what to do. */
  private static String hint(Path file, EngineException e) {
    try (ZipFile archive = new ZipFile(file.toFile())) {
      if (archive.size() == 0) {
        return ": the archive is empty";
      }
      boolean pickled = archive.stream().anyMatch(each -> each.getName().endsWith("data.pkl"));
      boolean code = archive.stream().anyMatch(each -> each.getName().contains("/code/"));
      if (archive.stream().anyMatch(each -> each.getName().contains("/models/"))) {
        return ", but an exported program (torch.export); save it with torch.jit.trace(model,"
            + " example).save(FILE), or export it to ONNX";
      } else if (pickled && !code) {
        return ", but weights or an object that torch.save wrote, without its code; in Python, build"
            + " the network, load them, and save torch.jit.trace(model, example).save(FILE)";
      }
      return ": " + reason(e);
    } catch (IOException notAnArchive) {
      return ": it is not an archive, or it is truncated";
    }
  }

  /** Returns the last line of the traceback, which names the error. */
  static String reason(EngineException e) {
    String last = String.valueOf(e.getMessage()).strip().lines().reduce("", (a, line) -> line);
    return Messages.ofNative(
        last.replaceFirst("^\\[enforce fail at [^]]*\\]\\s*\\.?\\s*", ""), "no reason given");
  }

  /**
   * Computes all outputs of a TorchScript network; tuples, lists and dictionaries are flattened.
   *
   * @param type that the network takes
   * @throws GraftException if PyTorch can't
   */
  static NDList outputs(Model model, NDArray pixels, Adapter.Type type) {
    NDArray input = type == Adapter.Type.FLOAT16 ? pixels.toType(DataType.FLOAT16, false) : pixels;
    try {
      return model
          .getBlock()
          .forward(new ParameterStore(pixels.getManager(), false), new NDList(input), false);
    } catch (EngineException e) {
      throw new GraftException(
          "PyTorch can't compute it for an input of " + pixels.getShape() + ": " + reason(e) + ".",
          e);
    }
  }

  /** An external network in ONNX Runtime, on the CPU. */
  record Onnx(OnnxSession session) implements ExternalNetwork {
    @Override
    public NDArray features(NDArray pixels) {
      ByteBuffer source = pixels.toByteBuffer();
      ByteBuffer values = ByteBuffer.allocateDirect(source.remaining()).order(source.order());
      values.put(source).flip();
      int n = Math.toIntExact(pixels.getShape().get(0));
      var features = session.run(values, n).get(0);
      Shape shape = new Shape(n, features.remaining() / n);
      return pixels.getManager().create(features, shape, DataType.FLOAT32);
    }

    @Override
    public void close() {
      session.close();
    }
  }

  /** An external network in PyTorch, which must also be the engine that trains. */
  record TorchScript(Model model, Adapter adapter) implements ExternalNetwork {
    @Override
    public NDArray features(NDArray pixels) {
      if (!adapter.imageByImage()) {
        return batch(pixels);
      }
      NDList rows = new NDList();
      for (long i = 0; i < pixels.getShape().get(0); i++) {
        rows.add(batch(pixels.get(i + ":" + (i + 1))));
      }
      return NDArrays.concat(rows);
    }

    private NDArray batch(NDArray pixels) {
      NDList outputs = outputs(model, pixels, adapter.input().type());
      NDList features = new NDList();
      for (Adapter.Output each : adapter.outputs()) {
        pool(each, outputs.get(each.index()).toType(DataType.FLOAT32, false), features);
      }
      return features.size() == 1 ? features.head() : NDArrays.concat(features, 1);
    }

    private static void pool(Adapter.Output from, NDArray output, NDList features) {
      long n = output.getShape().get(0);
      switch (from.pooling()) {
        case NONE -> features.add(output);
        case MAP ->
            features.add(output.reshape(n, output.getShape().get(1), -1).mean(new int[] {2}));
        case MAP_CHANNELS_LAST ->
            features.add(output.reshape(n, -1, output.getShape().get(3)).mean(new int[] {1}));
        case CLS -> features.add(output.get(":, 0"));
        case MEAN -> features.add(patchMean(from, output));
        case CLS_MEAN -> {
          features.add(output.get(":, 0"));
          features.add(patchMean(from, output));
        }
      }
    }

    private static NDArray patchMean(Adapter.Output from, NDArray tokens) {
      return tokens.get(":, " + from.prefix() + ":").mean(new int[] {1});
    }

    @Override
    public void close() {
      model.close();
    }
  }
}
