package dev.graft.data;

import java.util.Locale;
import java.util.Optional;

/** What a picture is there for. */
public enum Part {
  TRAIN,
  VALIDATION,
  TEST;

  /** The part that a folder's name or a manifest's word means, in upper or lower case. */
  static Optional<Part> of(String word) {
    return switch (word.toLowerCase(Locale.ROOT)) {
      case "train" -> Optional.of(TRAIN);
      case "val", "valid", "validation" -> Optional.of(VALIDATION);
      case "test" -> Optional.of(TEST);
      default -> Optional.empty();
    };
  }
}
