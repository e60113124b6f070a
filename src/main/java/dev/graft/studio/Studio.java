package dev.graft.studio;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.graft.image.ImageFileReader;
import dev.graft.inference.TopClass;
import dev.graft.output.OutputFolder;
import dev.graft.studio.Refusal.Reason;
import dev.graft.util.Resource;
import dev.graft.web.Deadline;
import dev.graft.web.MemoryBudget;
import dev.graft.web.RequestBodies;
import dev.graft.web.RequestGuard;
import dev.graft.web.WebServer;
import io.javalin.http.BadRequestResponse;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.javalin.http.HttpResponseException;
import io.javalin.http.sse.SseHandler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;

/**
 * A page on this machine to collect images in classes, to train on them, to try the model and to
 * export it; and the REST interface behind it, see {@code /openapi.json}.
 */
public final class Studio implements AutoCloseable {
  private static final String HOST = "127.0.0.1";

  private static final int MAX_MEGABYTES = 32;

  private static final int THREADS = 48;

  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private static final int DEFAULT_TOP = 5;

  /** Images per answer of a listing. */
  private static final int PAGE = 500;

  /** Maximum number of identical or nearly identical images that a listing names for an image. */
  private static final int ALIKE = 3;

  /** The scripts and styles of the page; each of one subject. */
  private static final List<String> FILES =
      List.of(
          "page.js",
          "texts.js",
          "api.js",
          "dom.js",
          "classes.js",
          "gallery.js",
          "intake.js",
          "camera.js",
          "training.js",
          "review.js",
          "tryout.js",
          "takehome.js",
          "keys.js",
          "page.css");

  private static final ObjectMapper JSON = new ObjectMapper();

  private final String token = HexFormat.of().formatHex(randomBytes());
  private final MemoryBudget memory = MemoryBudget.ofHeap();
  private final RequestBodies bodies = new RequestBodies(MAX_MEGABYTES);
  private final ImageStore store;
  private final Thumbnails thumbnails;
  private final Predictor predictor = new Predictor();
  private final TakeHome takeHome;
  private final LiveEvents events;
  private final Training training;
  private final Preparation preparation;
  private final WebServer web;

  /** One thread: training and preparation need all processors. */
  private final ExecutorService work =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "graft-studio-work");
            thread.setDaemon(true);
            return thread;
          });

  /** The answer to {@code GET /api/state}. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record State(
      String folder,
      List<ImageStore.ImageClass> classes,
      Training.State training,
      Preparation.State preparation,
      Result result,
      boolean checkingLabels,
      List<Trainings.Entry> trainings,
      boolean heatMaps,
      int unreadable,
      int conflicts,
      long listing,
      String undo,
      String redo,
      int binned) {}

  /**
   * An image in a listing.
   *
   * @param problem why it can't be read; {@code null} if it can
   * @param alike some other images that are identical or nearly so, at most {@link #ALIKE}; {@code
   *     null} if there are none
   * @param conflict whether one of these is in another class
   */
  @JsonInclude(JsonInclude.Include.NON_DEFAULT)
  private record Shown(
      String path, String version, String problem, List<String> alike, boolean conflict) {}

  private record Listing(int total, List<Shown> images) {}

  /**
   * Opens a folder and starts the server.
   *
   * @param folder of class folders; created if it is missing
   * @param output folder of runs and caches
   * @param port 0 for any free port
   * @throws dev.graft.GraftException if another studio has the folder open, or if it can't listen
   */
  public Studio(Path folder, OutputFolder output, int port) throws IOException {
    store = new ImageStore(folder);
    try {
      thumbnails = new Thumbnails(store.own("thumbnails"));
      takeHome = new TakeHome(output);
      events = new LiveEvents(this::state);
      training = new Training(store, output, work, predictor::use, events::changed);
      preparation = new Preparation(store, output, training::recipe, work, events::changed);
      web =
          WebServer.start(
              new WebServer.Settings(HOST, port, MAX_MEGABYTES, THREADS, TIMEOUT),
              RequestGuard.ofLoopback(HOST),
              this::addRoutes);
    } catch (RuntimeException e) {
      work.shutdownNow();
      store.close();
      throw e;
    }
  }

  private static byte[] randomBytes() {
    byte[] bytes = new byte[16];
    new SecureRandom().nextBytes(bytes);
    return bytes;
  }

  /** Returns the page's address. */
  public String address() {
    return "http://" + HOST + ":" + web.port() + "/";
  }

  // Routes.

  private void addRoutes(WebServer.Routes routes) {
    routes.get("/", page());
    for (String name : FILES) {
      String type = name.endsWith(".js") ? "text/javascript" : "text/css";
      routes.get("/" + name, WebServer.file(Studio.class, name, type + "; charset=utf-8"));
    }
    routes.get("/icon.svg", WebServer.file(Studio.class, "icon.svg", "image/svg+xml"));
    routes.get("/openapi.json", WebServer.file(Studio.class, "openapi.json", "application/json"));
    routes.get("/api/state", context -> context.json(state()));
    SseHandler connection = new SseHandler(0, events::add);
    routes.get(
        "/api/events",
        context -> {
          events.requireCapacity(); // the connection's own answer is always 200
          connection.handle(context);
        });
    routes.get("/api/images", this::list);
    routes.get("/api/images/file", this::sendImage);
    routes.get("/api/images/thumbnail", this::sendThumbnail);
    routes.get("/api/export", context -> takeHome.send(context, requireRun()));
    routes.get("/api/snippets", this::snippets);
    routes.ownPost("/api/predict", ofImage(this::predict));
    routes.ownPost("/api/heatmap", ofImage(this::heatMap));
    addChanges(routes);
  }

  private void addChanges(WebServer.Routes routes) {
    change(routes, "/api/classes", (context, body) -> store.create(text(body, "name")), 201);
    change(routes, "/api/classes/{name}/rename", this::rename, 200);
    change(routes, "/api/classes/{name}/merge", this::merge, 200);
    change(
        routes,
        "/api/classes/{name}/delete",
        (context, body) -> store.deleteClass(context.pathParam("name")),
        200);
    storing(routes, "/api/classes/{name}/images", ofImage(this::add));
    change(
        routes,
        "/api/images/move",
        (context, body) -> store.move(paths(body), text(body, "class")),
        200);
    change(routes, "/api/images/delete", (context, body) -> store.delete(paths(body)), 200);
    change(routes, "/api/images/keep", (context, body) -> store.keep(paths(body)), 200);
    change(routes, "/api/undo", (context, body) -> store.undo(), 200);
    change(routes, "/api/redo", (context, body) -> store.redo(), 200);
    change(routes, "/api/bin/empty", (context, body) -> store.emptyBin(), 200);
    change(routes, "/api/train", (context, body) -> training.start(), 202);
    change(routes, "/api/train/cancel", (context, body) -> training.cancel(), 202);
  }

  private interface Change {
    void make(Context context, JsonNode body) throws IOException;
  }

  /** Adds an address that changes something and answers with the new state. */
  private void change(WebServer.Routes routes, String path, Change change, int status) {
    storing(
        routes,
        path,
        context -> {
          change.make(context, json(bodies.text(context, Deadline.after(TIMEOUT))));
          events.changed();
          context.status(status).json(state());
        });
  }

  /**
   * Adds an address that changes something, for this page only. A full disk is a fault of this
   * machine, not of the request.
   */
  private void storing(WebServer.Routes routes, String path, Handler handler) {
    routes.ownPost(
        path,
        context -> {
          requireToken(context);
          try {
            handler.handle(context);
          } catch (IOException e) {
            Refusal failure = new Refusal(Reason.DISK_FULL);
            failure.initCause(e);
            throw failure;
          }
        });
  }

  private void rename(Context context, JsonNode body) throws IOException {
    store.rename(context.pathParam("name"), text(body, "name"));
  }

  private void merge(Context context, JsonNode body) throws IOException {
    store.merge(context.pathParam("name"), text(body, "into"));
  }

  // Guards.

  /** Refuses a request that the page did not send. */
  private void requireToken(Context context) {
    try {
      RequestGuard.requireOwnPage(context);
      String given = String.valueOf(context.header("X-Graft-Token"));
      if (!MessageDigest.isEqual(
          given.getBytes(StandardCharsets.UTF_8), token.getBytes(StandardCharsets.UTF_8))) {
        throw new Refusal(Reason.TOKEN);
      }
    } catch (HttpResponseException e) {
      bodies.refuse(context);
      throw e;
    }
  }

  private interface ImageHandler {
    void handle(Context context, byte[] image) throws IOException;
  }

  /**
   * Returns a handler of this page's requests with an image; its memory is reserved until the
   * request is answered.
   */
  private Handler ofImage(ImageHandler handler) {
    return context -> {
      RequestGuard.requireOwnPage(context);
      try (MemoryBudget.Reservation reserved = memory.reservation()) {
        handler.handle(context, bodies.image(context, Deadline.after(TIMEOUT), reserved));
      }
    };
  }

  private static JsonNode json(byte[] body) {
    try {
      return body.length == 0 ? JSON.createObjectNode() : JSON.readTree(body);
    } catch (IOException e) {
      throw new BadRequestResponse("The body must be JSON.");
    }
  }

  private static String text(JsonNode body, String key) {
    JsonNode value = body.path(key);
    if (!value.isTextual()) {
      throw new BadRequestResponse("The body must have \"" + key + "\", a text.");
    }
    return value.textValue();
  }

  /** Returns {@code path}, or the list {@code paths}. */
  private static List<String> paths(JsonNode body) {
    if (!body.path("paths").isArray()) {
      return List.of(text(body, "path"));
    }
    return StreamSupport.stream(body.path("paths").spliterator(), false)
        .map(JsonNode::asText)
        .toList();
  }

  // Answers.

  private Handler page() {
    String html =
        new String(Resource.bytes(Studio.class, "index.html"), StandardCharsets.UTF_8)
            .replace("{{token}}", token);
    return context ->
        context
            .header("Cache-Control", "no-store")
            .contentType("text/html; charset=utf-8")
            .result(html);
  }

  private State state() {
    try {
      return new State(
          store.folder().toString(),
          store.classes(),
          training.state(),
          preparation.state(),
          training.result().orElse(null),
          training.isCheckingLabels(),
          training.trainings(),
          predictor.hasHeatMaps(),
          preparation.findings().unreadable().size(),
          (int) preparation.findings().alike().stream().filter(Preparation.Group::conflict).count(),
          preparation.listing(),
          store.undoable().orElse(null),
          store.redoable().orElse(null),
          store.binned());
    } catch (IOException e) {
      throw new Refusal(Reason.FOLDER_UNREADABLE);
    }
  }

  private void add(Context context, byte[] image) throws IOException {
    String path =
        store.add(
            context.pathParam("name"),
            context.header("X-File-Name"),
            image,
            context.header("X-Graft-Group"));
    events.changed();
    context.status(201).json(Map.of("path", path));
  }

  /** Answers with a part of a class's images, or of those that need attention. */
  private void list(Context context) throws IOException {
    String show = String.valueOf(context.queryParam("show"));
    Preparation.Findings findings = preparation.findings();
    List<ImageStore.Image> images = new ArrayList<>();
    String label = context.queryParam("class");
    if (label != null) {
      images.addAll(store.images(label));
    } else {
      for (ImageStore.ImageClass each : store.classes()) {
        images.addAll(store.images(each.name()));
      }
    }
    Set<String> alike = new HashSet<>();
    findings.alike().stream()
        .filter(group -> !show.equals("conflicts") || group.conflict())
        .forEach(group -> alike.addAll(group.paths()));
    switch (show) {
      case "unreadable" -> images.removeIf(each -> !findings.unreadable().containsKey(each.path()));
      case "alike", "conflicts" -> images.removeIf(each -> !alike.contains(each.path()));
      default -> {}
    }
    int from = Math.min(images.size(), number(context, "offset", 0));
    int to = Math.min(images.size(), from + Math.min(PAGE, number(context, "limit", PAGE)));
    context.json(
        new Listing(
            images.size(),
            images.subList(from, to).stream().map(each -> shown(each, findings)).toList()));
  }

  private static Shown shown(ImageStore.Image image, Preparation.Findings findings) {
    Optional<Preparation.Group> group = findings.groupOf(image.path());
    return new Shown(
        image.path(),
        image.version(),
        findings.unreadable().get(image.path()),
        group
            .map(
                all ->
                    all.paths().stream()
                        .filter(each -> !each.equals(image.path()))
                        .limit(ALIKE)
                        .toList())
            .orElse(null),
        group.map(Preparation.Group::conflict).orElse(false));
  }

  private static int number(Context context, String name, int otherwise) {
    String given = context.queryParam(name);
    try {
      int number = given == null ? otherwise : Integer.parseInt(given);
      if (number >= 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // answered below
    }
    throw new BadRequestResponse(name + " must be a whole number, 0 or more.");
  }

  private void sendImage(Context context) throws IOException {
    Path file = store.file(context.queryParam("path"));
    String format = ImageFileReader.header(file).format().toLowerCase(Locale.ROOT);
    context.contentType("image/" + format).result(Files.newInputStream(file));
  }

  private void sendThumbnail(Context context) throws IOException {
    Path file = store.file(context.queryParam("path"));
    String version = ImageStore.version(file);
    // With the version in the address, the answer never changes.
    boolean fixed = version.equals(context.queryParam("v"));
    context
        .header(
            "Cache-Control", fixed ? "private, max-age=31536000, immutable" : "private, no-cache")
        .contentType("image/jpeg")
        .result(thumbnails.of(file, version));
  }

  private void predict(Context context, byte[] image) {
    int top = Math.max(1, number(context, "topk", DEFAULT_TOP));
    Predictor.Answer answer = predictor.predict(image, top);
    List<Map<String, Object>> predictions = new ArrayList<>();
    for (TopClass each : answer.predictions()) {
      predictions.add(Map.of("className", each.name(), "probability", each.probability()));
    }
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("predictions", predictions);
    answer.typicality().ifPresent(share -> body.put("typicality", share));
    context.json(body);
  }

  private void heatMap(Context context, byte[] image) {
    context.contentType("image/png").result(predictor.heatMap(image));
  }

  private void snippets(Context context) {
    context.json(Snippets.of(requireRun(), web.port(), training.command()));
  }

  private Path requireRun() {
    return training
        .run()
        .filter(Files::isDirectory)
        .orElseThrow(() -> new Refusal(Reason.UNTRAINED));
  }

  /** Stops the server; a training in progress is abandoned. */
  @Override
  public void close() throws IOException {
    training.cancel();
    events.close();
    web.close();
    work.shutdownNow();
    try {
      if (!work.awaitTermination(WebServer.GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
        return; // the process ends; the folder's lock ends with it
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    predictor.close();
    store.close();
  }
}
