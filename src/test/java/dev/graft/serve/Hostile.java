package dev.graft.serve;

import ai.djl.Device;
import dev.graft.data.ImageMaker;
import dev.graft.inference.ModelRunner;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;

/**
 * Sends hostile requests to a server on this machine. Each must soon get a 4xx status or a closed
 * connection, and the next good request a 200:
 *
 * <pre>
 * mvn -q test-compile exec:java -Dexec.classpathScope=test \
 *     -Dexec.mainClass=dev.graft.serve.Hostile -Dexec.args="1000"
 * </pre>
 */
final class Hostile {
  private static final int CONCURRENT = 16;

  /** Milliseconds that the server waits for a request; this client waits longer. */
  private static final int PATIENCE = 1_000;

  private static final int MORE_PATIENCE = 10_000;

  private static final String POST = "POST /predictions/model HTTP/1.1\r\nHost: localhost\r\n";
  private static final String FORM = "Content-Type: multipart/form-data; boundary=x\r\n";

  private static final List<String> HEADS =
      List.of(
          "POST /predictions/../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
          "POST /predictions/%00 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n",
          "POST /predictions/model HTTP/9.9\r\nHost: localhost\r\n\r\n",
          POST + "Content-Length: -5\r\n\r\n",
          POST + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
          POST + "Content-Length: 99999999999999999999\r\n\r\n",
          POST + "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
          "BREW /predictions/model HTTP/1.1\r\nHost: localhost\r\n\r\n",
          "POST /predictions/model?topk=1e9 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx",
          "POST /models/model HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}");

  private static final byte[] ZEROS = zeros();

  private final int port;
  private final byte[] good;

  /** Kinds of hostile requests. */
  enum Kind {
    GARBAGE {
      @Override
      void send(OutputStream to, Random random) throws IOException {
        byte[] bytes = new byte[1 + random.nextInt(4000)];
        random.nextBytes(bytes);
        post(to, "", bytes);
      }
    },
    NO_HTTP {
      @Override
      void send(OutputStream to, Random random) throws IOException {
        byte[] bytes = new byte[1 + random.nextInt(4000)];
        random.nextBytes(bytes);
        to.write(bytes);
        write(to, "\r\n\r\n");
      }
    },
    BAD_REQUEST {
      @Override
      void send(OutputStream to, Random random) throws IOException {
        write(to, HEADS.get(random.nextInt(HEADS.size())));
      }
    },
    WRONG_TYPE {
      @Override
      void send(OutputStream to, Random random) throws IOException {
        String type = random.nextBoolean() ? "application/json" : "text/html";
        String text = "[".repeat(random.nextInt(50_000)) + "{\"a\":1}<svg onload=x>";
        post(to, "Content-Type: " + type + "\r\n", text.getBytes(StandardCharsets.UTF_8));
      }
    },
    BAD_FORM {
      @Override
      void send(OutputStream to, Random random) throws IOException {
        String head = "--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"../../a\"\r\n";
        String body =
            switch (random.nextInt(5)) {
              case 0 -> "--x\r\nnonsense";
              case 1 -> head + "\r\nwithout an end";
              case 2 -> (head + "\r\n\r\n").repeat(500) + "--x--\r\n";
              case 3 -> head + "X: " + "y".repeat(60_000) + "\r\n\r\nz\r\n--x--\r\n";
              default -> "--another\r\n\r\n\r\n--another--\r\n";
            };
        String type = random.nextInt(4) == 0 ? FORM.replace("; boundary=x", "") : FORM;
        post(to, type, body.getBytes(StandardCharsets.UTF_8));
      }
    },
    BOMB {
      @Override
      void send(OutputStream to, Random random) throws IOException {
        post(to, "", random.nextBoolean() ? ZEROS : head(1 << (12 + random.nextInt(19))));
      }

      /** Returns the header of a PNG of this width and height. */
      private static byte[] head(int side) {
        return ByteBuffer.allocate(63)
            .put(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13})
            .put(new byte[] {'I', 'H', 'D', 'R'})
            .putInt(side)
            .putInt(side)
            .put(new byte[] {8, 2})
            .array();
      }
    },
    HEADER_FLOOD {
      @Override
      void send(OutputStream to, Random random) throws IOException {
        write(to, POST);
        for (int i = 0; i < 2000; i++) {
          write(to, "X-" + i + ": " + "y".repeat(random.nextInt(100)) + "\r\n");
        }
        write(to, "\r\n");
      }
    },
    TOO_LARGE {
      @Override
      void send(OutputStream to, Random random) throws IOException {
        post(to, random.nextBoolean() ? FORM : "", new byte[3 << 20]);
      }
    },
    ENDLESS_CHUNKS {
      @Override
      void send(OutputStream to, Random random) throws IOException {
        write(to, POST + (random.nextBoolean() ? FORM : "") + "Transfer-Encoding: chunked\r\n\r\n");
        while (true) {
          write(to, "1000\r\n" + "a".repeat(0x1000) + "\r\n");
        }
      }
    },
    SLOW_BODY {
      @Override
      void send(OutputStream to, Random random) throws IOException {
        trickle(to, POST + "Content-Length: 5000\r\n\r\n");
      }
    },
    SLOW_FORM {
      @Override
      void send(OutputStream to, Random random) throws IOException {
        trickle(to, POST + FORM + "Content-Length: 5000\r\n\r\n--x\r\n");
      }
    },
    STALLED {
      @Override
      void send(OutputStream to, Random random) throws IOException {
        String all = POST + "Content-Length: 100\r\n\r\nsome";
        write(to, all.substring(0, 1 + random.nextInt(all.length() - 1)));
      }
    },
    HALF_CLOSED {
      @Override
      void send(OutputStream to, Random random) throws IOException {
        write(to, POST + (random.nextBoolean() ? FORM : "") + "Content-Length: 100\r\n\r\n--x\r\n");
        throw new HalfClosed();
      }
    };

    /** Sends a request; throws {@link HalfClosed} to end the output and read the answer. */
    abstract void send(OutputStream to, Random random) throws IOException;

    static void write(OutputStream to, String text) throws IOException {
      to.write(text.getBytes(StandardCharsets.UTF_8));
    }

    static void post(OutputStream to, String header, byte[] body) throws IOException {
      write(to, POST + header + "Content-Length: " + body.length + "\r\n\r\n");
      to.write(body);
    }

    /** Sends a byte now and then, without end. */
    static void trickle(OutputStream to, String head) throws IOException {
      write(to, head);
      while (true) {
        to.write('a');
        try {
          Thread.sleep(100);
        } catch (InterruptedException e) {
          throw new IOException(e);
        }
      }
    }
  }

  private static final class HalfClosed extends IOException {
    private static final long serialVersionUID = 1L;
  }

  /** Returns a valid image of 121 megapixels in 15 kB. */
  private static byte[] zeros() {
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    try {
      BufferedImage image = new BufferedImage(11_000, 11_000, BufferedImage.TYPE_BYTE_BINARY);
      ImageIO.write(image, "png", png);
    } catch (IOException e) {
      throw new IllegalStateException(e); // to memory
    }
    return png.toByteArray();
  }

  Hostile(int port, byte[] good) {
    this.port = port;
    this.good = good;
  }

  /** Returns a server with a short timeout, on this machine. */
  static Server server() {
    return new Server(
        new ServeSettings(
            "127.0.0.1",
            0,
            new ServeSettings.RequestLimits(2, 100, 64, Duration.ofMillis(PATIENCE)),
            ServeSettings.Access.OWN_PAGE),
        "model",
        ModelRunner.imageNet(Device.cpu()),
        folder -> null);
  }

  /**
   * Sends groups of concurrent hostile requests, and a good one after each group.
   *
   * @return counts by kind and answer, such as {@code BOMB 413}
   */
  Map<String, Integer> run(int count) throws Exception {
    Map<String, Integer> answers = new TreeMap<>();
    ExecutorService clients = Executors.newFixedThreadPool(CONCURRENT);
    try {
      for (int from = 0; from < count; from += CONCURRENT) {
        List<Callable<String>> group = new ArrayList<>();
        IntStream.range(from, Math.min(count, from + CONCURRENT))
            .forEach(number -> group.add(() -> attack(number)));
        for (Future<String> each : clients.invokeAll(group)) {
          answers.merge(each.get(), 1, Integer::sum);
        }
        answers.merge("GOOD " + good(), 1, Integer::sum);
      }
    } finally {
      clients.shutdownNow();
    }
    return answers;
  }

  private String attack(int number) throws IOException {
    Kind kind = Kind.values()[number % Kind.values().length];
    return kind + " " + answer(to -> kind.send(to, new Random(number)));
  }

  private String good() throws IOException {
    return answer(to -> Kind.post(to, "Connection: close\r\n", good));
  }

  private interface Sending {
    void to(OutputStream server) throws IOException;
  }

  /** Returns the status of the answer, {@code closed}, or {@code nothing} if neither comes. */
  private String answer(Sending sending) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(PATIENCE + MORE_PATIENCE);
      try {
        sending.to(socket.getOutputStream());
      } catch (HalfClosed e) {
        socket.shutdownOutput();
      } catch (SocketException e) {
        // The server reads no more; it may have answered.
      }
      return status(socket.getInputStream());
    } catch (SocketTimeoutException e) {
      return "nothing";
    } catch (SocketException e) {
      return "closed";
    }
  }

  private static String status(InputStream in) throws IOException {
    String line = new String(in.readNBytes("HTTP/1.1 200".length()), StandardCharsets.ISO_8859_1);
    return line.isEmpty() ? "closed" : line.substring(line.lastIndexOf(' ') + 1);
  }

  public static void main(String[] arguments) throws Exception {
    Path image = Files.createTempFile("good", ".png");
    ImageMaker.write(image, 1, 64);
    byte[] good = Files.readAllBytes(image);
    Files.delete(image);
    try (Server server = server()) {
      new Hostile(server.port(), good)
          .run(Integer.parseInt(arguments[0]))
          .forEach((what, count) -> System.out.println(what + ": " + count));
    }
  }
}
