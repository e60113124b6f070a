package dev.graft.report;

import dev.graft.evaluation.Evaluation;
import dev.graft.evaluation.Prediction;
import dev.graft.image.RgbImage;
import dev.graft.report.Drawing.Photo;
import java.awt.Rectangle;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * An image and its prediction.
 *
 * @param place where the image is, for people
 * @param truth the name of its class
 * @param predicted the name of the predicted class
 * @param probability of the predicted class, 0 to 1
 */
public record Example(
    RgbImage image, String place, String truth, String predicted, float probability) {
  /** The longer side of an image on a page, in pixels. */
  public static final int MAX_SIDE = 128;

  /** The images of an evaluation, by their index in it. */
  public record Images(IntFunction<Optional<RgbImage>> images, IntFunction<String> places) {}

  /** Returns the first {@code max} of some predictions, without those whose image is missing. */
  public static List<Example> of(
      Evaluation evaluation, List<Prediction> predictions, int max, Images images) {
    List<String> names = evaluation.classNames();
    return predictions.stream()
        .limit(max)
        .flatMap(
            each ->
                images
                    .images()
                    .apply(each.index())
                    .map(
                        image ->
                            new Example(
                                image,
                                images.places().apply(each.index()),
                                names.get(each.truth()),
                                names.get(each.predicted()),
                                each.probability()))
                    .stream())
        .toList();
  }

  /**
   * Returns the image, its longer side at most {@link #MAX_SIDE} pixels, as a {@code data:} URL.
   */
  public String url() {
    return Charts.dataUrl(Photo.in(new Rectangle(MAX_SIDE, MAX_SIDE), image).raster());
  }
}
