package dev.graft.io;

import java.util.Arrays;
import java.util.function.IntFunction;

/**
 * Finds the first occurrence of each text in a list. It stores indexes instead of texts: a million
 * of them take 16 MB, while a map of strings would take 150 MB.
 */
public final class FirstOccurrences {
  private static final int NONE = -1;

  private final IntFunction<String> texts;
  private int[] table = emptyTable(64);
  private int count;

  /**
   * @param texts returns the text at an index, always the same; their hash codes should differ in
   *     the lower bits, as those of SHA-256 digits do
   */
  public FirstOccurrences(IntFunction<String> texts) {
    this.texts = texts;
  }

  /** Returns a table of slots without an index, each -1. */
  static int[] emptyTable(int size) {
    int[] table = new int[size];
    Arrays.fill(table, NONE);
    return table;
  }

  /**
   * Adds a text, unless an equal one was added before.
   *
   * @return the index of the first equal text
   */
  public int of(int index) {
    if (2 * count >= table.length) {
      grow();
    }
    int at = slot(texts.apply(index));
    if (table[at] == NONE) {
      table[at] = index;
      count++;
    }
    return table[at];
  }

  /** Adds a text, and returns whether no equal one was added before. */
  public boolean isFirst(int index) {
    return of(index) == index;
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
    int[] indexes = table;
    table = emptyTable(2 * indexes.length);
    for (int index : indexes) {
      if (index != NONE) {
        table[slot(texts.apply(index))] = index;
      }
    }
  }
}
