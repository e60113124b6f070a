package dev.graft.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.graft.GraftException;
import dev.graft.io.Hash;
import dev.graft.util.Progress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Downloads from a local server with the paths of Hugging Face's hub. */
class HubRepositoryTest {
  private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
  private static final String MAIN = "/api/models/o/n/revision/main";

  @TempDir Path home;
  private final Map<String, byte[]> files = new HashMap<>();
  private final List<String> requests = new ArrayList<>();
  private final byte[] network = new byte[100_000];
  private HttpServer server;
  private int status = 404;

  /** Bytes after which the server closes the connection. */
  private int breaksAfter = Integer.MAX_VALUE;

  @BeforeEach
  void start() throws IOException {
    new Random(1).nextBytes(network);
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    String range = exchange.getRequestHeaders().getFirst("Range");
    requests.add(path + (range == null ? "" : " " + range));
    byte[] all = files.get(path);
    if (all == null) {
      exchange.sendResponseHeaders(status, -1);
    } else {
      int from = range == null ? 0 : Integer.parseInt(range.replaceAll("[^0-9]", ""));
      exchange.sendResponseHeaders(range == null ? 200 : 206, all.length - from);
      int count = Math.min(all.length - from, breaksAfter);
      exchange.getResponseBody().write(all, from, count);
    }
    exchange.close();
  }

  private void publish() {
    String description =
        "{\"sha\":\""
            + COMMIT
            + "\",\"siblings\":[{\"rfilename\":\"onnx/model.onnx\",\"size\":100000,\"lfs\":{\"size\":100000,"
            + "\"sha256\":\""
            + Hash.Algorithm.SHA256.of(ByteBuffer.wrap(network)).hex()
            + "\"}},{\"rfilename\":\"onnx/model.onnx_data\",\"size\":3},"
            + "{\"rfilename\":\"onnx/model_int8.onnx\",\"size\":5},"
            + "{\"rfilename\":\"../outside.onnx\",\"size\":5},"
            + "{\"rfilename\":\"README.md\",\"size\":2}]}";
    files.put(MAIN, description.getBytes(StandardCharsets.UTF_8));
    String resolve = "/o/n/resolve/" + COMMIT + "/";
    files.put(resolve + "onnx/model.onnx", network);
    files.put(resolve + "onnx/model.onnx_data", new byte[3]);
    files.put(resolve + "README.md", new byte[2]);
  }

  private Path fetched() {
    return HubRepository.of("hf:o/n")
        .orElseThrow()
        .network(
            Optional.empty(),
            Progress.Display.NONE,
            Map.of(
                    "HF_HOME",
                    home.toString(),
                    "HF_ENDPOINT",
                    "http://127.0.0.1:" + server.getAddress().getPort() + "/")
                ::get);
  }

  @Test
  void theNetworkAndWhatBelongsToItAreDownloadedOnceByTheirCommit() throws IOException {
    publish();
    Path file = fetched();
    assertThat(file)
        .isEqualTo(home.resolve("hub/models--o--n/snapshots/" + COMMIT + "/onnx/model.onnx"))
        .hasBinaryContent(network);
    assertThat(file.resolveSibling("model.onnx_data")).hasSize(3);
    assertThat(file.resolveSibling("model_int8.onnx")).doesNotExist();
    assertThat(Files.readString(home.resolve("hub/models--o--n/refs/main"))).isEqualTo(COMMIT);
    assertThat(requests).hasSize(4);
    server.stop(0);
    assertThat(fetched()).isEqualTo(file);
    assertThat(requests).hasSize(4);
  }

  @Test
  void aBrokenDownloadIsContinued() throws IOException {
    publish();
    breaksAfter = 60_000;
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(this::fetched)
        .withMessageContaining("it can't be downloaded: the connection broke after 60000");
    breaksAfter = Integer.MAX_VALUE;
    requests.clear();
    assertThat(fetched()).hasBinaryContent(network);
    assertThat(requests).contains("/o/n/resolve/" + COMMIT + "/onnx/model.onnx bytes=60000-");
  }

  @Test
  void aFileWithAnotherHashIsNotUsed() {
    publish();
    network[5]++;
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(this::fetched)
        .withMessageContaining("its size or hash is not the expected one");
    network[5]--;
    assertThat(fetched()).hasBinaryContent(network);
  }

  @Test
  void aRepositoryThatDoesNotExistIsOneSentence() {
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(this::fetched)
        .withMessage("the hub has no such repository or revision, o/n@main; check the name.");
    status = 401;
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(this::fetched)
        .withMessageContaining("it is gated or private, or it does not exist")
        .withMessageContaining("download its files by hand");
    for (String name : List.of("hf:o/n@..", "hf:../n", "hf:o/n@a..b", "hf:o/..")) {
      assertThatExceptionOfType(GraftException.class)
          .isThrownBy(() -> HubRepository.of(name))
          .withMessageContaining("write hf:OWNER/NAME");
    }
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> ExternalBackbone.fetch("hf:a", Optional.empty(), Progress.Display.NONE))
        .withMessage("backbone hf:a: write hf:OWNER/NAME or hf:OWNER/NAME@REVISION.");
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> HubRepository.of("hf:dinov2"))
        .withMessage("backbone hf:dinov2: write hf:OWNER/NAME or hf:OWNER/NAME@REVISION.");
  }

  @Test
  void namesMayHaveARevision() {
    assertThat(HubRepository.of("hf:onnx-community/dinov2-small@v1.0"))
        .contains(new HubRepository("onnx-community", "dinov2-small", "v1.0"));
    assertThat(HubRepository.of("hf:a/b.c")).contains(new HubRepository("a", "b.c", "main"));
    assertThat(HubRepository.of("model.onnx")).isEmpty();
  }

  @Test
  void theCacheIsHuggingFaces() {
    Path top = Path.of("/c");
    assertThat(HubRepository.cache(Map.of("HF_HUB_CACHE", "/c")::get)).isEqualTo(top);
    assertThat(HubRepository.cache(Map.of("HF_HOME", "/c")::get)).isEqualTo(top.resolve("hub"));
    assertThat(HubRepository.cache(Map.of("XDG_CACHE_HOME", "/c")::get))
        .isEqualTo(top.resolve("huggingface/hub"));
    assertThat(HubRepository.cache(Map.<String, String>of()::get).toString())
        .endsWith(Path.of(".cache/huggingface/hub").toString());
  }
}
