package dev.graft.io;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.graft.GraftException;
import dev.graft.util.Messages;
import dev.graft.util.Progress;
import dev.graft.util.Text;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * A file on a server. A download either is complete and has the expected hash, or fails. Processes
 * that download the same file concurrently do not disturb each other.
 *
 * @param uri an http or https URL
 * @param size in bytes; -1 if unknown
 * @param hash of the content, if known
 */
public record Download(URI uri, long size, Optional<Hash> hash) {
  /** The timeout for connecting, for the response, and between two reads, each. */
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  /** The largest file that the readers of weights can map. */
  private static final long MAX_BYTES = Integer.MAX_VALUE;

  /** A failed download, whose message is a clause for the end of a sentence. */
  private static final class Failure extends IOException {
    private static final long serialVersionUID = 1L;

    Failure(String clause) {
      this(clause, null);
    }

    Failure(String clause, Throwable cause) {
      super(clause, cause);
    }
  }

  /** An answer with an HTTP status of failure; its message is a clause. */
  public static final class RefusedRequest extends IOException {
    private static final long serialVersionUID = 1L;
    private final int status;

    RefusedRequest(int status, String clause) {
      super(clause);
      this.status = status;
    }

    /** Returns the HTTP status. */
    public int status() {
      return status;
    }
  }

  /**
   * @throws GraftException if one is invalid
   */
  public Download {
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    if ((!scheme.equals("http") && !scheme.equals("https"))
        || uri.getHost() == null
        || uri.getPort() > 65535) {
      throw new GraftException(
          uri + " is not a URL of a download: it must start with http:// or https://.");
    }
    if (size < -1) {
      throw new GraftException("The size of " + uri + " must be -1 or more, not " + size + ".");
    }
  }

  /**
   * Downloads the file, unless it exists already with the right size and hash.
   *
   * @param file the target; its folder is created if necessary
   * @param display shows the progress
   * @throws IOException if the download fails; its message is a clause for the end of a sentence
   */
  public void to(Path file, Progress.Display display) throws IOException {
    to(file, display, TIMEOUT, MAX_BYTES);
  }

  void to(Path file, Progress.Display display, Duration timeout, long limit) throws IOException {
    try {
      if (isAt(file)) {
        return;
      }
      checkOnline();
      AtomicFiles.createParent(file);
      HttpURLConnection connection = connection(timeout);
      try {
        long length = length(connection, timeout);
        check(length, file.toAbsolutePath().getParent(), limit);
        String bytes = length < 0 ? "" : Text.of(" (%,d bytes)", length);
        display.say("Downloading " + uri + bytes + " to " + file);
        AtomicFiles.write(
            file, out -> receive(connection, length < 0 ? limit : length, out, timeout, display));
      } finally {
        connection.disconnect();
      }
    } catch (Failure | RefusedRequest e) {
      throw e;
    } catch (IOException e) {
      String reason = Messages.of(e, e.getClass().getSimpleName());
      throw new Failure(file + " cannot be written (" + reason + ")", e);
    }
  }

  /**
   * Downloads the file, as {@link #to}, even if it exists already.
   *
   * @param limit of its size, in bytes
   */
  public void again(Path file, long limit) throws IOException {
    Files.deleteIfExists(file);
    to(file, Progress.Display.NONE, TIMEOUT, limit);
  }

  /**
   * Downloads the file, as {@link #to}, of any size. What arrived before a connection broke stays
   * beside the target, in a file with the suffix {@code .part}, and is continued by the next call.
   */
  public void resume(Path file, Progress.Display display) throws IOException {
    if (isAt(file)) {
      return;
    }
    checkOnline();
    AtomicFiles.createParent(file);
    Path part = file.resolveSibling(file.getFileName() + ".part");
    try (FileChannel out = FileChannel.open(part, CREATE, WRITE);
        FileLock lock = out.tryLock()) {
      if (lock == null) {
        throw new Failure("another process is downloading it; try again later");
      }
      if (size < 0 || out.size() != size) {
        receiveRest(out, display);
      }
    } catch (OverlappingFileLockException e) {
      throw new Failure("this process is downloading it already; try again later", e);
    }
    if (!isAt(part)) {
      long found = Files.size(part);
      Files.delete(part);
      throw new Failure(
          "it arrived with " + found + " bytes, and its size or hash is not the expected one");
    }
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Appends what is missing; a server that can't continue sends everything again. */
  private void receiveRest(FileChannel out, Progress.Display display) throws IOException {
    HttpURLConnection connection = connection(TIMEOUT);
    if (out.size() > 0) {
      connection.setRequestProperty("Range", "bytes=" + out.size() + "-");
    }
    try {
      int status = request(connection::getResponseCode, 0, TIMEOUT);
      if (status != HttpURLConnection.HTTP_PARTIAL) {
        out.truncate(0);
        length(connection, TIMEOUT); // fails unless the status is 200
      }
      out.position(out.size());
      long length = connection.getContentLengthLong();
      long whole = length < 0 ? size : out.size() + length;
      if (size >= 0 && whole > size) {
        throw tooLong(out);
      }
      display.say("Downloading " + uri + (whole < 0 ? "" : Text.of(" (%,d bytes)", whole)));
      InputStream in = request(connection::getInputStream, out.size(), TIMEOUT);
      byte[] buffer = new byte[1 << 16];
      String name = uri.getPath().substring(uri.getPath().lastIndexOf('/') + 1);
      try (Progress progress = display.progress(name, "bytes", whole)) {
        for (int count = 0; count >= 0; ) {
          if (whole >= 0 && out.size() + count > whole) {
            throw tooLong(out);
          }
          AtomicFiles.writeFully(out, ByteBuffer.wrap(buffer, 0, count));
          progress.stepTo(out.size());
          long done = out.size();
          count = request(() -> in.read(buffer), done, TIMEOUT);
        }
      }
      if (whole >= 0 && out.size() < whole) {
        throw new Failure(
            Text.of(
                "the connection broke after %d of %d bytes; the next try continues there",
                out.size(), whole));
      }
    } finally {
      connection.disconnect();
    }
  }

  /** Discards what arrived, which is not the beginning of the file. */
  private static Failure tooLong(FileChannel out) throws IOException {
    out.truncate(0);
    return new Failure("the server sends more bytes than were announced");
  }

  /** Returns whether a file exists with the known size and hash. */
  private boolean isAt(Path file) throws IOException {
    return Files.isRegularFile(file)
        && (size < 0 || size == Files.size(file))
        && (hash.isEmpty() || hash.get().equals(hash.get().algorithm().of(file)));
  }

  /**
   * Checks DJL's switch for offline mode; DJL 0.25.0, for CUDA 11.8, has no method for it.
   *
   * @throws IOException if downloads are switched off; its message is a clause
   */
  public static void checkOnline() throws IOException {
    String mode = System.getenv("DJL_OFFLINE");
    if (mode == null) {
      mode = System.getProperty("ai.djl.offline", System.getProperty("offline"));
    }
    if (Boolean.parseBoolean(mode)) {
      throw new Failure("downloads are switched off by DJL_OFFLINE or -Dai.djl.offline");
    }
  }

  private HttpURLConnection connection(Duration timeout) throws IOException {
    HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
    connection.setConnectTimeout((int) timeout.toMillis());
    connection.setReadTimeout((int) timeout.toMillis());
    // A persistent connection has a thread that delays the exit by some seconds.
    connection.setRequestProperty("Connection", "close");
    return connection;
  }

  /** Returns the content length that the server announces, or -1. */
  private long length(HttpURLConnection connection, Duration timeout) throws IOException {
    int status = request(connection::getResponseCode, 0, timeout);
    if (status != HttpURLConnection.HTTP_OK) {
      String location = connection.getHeaderField("Location");
      throw new RefusedRequest(
          status,
          Text.of(
              "the server answers with the HTTP status %s%s",
              status, location == null ? "" : " and redirects to " + location));
    }
    return connection.getContentLengthLong();
  }

  private void check(long length, Path folder, long limit) throws IOException {
    if (size >= 0 && length >= 0 && length != size) {
      throw new Failure("it has " + length + " bytes instead of " + size);
    }
    if (length > limit) {
      throw new Failure("it has " + length + " bytes, but the limit is " + limit);
    }
    long free = Files.getFileStore(folder).getUsableSpace();
    if (length > free) {
      throw new Failure(
          "it has " + length + " bytes, but " + folder + " has only " + free + " free");
    }
  }

  /**
   * Receives the body.
   *
   * @param max its length in bytes, or the limit if the server announces none
   */
  private void receive(
      HttpURLConnection connection,
      long max,
      WritableByteChannel out,
      Duration timeout,
      Progress.Display display)
      throws IOException {
    long length = connection.getContentLengthLong();
    Optional<MessageDigest> digest = hash.map(known -> known.algorithm().digest());
    InputStream in = request(connection::getInputStream, 0, timeout);
    byte[] buffer = new byte[1 << 16];
    long done = 0;
    String name = uri.getPath().substring(uri.getPath().lastIndexOf('/') + 1);
    try (Progress progress = display.progress(name, "bytes", length)) {
      while (true) {
        int count = request(() -> in.read(buffer), done, timeout);
        if (count < 0) {
          break;
        }
        done += count;
        if (done > max) {
          throw new Failure("it has more than " + max + " bytes");
        }
        digest.ifPresent(each -> each.update(buffer, 0, count));
        AtomicFiles.writeFully(out, ByteBuffer.wrap(buffer, 0, count));
        progress.stepTo(done);
      }
    }
    long expected = length < 0 ? size : length;
    if (expected >= 0 && done != expected) {
      throw new Failure("the connection broke after " + done + " of " + expected + " bytes");
    }
    if (digest.isPresent()) {
      Hash found = hash.get().algorithm().of(digest.get());
      if (!found.equals(hash.get())) {
        throw new Failure("it has the " + found + " instead of " + hash.get().hex());
      }
    }
  }

  /** Sends a request, and turns network errors into clauses. */
  private <T> T request(IoSupplier<T> request, long done, Duration timeout) throws Failure {
    try {
      return request.get();
    } catch (UnknownHostException e) {
      throw new Failure("the host " + uri.getHost() + " is unknown", e);
    } catch (SocketTimeoutException e) {
      throw new Failure(uri.getHost() + " did not respond within " + timeout.toSeconds() + " s", e);
    } catch (IOException e) {
      throw new Failure(
          done == 0 && e instanceof SocketException
              ? "cannot connect to " + uri.getHost()
              : "the connection broke after " + done + " bytes (" + e.getMessage() + ")",
          e);
    }
  }
}
