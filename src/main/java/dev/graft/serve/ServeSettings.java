package dev.graft.serve;

import dev.graft.GraftException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Where a server listens, how much it accepts, and from whom.
 *
 * @param host the address to listen on; only this machine reaches a loopback address
 * @param port 0 for any free port
 */
public record ServeSettings(String host, int port, Limits limits, Access access) {
  /** The defaults of {@code serve}, on any free port. */
  public static final ServeSettings LOOPBACK =
      new ServeSettings("127.0.0.1", 0, Limits.DEFAULT, Access.OWN_PAGE);

  public ServeSettings {
    requireWithin("--port", port, 0, 65_535);
  }

  /**
   * What a request may cost.
   *
   * @param bodyMegabytes the largest request body
   * @param megapixels the largest image
   * @param images how many images are read, queued or computed at once; more are refused with 429
   * @param timeout for a whole request: its body, its turns and its answer
   */
  public record Limits(int bodyMegabytes, int megapixels, int images, Duration timeout) {
    public static final Limits DEFAULT = new Limits(32, 100, 64, Duration.ofSeconds(30));

    public Limits {
      requireWithin("--max-body", bodyMegabytes, 1, 1024);
      requireWithin("--max-megapixels", megapixels, 1, 1000);
      requireWithin("--max-images", images, 1, 10_000);
      requireWithin("--timeout", timeout.toSeconds(), 1, 3600);
    }
  }

  /**
   * Who may send requests, and which.
   *
   * @param hostNames what this server is called in {@code Host} headers, besides the names that
   *     follow from the address it listens on
   * @param origins the origins of other sites whose pages may ask for predictions; {@code *} for
   *     all
   * @param swap whether {@code POST /models/{name}} may replace the model
   */
  public record Access(List<String> hostNames, List<String> origins, boolean swap) {
    public static final Access OWN_PAGE = new Access(List.of(), List.of(), false);

    private static final Pattern HOST_NAME = Pattern.compile("[\\p{L}\\p{N}._-]+|\\[[0-9a-f:.]+]");
    private static final Pattern ORIGIN = Pattern.compile("[a-z][a-z0-9+.-]*://[^/?#\\s,@*]+");

    public Access {
      hostNames = hostNames.stream().map(Access::hostName).toList();
      origins = origins.stream().map(Access::origin).toList();
    }

    private static String hostName(String given) {
      String name = given.toLowerCase(Locale.ROOT);
      if (!HOST_NAME.matcher(name).matches()) {
        throw new GraftException(
            "--host-name must be a name without scheme and port, such as images.example.org, not "
                + given
                + ".");
      }
      return name;
    }

    /** As browsers write it: in lower case, without the scheme's own port. */
    private static String origin(String given) {
      String origin = given.toLowerCase(Locale.ROOT).replaceFirst("/$", "");
      if (!origin.equals("*") && !ORIGIN.matcher(origin).matches()) {
        throw new GraftException(
            "--allow-origin must be an origin such as https://example.org, or *, not "
                + given
                + ".");
      }
      return origin.replaceFirst("^(http://.*):80$|^(https://.*):443$", "$1$2");
    }
  }

  private static void requireWithin(String option, long value, long min, long max) {
    if (value < min || value > max) {
      throw GraftException.of(
          "%s must be a whole number from %d to %d, not %d.", option, min, max, value);
    }
  }
}
