package dev.graft.serve;

import dev.graft.inference.ModelRunner;
import dev.graft.serve.ServeSettings.Access;
import dev.graft.serve.ServeSettings.RequestLimits;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Function;
import javax.imageio.ImageIO;

/** Raw requests to a server on this machine, with any header, and their answers as text. */
final class Requests {
  private Requests() {}

  static ServeSettings settings(Duration timeout, Access access) {
    return new ServeSettings("127.0.0.1", 0, new RequestLimits(1, 4, 8, timeout), access);
  }

  /** Returns a server whose model is called {@code model}. */
  static Server server(
      ServeSettings settings, ModelRunner classifier, Function<Path, ModelRunner> loader) {
    return new Server(settings, "model", classifier, loader);
  }

  static byte[] png() {
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    try {
      ImageIO.write(new BufferedImage(9, 9, BufferedImage.TYPE_INT_RGB), "png", png);
    } catch (IOException e) {
      throw new IllegalStateException(e); // to memory
    }
    return png.toByteArray();
  }

  /** Returns the answer to a request without a body. */
  static String send(Server server, String line, String... headers) throws IOException {
    return send(server, new byte[0], line, headers);
  }

  /**
   * Returns the answer to a request.
   *
   * @param line such as {@code POST /predictions/model}
   * @param headers besides the body's length; {@code Host: localhost} unless one of them is another
   */
  static String send(Server server, byte[] body, String line, String... headers)
      throws IOException {
    StringBuilder head = new StringBuilder(line).append(" HTTP/1.1\r\nConnection: close\r\n");
    boolean named = false;
    for (String header : headers) {
      head.append(header).append("\r\n");
      named |= header.startsWith("Host:");
    }
    head.append(named ? "" : "Host: localhost\r\n");
    head.append("Content-Length: ").append(body.length).append("\r\n\r\n");
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(head.toString().getBytes(StandardCharsets.UTF_8));
      socket.getOutputStream().write(body);
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  static int status(String answer) {
    return Integer.parseInt(answer.substring("HTTP/1.1 ".length(), "HTTP/1.1 200".length()));
  }
}
