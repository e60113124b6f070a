package dev.graft.data;

import dev.graft.GraftException;
import dev.graft.Reason;
import dev.graft.io.Csv;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Pictures that can't be read. They belong to no part of a split and stop nothing, unless they are
 * too many. It grows while pictures are read, from several threads.
 */
public final class Quarantine {
  /** Pictures that are named to people; all of them are in the file. */
  private static final int NAMED = 5;

  private final int pictures;
  private final double maxBad;
  private final SortedMap<Integer, Entry> entries = new TreeMap<>();

  private record Entry(String path, String reason) {
    /** Fit to print, whatever characters the file's name has. */
    String sentence() {
      return Reason.line(path + " " + reason);
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

  /**
   * Puts a picture in; once there, it stays with its first reason.
   *
   * @param sentence that says why, and may begin with the path
   */
  synchronized void add(int index, String path, String sentence) {
    String reason = sentence;
    for (String begin : List.of(path + " ", Reason.line(path) + " ")) {
      if (sentence.startsWith(begin)) {
        reason = sentence.substring(begin.length());
      }
    }
    entries.putIfAbsent(index, new Entry(path, reason));
  }

  public synchronized int size() {
    return entries.size();
  }

  public synchronized boolean contains(int index) {
    return entries.containsKey(index);
  }

  /**
   * Does nothing, unless there are more than may be.
   *
   * @throws GraftException if there are, with the first of them
   */
  public synchronized void check() {
    if (entries.size() > maxBad * pictures) {
      throw new GraftException(
          String.format(
              Locale.ROOT,
              "%,d of %,d pictures can't be read, more than max-bad allows (%s of them); repair or"
                  + " remove them, or raise it: --set max-bad=0.5. %s",
              entries.size(),
              pictures,
              maxBad,
              String.join(" ", reasons())));
    }
  }

  /** For people: how many, and the first five with their reasons; nothing if there are none. */
  public synchronized List<String> lines() {
    if (entries.isEmpty()) {
      return List.of();
    }
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "Quarantine: %,d of %,d pictures can't be read and are left out:",
            entries.size(),
            pictures));
    reasons().forEach(reason -> lines.add("  " + reason));
    if (entries.size() > NAMED) {
      lines.add(String.format(Locale.ROOT, "  … and %,d more", entries.size() - NAMED));
    }
    return lines;
  }

  private List<String> reasons() {
    return entries.values().stream().limit(NAMED).map(Entry::sentence).toList();
  }

  /** A row a picture: {@code path,reason}. */
  public synchronized String toCsv() {
    StringBuilder csv = new StringBuilder(Csv.row(List.of("path", "reason")));
    for (Map.Entry<Integer, Entry> each : entries.entrySet()) {
      csv.append(Csv.row(List.of(each.getValue().path(), each.getValue().reason())));
    }
    return csv.toString();
  }
}
