package dev.graft.zoo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.graft.GraftException;
import dev.graft.io.AtomicFiles;
import dev.graft.io.Download;
import dev.graft.io.Hash;
import dev.graft.util.Progress;
import dev.graft.util.Text;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A model repository on Hugging Face's hub. Its files go into Hugging Face's own cache, by the
 * repository's commit, so that Python's libraries share them, and are used from there without a
 * connection.
 *
 * @param revision a branch, tag or commit
 */
record HubRepository(String owner, String name, String revision) {
  private static final Pattern NAME =
      Pattern.compile("(?!.*\\.\\.)hf:(\\w[\\w.-]*)/(\\w[\\w.-]*?)(?:@(\\w[\\w.-]*))?");

  /** Small files with the preprocessing and the license. */
  private static final List<String> ABOUT =
      List.of("preprocessor_config.json", "config.json", "README.md");

  /** A path in a repository, without a way out of it. */
  private static final Pattern PATH = Pattern.compile("(?!.*\\.\\.)\\w[\\w./+ -]*");

  /** Limit of a repository's description; one with 10,000 files has 2 MB. */
  private static final long MAX_DESCRIPTION_BYTES = 16 << 20;

  private static final String BRANCH = "main";
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * A file of the repository.
   *
   * @param bytes -1 if unknown
   */
  private record RemoteFile(String path, long bytes, Optional<Hash> sha256) {}

  /**
   * Returns the repository that a backbone's name, {@code hf:OWNER/NAME[@REVISION]}, stands for.
   */
  static Optional<HubRepository> of(String backbone) {
    Matcher matcher = NAME.matcher(backbone);
    if (matcher.matches()) {
      return Optional.of(
          new HubRepository(
              matcher.group(1),
              matcher.group(2),
              Optional.ofNullable(matcher.group(3)).orElse(BRANCH)));
    }
    if (backbone.startsWith("hf:")) {
      throw new GraftException(
          "backbone " + backbone + ": write hf:OWNER/NAME or hf:OWNER/NAME@REVISION.");
    }
    return Optional.empty();
  }

  /**
   * Returns the network's ONNX file, after downloading it and what belongs to it, if necessary.
   *
   * @param variant such as {@code fp16}; empty for float32
   * @throws GraftException if the repository has no such file, or the download fails
   */
  Path network(Optional<String> variant, Progress.Display display) {
    return network(variant, display, System::getenv);
  }

  Path network(
      Optional<String> variant, Progress.Display display, Function<String, String> environment) {
    Path root = cache(environment).resolve("models--" + owner + "--" + name);
    try {
      Optional<Path> cached = cached(root, variant);
      return cached.isPresent() ? cached.get() : downloaded(root, variant, display, environment);
    } catch (Download.RefusedRequest e) {
      throw new GraftException(refused(e), e);
    } catch (IOException e) {
      throw new GraftException(
          Text.of(
              "it can't be downloaded: %s. Check the network (a proxy: -Dhttps.proxyHost=…; a mirror:"
                  + " HF_ENDPOINT) and the disk (another folder: HF_HOME), or get the repository by"
                  + " other means and name its folder.",
              e.getMessage()),
          e);
    }
  }

  private String refused(Download.RefusedRequest refusal) {
    return switch (refusal.status()) {
      case 401, 403 ->
          "the hub wants a login: it is gated or private, or it does not exist; check the name, or"
              + " log in on its page, download its files by hand, and name their folder.";
      case 404 ->
          Text.of(
              "the hub has no such repository or revision, %s/%s@%s; check the name.",
              owner, name, revision);
      default ->
          Text.of(
              "it can't be downloaded: %s; try again later, or get the repository by other means and"
                  + " name its folder.",
              refusal.getMessage());
    };
  }

  /** Returns Hugging Face's cache of repositories. */
  static Path cache(Function<String, String> environment) {
    return variable(environment, "HF_HUB_CACHE")
        .map(Path::of)
        .or(() -> variable(environment, "HF_HOME").map(home -> Path.of(home, "hub")))
        .or(
            () ->
                variable(environment, "XDG_CACHE_HOME")
                    .map(home -> Path.of(home, "huggingface", "hub")))
        .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache", "huggingface", "hub"));
  }

  private static Optional<String> variable(Function<String, String> environment, String name) {
    return Optional.ofNullable(environment.apply(name)).filter(value -> !value.isBlank());
  }

  /**
   * Returns the path of the list of downloaded files, which is written last: if it exists, all of
   * them are complete.
   */
  private static Path list(Path root, String commit, Optional<String> variant) {
    return root.resolve("graft").resolve(commit + variant.map(each -> "-" + each).orElse(""));
  }

  private Optional<Path> cached(Path root, Optional<String> variant) throws IOException {
    Path branch = root.resolve("refs").resolve(revision);
    String commit = Files.isRegularFile(branch) ? Files.readString(branch).strip() : revision;
    Path list = list(root, commit, variant);
    if (!Files.isRegularFile(list)) {
      return Optional.empty();
    }
    Path folder = root.resolve("snapshots").resolve(commit);
    List<Path> files = Files.readAllLines(list).stream().map(folder::resolve).toList();
    return files.stream().allMatch(Files::isRegularFile)
        ? Optional.of(files.get(0))
        : Optional.empty();
  }

  private Path downloaded(
      Path root,
      Optional<String> variant,
      Progress.Display display,
      Function<String, String> environment)
      throws IOException {
    if (variable(environment, "HF_HUB_OFFLINE").filter(each -> !each.equals("0")).isPresent()) {
      throw new IOException("downloads are switched off by HF_HUB_OFFLINE");
    }
    String endpoint =
        variable(environment, "HF_ENDPOINT").orElse("https://huggingface.co").replaceAll("/+$", "");
    Path description = root.resolve("graft").resolve("description-" + revision + ".json");
    new Download(
            uri(
                endpoint,
                "/api/models/" + owner + "/" + name + "/revision/" + revision,
                "blobs=true"),
            -1,
            Optional.empty())
        .again(description, MAX_DESCRIPTION_BYTES);
    JsonNode described = json(description);
    String commit = described.path("sha").asText();
    if (!commit.matches("[0-9a-f]{7,64}")) {
      throw new IOException("the answer of " + endpoint + " does not name a commit");
    }
    List<RemoteFile> files = wanted(files(described), variant);
    Path folder = root.resolve("snapshots").resolve(commit);
    display.say(Text.of("Hub: %s/%s, revision %s, to %s", owner, name, commit, folder));
    for (RemoteFile each : files) {
      String path = "/" + owner + "/" + name + "/resolve/" + commit + "/" + each.path();
      new Download(uri(endpoint, path, null), each.bytes(), each.sha256())
          .resume(folder.resolve(each.path()), display);
    }
    Files.createDirectories(root.resolve("refs"));
    if (!revision.equals(commit)) {
      AtomicFiles.write(root.resolve("refs").resolve(revision), commit);
    }
    AtomicFiles.write(list(root, commit, variant), files.stream().map(each -> each.path() + "\n"));
    return folder.resolve(files.get(0).path());
  }

  private static URI uri(String endpoint, String path, String query) throws IOException {
    try {
      URI base = new URI(endpoint);
      String whole = (base.getPath() == null ? "" : base.getPath()) + path;
      return new URI(base.getScheme(), base.getAuthority(), whole, query, null);
    } catch (URISyntaxException e) {
      throw new IOException("HF_ENDPOINT is not a URL: " + endpoint, e);
    }
  }

  private static JsonNode json(Path file) throws IOException {
    try {
      return JSON.readTree(Files.readAllBytes(file));
    } catch (JsonProcessingException e) {
      throw new IOException("the server's description of the repository is not JSON", e);
    }
  }

  private static List<RemoteFile> files(JsonNode description) {
    List<RemoteFile> files = new ArrayList<>();
    for (JsonNode each : description.path("siblings")) {
      String sha256 = each.path("lfs").path("sha256").asText();
      files.add(
          new RemoteFile(
              each.path("rfilename").asText(),
              each.path("lfs").path("size").asLong(each.path("size").asLong(-1)),
              sha256.isEmpty()
                  ? Optional.empty()
                  : Optional.of(new Hash(Hash.Algorithm.SHA256, sha256))));
    }
    return files.stream().filter(each -> PATH.matcher(each.path()).matches()).toList();
  }

  /** Returns the network first, then its external data, then the files about it. */
  private static List<RemoteFile> wanted(List<RemoteFile> files, Optional<String> variant) {
    String network = HubFolder.network(files.stream().map(RemoteFile::path).toList(), variant);
    List<RemoteFile> wanted = new ArrayList<>();
    files.stream().filter(each -> each.path().equals(network)).forEach(wanted::add);
    files.stream()
        .filter(each -> each.path().startsWith(network) && !each.path().equals(network))
        .forEach(wanted::add);
    files.stream().filter(each -> ABOUT.contains(each.path())).forEach(wanted::add);
    return wanted;
  }
}
