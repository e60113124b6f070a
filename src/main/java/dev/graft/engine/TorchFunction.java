package dev.graft.engine;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDList;
import ai.djl.training.ParameterStore;
import dev.graft.util.Resource;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A function in TorchScript, for operations of PyTorch that DJL does not have. Its source is the
 * class {@code Function} of a resource, in the form in which TorchScript archives contain it.
 */
public final class TorchFunction implements AutoCloseable {
  private static final String ENGINE = "PyTorch"; // DJL's name of the only engine for TorchScript

  /**
   * Python's pickle, protocol 2, of an object of the class {@code __torch__.Function} whose only
   * attribute is {@code training = False}.
   */
  private static final String OBJECT =
      "\u0080\u0002c__torch__\nFunction\nq\0)\u0081}(X\b\0\0\0trainingq\u0001\u0089ub.";

  /** The pickle of an empty tuple. */
  private static final String NO_CONSTANTS = "\u0080\u0002).";

  private final Model model;

  private TorchFunction(Model model) {
    this.model = model;
  }

  /** Returns whether the engine that trains reads TorchScript. */
  public static boolean isPossible() {
    return ENGINE.equals(Engine.getDefaultEngineName());
  }

  /**
   * Opens a function.
   *
   * @param owner class beside whose resources the source is
   * @param source name of the resource
   * @param device that computes
   */
  public static TorchFunction open(Class<?> owner, String source, Device device) {
    try {
      return new TorchFunction(
          load(source, new ByteArrayInputStream(archive(owner, source)), device));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (MalformedModelException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Loads a TorchScript archive.
   *
   * @param device of the arrays, also of those that were saved on another one
   */
  public static Model load(String name, InputStream archive, Device device)
      throws IOException, MalformedModelException {
    Model model = Model.newInstance(name, device, ENGINE);
    try {
      model.load(archive, Map.of("mapLocation", "true"));
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

  /** Returns a TorchScript archive: a zip file with the source and an object. */
  private static byte[] archive(Class<?> owner, String source) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      put(zip, "data.pkl", OBJECT.getBytes(StandardCharsets.ISO_8859_1));
      put(zip, "constants.pkl", NO_CONSTANTS.getBytes(StandardCharsets.ISO_8859_1));
      put(zip, "code/__torch__.py", Resource.bytes(owner, source));
      put(zip, "version", "3\n".getBytes(StandardCharsets.ISO_8859_1));
    }
    return bytes.toByteArray();
  }

  private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
    zip.putNextEntry(new ZipEntry("function/" + name));
    zip.write(content);
    zip.closeEntry();
  }

  /**
   * Calls the function.
   *
   * @param differentiable whether gradients pass through it; otherwise it may change its arguments
   * @return the result, owned by the manager of the first argument
   */
  public NDList of(NDList arguments, boolean differentiable) {
    ParameterStore none = new ParameterStore(arguments.head().getManager(), false);
    return model.getBlock().forward(none, arguments, differentiable);
  }

  @Override
  public void close() {
    model.close();
  }
}
