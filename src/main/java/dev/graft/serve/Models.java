package dev.graft.serve;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.graft.inference.ModelRunner;
import io.javalin.http.BadRequestResponse;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import io.javalin.http.NotFoundResponse;
import io.javalin.http.UnprocessableContentResponse;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.Semaphore;
import java.util.function.Function;

/** The model in service, and its replacement. */
final class Models implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Function<Path, ModelRunner> loader;
  private final OptionalDouble reject;
  private final Semaphore loading = new Semaphore(1);
  private ServedModel current;
  private boolean closed;

  /**
   * The answer to {@code GET /models}.
   *
   * @param reject the typicality below which an image gets no class; {@code null} for none
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Description(
      String modelName,
      String title,
      int inputSize,
      boolean heatMaps,
      boolean typicality,
      Double reject,
      List<String> classes) {
    Description(ServedModel model, OptionalDouble reject) {
      this(
          model.name(),
          model.classifier().name(),
          model.classifier().inputSize(),
          model.classifier().hasGradCam(),
          model.classifier().hasTypicality(),
          reject.isPresent() ? reject.getAsDouble() : null,
          model.classifier().classes());
    }
  }

  Models(ServedModel first, Function<Path, ModelRunner> loader, OptionalDouble reject) {
    current = first;
    this.loader = loader;
    this.reject = reject;
  }

  /** Answers with the model in service. */
  void list(Context context) {
    context.json(Map.of("models", List.of(new Description(current(), reject))));
  }

  private synchronized ServedModel current() {
    return current;
  }

  /**
   * Returns the model of this name, to be {@linkplain ServedModel#release released} by the caller.
   *
   * @throws HttpResponseException if there is none
   */
  synchronized ServedModel take(String name) {
    if (!current.name().equals(name)) {
      throw new NotFoundResponse("No model has this name; GET /models lists it.");
    }
    if (!current.take()) {
      throw new HttpResponseException(503, "This server is shutting down.");
    }
    return current;
  }

  /**
   * Replaces the model, under the name in the address. An error answer does not say what is wrong
   * with the path, since that would reveal which files exist on this machine.
   *
   * @param body {@code {"path": FOLDER}}
   */
  void replace(Context context, byte[] body) {
    Path path = path(body);
    if (!loading.tryAcquire()) {
      throw new HttpResponseException(409, "Another model is being loaded; try again later.");
    }
    try {
      ServedModel next = new ServedModel(context.pathParam("model"), load(path));
      put(next);
      context.json(new Description(next, reject));
    } finally {
      loading.release();
    }
  }

  private ModelRunner load(Path path) {
    try {
      return loader.apply(path);
    } catch (RuntimeException | OutOfMemoryError | LinkageError e) {
      UnprocessableContentResponse failure =
          new UnprocessableContentResponse(
              "No model could be loaded from this path; the server's console says why.");
      failure.initCause(e);
      throw failure;
    }
  }

  private synchronized void put(ServedModel next) {
    if (closed) {
      next.retire();
      throw new HttpResponseException(503, "This server is shutting down.");
    }
    current.retire();
    current = next;
  }

  private static Path path(byte[] body) {
    try {
      JsonNode path = JSON.readTree(body).path("path");
      if (path.isTextual()) {
        return Path.of(path.textValue());
      }
    } catch (IOException | InvalidPathException e) {
      // answered below
    }
    throw new BadRequestResponse("The body must be {\"path\": FOLDER}, of a run or a model.");
  }

  /** Closes the model once no request uses it. */
  @Override
  public synchronized void close() {
    closed = true;
    current.retire();
  }
}
