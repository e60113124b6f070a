package dev.graft.data;

import java.util.Locale;

/** A part of a data set. */
public enum Part {
  /** Images that weights are fitted to. */
  TRAIN,
  /** Images that decide when training stops. */
  VALIDATION,
  /** Images that the finished model is evaluated on, once. */
  TEST;

  /** Returns the name in files and messages, such as {@code train}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
