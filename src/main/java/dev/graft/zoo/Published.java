package dev.graft.zoo;

import dev.graft.GraftException;
import dev.graft.io.Download;
import dev.graft.io.Hash;
import dev.graft.util.Progress;
import dev.graft.util.Text;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A weight file on a server, which is downloaded to the user's cache on first use.
 *
 * @param name file name in the cache
 * @param download URL, size and hash
 */
public record Published(String name, Download download) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]*");
  private static final Pattern HASH_FRAGMENT = Pattern.compile("(md5|sha256)=(\\p{XDigit}+)");

  // MD5 as in keras/src/applications/vgg16.py and xception.py; sizes in bytes as in Keras's
  // progress bar, -1 where unknown.
  /** Keras's VGG16 with its dense layers. */
  public static final Published VGG16 =
      keras("vgg16", "", 553_467_096, "64373286793e3c8b2b4e3219cbf3544b");

  /** Keras's VGG16 without its dense layers. */
  public static final Published VGG16_NO_TOP =
      keras("vgg16", "_notop", 58_889_256, "6d6bbae143d832006294945121d1f1fc");

  /** Keras's Xception with its classifier. */
  public static final Published XCEPTION =
      keras("xception", "", -1, "0a58e3b7378bc2990ea3b43d5981f1f6");

  /** Keras's Xception without its classifier. */
  public static final Published XCEPTION_NO_TOP =
      keras("xception", "_notop", -1, "b0042744bf5b25fce3cb969f33bebb97");

  private static final List<Published> KERAS =
      List.of(VGG16, VGG16_NO_TOP, XCEPTION, XCEPTION_NO_TOP);

  /**
   * Checks the name.
   *
   * @throws GraftException if it is not a plain file name
   */
  public Published {
    if (!NAME.matcher(name).matches()) {
      throw GraftException.of(
          "The URL of a weight file must end in a file name of letters, digits, '.', '_' and '-';"
              + " %s ends in '%s'.",
          download.uri(), name);
    }
  }

  private static Published keras(String network, String top, long size, String md5) {
    String name = network + "_weights_tf_dim_ordering_tf_kernels" + top + ".h5";
    URI uri =
        URI.create(
            "https://storage.googleapis.com/tensorflow/keras-applications/" + network + "/" + name);
    return new Published(
        name, new Download(uri, size, Optional.of(new Hash(Hash.Algorithm.MD5, md5))));
  }

  /**
   * Returns the file at a URL. A file with the name of one of Keras's must have its hash. Any other
   * URL may end in {@code #md5=…} or {@code #sha256=…}; its name in the cache begins with eight
   * digits of the URL's hash, because many servers have a {@code model.safetensors}.
   *
   * @throws GraftException if it is not an http or https URL, or its fragment is not a hash
   */
  public static Published at(String url) {
    URI uri;
    try {
      uri = new URI(url.strip());
    } catch (URISyntaxException e) {
      throw new GraftException(url + " is not a URL: " + e.getReason() + ".", e);
    }
    String path = uri.getPath() == null ? "" : uri.getPath();
    String name = path.substring(path.lastIndexOf('/') + 1);
    URI bare = URI.create(uri.toString().replaceFirst("#.*", ""));
    Optional<Hash> hash = Optional.ofNullable(uri.getFragment()).map(text -> fragment(url, text));
    for (Published known : KERAS) {
      if (known.name.equals(name)) {
        Hash right = known.download.hash().orElseThrow();
        if (hash.isPresent() && !hash.get().equals(right)) {
          throw new GraftException(
              url
                  + ": its hash differs from Keras's, "
                  + right
                  + "; remove it, or rename the file.");
        }
        return new Published(name, new Download(bare, known.download.size(), Optional.of(right)));
      }
    }
    String place = Hash.Algorithm.SHA256.of(bare.toString()).hex().substring(0, 8);
    // An invalid name is left as it is, so that the constructor rejects it.
    return new Published(
        NAME.matcher(name).matches() ? place + "-" + name : name, new Download(bare, -1, hash));
  }

  private static Hash fragment(String url, String fragment) {
    Matcher matcher = HASH_FRAGMENT.matcher(fragment);
    if (!matcher.matches()) {
      throw new GraftException(url + ": the part after # must be md5=<hash> or sha256=<hash>.");
    }
    return new Hash(
        matcher.group(1).equals("md5") ? Hash.Algorithm.MD5 : Hash.Algorithm.SHA256,
        matcher.group(2));
  }

  /**
   * Returns the folder of downloaded files: {@code weights} in the folder of the system property
   * {@code graft.cache}, else in {@code $XDG_CACHE_HOME/graft}, else in {@code ~/.cache/graft}.
   */
  public static Path cache() {
    return cache(
        Optional.ofNullable(System.getProperty("graft.cache")),
        Optional.ofNullable(System.getenv("XDG_CACHE_HOME")),
        System.getProperty("user.home"));
  }

  static Path cache(Optional<String> property, Optional<String> xdg, String home) {
    return property
        .filter(text -> !text.isBlank())
        .map(Path::of)
        .orElseGet(
            () ->
                // The XDG Base Directory Specification says to ignore relative paths.
                xdg.filter(text -> !text.isBlank())
                    .map(Path::of)
                    .filter(Path::isAbsolute)
                    .orElseGet(() -> Path.of(home, ".cache"))
                    .resolve("graft"))
        .resolve("weights");
  }

  /** Returns whether a file of that name is in the cache; its content is not checked. */
  public boolean isCached() {
    return Files.isRegularFile(cache().resolve(name));
  }

  /**
   * Downloads the file, unless it is in the cache with the right size and hash.
   *
   * @return its path in the cache
   * @throws GraftException if the download fails; the message says why and what to do
   */
  Path fetch(Progress.Display display) {
    Path file = cache().resolve(name);
    try {
      download.to(file, display);
      return file;
    } catch (IOException e) {
      throw new GraftException(
          Text.of(
              "Cannot download %s: %s. Check the network (a proxy: -Dhttps.proxyHost=…) and the"
                  + " disk (another folder: -Dgraft.cache=FOLDER), or get the file by other means"
                  + " and set weights to its path.",
              download.uri(), e.getMessage()),
          e);
    }
  }
}
