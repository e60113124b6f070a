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
import dev.graft.network.Typicality;
import dev.graft.network.djl.TypicalityArrays;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Inference in DJL, by an engine that can also train. */
final class DjlBackend implements InferenceBackend {
  private final Model model;
  private final Predictor<List<Prepared>, List<Output>> predictor;
  private final Optional<Typicality> typicality;

  /**
   * @param model computes logits {@code (N, classes)} from pixels {@code (N, 3, side, side)}, R, G,
   *     B from 0 to 255, float32; closed with this backend
   * @param side of the input in pixels
   * @param typicality computes typicality; only with an {@link ImageBlock}
   */
  DjlBackend(Model model, int side, Optional<Typicality> typicality) {
    this.model = model;
    this.typicality = typicality;
    if (typicality.isPresent()) {
      model.setBlock(((ImageBlock) model.getBlock()).withFeatures());
    }
    predictor = model.newPredictor(new Batches(side, typicality));
  }

  @Override
  public boolean hasTypicality() {
    return typicality.isPresent();
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
  public List<Output> outputs(List<Prepared> images) {
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
  private record Batches(int side, Optional<Typicality> typicality)
      implements Translator<List<Prepared>, List<Output>> {
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

    /**
     * Converts logits {@code (N, classes)} to probabilities by softmax, and features {@code (N,
     * F)}, if there are any, to typicality.
     */
    @Override
    public List<Output> processOutput(TranslatorContext context, NDList found) {
      NDArray rows = found.get(0).softmax(1);
      int classes = Math.toIntExact(rows.getShape().get(1));
      float[] all = rows.toFloatArray();
      Optional<float[]> shares = typicality.map(known -> TypicalityArrays.of(known, found.get(1)));
      return IntStream.range(0, all.length / classes)
          .mapToObj(
              row -> {
                float[] probabilities = Arrays.copyOfRange(all, row * classes, (row + 1) * classes);
                return shares
                    .map(each -> Output.of(probabilities, each[row]))
                    .orElseGet(() -> Output.of(probabilities));
              })
          .toList();
    }
  }
}
