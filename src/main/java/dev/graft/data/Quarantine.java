package dev.graft.data;

import dev.graft.GraftException;
import dev.graft.Names;
import dev.graft.io.Csv;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Pictures that can't be read. They belong to no part of a split and stop nothing, unless they are
 * too many. It grows while pictures are read, from several threads.
 */
public final class Quarantine {
  private final int pictures;
  private final double maxBad;
  private final SortedMap<Integer, Entry> entries = new TreeMap<>();

  /**
   * A picture that can't be read.
   *
   * @param reason the rest of a sentence that begins with the path
   */
  public record Entry(String path, String reason) {
    /** As it is said. */
    public String sentence() {
      return path + " " + reason;
    }
  }

  /**
   * A quarantine with nothing in it.
   *
   * @param pictures how many there are, good or bad
   * @param maxBad the share of them that may be bad, in [0, 1]
   */
  public Quarantine(int pictures, double maxBad) {
    this.pictures = pictures;
    this.maxBad = maxBad;
  }

  /** Puts a picture in; once there, it stays with its first reason. */
  synchronized void add(int index, String path, String reason) {
    entries.putIfAbsent(index, new Entry(path, reason));
  }

  public synchronized int size() {
    return entries.size();
  }

  /** How many pictures there are, good or bad. */
  public int pictures() {
    return pictures;
  }

  public synchronized boolean contains(int index) {
    return entries.containsKey(index);
  }

  /** What is in it, in the pictures' order. */
  public synchronized List<Entry> entries() {
    return List.copyOf(entries.values());
  }

  /**
   * Does nothing, unless there are more than may be.
   *
   * @throws GraftException if there are, with the first of them
   */
  public synchronized void check() {
    if (entries.size() > maxBad * pictures) {
      List<String> first = entries.values().stream().limit(Names.FEW).map(Entry::sentence).toList();
      throw GraftException.of(
          "%,d of %,d pictures can't be read, more than max-bad allows (%s of them); repair or"
              + " remove them, or raise it: --set max-bad=0.5. %s",
          entries.size(), pictures, maxBad, String.join(" ", first));
    }
  }

  /** A row a picture: {@code path,reason}. */
  public String toCsv() {
    StringBuilder csv = new StringBuilder(Csv.row(List.of("path", "reason")));
    entries().forEach(each -> csv.append(Csv.row(List.of(each.path(), each.reason()))));
    return csv.toString();
  }
}
