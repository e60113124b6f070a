package dev.graft.web;

import io.javalin.http.BadRequestResponse;
import io.javalin.http.ContentTooLargeResponse;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Semaphore;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.http.MultiPart;
import org.eclipse.jetty.http.MultiPartConfig;
import org.eclipse.jetty.http.MultiPartFormData;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.Attributes;

/**
 * Reads request bodies into memory, limited in size, time and total memory whatever length a
 * request announces. A form is parsed once it is complete, because Jetty parses one without a
 * deadline.
 */
public final class RequestBodies {
  private static final int MAX_PARTS = 16;
  private static final int FIRST_BYTES = 1 << 14;
  private static final long MAX_TEXT = 1 << 16;

  /** Copies of a form's bytes: one in Jetty's parts, and one of the file's part. */
  private static final int COPIES_OF_FORM = 2;

  /** Maximum number of refused requests that are read to their end at once. */
  private static final int MAX_REFUSED = 8;

  private static final Duration REFUSED = Duration.ofSeconds(2);

  private final int maxMegabytes;
  private final Semaphore refused = new Semaphore(MAX_REFUSED);

  public RequestBodies(int maxMegabytes) {
    this.maxMegabytes = maxMegabytes;
  }

  /**
   * Returns the image's bytes: the body, or the first file of a form.
   *
   * @param memory reserves the bytes until it is closed
   * @throws HttpResponseException if the image is missing, or if the body is too large or too slow
   */
  public byte[] image(Context context, Deadline deadline, MemoryBudget.Reservation memory) {
    byte[] body = read(context, deadline, memory);
    byte[] image = body;
    ContentType type = ContentType.of(context.header("Content-Type"));
    if (type.media().equals("multipart/form-data")) {
      memory.resize(body.length + (long) COPIES_OF_FORM * body.length);
      image = file(body, type.parameters().get("boundary"));
      memory.resize(image.length);
    }
    if (image.length == 0) {
      throw new BadRequestResponse("The request has no image; send it as the body.");
    }
    return image;
  }

  private byte[] read(Context context, Deadline deadline, MemoryBudget.Reservation memory) {
    return using(
        context,
        deadline,
        in -> {
          try {
            return read(in, context.contentLength(), memory);
          } catch (HttpResponseException | OutOfMemoryError e) {
            memory.close();
            discard(context, in);
            throw e;
          }
        });
  }

  /** Discards the body of a request that is refused before it is read; gives up soon. */
  public void refuse(Context context) {
    if (refused.tryAcquire()) {
      try {
        using(context, Deadline.after(REFUSED), in -> discard(context, in));
      } finally {
        refused.release();
      }
    }
  }

  /**
   * Returns a short body.
   *
   * @throws HttpResponseException if it is too slow or too large
   */
  public byte[] text(Context context, Deadline deadline) {
    MemoryBudget.Reservation memory = new MemoryBudget(2 * MAX_TEXT).reservation();
    return read(context, deadline, memory);
  }

  private interface Use<T> {
    T of(InputStream in) throws IOException;
  }

  private static <T> T using(Context context, Deadline deadline, Use<T> use) {
    EndPoint connection =
        ServletContextRequest.getServletContextRequest(context.req())
            .getConnectionMetaData()
            .getConnection()
            .getEndPoint();
    long idle = connection.getIdleTimeout();
    try (InputStream in = new Timed(context.bodyInputStream(), connection, deadline)) {
      return use.of(in);
    } catch (HttpResponseException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw new HttpResponseException(408, "The request was incomplete or too slow.");
    } finally {
      connection.setIdleTimeout(idle);
    }
  }

  /**
   * Reads what is left of a refused body until the deadline. Otherwise, the connection would be
   * closed on unread bytes, TCP would reset it, and the client might never see why.
   *
   * @return the number of bytes that were left
   */
  private static long discard(Context context, InputStream in) {
    try {
      boolean unsent = context.header("Expect") != null;
      return unsent ? 0 : in.transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      return 0; // the request is refused anyway
    }
  }

  /**
   * Reads to the end.
   *
   * @param announced bytes; -1 if unknown
   */
  private byte[] read(InputStream in, int announced, MemoryBudget.Reservation memory)
      throws IOException {
    int max = maxMegabytes << 20;
    if (announced > max) {
      throw tooLarge();
    }
    byte[] bytes =
        resized(
            new byte[0], announced < 0 ? FIRST_BYTES : Math.min(announced, FIRST_BYTES), memory);
    int length = 0;
    while (length != announced) {
      if (length == bytes.length) {
        bytes = resized(bytes, Math.min(2L * length, announced < 0 ? max + 1 : announced), memory);
      }
      int n = in.read(bytes, length, bytes.length - length);
      if (n < 0 && announced >= 0) {
        throw new EOFException();
      }
      if (n < 0) {
        break;
      }
      length += n;
      if (length > max) {
        throw tooLarge();
      }
    }
    return length == bytes.length ? bytes : resized(bytes, length, memory);
  }

  private static byte[] resized(byte[] bytes, long length, MemoryBudget.Reservation memory) {
    memory.resize(bytes.length + length); // both exist while one is copied
    byte[] copy = Arrays.copyOf(bytes, (int) length);
    memory.resize(length);
    return copy;
  }

  private HttpResponseException tooLarge() {
    return new ContentTooLargeResponse("A request may have at most " + maxMegabytes + " MB.");
  }

  /** Limits the time of each read to what is left until a deadline. */
  private static final class Timed extends FilterInputStream {
    private final EndPoint connection;
    private final Deadline deadline;

    Timed(InputStream in, EndPoint connection, Deadline deadline) {
      super(in);
      this.connection = connection;
      this.deadline = deadline;
    }

    @Override
    public int read(byte[] to, int from, int count) throws IOException {
      long left = deadline.millisLeft();
      if (left == 0) {
        throw new IOException("deadline");
      }
      if (left < connection.getIdleTimeout()) {
        connection.setIdleTimeout(left);
      }
      return super.read(to, from, count);
    }
  }

  private static byte[] file(byte[] form, String boundary) {
    if (boundary == null) {
      throw new BadRequestResponse("The form's Content-Type has no boundary.");
    }
    MultiPartConfig inMemory = // whose size is that of the body, which is limited
        new MultiPartConfig.Builder()
            .maxSize(-1)
            .maxPartSize(-1)
            .maxMemoryPartSize(-1)
            .maxParts(MAX_PARTS)
            .build();
    // Jetty recognizes the parameter in lower case only.
    String type = "multipart/form-data; boundary=\"" + boundary + "\"";
    try (MultiPartFormData.Parts parts =
        MultiPartFormData.getParts(
            Content.Source.from(ByteBuffer.wrap(form)), new Attributes.Mapped(), type, inMemory)) {
      for (MultiPart.Part part : parts) {
        if (part.getFileName() != null) {
          ByteBuffer bytes = Content.Source.asByteBuffer(part.getContentSource());
          byte[] file = new byte[bytes.remaining()];
          bytes.get(file);
          return file;
        }
      }
    } catch (IOException | RuntimeException e) {
      throw new BadRequestResponse("The form cannot be read; send the image as the body.");
    }
    throw new BadRequestResponse("The form has no file.");
  }
}
