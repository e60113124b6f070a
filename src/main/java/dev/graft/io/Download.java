package dev.graft.io;

import dev.graft.GraftException;
import dev.graft.Progress;
import dev.graft.Reason;
import dev.graft.Text;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * A file on a server, which comes whole and right or not at all. Processes that want the same one
 * at once get it each for itself, and don't disturb each other.
 *
 * @param uri where it is, by http or https
 * @param size its length in bytes, -1 where unknown
 * @param hash what its content must hash to, where known
 */
public record Download(URI uri, long size, Optional<Hash> hash) {
  /** How long a server may take to be reached, to answer, and to send the next bytes, each. */
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** Bytes of the longest file that is taken; the readers of weights end there too. */
  private static final long LIMIT = Integer.MAX_VALUE;

  /** Why there is no file: a clause for the end of a sentence. */
  private static final class Failure extends IOException {
    private static final long serialVersionUID = 1L;

    Failure(String clause) {
      this(clause, null);
    }

    Failure(String clause, Throwable cause) {
      super(clause, cause);
    }
  }

  public Download {
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    if ((!scheme.equals("http") && !scheme.equals("https"))
        || uri.getHost() == null
        || uri.getPort() > 65535) {
      throw new GraftException(
          "Files are downloaded by http or https, and " + uri + " is no such URL.");
    }
    if (size < -1) {
      throw new GraftException("The size of " + uri + " must be -1 or more, not " + size + ".");
    }
  }

  /**
   * Brings the file to a place, in a new folder if need be, unless it is there already.
   *
   * @throws IOException if it can't be had; its message is a clause that says why, for the end of a
   *     sentence
   */
  public void to(Path file, Progress.Display display) throws IOException {
    to(file, display, PATIENCE, LIMIT);
  }

  void to(Path file, Progress.Display display, Duration patience, long limit) throws IOException {
    try {
      if (isAt(file)) {
        return;
      }
      checkOnline();
      Path folder = Files.createDirectories(file.toAbsolutePath().getParent());
      HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
      connection.setConnectTimeout((int) patience.toMillis());
      connection.setReadTimeout((int) patience.toMillis());
      // A connection that is kept for the next file costs a thread, and that some seconds at exit.
      connection.setRequestProperty("Connection", "close");
      try {
        long length = length(connection, patience);
        check(length, folder, limit);
        String bytes = length < 0 ? "" : Text.of(" (%,d bytes)", length);
        display.say("Downloading " + uri + bytes + " to " + file);
        WholeFile.write(
            file, out -> receive(connection, length < 0 ? limit : length, out, patience, display));
      } finally {
        connection.disconnect();
      }
    } catch (Failure e) {
      throw e;
    } catch (IOException e) {
      String reason = Reason.of(e, e.getClass().getSimpleName());
      throw new Failure(file + " can't be written (" + reason + ")", e);
    }
  }

  /** Whether a file is this one, as far as that is known: what has a hash is read. */
  private boolean isAt(Path file) throws IOException {
    return Files.isRegularFile(file)
        && (size < 0 || size == Files.size(file))
        && (hash.isEmpty() || hash.get().equals(hash.get().algorithm().of(file)));
  }

  /**
   * Checks that downloads are not switched off, in DJL's way (0.25.0 has no method for it).
   *
   * @throws IOException if they are; its message is a clause that says so
   */
  public static void checkOnline() throws IOException {
    String mode = System.getenv("DJL_OFFLINE");
    if (mode == null) {
      mode = System.getProperty("ai.djl.offline", System.getProperty("offline"));
    }
    if (Boolean.parseBoolean(mode)) {
      throw new Failure("DJL is told to stay offline, by DJL_OFFLINE or -Dai.djl.offline");
    }
  }

  /** The length that the server promises, -1 if it promises none. */
  private long length(HttpURLConnection connection, Duration patience) throws Failure {
    int status = ask(connection::getResponseCode, 0, patience);
    if (status != HttpURLConnection.HTTP_OK) {
      String elsewhere = connection.getHeaderField("Location");
      throw new Failure(
          Text.of(
              "the server answers with the HTTP status %s%s",
              status, elsewhere == null ? "" : ", and names " + elsewhere + " instead"));
    }
    return connection.getContentLengthLong();
  }

  private void check(long length, Path folder, long limit) throws IOException {
    if (size >= 0 && length >= 0 && length != size) {
      throw new Failure("it has " + length + " bytes instead of " + size);
    }
    if (length > limit) {
      throw new Failure("its " + length + " bytes are more than the " + limit + " that are taken");
    }
    long room = Files.getFileStore(folder).getUsableSpace();
    if (length > room) {
      throw new Failure("it has " + length + " bytes, and " + folder + " has room for " + room);
    }
  }

  /**
   * Takes the body.
   *
   * @param most its bytes, or as many as it may have if the server does not say
   */
  private void receive(
      HttpURLConnection connection,
      long most,
      FileChannel out,
      Duration patience,
      Progress.Display display)
      throws IOException {
    long length = connection.getContentLengthLong();
    Optional<MessageDigest> digest = hash.map(known -> known.algorithm().digest());
    InputStream in = ask(connection::getInputStream, 0, patience);
    byte[] piece = new byte[1 << 16];
    long done = 0;
    String name = uri.getPath().substring(uri.getPath().lastIndexOf('/') + 1);
    try (Progress progress = display.progress(name, "bytes", length)) {
      while (true) {
        int count = ask(() -> in.read(piece), done, patience);
        if (count < 0) {
          break;
        }
        done += count;
        if (done > most) {
          throw new Failure("it has more than " + most + " bytes");
        }
        digest.ifPresent(each -> each.update(piece, 0, count));
        WholeFile.writeFully(out, ByteBuffer.wrap(piece, 0, count));
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

  private interface Question<T> {
    T answer() throws IOException;
  }

  /** Asks the server for something, and says in words what is wrong with the network. */
  private <T> T ask(Question<T> question, long done, Duration patience) throws Failure {
    try {
      return question.answer();
    } catch (UnknownHostException e) {
      throw new Failure("the host " + uri.getHost() + " is unknown", e);
    } catch (SocketTimeoutException e) {
      throw new Failure(uri.getHost() + " was silent for " + patience.toSeconds() + " s", e);
    } catch (IOException e) {
      throw new Failure(
          done == 0 && e instanceof SocketException
              ? "there is no connection to " + uri.getHost()
              : "the connection broke after " + done + " bytes (" + e.getMessage() + ")",
          e);
    }
  }
}
