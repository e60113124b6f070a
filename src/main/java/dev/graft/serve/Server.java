package dev.graft.serve;

import dev.graft.GraftException;
import dev.graft.inference.Classifier;
import dev.graft.inference.Classifier.Prepared;
import dev.graft.inference.TopClass;
import dev.graft.picture.Framing;
import dev.graft.picture.HeatMap;
import dev.graft.picture.Picture;
import dev.graft.picture.PictureReader;
import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.http.BadRequestResponse;
import io.javalin.http.ContentTooLargeResponse;
import io.javalin.http.Context;
import io.javalin.http.ForbiddenResponse;
import io.javalin.http.Handler;
import io.javalin.http.HttpResponseException;
import io.javalin.http.NotFoundResponse;
import io.javalin.http.UnprocessableContentResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import org.eclipse.jetty.server.AbstractConnector;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * A web page and a REST interface for one model at a time, shaped after DJL Serving's: {@code POST
 * /predictions/{model}}, {@code GET /ping}, {@code GET /models}. An error is one sentence as {@code
 * {"code", "message"}} that says nothing of this machine.
 */
public final class Server implements AutoCloseable {
  /** Threads beyond those of pictures under way, for all that takes no time. */
  private static final int THREADS = 16;

  /**
   * In milliseconds: a connection on which nothing happens, and how long an ending one is given.
   */
  private static final int IDLE = 20_000;

  private static final int GRACE = 8_000;

  private static final int DEFAULT_TOP = 5;

  private static final String NOTHING = "There is nothing here.";

  /** What the page may load: what this server sends, and the pictures that one drops on it. */
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
  private final Function<Path, Classifier> loader;
  private final AtomicReference<Served> current;
  private final Semaphore underWay;
  private final Semaphore seeing = new Semaphore(1, true);
  private final Semaphore reading = new Semaphore(PictureReader.threads(), true);
  private final Bodies bodies;
  private final Batches batches = new Batches();
  private final Measures measures;
  private final Javalin web;

  /** What programs are told of a likely class; DJL Serving's names. */
  private record Prediction(String className, double probability) {
    Prediction(TopClass top) {
      this(top.name(), top.probability());
    }
  }

  private record Model(
      String modelName, String title, int inputSize, boolean heatMaps, List<String> classes) {}

  /** What is answered to a picture. */
  private interface Answer {
    void to(Context context, Served model, byte[] picture);
  }

  private record Problem(int code, String message) {}

  /**
   * Starts a server.
   *
   * @param name of the model, in addresses
   * @param classifier is closed with the server
   * @param loader of models that are to be put in place
   * @throws GraftException if it can't listen there
   */
  public Server(
      ServeSettings settings,
      String name,
      Classifier classifier,
      Function<Path, Classifier> loader) {
    this.settings = settings;
    this.loader = loader;
    bodies = new Bodies(settings.bodyMegabytes(), settings.patience());
    current = new AtomicReference<>(new Served(name, classifier));
    underWay = new Semaphore(settings.underWay());
    measures = new Measures(batches::size, () -> settings.underWay() - underWay.availablePermits());
    web = Javalin.create(this::configure);
    try {
      web.start(settings.host(), settings.port());
      for (Connector each : web.jettyServer().server().getConnectors()) {
        ((AbstractConnector) each).setIdleTimeout(idle()); // also before a request is there
      }
    } catch (RuntimeException e) {
      close();
      throw new GraftException(
          "No server can listen on "
              + settings.host()
              + ":"
              + settings.port()
              + "; is another one there? Choose another --port, or 0 for any.",
          e);
    }
  }

  /** The port that it listens on. */
  public int port() {
    return web.port();
  }

  private void configure(JavalinConfig config) {
    config.startup.showJavalinBanner = false;
    config.startup.startupWatcherEnabled = false;
    config.http.maxRequestSize = (long) settings.bodyMegabytes() << 20;
    config.jetty.threadPool = new QueuedThreadPool(settings.underWay() + THREADS, 4, IDLE);
    config.jetty.modifyHttpConfiguration(
        http -> {
          http.setSendServerVersion(false);
          http.setIdleTimeout(idle());
        });
    config.jetty.modifyServer(server -> server.setStopTimeout(GRACE));
    config
        .routes
        .before(this::setHeaders)
        .get("/", file("index.html", "text/html; charset=utf-8"))
        .get("/page.js", file("page.js", "text/javascript; charset=utf-8"))
        .get("/page.css", file("page.css", "text/css; charset=utf-8"))
        .get("/openapi.json", file("openapi.json", "application/json"))
        .get("/example.png", file("/dev/graft/car.png", "image/png"))
        .get("/ping", context -> context.json(Map.of("status", "Healthy")))
        .get("/models", context -> context.json(Map.of("models", List.of(model()))))
        .get(
            "/metrics",
            context ->
                context
                    .contentType("text/plain; version=0.0.4; charset=utf-8")
                    .result(measures.text()))
        .post("/predictions/{model}", measured(this::predict))
        .post("/heatmaps/{model}", measured(this::heatMap))
        .post("/models/{model}", this::swap)
        .exception(
            HttpResponseException.class,
            (e, context) -> problem(context, e.getStatus(), sentence(e)))
        .exception(GraftException.class, (e, context) -> problem(context, 422, e.getMessage()))
        .exception(
            Exception.class,
            (e, context) -> problem(context, 500, "Something failed here that should not."))
        .error(
            404,
            context -> {
              if (context.result() == null) {
                problem(context, 404, NOTHING);
              }
            });
  }

  private long idle() {
    return Math.min(IDLE, settings.patience().toMillis());
  }

  private void setHeaders(Context context) {
    HEADERS.forEach(context::header);
    settings.origin().ifPresent(origin -> context.header("Access-Control-Allow-Origin", origin));
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

  /** Javalin's own messages repeat the address. */
  private static String sentence(HttpResponseException e) {
    String message = String.valueOf(e.getMessage());
    return message.endsWith(".")
        ? message
        : e.getStatus() == 404 ? NOTHING : "That is not possible here.";
  }

  private static void problem(Context context, int status, String message) {
    if (status == 429) {
      context.header("Retry-After", "1");
    }
    context.status(status).json(new Problem(status, message));
  }

  private Model model() {
    Served served = current.get();
    Classifier classifier = served.classifier();
    return new Model(
        served.name(),
        classifier.name(),
        classifier.inputSize(),
        classifier.hasGradCam(),
        classifier.classes());
  }

  // Predictions.

  /** Within the limits, and counted. */
  private Handler measured(Answer answer) {
    return context -> {
      long start = System.nanoTime();
      int status = 500;
      try {
        limited(context, answer);
        status = 200;
      } catch (HttpResponseException e) {
        status = e.getStatus();
        throw e;
      } catch (GraftException e) {
        status = 422;
        throw e;
      } finally {
        measures.answered(status, (System.nanoTime() - start) / 1e9);
      }
    };
  }

  private void limited(Context context, Answer answer) {
    top(context); // what is wrong with the address is said before a picture is read
    if (!underWay.tryAcquire()) {
      throw new HttpResponseException(429, "Too many pictures are under way; try again soon.");
    }
    try {
      byte[] picture = bodies.picture(context);
      Served model = take(context.pathParam("model"));
      try {
        answer.to(context, model, picture);
      } finally {
        model.letGo();
      }
    } finally {
      underWay.release();
    }
  }

  private void predict(Context context, Served model, byte[] picture) {
    Classifier classifier = model.classifier();
    float[] probabilities = await(batches.ask(model, prepare(classifier, picture)));
    List<TopClass> best = classifier.top(probabilities, top(context));
    context.json(best.stream().map(Prediction::new).toList());
  }

  /** Where the likeliest class was seen, over the picture, as PNG. */
  private void heatMap(Context context, Served model, byte[] picture) {
    Classifier classifier = model.classifier();
    if (!classifier.hasGradCam()) {
      throw new NotFoundResponse("This model has no heat maps here: what serves it only predicts.");
    }
    Prepared prepared = prepare(classifier, picture);
    float[] probabilities = await(batches.ask(model, prepared));
    int likeliest = classifier.top(probabilities, 1).get(0).index();
    HeatMap map = within(seeing, () -> model.heatMap(prepared, likeliest));
    byte[] png = decoded(picture, Shown.LEAST, seen -> Shown.png(seen, map, classifier.framing()));
    context.contentType("image/png").result(png);
  }

  private int top(Context context) {
    String asked = context.queryParam("topk");
    try {
      int top = asked == null ? DEFAULT_TOP : Integer.parseInt(asked);
      if (top >= 1) {
        return top;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new BadRequestResponse("topk must be a whole number, 1 or more.");
  }

  private Served take(String name) {
    while (true) {
      Served served = current.get();
      if (!served.name().equals(name)) {
        throw new NotFoundResponse("There is no model of that name here; GET /models names it.");
      }
      if (served.take()) {
        return served;
      }
    }
  }

  private Prepared prepare(Classifier classifier, byte[] bytes) {
    return decoded(bytes, Framing.least(classifier.inputSize()), classifier::prepare);
  }

  /**
   * A picture, decoded for no longer than its use; as many at a time as there is room for.
   *
   * @param least to which its shorter side may be reduced
   */
  private <T> T decoded(byte[] bytes, int least, Function<Picture, T> use) {
    return within(
        reading,
        () -> {
          String name = "The picture";
          PictureReader.Header header = PictureReader.header(bytes, name);
          if ((long) header.width() * header.height() > settings.megapixels() * 1_000_000L) {
            throw new ContentTooLargeResponse(
                "A picture may have " + settings.megapixels() + " megapixels at most.");
          }
          return use.apply(PictureReader.read(bytes, name, least));
        });
  }

  /** Waits for its turn, for no longer than a request may take. */
  private <T> T within(Semaphore turns, Supplier<T> work) {
    try {
      if (!turns.tryAcquire(settings.patience().toMillis(), TimeUnit.MILLISECONDS)) {
        throw late();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw late();
    }
    try {
      return work.get();
    } catch (OutOfMemoryError e) {
      throw new UnprocessableContentResponse("The picture needs more memory than there is here.");
    } finally {
      turns.release();
    }
  }

  private float[] await(CompletableFuture<float[]> answer) {
    try {
      return answer.get(settings.patience().toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw late();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw late();
    } catch (ExecutionException e) {
      throw new HttpResponseException(500, "The model could not compute this picture.");
    }
  }

  private static HttpResponseException late() {
    return new HttpResponseException(503, "It took too long; try again later.");
  }

  // Models.

  /** {@code {"path": FOLDER}}: puts another model in place, under the name of the address. */
  private void swap(Context context) {
    if (!settings.swappable()) {
      throw new ForbiddenResponse("Models are not replaced here; serve --allow-swap allows it.");
    }
    Served next = new Served(context.pathParam("model"), loader.apply(folder(context)));
    current.getAndSet(next).retire();
    context.json(model());
  }

  private static Path folder(Context context) {
    try {
      Object path = context.bodyAsClass(Map.class).get("path");
      return Path.of(String.valueOf(Objects.requireNonNull(path)));
    } catch (RuntimeException e) {
      throw new BadRequestResponse("The body must be {\"path\": FOLDER}, a run's or a model's.");
    }
  }

  /** Lets what is under way end, for some seconds, and takes nothing new. */
  @Override
  public void close() {
    web.stop();
    try {
      underWay.tryAcquire(settings.underWay(), GRACE, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    batches.close();
    current.get().retire();
  }
}
