package dev.graft.serve;

import io.javalin.http.BadRequestResponse;
import io.javalin.http.ContentTooLargeResponse;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.eclipse.jetty.http.MultiPart;
import org.eclipse.jetty.http.MultiPartConfig;
import org.eclipse.jetty.http.MultiPartFormData;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.util.Attributes;

/**
 * What requests bring, each in memory, no larger than allowed and in no more time, whatever a
 * request says of its length. A form is taken apart when it is there in whole: to its reading by
 * Jetty no time is set.
 */
record Bodies(int megabytes, Duration patience) {
  private static final int MOST_PARTS = 16;

  /**
   * The picture's bytes: the body, or the first file of a form.
   *
   * @throws HttpResponseException if there is none, or if it is too large or too slow
   */
  byte[] picture(Context context) {
    byte[] body = whole(context);
    byte[] bytes =
        context.isMultipartFormData() ? file(body, String.valueOf(context.contentType())) : body;
    if (bytes.length == 0) {
      throw new BadRequestResponse("There is no picture in the request.");
    }
    return bytes;
  }

  private byte[] whole(Context context) {
    int most = megabytes << 20;
    long end = System.nanoTime() + patience.toNanos();
    int said = Math.max(0, context.contentLength());
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(Math.min(said, 1 << 20));
    byte[] some = new byte[1 << 14];
    try (InputStream in = context.bodyInputStream()) {
      for (int n = in.read(some); n >= 0; n = in.read(some)) {
        bytes.write(some, 0, n);
        if (bytes.size() > most) {
          throw new ContentTooLargeResponse("A request may have " + megabytes + " MB at most.");
        }
        if (System.nanoTime() > end) {
          throw new IOException("too slow");
        }
      }
      return bytes.toByteArray();
    } catch (HttpResponseException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw new HttpResponseException(408, "The request did not come in whole, or too slowly.");
    }
  }

  private static byte[] file(byte[] form, String type) {
    MultiPartConfig inMemory =
        new MultiPartConfig.Builder().maxMemoryPartSize(-1).maxParts(MOST_PARTS).build();
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
      throw new BadRequestResponse("The form can't be read.");
    }
    throw new BadRequestResponse("There is no file in the form.");
  }
}
