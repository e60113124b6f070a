package dev.graft.serve;

import dev.graft.GraftException;
import dev.graft.inference.ModelRunner;
import dev.graft.web.ContentType;
import dev.graft.web.Deadline;
import dev.graft.web.MemoryBudget;
import dev.graft.web.RequestBodies;
import dev.graft.web.RequestGuard;
import dev.graft.web.WebServer;
import io.javalin.http.Context;
import io.javalin.http.ForbiddenResponse;
import io.javalin.http.Handler;
import io.javalin.http.HttpResponseException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.function.Function;

/**
 * A web page and a REST interface for one model, shaped after DJL Serving's: {@code POST
 * /predictions/{model}}, {@code GET /ping}, {@code GET /models}. An error is {@code {"code",
 * "message"}}, whose message is one sentence that says nothing about this machine.
 */
public final class Server implements AutoCloseable {
  /** Threads for short requests, besides those for images in progress. */
  private static final int THREADS = 16;

  private final ServeSettings settings;
  private final RequestBodies bodies;
  private final Models models;
  private final Predictions predictions;
  private final WebServer web;

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
    bodies = new RequestBodies(settings.limits().bodyMegabytes());
    models = new Models(new ServedModel(name, classifier), loader, settings.reject());
    predictions = new Predictions(settings, models, bodies, memory);
    try {
      web =
          WebServer.start(
              new WebServer.Settings(
                  settings.host(),
                  settings.port(),
                  settings.limits().bodyMegabytes(),
                  settings.limits().images() + THREADS,
                  settings.limits().timeout()),
              new RequestGuard(
                  settings.host(), settings.access().hostNames(), settings.access().origins()),
              this::addRoutes);
    } catch (RuntimeException e) {
      predictions.close();
      models.close();
      throw e;
    }
  }

  /** Returns the port that it listens on. */
  public int port() {
    return web.port();
  }

  private void addRoutes(WebServer.Routes routes) {
    routes.get("/", file("index.html", "text/html; charset=utf-8"));
    routes.get("/page.js", file("page.js", "text/javascript; charset=utf-8"));
    routes.get("/page.css", file("page.css", "text/css; charset=utf-8"));
    routes.get("/openapi.json", file("openapi.json", "application/json"));
    routes.get("/example.png", file("/dev/graft/car.png", "image/png"));
    routes.get("/ping", context -> context.json(Map.of("status", "Healthy")));
    routes.get("/models", models::list);
    routes.get("/metrics", predictions.measures()::write);
    routes.post("/predictions/{model}", predictions.measures().of(predictions::predict));
    routes.post("/heatmaps/{model}", predictions.measures().of(predictions::heatMap));
    routes.ownPost("/models/{model}", this::replaceModel);
  }

  private static Handler file(String resource, String type) {
    return WebServer.file(Server.class, resource, type);
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

  /** Accepts no new requests, and waits up to {@link WebServer#GRACE} for those in progress. */
  @Override
  public void close() {
    Deadline end = Deadline.after(WebServer.GRACE);
    web.close();
    predictions.finish(Duration.ofMillis(end.millisLeft()));
    predictions.close();
    models.close();
  }
}
