package dev.graft.command;

import dev.graft.GraftException;
import dev.graft.inference.ModelRunner;
import java.util.OptionalDouble;
import picocli.CommandLine.Option;

/** The typicality below which an image is of none of the classes. */
final class RejectOption {
  @Option(
      names = "--reject",
      paramLabel = "SHARE",
      description =
          "Answer \"none of these\" for images whose typicality is below SHARE, 0 to 1. About this"
              + " share of images of known classes is rejected, and far more of others.")
  private Double share;

  boolean isGiven() {
    return share != null;
  }

  OptionalDouble share() {
    return isGiven() ? OptionalDouble.of(share) : OptionalDouble.empty();
  }

  /** Rejects a share outside of 0 to 1. */
  void check() {
    if (isGiven() && !(share >= 0 && share <= 1)) {
      throw new WrongUsage("--reject: must be from 0 to 1, not " + share + ".");
    }
  }

  /**
   * Checks that the model has a typicality, if the option is given, and closes it if it has none.
   *
   * @throws GraftException if it has none
   */
  void requireTypicality(ModelRunner model) {
    if (isGiven() && !model.hasTypicality()) {
      model.close();
      throw new GraftException(
          "--reject: "
              + model.name()
              + " has no typicality; fine-tune it again, or leave --reject out.");
    }
  }
}
