package dev.graft.bench;

import dev.graft.inference.ModelRunner;
import dev.graft.serve.Server;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * A load test of a server on this machine, in rounds; before each round, its classifier computes
 * the same images without it. The clients are threads of this process and take their share of the
 * processors.
 */
public final class LoadGenerator {
  private static final int ROUNDS = 10;

  private final Server server;
  private final ModelRunner classifier;
  private final List<InMemory> images;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /**
   * Results.
   *
   * @param direct images/s without the server, per round
   * @param served images/s through the server, per round
   * @param milliseconds per request, in ascending order
   * @param errors requests not answered with status 200, including those of the warm-up
   * @param resident bytes of this process after each round, as the operating system reports them
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Measured(
      double[] direct, double[] served, double[] milliseconds, int errors, Long[] resident) {
    /** Returns the time within which a share of the requests was answered. */
    public double milliseconds(double share) {
      return milliseconds[(int) Math.min(milliseconds.length - 1, share * milliseconds.length)];
    }
  }

  /**
   * Prepares a load test.
   *
   * @param server listens on loopback; its model is called {@code model}
   * @param classifier of the server
   * @param images the bytes of image files
   */
  public LoadGenerator(Server server, ModelRunner classifier, List<byte[]> images) {
    this.server = server;
    this.classifier = classifier;
    this.images = images.stream().map(bytes -> new InMemory("the image", bytes)).toList();
  }

  /**
   * Runs the test.
   *
   * @param requests in total; a tenth of them per round
   * @param concurrency requests at once
   * @param memory measures the resident bytes of this process; {@code null} if not known
   */
  public Measured measure(int requests, int concurrency, Supplier<Long> memory)
      throws InterruptedException {
    int each = Math.max(1, requests / ROUNDS);
    double[] direct = new double[ROUNDS];
    double[] served = new double[ROUNDS];
    double[] milliseconds = new double[each * ROUNDS];
    Long[] resident = new Long[ROUNDS];
    AtomicInteger errors = new AtomicInteger();
    ExecutorService clients = Executors.newFixedThreadPool(concurrency);
    try {
      round(clients, concurrency, new double[4 * concurrency], 0, 4 * concurrency, errors);
      directly(images.size()); // the first calls are slower
      for (int i = 0; i < ROUNDS; i++) {
        direct[i] = directly(each);
        long start = System.nanoTime();
        round(clients, concurrency, milliseconds, i * each, each, errors);
        served[i] = each * 1e9 / (System.nanoTime() - start);
        resident[i] = memory.get();
      }
    } finally {
      clients.shutdownNow();
    }
    Arrays.sort(milliseconds);
    return new Measured(direct, served, milliseconds, errors.get(), resident);
  }

  /** Returns images/s. */
  private double directly(int count) {
    long start = System.nanoTime();
    var sources = IntStream.range(0, count).mapToObj(this::image).iterator();
    try (var answers = classifier.classify(sources)) {
      answers.forEachRemaining(answer -> answer.probabilities());
    }
    return count * 1e9 / (System.nanoTime() - start);
  }

  private InMemory image(int number) {
    return images.get(number % images.size());
  }

  private void round(
      ExecutorService clients,
      int concurrency,
      double[] milliseconds,
      int from,
      int count,
      AtomicInteger errors)
      throws InterruptedException {
    AtomicInteger next = new AtomicInteger();
    List<Future<?>> working =
        IntStream.range(0, concurrency)
            .<Future<?>>mapToObj(
                client ->
                    clients.submit(
                        () -> {
                          for (int i = next.getAndIncrement(); i < count; ) {
                            milliseconds[from + i] = post(image(i), errors);
                            i = next.getAndIncrement();
                          }
                        }))
            .toList();
    for (Future<?> each : working) {
      try {
        each.get();
      } catch (ExecutionException e) {
        throw new IllegalStateException(e.getCause());
      }
    }
  }

  /** Sends one request; returns the milliseconds until its answer. */
  private double post(InMemory image, AtomicInteger errors) {
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + server.port() + "/predictions/model?topk=1"))
            .POST(BodyPublishers.ofByteArray(image.bytes()))
            .build();
    long start = System.nanoTime();
    try {
      if (client.send(request, BodyHandlers.ofByteArray()).statusCode() != 200) {
        errors.incrementAndGet();
      }
    } catch (IOException e) {
      errors.incrementAndGet();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      errors.incrementAndGet();
    }
    return (System.nanoTime() - start) / (double) TimeUnit.MILLISECONDS.toNanos(1);
  }
}
