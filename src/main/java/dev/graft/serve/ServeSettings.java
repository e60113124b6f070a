package dev.graft.serve;

import dev.graft.GraftException;
import java.time.Duration;
import java.util.Optional;

/**
 * Where a server listens, and what it lets nobody exceed.
 *
 * @param host loopback unless others are to reach it
 * @param port 0 for any that is free
 * @param bodyMegabytes the most that a request may send
 * @param megapixels the most that a picture may have
 * @param underWay the most pictures that are read, wait or are computed at a time; more are refused
 *     with 429
 * @param patience how long a request may take
 * @param origin a web page's origin whose scripts may ask too
 * @param swappable whether {@code POST /models/{name}} may put another model in place
 */
public record ServeSettings(
    String host,
    int port,
    int bodyMegabytes,
    int megapixels,
    int underWay,
    Duration patience,
    Optional<String> origin,
    boolean swappable) {
  /** Those of {@code serve} unless it is told otherwise, on any port that is free. */
  public static final ServeSettings LOOPBACK =
      new ServeSettings(
          "127.0.0.1", 0, 32, 100, 64, Duration.ofSeconds(30), Optional.empty(), false);

  public ServeSettings {
    within("port", port, 0, 65_535);
    within("max-body", bodyMegabytes, 1, 1024);
    within("max-megapixels", megapixels, 1, 1000);
    within("max-pictures", underWay, 1, 10_000);
    within("timeout", (int) patience.toSeconds(), 1, 3600);
  }

  private static void within(String name, int value, int least, int most) {
    if (value < least || value > most) {
      throw new GraftException(
          name + " must be a whole number from " + least + " to " + most + ", not " + value + ".");
    }
  }
}
