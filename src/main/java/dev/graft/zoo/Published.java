package dev.graft.zoo;

import dev.graft.GraftException;
import dev.graft.io.Hash;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A weight file that can be downloaded.
 *
 * @param name what it is called in the cache
 * @param uri where it is, by http or https
 * @param size its length in bytes, -1 where unknown
 * @param hash what its content must hash to, where known
 */
public record Published(String name, URI uri, long size, Optional<Hash> hash) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]*");
  private static final Pattern HASH_FRAGMENT = Pattern.compile("(md5|sha256)=(\\p{XDigit}+)");

  // MD5 as in keras/src/applications/{vgg16,xception}.py; sizes as Keras's progress bar shows them.
  public static final Published VGG16 =
      keras("vgg16", "", 553_467_096, "64373286793e3c8b2b4e3219cbf3544b");
  public static final Published VGG16_NO_TOP =
      keras("vgg16", "_notop", 58_889_256, "6d6bbae143d832006294945121d1f1fc");
  public static final Published XCEPTION =
      keras("xception", "", 91_884_032, "0a58e3b7378bc2990ea3b43d5981f1f6");
  public static final Published XCEPTION_NO_TOP =
      keras("xception", "_notop", 83_683_744, "b0042744bf5b25fce3cb969f33bebb97");

  /** The files that Keras publishes for the networks that Graft has. */
  public static final List<Published> KERAS =
      List.of(VGG16, VGG16_NO_TOP, XCEPTION, XCEPTION_NO_TOP);

  public Published {
    if (!NAME.matcher(name).matches()) {
      throw new GraftException(
          "The URL of a weight file must end in the file's name, of letters, digits, '.', '_' and"
              + " '-' only; %s ends in '%s'.".formatted(uri, name));
    }
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    if ((!scheme.equals("http") && !scheme.equals("https")) || uri.getHost() == null) {
      throw new GraftException(
          "Weights are downloaded by http or https, and %s is neither: give such a URL or a file."
              .formatted(uri));
    }
    if (size < -1) {
      throw new GraftException("The size of %s must be -1 or more, not %d.".formatted(uri, size));
    }
  }

  private static Published keras(String network, String top, long size, String md5) {
    String name = network + "_weights_tf_dim_ordering_tf_kernels" + top + ".h5";
    URI uri =
        URI.create(
            "https://storage.googleapis.com/tensorflow/keras-applications/" + network + "/" + name);
    return new Published(name, uri, size, Optional.of(new Hash(Hash.Algorithm.MD5, md5)));
  }

  /**
   * What a user's URL stands for. A file called as one that Keras publishes must be that very file,
   * wherever it comes from. Another may say what it hashes to, as {@code #md5=…} or {@code
   * #sha256=…}; its name in the cache begins with eight digits of its URL's hash, for many servers
   * have a {@code model.safetensors}.
   *
   * @throws GraftException if it is no http or https URL, or what follows {@code #} is no hash
   */
  public static Published at(String url) {
    URI uri;
    try {
      uri = new URI(url.strip());
    } catch (URISyntaxException e) {
      throw new GraftException("%s is no URL: %s.".formatted(url, e.getReason()), e);
    }
    String path = uri.getPath() == null ? "" : uri.getPath();
    String name = path.substring(path.lastIndexOf('/') + 1);
    String bare = uri.toString().replaceFirst("#.*", "");
    Optional<Hash> hash = Optional.ofNullable(uri.getFragment()).map(text -> fragment(url, text));
    for (Published known : KERAS) {
      if (known.name.equals(name)) {
        if (hash.isPresent() && !hash.equals(known.hash)) {
          throw new GraftException(
              "%s says that the file has another hash than %s, which Keras publishes for %s."
                  .formatted(url, known.hash.orElseThrow(), name));
        }
        return new Published(name, URI.create(bare), known.size, known.hash);
      }
    }
    String place =
        Hash.Algorithm.SHA256
            .of(ByteBuffer.wrap(bare.getBytes(StandardCharsets.UTF_8)))
            .hex()
            .substring(0, 8);
    // What is no name stays as it is, to be refused.
    return new Published(
        NAME.matcher(name).matches() ? place + "-" + name : name, URI.create(bare), -1, hash);
  }

  private static Hash fragment(String url, String fragment) {
    Matcher matcher = HASH_FRAGMENT.matcher(fragment);
    if (!matcher.matches()) {
      throw new GraftException(
          "What follows # in %s must be md5=<hash> or sha256=<hash>.".formatted(url));
    }
    return new Hash(
        matcher.group(1).equals("md5") ? Hash.Algorithm.MD5 : Hash.Algorithm.SHA256,
        matcher.group(2));
  }
}
