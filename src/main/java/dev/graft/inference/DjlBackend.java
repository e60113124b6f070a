package dev.graft.inference;

import ai.djl.Model;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.translate.Batchifier;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import dev.graft.GraftException;
import dev.graft.inference.ModelRunner.Prepared;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Inference in DJL, by an engine that can also train. */
final class DjlBackend implements InferenceBackend {
  private final Model model;
  private final Predictor<List<Prepared>, List<float[]>> predictor;

  /**
   * @param model computes logits {@code (N, classes)} from pixels {@code (N, 3, side, side)}, R, G,
   *     B from 0 to 255, float32; closed with this backend
   * @param side of the input in pixels
   */
  DjlBackend(Model model, int side) {
    this.model = model;
    predictor = model.newPredictor(new Batches(side));
  }

  /**
   * Returns 16: on two cores smaller batches are slower per image, and 32 images of
   * EfficientNet-Lite0 are not faster and take 500 MB more.
   */
  @Override
  public int batch() {
    return 16;
  }

  @Override
  public List<float[]> probabilities(List<Prepared> images) {
    try {
      return predictor.predict(images);
    } catch (TranslateException e) {
      if (e.getCause() instanceof GraftException reason) {
        throw reason;
      }
      throw new GraftException("The model can't compute these images: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    predictor.close();
    model.close();
  }

  /** Creates one array per batch, because stacking images in the engine would copy each twice. */
  private record Batches(int side) implements Translator<List<Prepared>, List<float[]>> {
    /** Returns {@code null}, because each input is already a batch. */
    @Override
    public Batchifier getBatchifier() {
      return null;
    }

    /** Converts images to {@code (N, 3, side, side)}, R, G, B from 0 to 255, float32. */
    @Override
    public NDList processInput(TranslatorContext context, List<Prepared> images) {
      ByteBuffer all = ByteBuffer.allocate(images.size() * 3 * side * side);
      images.forEach(image -> all.put(image.pixels().duplicate()));
      Shape shape = new Shape(images.size(), 3, side, side);
      try (NDArray bytes = context.getNDManager().create(all.flip(), shape, DataType.UINT8)) {
        return new NDList(bytes.toType(DataType.FLOAT32, true));
      }
    }

    /** Converts logits {@code (N, classes)} to probabilities by softmax. */
    @Override
    public List<float[]> processOutput(TranslatorContext context, NDList logits) {
      NDArray rows = logits.singletonOrThrow().softmax(1);
      int classes = Math.toIntExact(rows.getShape().get(1));
      float[] all = rows.toFloatArray();
      return IntStream.range(0, all.length / classes)
          .mapToObj(row -> Arrays.copyOfRange(all, row * classes, (row + 1) * classes))
          .toList();
    }
  }
}
