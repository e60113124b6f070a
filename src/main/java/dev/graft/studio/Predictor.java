package dev.graft.studio;

import dev.graft.image.Framing;
import dev.graft.image.HeatMap;
import dev.graft.image.ImageFileReader;
import dev.graft.image.RgbImage;
import dev.graft.inference.GradCam;
import dev.graft.inference.ModelRunner;
import dev.graft.inference.Output;
import dev.graft.inference.TopClass;
import dev.graft.studio.Refusal.Reason;
import dev.graft.web.HeatMapPng;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The current model, for requests from any thread. Requests are answered one after the other,
 * because the network computes only one image at once.
 */
final class Predictor implements AutoCloseable {
  private static final int MAX_MEGAPIXELS = 100;

  private static final String NAME = "The image";

  private ModelRunner model;
  private GradCam gradCam;

  /**
   * The classes of an image.
   *
   * @param predictions the most probable classes, the most probable first
   * @param typicality similarity to the training images, 0 to 1, see {@link
   *     dev.graft.Classification}; empty for a model without it
   */
  record Answer(List<TopClass> predictions, OptionalDouble typicality) {}

  /** Replaces the model by a run's. */
  synchronized void use(Path run) {
    ModelRunner next = ModelRunner.load(run.resolve("model"));
    close();
    model = next;
  }

  /** Returns whether heat maps are available. */
  synchronized boolean hasHeatMaps() {
    return model != null && model.hasGradCam();
  }

  /**
   * Classifies an image.
   *
   * @throws Refusal if nothing has been trained yet
   */
  Answer predict(byte[] image, int top) {
    int side = inputSize();
    RgbImage pixels = read(image, Framing.minSide(side));
    synchronized (this) {
      ModelRunner current = required();
      Output output = current.outputs(List.of(current.prepare(pixels))).get(0);
      return new Answer(current.top(output.probabilities(), top), output.typicality());
    }
  }

  /** Returns a PNG of an image under a heat map of its most probable class. */
  byte[] heatMap(byte[] image) {
    int side = inputSize();
    RgbImage pixels = read(image, Math.max(Framing.minSide(side), HeatMapPng.MIN_SIDE));
    HeatMap map;
    Framing framing;
    synchronized (this) {
      if (!required().hasGradCam()) {
        throw new Refusal(Reason.HEAT_MAPS_MISSING);
      }
      if (gradCam == null) {
        gradCam = model.gradCam();
      }
      ModelRunner.Prepared prepared = model.prepare(pixels);
      float[] row = model.probabilities(List.of(prepared)).get(0);
      map = gradCam.map(prepared, model.top(row, 1).get(0).index());
      framing = model.framing();
    }
    return HeatMapPng.png(pixels, map, framing);
  }

  private synchronized int inputSize() {
    return required().inputSize();
  }

  private ModelRunner required() {
    if (model == null) {
      throw new Refusal(Reason.UNTRAINED);
    }
    return model;
  }

  private static RgbImage read(byte[] image, int minSide) {
    ImageFileReader.Header header = ImageFileReader.header(image, NAME);
    if ((long) header.width() * header.height() > MAX_MEGAPIXELS * 1_000_000L) {
      throw new Refusal(Reason.IMAGE_TOO_LARGE, Integer.toString(MAX_MEGAPIXELS));
    }
    return ImageFileReader.read(image, NAME, minSide);
  }

  @Override
  public synchronized void close() {
    if (gradCam != null) {
      gradCam.close();
      gradCam = null;
    }
    if (model != null) {
      model.close();
      model = null;
    }
  }
}
