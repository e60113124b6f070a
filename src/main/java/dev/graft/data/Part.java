package dev.graft.data;

/** A part of a data set. */
public enum Part {
  /** Images that weights are fitted to. */
  TRAIN,
  /** Images that decide when training stops. */
  VALIDATION,
  /** Images that the finished model is evaluated on, once. */
  TEST
}
