package dev.graft;

import java.util.List;
import java.util.OptionalDouble;

/**
 * The prediction of a {@link Classifier} for an image.
 *
 * @param classes the most likely classes, most likely first
 * @param typicality similarity to the training images, 0 to 1: the share of held-out images of the
 *     known classes that are no more similar to the training images than this one. Below 0.01 the
 *     image probably shows none of the classes. Empty for ImageNet's classes, and for models that
 *     were saved before it was added
 */
public record Classification(List<ClassProbability> classes, OptionalDouble typicality) {
  public Classification {
    classes = List.copyOf(classes);
  }
}
