package dev.graft.util;

/** The limits of the side of a network's input, in pixels. */
public final class InputSide {
  public static final int MIN = 8;
  public static final int MAX = 1024;

  private InputSide() {}
}
