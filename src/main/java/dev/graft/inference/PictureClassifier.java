package dev.graft.inference;

import ai.djl.inference.Predictor;
import ai.djl.modality.Classifications;
import ai.djl.modality.cv.Image;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.Batchifier;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import dev.graft.GraftException;
import dev.graft.picture.Picture;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A model of Graft's that is asked about many pictures: any thread may {@linkplain #prepare
 * prepare} them, one thread has them {@linkplain #probabilities answered} in batches. What is kept
 * of a picture in between is as small as the network's input. The model stays the caller's.
 */
public final class PictureClassifier implements AutoCloseable {
  private final ImageTranslator translator;
  private final Predictor<List<ByteBuffer>, List<float[]>> predictor;

  private PictureClassifier(ZooModel<?, ?> model, ImageTranslator translator) {
    this.translator = translator;
    this.predictor = model.newPredictor(new Batches(translator.inputSize()));
  }

  /**
   * Makes one of a model that Graft loaded.
   *
   * @param model with an {@link ImageTranslator}
   */
  public static PictureClassifier of(ZooModel<Image, Classifications> model) {
    if (model.getTranslator() instanceof ImageTranslator translator) {
      return new PictureClassifier(model, translator);
    }
    throw new IllegalArgumentException("a model that Graft loaded, not " + model.getName());
  }

  /** Side of the network's input, in pixels. */
  public int inputSize() {
    return translator.inputSize();
  }

  /** The classes' names, in the order of the probabilities. */
  public List<String> classes() {
    return translator.classes();
  }

  /**
   * What the network needs of a picture; on any thread.
   *
   * @return {@code (3, side, side)}, a byte each
   */
  public ByteBuffer prepare(Picture picture) {
    return ByteBuffer.wrap(
        translator.preprocessing().framing().planes(picture, translator.inputSize()));
  }

  /**
   * One forward pass over pictures.
   *
   * @param pictures N of them, as prepared
   * @return {@code (N, classes)}; each row adds up to 1
   */
  public List<float[]> probabilities(List<ByteBuffer> pictures) {
    if (pictures.isEmpty()) {
      return List.of();
    }
    try {
      return predictor.predict(pictures);
    } catch (TranslateException e) {
      throw new GraftException("The model can't take these pictures: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    predictor.close();
  }

  /** A batch is one array from the start: stacking pictures in the engine would copy each twice. */
  private record Batches(int side) implements Translator<List<ByteBuffer>, List<float[]>> {
    /** None: what DJL takes for one input is a batch already. */
    @Override
    public Batchifier getBatchifier() {
      return null;
    }

    /** Prepared pictures as {@code (N, 3, side, side)}, R, G, B from 0 to 255, float32. */
    @Override
    public NDList processInput(TranslatorContext context, List<ByteBuffer> pictures) {
      ByteBuffer all = ByteBuffer.allocate(pictures.size() * 3 * side * side);
      pictures.forEach(picture -> all.put(picture.duplicate()));
      Shape shape = new Shape(pictures.size(), 3, side, side);
      try (NDArray bytes = context.getNDManager().create(all.flip(), shape, DataType.UINT8)) {
        return new NDList(bytes.toType(DataType.FLOAT32, true));
      }
    }

    /** Logits {@code (N, classes)} to probabilities. */
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
