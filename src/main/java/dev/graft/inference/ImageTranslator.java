package dev.graft.inference;

import ai.djl.modality.Classifications;
import ai.djl.modality.cv.Image;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.translate.Batchifier;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import dev.graft.network.Preprocessing;
import java.util.List;

/**
 * A picture to a model's input and its logits to probabilities: what makes a model of Graft's one
 * that plain DJL can ask.
 */
public final class ImageTranslator implements Translator<Image, Classifications> {
  private final Preprocessing preprocessing;
  private final int side;
  private final List<String> classes;

  public ImageTranslator(Preprocessing preprocessing, int side, List<String> classes) {
    this.preprocessing = preprocessing;
    this.side = side;
    this.classes = List.copyOf(classes);
  }

  Preprocessing preprocessing() {
    return preprocessing;
  }

  /** Side of the network's input, in pixels. */
  int inputSize() {
    return side;
  }

  /** The classes' names, in the order of the logits. */
  List<String> classes() {
    return classes;
  }

  @Override
  public Batchifier getBatchifier() {
    return Batchifier.STACK;
  }

  /** The picture as {@code (3, side, side)}, R, G, B from 0 to 255, float32. */
  @Override
  public NDList processInput(TranslatorContext context, Image image) {
    NDArray picture = image.toNDArray(context.getNDManager(), Image.Flag.COLOR);
    return new NDList(PictureBlock.pixels(picture, preprocessing.framing(), side));
  }

  /** Logits {@code (classes)} to probabilities. */
  @Override
  public Classifications processOutput(TranslatorContext context, NDList logits) {
    return new Classifications(classes, logits.singletonOrThrow().softmax(0));
  }
}
