package dev.graft.web;

import io.javalin.http.Context;
import io.javalin.http.ForbiddenResponse;
import io.javalin.http.HttpResponseException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.eclipse.jetty.util.HostPort;

/**
 * Protects this server from other sites' pages in the browsers of those who can reach it, by the
 * headers that a page cannot forge.
 *
 * <p>{@code Host} must be a name of this server: else a page whose own name suddenly resolves to
 * this machine (DNS rebinding) would count as this server's. {@code Origin} must be allowed for a
 * page of another site to read answers (CORS).
 */
public final class RequestGuard {
  private static final Pattern LOOPBACK =
      Pattern.compile(
          "(.+\\.)?localhost|127(\\.(25[0-5]|(2[0-4]|1?\\d)?\\d)){3}|\\[::1]|\\[(0+:){7}0*1]");

  /**
   * Hosts that no public name server can resolve: addresses, names without a dot, and names of the
   * local network.
   */
  private static final Pattern NOT_PUBLIC =
      Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}|\\[[0-9a-f:.]+]|[^.]+|.+\\.local");

  private static final int MISDIRECTED = 421;
  private static final int FORBIDDEN = 403;
  private static final String PREFLIGHT_SECONDS = "3600";

  private final int foreignHost;
  private final boolean onLoopback;
  private final Set<String> hostNames;
  private final List<String> origins;

  /**
   * Creates the guard of a server.
   *
   * @param host the address to listen on
   * @param names of this server in {@code Host} headers, besides those that follow from its address
   * @param origins of other sites whose pages may read answers; {@code *} for all
   */
  public RequestGuard(String host, List<String> names, List<String> origins) {
    this(host, names, origins, MISDIRECTED);
  }

  private RequestGuard(String host, List<String> names, List<String> origins, int foreignHost) {
    this.foreignHost = foreignHost;
    onLoopback = isLoopback(host);
    hostNames = new HashSet<>(names);
    hostNames.add(host.toLowerCase(Locale.ROOT));
    this.origins = origins;
    if (!onLoopback) {
      ownName().ifPresent(hostNames::add);
    }
  }

  /**
   * Creates the guard of a server that only its own page uses, on this machine: a request to
   * another host name is forbidden (403) rather than sent to the wrong server (421).
   */
  public static RequestGuard ofLoopback(String host) {
    return new RequestGuard(host, List.of(), List.of(), FORBIDDEN);
  }

  private static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false; // listening on it will fail
    }
  }

  private static Optional<String> ownName() {
    try {
      return Optional.of(InetAddress.getLocalHost().getHostName().toLowerCase(Locale.ROOT));
    } catch (UnknownHostException e) {
      return Optional.empty();
    }
  }

  /**
   * Refuses a request to another server's name. A request without a name, which HTTP/1.0 allows,
   * does not come from a browser, but may be a health check.
   *
   * @throws HttpResponseException with status 421, or 403 for a guard {@link #ofLoopback}
   */
  void requireOwnHost(Context context) {
    String header = context.header("Host");
    if (header == null) {
      return;
    }
    String host = hostName(header);
    if (!hostNames.contains(host)
        && !LOOPBACK.matcher(host).matches()
        && (onLoopback || !NOT_PUBLIC.matcher(host).matches())) {
      throw new HttpResponseException(
          foreignHost,
          "This server does not answer to this host name. Its operator can allow the name.");
    }
  }

  /** Returns the name in a {@code Host} header, without the port; empty if it is malformed. */
  private static String hostName(String header) {
    try {
      String host = String.valueOf(new HostPort(header).getHost());
      return host.toLowerCase(Locale.ROOT).replaceFirst("\\.$", "");
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  /**
   * Refuses a request of a page that this server did not send.
   *
   * @throws HttpResponseException with status 403
   */
  public static void requireOwnPage(Context context) {
    String origin = context.header("Origin"); // sent by every browser with every POST
    String host = String.valueOf(context.header("Host"));
    if (origin != null && !origin.replaceFirst("^https?://", "").equalsIgnoreCase(host)) {
      throw new ForbiddenResponse("Pages of other sites may not do this.");
    }
  }

  /** Permits an allowed page to read the answer. */
  void allowOrigin(Context context) {
    if (origins.isEmpty()) {
      return;
    }
    context.header("Vary", "Origin");
    if (isAllowed(context.header("Origin"))) {
      context.header("Access-Control-Allow-Origin", context.header("Origin"));
      context.header("Access-Control-Expose-Headers", "Allow, Retry-After, Typicality");
    }
  }

  private boolean isAllowed(String origin) {
    return origin != null
        && (origins.contains("*") || origins.contains(origin.toLowerCase(Locale.ROOT)));
  }

  /**
   * Answers a browser's preflight request with the methods and headers that an allowed page may
   * send.
   */
  void preflight(Context context, String methods) {
    if (isAllowed(context.header("Origin"))) {
      String headers = context.header("Access-Control-Request-Headers");
      context.header("Vary", "Origin, Access-Control-Request-Headers");
      context.header("Access-Control-Allow-Methods", methods);
      context.header("Access-Control-Allow-Headers", headers == null ? "Content-Type" : headers);
      context.header("Access-Control-Max-Age", PREFLIGHT_SECONDS);
    }
  }
}
