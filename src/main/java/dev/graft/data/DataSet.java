package dev.graft.data;

import dev.graft.GraftException;
import dev.graft.Hash;

/**
 * What a run learns from and what it is judged by.
 *
 * @param name for folder names and reports, such as {@code cifar10}
 * @param train to be split into training and validation pictures
 * @param test read once, at the end
 * @param origin one line for the log: which copy of the data this is, where it was found, and why
 *     it was taken
 */
public record DataSet(String name, ImageSet train, ImageSet test, String origin) {
  public DataSet {
    if (!train.classes().equals(test.classes())) {
      throw new GraftException(
          "%s: training and test pictures must have the same classes, were %s and %s."
              .formatted(name, train.classes(), test.classes()));
    }
  }

  /** SHA-256 over the training pictures and the test pictures; computed anew at each call. */
  public String sha256() {
    return Hash.Algorithm.SHA256.of(train.sha256() + test.sha256()).hex();
  }
}
