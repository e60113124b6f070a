package dev.graft.serve;

import dev.graft.GraftException;
import dev.graft.GraftException.Code;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.regex.Pattern;

/**
 * The address, limits and access rules of a server.
 *
 * @param host the address to listen on; only this machine reaches a loopback address
 * @param port 0 for any free port
 * @param reject the smallest typicality, 0 to 1, of an image that gets classes, unless its request
 *     names another; empty for all images
 */
public record ServeSettings(
    String host, int port, RequestLimits limits, Access access, OptionalDouble reject) {
  /** The defaults of {@code serve}, on any free port. */
  public static final ServeSettings LOOPBACK =
      new ServeSettings("127.0.0.1", 0, RequestLimits.DEFAULT, Access.OWN_PAGE);

  public ServeSettings {
    requireWithin("port", port, 0, 65_535);
  }

  public ServeSettings(String host, int port, RequestLimits limits, Access access) {
    this(host, port, limits, access, OptionalDouble.empty());
  }

  /**
   * Limits on requests.
   *
   * @param bodyMegabytes the largest request body
   * @param megapixels the largest image
   * @param images maximum number of images in progress (read, queued or computed); more are refused
   *     with status 429
   * @param timeout for a whole request, from its first byte to its answer
   */
  public record RequestLimits(int bodyMegabytes, int megapixels, int images, Duration timeout) {
    public static final RequestLimits DEFAULT =
        new RequestLimits(32, 100, 64, Duration.ofSeconds(30));

    public RequestLimits {
      requireWithin("bodyMegabytes", bodyMegabytes, 1, 1024);
      requireWithin("megapixels", megapixels, 1, 1000);
      requireWithin("images", images, 1, 10_000);
      requireWithin("timeout", timeout.toSeconds(), 1, 3600);
    }
  }

  /**
   * Access rules of a server.
   *
   * @param hostNames names of this server in {@code Host} headers, besides those that follow from
   *     its address
   * @param origins the origins of other sites whose pages may request predictions; {@code *} for
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
                "hostNames: must be a name without scheme and port, such as images.example.org,"
                    + " not "
                    + given
                    + ".")
            .withCode(Code.SETTING, "hostNames");
      }
      return name;
    }

    /** As browsers write it: in lower case, without the scheme's own port. */
    private static String origin(String given) {
      String origin = given.toLowerCase(Locale.ROOT).replaceFirst("/$", "");
      if (!origin.equals("*") && !ORIGIN.matcher(origin).matches()) {
        throw new GraftException(
                "origins: must be an origin such as https://example.org, or *, not " + given + ".")
            .withCode(Code.SETTING, "origins");
      }
      return origin.replaceFirst("^(http://.*):80$|^(https://.*):443$", "$1$2");
    }
  }

  private static void requireWithin(String setting, long value, long min, long max) {
    if (value < min || value > max) {
      throw GraftException.of(
              "%s: must be a whole number from %d to %d, not %d.", setting, min, max, value)
          .withCode(Code.SETTING, setting);
    }
  }
}
