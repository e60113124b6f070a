package dev.graft.serve;

import dev.graft.inference.Classifier;
import dev.graft.inference.Source;
import dev.graft.picture.Picture;
import dev.graft.picture.PictureReader;
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
import java.util.stream.IntStream;

/**
 * Many requests to a server on this machine, in rounds; before each round its classifier is asked
 * for the same pictures without it. The clients are threads of this process, and take their share
 * of the processors.
 */
public final class Load {
  private static final int ROUNDS = 10;

  private final Server server;
  private final Classifier classifier;
  private final List<InMemory> pictures;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /**
   * What came of it.
   *
   * @param direct pictures a second without the server, in each round
   * @param served likewise, through it
   * @param milliseconds of all requests, in ascending order
   * @param errors answers other than 200, and none at all, those before the first round included
   * @param resident bytes of this process after each round, as the caller's system says
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  public record Measured(
      double[] direct, double[] served, double[] milliseconds, int errors, Long[] resident) {
    /** The time within which a share of the requests was answered. */
    public double milliseconds(double share) {
      return milliseconds[(int) Math.min(milliseconds.length - 1, share * milliseconds.length)];
    }
  }

  /** Says how many resident bytes the process has, or {@code null}. */
  public interface Memory {
    Long now();
  }

  /** The bytes of a picture file. */
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  private record InMemory(byte[] bytes) implements Source {
    @Override
    public String name() {
      return "the picture";
    }

    @Override
    public Picture read(int least) {
      return PictureReader.read(bytes, name(), least);
    }
  }

  /**
   * @param server listens on loopback, to a model called {@code model}
   * @param classifier the server's
   * @param pictures the bytes of picture files
   */
  public Load(Server server, Classifier classifier, List<byte[]> pictures) {
    this.server = server;
    this.classifier = classifier;
    this.pictures = pictures.stream().map(InMemory::new).toList();
  }

  /**
   * Measures.
   *
   * @param requests in all; a tenth of them in each round
   * @param concurrency how many at a time
   */
  public Measured measure(int requests, int concurrency, Memory memory)
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
      directly(pictures.size()); // both are slower at first
      for (int i = 0; i < ROUNDS; i++) {
        direct[i] = directly(each);
        long start = System.nanoTime();
        round(clients, concurrency, milliseconds, i * each, each, errors);
        served[i] = each * 1e9 / (System.nanoTime() - start);
        resident[i] = memory.now();
      }
    } finally {
      clients.shutdownNow();
    }
    Arrays.sort(milliseconds);
    return new Measured(direct, served, milliseconds, errors.get(), resident);
  }

  /** Pictures a second. */
  private double directly(int count) {
    long start = System.nanoTime();
    var sources = IntStream.range(0, count).mapToObj(this::picture).iterator();
    try (var answers = classifier.classify(sources)) {
      answers.forEachRemaining(answer -> answer.probabilities());
    }
    return count * 1e9 / (System.nanoTime() - start);
  }

  private InMemory picture(int number) {
    return pictures.get(number % pictures.size());
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
                            milliseconds[from + i] = ask(picture(i), errors);
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

  /** Asks once. */
  private double ask(InMemory picture, AtomicInteger errors) {
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + server.port() + "/predictions/model?topk=1"))
            .POST(BodyPublishers.ofByteArray(picture.bytes()))
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
