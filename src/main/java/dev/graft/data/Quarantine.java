package dev.graft.data;

import dev.graft.GraftException;
import dev.graft.GraftException.Code;
import dev.graft.io.Csv;
import dev.graft.util.Names;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.IntFunction;

/**
 * Images that can't be read or used. They are excluded from every split; the run fails only if
 * there are too many. Images are added while they are read, by several threads.
 */
public final class Quarantine {
  private final int images;
  private final double maxBad;
  private final SortedMap<Integer, Entry> entries = new TreeMap<>();

  /**
   * An unreadable image.
   *
   * @param reason the rest of a sentence that begins with the path
   */
  public record Entry(String path, String reason) {
    /** Returns path and reason as a sentence. */
    public String sentence() {
      return path + " " + reason;
    }
  }

  /**
   * @param images the number of images, readable or not
   * @param maxBad the share of them that may be unreadable, in [0, 1]
   */
  public Quarantine(int images, double maxBad) {
    this.images = images;
    this.maxBad = maxBad;
  }

  /** Adds an image, unless it was added before: the first reason stays. */
  public synchronized void add(int index, String path, String reason) {
    entries.putIfAbsent(index, new Entry(path, reason));
  }

  public synchronized int size() {
    return entries.size();
  }

  /** Returns the number of images, readable or not. */
  public int images() {
    return images;
  }

  public synchronized boolean contains(int index) {
    return entries.containsKey(index);
  }

  /** Returns the unreadable images, in listing order. */
  public synchronized List<Entry> entries() {
    return List.copyOf(entries.values());
  }

  /**
   * Checks that no more images are unreadable than allowed.
   *
   * @throws GraftException if more are; the message names the first of them
   */
  public synchronized void check() {
    if (entries.size() > maxBad * images) {
      List<String> first = entries.values().stream().limit(Names.FEW).map(Entry::sentence).toList();
      throw GraftException.of(
              "%,d of %,d images can't be read, more than max-bad allows (%s of them). %s Repair or"
                  + " remove them, or raise max-bad.",
              entries.size(), images, maxBad, String.join(" ", first))
          .withCode(Code.MAX_BAD);
    }
  }

  /**
   * Returns one row per image: {@code path,reason}.
   *
   * @param paths of the images by their index, see {@link ImageSet#path}
   */
  public synchronized String toCsv(IntFunction<String> paths) {
    StringBuilder csv = new StringBuilder(Csv.row(List.of("path", "reason")));
    entries.forEach(
        (index, each) -> csv.append(Csv.row(List.of(paths.apply(index), each.reason()))));
    return csv.toString();
  }
}
