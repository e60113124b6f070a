package dev.graft;

import java.util.List;
import java.util.OptionalDouble;

/**
 * What a {@link Classifier} says about an image.
 *
 * @param classes the most likely classes, most likely first
 * @param typicality how like the training images it is: the share of known images, held out from
 *     training, that are at least as unlike them, 0 to 1. Under 0.01 the image probably shows none
 *     of the classes. Empty for ImageNet's classes, and for models that were saved before it was
 *     added
 */
public record Classification(List<ClassProbability> classes, OptionalDouble typicality) {
  public Classification {
    classes = List.copyOf(classes);
  }
}
