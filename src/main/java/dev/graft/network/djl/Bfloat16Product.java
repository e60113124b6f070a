package dev.graft.network.djl;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.ParameterStore;
import dev.graft.engine.Bfloat16;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Products of float32 matrices that are rounded to bfloat16 and multiplied there. DJL has no cast
 * to bfloat16, so a TorchScript function casts; its source is {@code bfloat16.py} in the resources.
 * Gradients pass through it, rounded in the same way.
 */
public final class Bfloat16Product implements MatrixProduct {
  /**
   * Python's pickle, protocol 2, of an object of the class {@code __torch__.Product} whose only
   * attribute is {@code training = False}.
   */
  private static final String OBJECT =
      "\u0080\u0002c__torch__\nProduct\nq\0)\u0081}(X\b\0\0\0trainingq\u0001\u0089ub.";

  /** The pickle of an empty tuple. */
  private static final String NO_CONSTANTS = "\u0080\u0002).";

  private final Model model;

  private Bfloat16Product(Model model) {
    this.model = model;
  }

  /**
   * Opens the function in PyTorch.
   *
   * @param device that computes
   */
  public static Bfloat16Product open(Device device) {
    Model model = Model.newInstance("bfloat16", device, Bfloat16.ENGINE);
    try {
      model.load(new ByteArrayInputStream(archive()));
      if (model.getModelPath() != null) {
        Files.deleteIfExists(model.getModelPath()); // DJL creates an empty folder for a stream
      }
      return new Bfloat16Product(model);
    } catch (IOException e) {
      model.close();
      throw new UncheckedIOException(e);
    } catch (MalformedModelException e) {
      model.close();
      throw new IllegalStateException(e);
    }
  }

  /** Returns the function as a TorchScript archive: a zip file with the source and an object. */
  private static byte[] archive() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (InputStream source = Bfloat16Product.class.getResourceAsStream("bfloat16.py");
        ZipOutputStream zip = new ZipOutputStream(bytes)) {
      put(zip, "data.pkl", OBJECT.getBytes(StandardCharsets.ISO_8859_1));
      put(zip, "constants.pkl", NO_CONSTANTS.getBytes(StandardCharsets.ISO_8859_1));
      put(zip, "code/__torch__.py", source.readAllBytes());
      put(zip, "version", "3\n".getBytes(StandardCharsets.ISO_8859_1));
    }
    return bytes.toByteArray();
  }

  private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
    zip.putNextEntry(new ZipEntry("product/" + name));
    zip.write(content);
    zip.closeEntry();
  }

  @Override
  public NDArray of(NDArray a, NDArray b) {
    ParameterStore none = new ParameterStore(a.getManager(), false);
    return model.getBlock().forward(none, new NDList(a, b), true).singletonOrThrow();
  }

  @Override
  public void close() {
    model.close();
  }
}
