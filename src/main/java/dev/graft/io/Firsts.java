package dev.graft.io;

import java.util.Arrays;
import java.util.function.IntFunction;

/**
 * Finds texts again that somebody else keeps, by their places: a million of them cost 16 MB, where
 * a map of strings would take 150.
 */
public final class Firsts {
  private static final int NONE = -1;

  private final IntFunction<String> texts;
  private int[] table = empty(64);
  private int count;

  /**
   * @param texts by their places; the same at each call, and as different as hashes are
   */
  public Firsts(IntFunction<String> texts) {
    this.texts = texts;
  }

  private static int[] empty(int size) {
    int[] table = new int[size];
    Arrays.fill(table, NONE);
    return table;
  }

  /** The place of the first of the texts so far that equals this one: this one's, if none does. */
  public int of(int place) {
    if (2 * count >= table.length) {
      grow();
    }
    int at = slot(texts.apply(place));
    if (table[at] == NONE) {
      table[at] = place;
      count++;
    }
    return table[at];
  }

  /** Whether this text is the first of its kind. */
  public boolean isFirst(int place) {
    return of(place) == place;
  }

  private int slot(String text) {
    int mask = table.length - 1;
    int hash = text.hashCode();
    int at = (hash ^ hash >>> 16) & mask;
    while (table[at] != NONE && !texts.apply(table[at]).equals(text)) {
      at = (at + 1) & mask;
    }
    return at;
  }

  private void grow() {
    int[] places = table;
    table = empty(2 * places.length);
    for (int place : places) {
      if (place != NONE) {
        table[slot(texts.apply(place))] = place;
      }
    }
  }
}
