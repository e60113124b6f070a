package dev.graft.studio;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Requests to a studio, as a program sends them. */
final class StudioClient {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient http = HttpClient.newHttpClient();
  private final String address;
  private final String token;

  StudioClient(String address) throws IOException {
    this.address = address.replaceFirst("/$", "");
    String page = new String(get("/").body(), StandardCharsets.UTF_8);
    Matcher meta = Pattern.compile("name=\"graft-token\" content=\"(\\w+)\"").matcher(page);
    token = meta.find() ? meta.group(1) : "";
  }

  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  HttpResponse<byte[]> get(String path) throws IOException {
    return send(HttpRequest.newBuilder(URI.create(address + path)).GET());
  }

  HttpResponse<byte[]> post(String path, byte[] body, String... headers) throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(address + path))
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .header("X-Graft-Token", token);
    for (int i = 0; i < headers.length; i += 2) {
      request.setHeader(headers[i], headers[i + 1]);
    }
    return send(request);
  }

  HttpResponse<byte[]> post(String path, String json, String... headers) throws IOException {
    return post(path, json.getBytes(StandardCharsets.UTF_8), headers);
  }

  private HttpResponse<byte[]> send(HttpRequest.Builder request) throws IOException {
    try {
      return http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  /** Returns the answer to a request that Java's client refuses to send. */
  String raw(String head) throws IOException {
    URI server = URI.create(address);
    try (Socket socket = new Socket(server.getHost(), server.getPort())) {
      String request = head + "\r\nConnection: close\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  HttpResponse<byte[]> add(String label, String name, byte[] image) throws IOException {
    return post("/api/classes/" + encoded(label) + "/images", image, "X-File-Name", encoded(name));
  }

  JsonNode state() throws IOException {
    return JSON.readTree(get("/api/state").body());
  }

  /** Waits until no training runs, and returns the state. */
  JsonNode trained() throws IOException {
    JsonNode state = state();
    while (state.at("/training/status").asText().equals("running")) {
      Chromium.pause(200);
      state = state();
    }
    return state;
  }

  static JsonNode json(HttpResponse<byte[]> answer) throws IOException {
    return JSON.readTree(answer.body());
  }
}
