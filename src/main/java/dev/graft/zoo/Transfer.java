package dev.graft.zoo;

import dev.graft.GraftException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscribers;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;

/**
 * One file on its way from a server to {@code <path>.part}.
 *
 * <p>Beside the part, {@code <path>.part.version} keeps the URL and the server's word for this
 * version of the file (ETag or Last-Modified). A later transfer asks for the rest, if the server
 * still has that version (HTTP's {@code Range} and {@code If-Range}, RFC 9110 sections 13.1.5 and
 * 14.2), and takes the whole file if it gets that instead.
 */
final class Transfer {
  private static final Duration TICK = Duration.ofMillis(100);

  private final Published file;
  private final Path part;
  private final Path version;
  private final Duration patience;
  private final Download.Progress progress;

  /** Bytes in the part: counted by the client's threads, read by the one that waits. */
  private final AtomicLong done = new AtomicLong();

  /** Bytes of the whole file, -1 where unknown. */
  private volatile long total;

  Transfer(Published file, Path path, Duration patience, Download.Progress progress) {
    this.file = file;
    this.part = path.resolveSibling(path.getFileName() + ".part");
    this.version = path.resolveSibling(path.getFileName() + ".part.version");
    this.patience = patience;
    this.progress = progress;
    this.total = file.size();
  }

  /**
   * Gets the file or the rest of it.
   *
   * @return the part, which is now as long as the server promised and flushed to the disk
   * @throws GraftException if the network or the server fails
   * @throws IOException if the cache does
   */
  Path run() throws IOException {
    Optional<String> known = knownVersion();
    if (known.isEmpty() || !get(known)) {
      discard();
      get(Optional.empty());
    }
    return part;
  }

  /** Deletes what is left of this transfer. */
  void discard() throws IOException {
    Files.deleteIfExists(part);
    Files.deleteIfExists(version);
  }

  /** Whether the whole file is here; false if the part is of no use to the server. */
  private boolean get(Optional<String> known) throws IOException {
    long from = known.isPresent() ? Files.size(part) : 0;
    done.set(from);
    HttpRequest.Builder request = HttpRequest.newBuilder(file.uri()).timeout(patience);
    known.ifPresent(
        word -> request.header("Range", "bytes=" + from + "-").header("If-Range", word));
    try (FileChannel out =
        FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      HttpResponse<Void> response = send(request.build(), out, from);
      int status = response.statusCode();
      boolean rest = status == 206 && isTheRest(response.headers(), from);
      if (status != 200 && !rest) {
        if (from > 0 && (status == 206 || status == 416)) {
          return false;
        }
        throw failure("the server answers with the HTTP status " + status + kept(), null);
      }
      if (total >= 0 && done.get() != total) {
        throw failure("%d of %d bytes came".formatted(done.get(), total) + kept(), null);
      }
      out.force(true);
      return true;
    }
  }

  /** The version of the part that is here; empty where there is nothing to go on from. */
  private Optional<String> knownVersion() throws IOException {
    if (!Files.isRegularFile(part) || !Files.isRegularFile(version) || Files.size(part) == 0) {
      return Optional.empty();
    }
    List<String> lines = Files.readString(version, StandardCharsets.ISO_8859_1).lines().toList();
    return lines.size() == 2 && lines.get(0).equals(file.uri().toString())
        ? Optional.of(lines.get(1))
        : Optional.empty();
  }

  private void keepVersion(HttpHeaders headers) throws IOException {
    // A weak ETag (W/"…") does not promise the same bytes; If-Range takes strong ones and dates.
    Optional<String> word =
        headers
            .firstValue("ETag")
            .filter(tag -> tag.startsWith("\""))
            .or(() -> headers.firstValue("Last-Modified"));
    if (word.isPresent()) {
      Files.writeString(
          version, file.uri() + "\n" + word.get() + "\n", StandardCharsets.ISO_8859_1);
    } else {
      Files.deleteIfExists(version);
    }
  }

  /** Sends the request, writes the body to the part and tells progress meanwhile. */
  private HttpResponse<Void> send(HttpRequest request, FileChannel out, long from)
      throws IOException {
    // An executor of our own: the default one's threads would live on for a minute.
    ExecutorService threads =
        Executors.newCachedThreadPool(
            task -> {
              Thread thread = new Thread(task, "graft-download");
              thread.setDaemon(true);
              return thread;
            });
    CompletableFuture<HttpResponse<Void>> answer =
        HttpClient.newBuilder()
            .executor(threads)
            .connectTimeout(patience)
            .followRedirects(HttpClient.Redirect.NORMAL)
            .version(HttpClient.Version.HTTP_1_1)
            .build()
            .sendAsync(request, response -> receive(response, out, from));
    try {
      return await(answer);
    } catch (ExecutionException e) {
      throw explain(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failure("it was interrupted" + kept(), e);
    } finally {
      answer.cancel(true);
      threads.shutdownNow();
    }
  }

  private HttpResponse<Void> await(CompletableFuture<HttpResponse<Void>> answer)
      throws InterruptedException, ExecutionException {
    long before = done.get();
    long changed = System.nanoTime();
    while (true) {
      try {
        HttpResponse<Void> response = answer.get(TICK.toMillis(), TimeUnit.MILLISECONDS);
        progress.at(done.get(), total);
        return response;
      } catch (TimeoutException tick) {
        if (done.get() != before) {
          before = done.get();
          changed = System.nanoTime();
          progress.at(before, total);
        } else if (System.nanoTime() - changed > patience.plus(TICK.multipliedBy(5)).toNanos()) {
          // A little late, so that the client's own timeouts, which know more, come first.
          throw new ExecutionException(new HttpTimeoutException("silence"));
        }
      }
    }
  }

  /** Where the body goes, once its status and headers are known. */
  private HttpResponse.BodySubscriber<Void> receive(
      HttpResponse.ResponseInfo response, FileChannel out, long from) {
    HttpHeaders headers = response.headers();
    long length = headers.firstValueAsLong("Content-Length").orElse(-1);
    boolean rest = response.statusCode() == 206 && isTheRest(headers, from);
    if (response.statusCode() != 200 && !rest) {
      return BodySubscribers.discarding();
    }
    long start = rest ? from : 0;
    total = length < 0 ? file.size() : start + length;
    if (file.size() >= 0 && total != file.size()) {
      throw new WrongContent("has %d bytes instead of %d".formatted(total, file.size()));
    }
    try {
      out.truncate(start).position(start);
      done.set(start);
      keepVersion(headers);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return BodySubscribers.ofByteArrayConsumer(
        bytes -> bytes.ifPresent(piece -> write(ByteBuffer.wrap(piece), out)));
  }

  private static boolean isTheRest(HttpHeaders headers, long from) {
    Pattern range = Pattern.compile("bytes " + from + "-\\d+/(\\d+|\\*)");
    return from > 0 && range.matcher(headers.firstValue("Content-Range").orElse("")).matches();
  }

  private void write(ByteBuffer piece, FileChannel out) {
    long after = done.get() + piece.remaining();
    if (file.size() >= 0 && after > file.size()) {
      throw new WrongContent("has more than its %d bytes".formatted(file.size()));
    }
    try {
      while (piece.hasRemaining()) {
        out.write(piece);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    done.set(after);
  }

  /** Why the client gave up, in words. */
  private GraftException explain(Throwable cause) throws IOException {
    boolean unknownHost = false;
    for (Throwable t = cause; t != null; t = t.getCause()) {
      if (t instanceof WrongContent wrong) {
        discard();
        return Download.mismatch(file, wrong.getMessage());
      }
      if (t instanceof UncheckedIOException disk) {
        throw disk.getCause();
      }
      unknownHost |= t instanceof UnresolvedAddressException;
    }
    String host = file.uri().getHost();
    String problem;
    if (unknownHost) {
      problem = "the host " + host + " is unknown";
    } else if (cause instanceof HttpTimeoutException) {
      problem = "%s was silent for %d s".formatted(host, patience.toSeconds());
    } else if (cause instanceof ConnectException) {
      problem = "no connection to " + host;
    } else {
      problem =
          "the connection broke after %d bytes (%s)".formatted(done.get(), cause.getMessage());
    }
    return failure(problem + kept(), cause);
  }

  private GraftException failure(String problem, Throwable cause) {
    return new GraftException(
        "Cannot download %s: %s. Check the network (a proxy: -Dhttps.proxyHost=…), or download it"
                .formatted(file.uri(), problem)
            + " by hand and give it with --weights FILE.",
        cause);
  }

  /** What a later transfer can build on, in words. A part that it can't build on goes. */
  private String kept() throws IOException {
    if (knownVersion().isEmpty()) {
      discard();
      return "";
    }
    return "; %d bytes are kept, and the next attempt goes on from there"
        .formatted(Files.size(part));
  }

  /** The server sends something else than was published. */
  private static final class WrongContent extends RuntimeException {
    private static final long serialVersionUID = 1L;

    WrongContent(String problem) {
      super(problem);
    }
  }
}
