package dev.graft.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.graft.GraftException;
import dev.graft.GraftException.Code;
import dev.graft.util.Resource;
import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpResponseException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.eclipse.jetty.server.AbstractConnector;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * A web server with the headers, the guard and the error answers that every page of Graft has. An
 * error is {@code {"code", "message"}}, whose message is one sentence that says nothing about this
 * machine, with {@code "details"} where the exception has them.
 */
public final class WebServer implements AutoCloseable {
  /** Maximum time for which a connection may be silent, in milliseconds. */
  private static final int IDLE = 20_000;

  /** Maximum time to finish requests in progress when the server is closed. */
  public static final Duration GRACE = Duration.ofSeconds(8);

  private static final String NOT_FOUND = "There is nothing at this address.";

  /** Restricts the page to content of this server and to images that are dropped on it. */
  private static final Map<String, String> HEADERS =
      Map.of(
          "Content-Security-Policy",
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:;"
              + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
          "X-Content-Type-Options",
          "nosniff",
          "Referrer-Policy",
          "no-referrer",
          "Cross-Origin-Resource-Policy",
          "same-origin");

  private final Settings settings;
  private final RequestGuard guard;
  private final Javalin web;

  /**
   * The address and the limits of a server.
   *
   * @param host the address to listen on
   * @param port 0 for any free port
   * @param megabytes the largest request body
   * @param threads maximum number of concurrent requests
   * @param timeout maximum time of a request
   */
  public record Settings(String host, int port, int megabytes, int threads, Duration timeout) {
    private long idle() {
      return Math.min(IDLE, timeout.toMillis());
    }
  }

  private record Problem(
      int code,
      String message,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) Map<String, String> details) {}

  private WebServer(Settings settings, RequestGuard guard, Consumer<Routes> routes) {
    this.settings = settings;
    this.guard = guard;
    web = Javalin.create(config -> configure(config, routes));
  }

  /**
   * Starts a server.
   *
   * @param routes adds its addresses
   * @throws GraftException if it cannot listen at the address
   */
  public static WebServer start(Settings settings, RequestGuard guard, Consumer<Routes> routes) {
    if (settings.port() < 0 || settings.port() > 65_535) {
      throw new GraftException(
          "Port " + settings.port() + " is out of range; ports are 0 to 65535.");
    }
    WebServer server = new WebServer(settings, guard, routes);
    try {
      server.web.start(settings.host(), settings.port());
      for (Connector each : server.web.jettyServer().server().getConnectors()) {
        // Also before a request has come in.
        ((AbstractConnector) each).setIdleTimeout(settings.idle());
      }
      return server;
    } catch (RuntimeException e) {
      server.close();
      throw new GraftException(
              "Cannot listen on "
                  + settings.host()
                  + ":"
                  + settings.port()
                  + ", perhaps because another server does; choose another port, or 0 for any.",
              e)
          .withCode(Code.SETTING, "port");
    }
  }

  /** Returns the port that it listens on. */
  public int port() {
    return web.port();
  }

  private void configure(JavalinConfig config, Consumer<Routes> routes) {
    config.startup.showJavalinBanner = false;
    config.startup.startupWatcherEnabled = false;
    config.http.maxRequestSize = (long) settings.megabytes() << 20;
    config.jetty.threadPool = new QueuedThreadPool(settings.threads(), 4, IDLE);
    config.jetty.modifyHttpConfiguration(
        http -> {
          http.setSendServerVersion(false);
          http.setIdleTimeout(settings.idle());
        });
    config.jetty.modifyServer(server -> server.setStopTimeout(GRACE.toMillis()));
    config.routes.before(this::before);
    routes.accept(new Routes(config));
    config
        .routes
        .exception(HttpResponseException.class, (e, context) -> problem(context, e))
        .exception(
            GraftException.class, (e, context) -> problem(context, 422, e.getMessage(), Map.of()))
        .exception(
            Exception.class,
            (e, context) ->
                problem(context, 500, "The server failed to answer this request.", Map.of()))
        .error(
            404,
            context -> {
              if (context.result() == null) {
                problem(context, 404, NOT_FOUND, Map.of());
              }
            });
  }

  private void before(Context context) {
    HEADERS.forEach(context::header);
    guard.allowOrigin(context);
    guard.requireOwnHost(context);
  }

  /** Adds addresses to a server. */
  public final class Routes {
    private final JavalinConfig config;

    private Routes(JavalinConfig config) {
      this.config = config;
    }

    /** Adds an address for {@code GET}. */
    public void get(String path, Handler handler) {
      route(path, List.of(HandlerType.GET, HandlerType.HEAD), handler, true);
    }

    /** Adds an address for {@code POST}. */
    public void post(String path, Handler handler) {
      route(path, List.of(HandlerType.POST), handler, true);
    }

    /** Adds an address for {@code POST} that no page of another site may use. */
    public void ownPost(String path, Handler handler) {
      route(path, List.of(HandlerType.POST), handler, false);
    }

    /**
     * Adds an address that accepts some methods, answers {@code OPTIONS}, and refuses the others.
     *
     * @param shared whether pages of allowed origins may use it, too
     */
    private void route(String path, List<HandlerType> methods, Handler handler, boolean shared) {
      String names = String.join(", ", methods.stream().map(HandlerType::name).toList());
      String allowed = names + ", OPTIONS";
      Handler options =
          context -> {
            context.status(204).header("Allow", allowed);
            if (shared) {
              guard.preflight(context, names);
            }
          };
      Handler refusal =
          context -> {
            context.header("Allow", allowed);
            throw new HttpResponseException(405, "This address accepts only " + names + ".");
          };
      for (HandlerType each : HandlerType.values()) {
        if (each.equals(HandlerType.OPTIONS)) {
          config.routes.addHttpHandler(each, path, options);
        } else if (each.isHttpMethod()) {
          config.routes.addHttpHandler(each, path, methods.contains(each) ? handler : refusal);
        }
      }
    }
  }

  /**
   * Returns a handler that sends a resource.
   *
   * @param base the type beside whose class file the resource is
   * @param name of the resource
   * @param type its media type
   */
  public static Handler file(Class<?> base, String name, String type) {
    byte[] bytes = Resource.bytes(base, name);
    return context -> context.contentType(type).result(bytes);
  }

  private static void problem(Context context, HttpResponseException e) {
    String message = String.valueOf(e.getMessage());
    if (!message.endsWith(".")) { // Javalin's own, which may repeat the address
      message = e.getStatus() == 404 ? NOT_FOUND : "This server cannot do that.";
    }
    problem(context, e.getStatus(), message, e.getDetails());
  }

  private static void problem(
      Context context, int status, String message, Map<String, String> details) {
    if (status == 429 || status == 503) {
      context.header("Retry-After", "1");
    }
    context.status(status).json(new Problem(status, message, details));
  }

  /** Accepts no new requests, and waits up to {@link #GRACE} for those in progress. */
  @Override
  public void close() {
    web.stop();
  }
}
