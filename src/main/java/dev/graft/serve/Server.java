package dev.graft.serve;

import dev.graft.GraftException;
import dev.graft.GraftException.Code;
import dev.graft.inference.ModelRunner;
import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.http.ForbiddenResponse;
import io.javalin.http.Handler;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpResponseException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.eclipse.jetty.server.AbstractConnector;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * A web page and a REST interface for one model, shaped after DJL Serving's: {@code POST
 * /predictions/{model}}, {@code GET /ping}, {@code GET /models}. An error is {@code {"code",
 * "message"}}, whose message is one sentence that says nothing about this machine.
 */
public final class Server implements AutoCloseable {
  /** Threads for short requests, besides those for images in progress. */
  private static final int THREADS = 16;

  /** The time that a connection may be silent, in milliseconds. */
  private static final int IDLE = 20_000;

  /** The time to finish requests in progress when the server is closed. */
  private static final Duration GRACE = Duration.ofSeconds(8);

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

  private final ServeSettings settings;
  private final RequestGuard guard;
  private final RequestBodies bodies;
  private final Models models;
  private final Predictions predictions;
  private final Javalin web;

  private record Problem(int code, String message) {}

  /**
   * Starts a server.
   *
   * @param name of the model, in addresses
   * @param classifier the model; closed with the server
   * @param loader loads the models that replace it
   * @throws GraftException if it cannot listen at the address
   */
  public Server(
      ServeSettings settings,
      String name,
      ModelRunner classifier,
      Function<Path, ModelRunner> loader) {
    this(settings, name, classifier, loader, MemoryBudget.ofHeap());
  }

  Server(
      ServeSettings settings,
      String name,
      ModelRunner classifier,
      Function<Path, ModelRunner> loader,
      MemoryBudget memory) {
    this.settings = settings;
    guard = new RequestGuard(settings);
    bodies = new RequestBodies(settings.limits().bodyMegabytes());
    models = new Models(new ServedModel(name, classifier), loader);
    predictions = new Predictions(settings.limits(), models, bodies, memory);
    web = Javalin.create(this::configure);
    try {
      web.start(settings.host(), settings.port());
      for (Connector each : web.jettyServer().server().getConnectors()) {
        ((AbstractConnector) each).setIdleTimeout(idle()); // also before a request has come in
      }
    } catch (RuntimeException e) {
      close();
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

  private void configure(JavalinConfig config) {
    config.startup.showJavalinBanner = false;
    config.startup.startupWatcherEnabled = false;
    config.http.maxRequestSize = (long) settings.limits().bodyMegabytes() << 20;
    config.jetty.threadPool = new QueuedThreadPool(settings.limits().images() + THREADS, 4, IDLE);
    config.jetty.modifyHttpConfiguration(
        http -> {
          http.setSendServerVersion(false);
          http.setIdleTimeout(idle());
        });
    config.jetty.modifyServer(server -> server.setStopTimeout(GRACE.toMillis()));
    config.routes.before(this::before);
    get(config, "/", file("index.html", "text/html; charset=utf-8"));
    get(config, "/page.js", file("page.js", "text/javascript; charset=utf-8"));
    get(config, "/page.css", file("page.css", "text/css; charset=utf-8"));
    get(config, "/openapi.json", file("openapi.json", "application/json"));
    get(config, "/example.png", file("/dev/graft/car.png", "image/png"));
    get(config, "/ping", context -> context.json(Map.of("status", "Healthy")));
    get(config, "/models", models::list);
    get(config, "/metrics", predictions.measures()::write);
    post(config, "/predictions/{model}", predictions.measures().of(predictions::predict));
    post(config, "/heatmaps/{model}", predictions.measures().of(predictions::heatMap));
    route(config, "/models/{model}", List.of(HandlerType.POST), this::replaceModel, false);
    config
        .routes
        .exception(HttpResponseException.class, (e, context) -> problem(context, e))
        .exception(GraftException.class, (e, context) -> problem(context, 422, e.getMessage()))
        .exception(
            Exception.class,
            (e, context) -> problem(context, 500, "The server failed to answer this request."))
        .error(
            404,
            context -> {
              if (context.result() == null) {
                problem(context, 404, NOT_FOUND);
              }
            });
  }

  private void get(JavalinConfig config, String path, Handler handler) {
    route(config, path, List.of(HandlerType.GET, HandlerType.HEAD), handler, true);
  }

  private void post(JavalinConfig config, String path, Handler handler) {
    route(config, path, List.of(HandlerType.POST), handler, true);
  }

  /**
   * Adds an address that accepts some methods, answers {@code OPTIONS}, and refuses the others.
   *
   * @param shared whether pages of allowed origins may use it, too
   */
  private void route(
      JavalinConfig config,
      String path,
      List<HandlerType> methods,
      Handler handler,
      boolean shared) {
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

  private long idle() {
    return Math.min(IDLE, settings.limits().timeout().toMillis());
  }

  private void before(Context context) {
    HEADERS.forEach(context::header);
    guard.allowOrigin(context);
    guard.requireOwnHost(context);
  }

  private static Handler file(String resource, String type) {
    byte[] bytes;
    try (InputStream in = Objects.requireNonNull(Server.class.getResourceAsStream(resource))) {
      bytes = in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return context -> context.contentType(type).result(bytes);
  }

  private static void problem(Context context, HttpResponseException e) {
    String message = String.valueOf(e.getMessage());
    if (!message.endsWith(".")) { // Javalin's own, which may repeat the address
      message = e.getStatus() == 404 ? NOT_FOUND : "This server cannot do that.";
    }
    problem(context, e.getStatus(), message);
  }

  private static void problem(Context context, int status, String message) {
    if (status == 429 || status == 503) {
      context.header("Retry-After", "1");
    }
    context.status(status).json(new Problem(status, message));
  }

  private void replaceModel(Context context) {
    if (!settings.access().swap()) {
      throw new ForbiddenResponse("This server was not started with permission to replace models.");
    }
    RequestGuard.requireOwnPage(context);
    // A page of another site could send this type only if a preflight allowed it.
    if (!ContentType.of(context.header("Content-Type")).media().equals("application/json")) {
      throw new HttpResponseException(415, "The Content-Type must be application/json.");
    }
    Deadline deadline = Deadline.after(settings.limits().timeout());
    models.replace(context, bodies.text(context, deadline));
  }

  /** Finishes the requests in progress, for some seconds, and accepts no new ones. */
  @Override
  public void close() {
    Deadline end = Deadline.after(GRACE);
    web.stop();
    predictions.finish(Duration.ofMillis(end.millisLeft()));
    predictions.close();
    models.close();
  }
}
