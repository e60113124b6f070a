package dev.graft.serve;

import dev.graft.GraftException;
import dev.graft.image.Framing;
import dev.graft.image.HeatMap;
import dev.graft.image.ImageFileReader;
import dev.graft.image.RgbImage;
import dev.graft.image.UnreadableImage;
import dev.graft.inference.ModelRunner;
import dev.graft.inference.ModelRunner.Prepared;
import dev.graft.inference.Output;
import dev.graft.inference.TopClass;
import dev.graft.web.Deadline;
import dev.graft.web.HeatMapPng;
import dev.graft.web.MemoryBudget;
import dev.graft.web.RequestBodies;
import io.javalin.http.BadRequestResponse;
import io.javalin.http.ContentTooLargeResponse;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import io.javalin.http.NotFoundResponse;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.server.Request;

/**
 * Answers requests for classes and heat maps, within limits.
 *
 * <p>Decoding, the network and heat maps have threads of their own, so that a request is answered
 * at its deadline even while one of them computes. What a request holds (its permit, its bytes, its
 * model) is released when its work has ended, which may be later.
 */
final class Predictions implements AutoCloseable {
  private static final int DEFAULT_TOP = 5;

  /** The name of a request's image in messages. */
  private static final String IMAGE = "The image";

  /** The header of an answer with the image's typicality, 0 to 1. */
  static final String TYPICALITY = "Typicality";

  private final ServeSettings.RequestLimits limits;
  private final OptionalDouble reject;
  private final Models models;
  private final RequestBodies bodies;
  private final MemoryBudget memory;
  private final Semaphore permits;
  private final Batches batches = new Batches();
  private final ExecutorService decoding = threads("graft-decoding", ImageFileReader.threads());
  private final ExecutorService seeing = threads("graft-heat-maps", 1);
  private final Metrics measures;

  /** A likely class, in DJL Serving's names. */
  private record Prediction(String className, double probability) {
    Prediction(TopClass top) {
      this(top.name(), top.probability());
    }
  }

  /** An image and the model that it is for. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Job(ServedModel model, byte[] image, Deadline deadline) {}

  private interface Work<T> {
    CompletableFuture<T> begin(Job job);
  }

  Predictions(ServeSettings settings, Models models, RequestBodies bodies, MemoryBudget memory) {
    this.memory = memory;
    limits = settings.limits();
    reject = settings.reject();
    this.models = models;
    this.bodies = bodies;
    permits = new Semaphore(limits.images());
    measures = new Metrics(batches::size, () -> limits.images() - permits.availablePermits());
  }

  private static ExecutorService threads(String name, int count) {
    return Executors.newFixedThreadPool(
        count,
        work -> {
          Thread thread = new Thread(work, name);
          thread.setDaemon(true);
          return thread;
        });
  }

  Metrics measures() {
    return measures;
  }

  /** The prediction for an image. */
  private record Found(List<TopClass> best, OptionalDouble typicality) {}

  /**
   * Answers with the most probable classes, or none if the typicality is below {@code reject} of
   * the query, or else of the settings; the typicality is in a header, since the body is DJL
   * Serving's.
   */
  void predict(Context context) {
    int top = top(context);
    OptionalDouble asked = reject(context);
    Found found =
        answer(
            context,
            job ->
                prepared(job)
                    .thenCompose(image -> output(job, image))
                    .thenApply(output -> found(job.model().classifier(), output, top, asked)));
    found.typicality().ifPresent(share -> context.header(TYPICALITY, Double.toString(share)));
    context.json(found.best().stream().map(Prediction::new).toList());
  }

  private Found found(ModelRunner model, Output output, int top, OptionalDouble asked) {
    if (asked.isPresent() && output.typicality().isEmpty()) {
      throw new BadRequestResponse("This model has no typicality; leave reject out.");
    }
    boolean rejected = output.isBelow(asked.orElse(reject.orElse(0)));
    return new Found(
        rejected ? List.of() : model.top(output.probabilities(), top), output.typicality());
  }

  /** Answers with a PNG of the image under a heat map of the most probable class. */
  void heatMap(Context context) {
    byte[] png =
        answer(
            context,
            job -> {
              if (!job.model().classifier().hasGradCam()) {
                throw new NotFoundResponse(
                    "This model has no heat maps: its network has no stage of more than one pixel, or"
                        + " its engine only predicts.");
              }
              return prepared(job)
                  .thenCompose(
                      image ->
                          output(job, image)
                              .thenCompose(row -> seen(job, image, row.probabilities())))
                  .thenCompose(map -> shown(job, map));
            });
    context.contentType("image/png").result(png);
  }

  /** Reads the image, begins the work for it, and waits for the result until the deadline. */
  private <T> T answer(Context context, Work<T> work) {
    top(context); // a wrong query is rejected before the body is read
    reject(context);
    Deadline deadline = Deadline.after(limits.timeout());
    if (!permits.tryAcquire()) {
      bodies.refuse(context);
      throw new HttpResponseException(429, "Too many images are in progress; try again soon.");
    }
    MemoryBudget.Reservation reservation = memory.reservation();
    CompletableFuture<T> result;
    try {
      byte[] image = bodies.image(context, deadline, reservation);
      ServedModel model = models.take(context.pathParam("model"));
      result = begin(work, new Job(model, image, deadline));
      result = result.whenComplete((done, failure) -> model.release());
    } catch (Throwable e) {
      reservation.close();
      permits.release();
      throw e;
    }
    result =
        result.whenComplete(
            (done, failure) -> {
              reservation.close();
              permits.release();
            });
    try {
      return deadline.await(result);
    } catch (ExecutionException e) {
      throw answerable(e.getCause());
    }
  }

  private static <T> CompletableFuture<T> begin(Work<T> work, Job job) {
    try {
      return work.begin(job);
    } catch (RuntimeException | Error e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static RuntimeException answerable(Throwable failure) {
    if (failure instanceof HttpResponseException || failure instanceof GraftException) {
      return (RuntimeException) failure;
    }
    if (failure instanceof OutOfMemoryError) {
      return outOfMemory();
    }
    return new IllegalStateException(failure);
  }

  static HttpResponseException outOfMemory() {
    return new HttpResponseException(503, "This server is short of memory; try again soon.");
  }

  /** Queues work on the threads; it is not started after the deadline. */
  private static <T> CompletableFuture<T> inTurn(
      ExecutorService threads, Job job, Supplier<T> work) {
    return CompletableFuture.supplyAsync(
        () -> {
          job.deadline().require();
          return work.get();
        },
        threads);
  }

  private CompletableFuture<Prepared> prepared(Job job) {
    var classifier = job.model().classifier();
    return decoded(job, Framing.minSide(classifier.inputSize()), classifier::prepare);
  }

  /**
   * Decodes the image and passes it to a function; the pixels are freed afterwards.
   *
   * @param minSide the length to which its shorter side may be reduced, in pixels
   */
  private <T> CompletableFuture<T> decoded(Job job, int minSide, Function<RgbImage, T> use) {
    return inTurn(
        decoding,
        job,
        () -> {
          ImageFileReader.Header header = ImageFileReader.header(job.image(), IMAGE);
          if ((long) header.width() * header.height() > limits.megapixels() * 1_000_000L) {
            throw new ContentTooLargeResponse(
                "An image may have at most " + limits.megapixels() + " megapixels.");
          }
          try {
            return use.apply(ImageFileReader.read(job.image(), IMAGE, minSide));
          } catch (UnreadableImage e) {
            throw e.isForLackOfMemory() ? outOfMemory() : e;
          }
        });
  }

  private CompletableFuture<Output> output(Job job, Prepared image) {
    return batches
        .output(job.model(), image, job.deadline())
        .thenApply(output -> output.requireFinite(IMAGE));
  }

  private CompletableFuture<HeatMap> seen(Job job, Prepared image, float[] probabilities) {
    int mostProbable = job.model().classifier().top(probabilities, 1).get(0).index();
    return inTurn(
        seeing,
        job,
        () -> {
          try {
            return job.model().heatMap(image, mostProbable);
          } catch (GraftException e) { // concerns the model's files, not the image
            throw new IllegalStateException(e);
          }
        });
  }

  private CompletableFuture<byte[]> shown(Job job, HeatMap map) {
    Framing framing = job.model().classifier().framing();
    return decoded(job, HeatMapPng.MIN_SIDE, image -> HeatMapPng.png(image, map, framing));
  }

  private static int top(Context context) {
    try {
      int top = query(context, "topk").map(Integer::parseInt).orElse(DEFAULT_TOP);
      if (top >= 1) {
        return top;
      }
    } catch (RuntimeException e) {
      // not a number, or not decodable
    }
    throw new BadRequestResponse("topk must be a whole number, 1 or more.");
  }

  private static OptionalDouble reject(Context context) {
    try {
      Optional<Double> share = query(context, "reject").map(Double::valueOf);
      if (share.isEmpty()) {
        return OptionalDouble.empty();
      }
      if (share.get() >= 0 && share.get() <= 1) {
        return OptionalDouble.of(share.get());
      }
    } catch (RuntimeException e) {
      // not a number, or not decodable
    }
    throw new BadRequestResponse("reject must be a number from 0 to 1.");
  }

  /** Returns a value of the query; Javalin would decode it by the charset of the body. */
  private static Optional<String> query(Context context, String key) {
    return Optional.ofNullable(
        Request.extractQueryParameters(
                ServletContextRequest.getServletContextRequest(context.req()))
            .getValue(key));
  }

  /**
   * Waits for the requests in progress.
   *
   * @param patience the longest time to wait
   */
  void finish(Duration patience) {
    try {
      if (permits.tryAcquire(limits.images(), patience.toMillis(), TimeUnit.MILLISECONDS)) {
        permits.release(limits.images());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Starts no further work. */
  @Override
  public void close() {
    batches.close();
    decoding.shutdown();
    seeing.shutdown();
  }
}
