package dev.graft.io;

import dev.graft.GraftException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What bytes hash to.
 *
 * @param algorithm which function
 * @param hex the value, in lower-case hexadecimal digits
 */
public record Hash(Algorithm algorithm, String hex) {
  /** SHA-256 for what Graft records itself; Keras publishes MD5 and DJL SHA-1, and nothing else. */
  public enum Algorithm {
    MD5("MD5", 32),
    SHA1("SHA-1", 40),
    SHA256("SHA-256", 64);

    private final String javaName;
    private final int digits;

    Algorithm(String javaName, int digits) {
      this.javaName = javaName;
      this.digits = digits;
    }

    /** The hash of a file's content, read in pieces. Fails with an {@link IOException} only. */
    public Hash of(Path file) throws IOException {
      MessageDigest digest = digest();
      try (InputStream in = Files.newInputStream(file)) {
        in.transferTo(new DigestOutputStream(OutputStream.nullOutputStream(), digest));
      }
      return of(digest);
    }

    /** The hash of the bytes between position and limit, which stay where they are. */
    public Hash of(ByteBuffer bytes) {
      MessageDigest digest = digest();
      digest.update(bytes.duplicate());
      return of(digest);
    }

    /** The hash of a text, in UTF-8. */
    public Hash of(String text) {
      return of(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** The hash of pieces of text, one after the other. */
    public Hash of(Stream<String> pieces) {
      MessageDigest digest = digest();
      pieces.forEachOrdered(piece -> digest.update(piece.getBytes(StandardCharsets.UTF_8)));
      return of(digest);
    }

    /** The hash of what a digest of this algorithm was given. */
    Hash of(MessageDigest digest) {
      return new Hash(this, HexFormat.of().formatHex(digest.digest()));
    }

    /** A new digest, for what comes piece by piece. */
    MessageDigest digest() {
      try {
        return MessageDigest.getInstance(javaName);
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("Every Java runtime has " + javaName, e);
      }
    }

    @Override
    public String toString() {
      return javaName;
    }
  }

  private static final Pattern HEX = Pattern.compile("[0-9a-f]+");

  public Hash {
    hex = hex.toLowerCase(Locale.ROOT);
    if (hex.length() != algorithm.digits || !HEX.matcher(hex).matches()) {
      throw new GraftException(
          hex + " is no " + algorithm + ": that has " + algorithm.digits + " hexadecimal digits");
    }
  }

  @Override
  public String toString() {
    return algorithm + " " + hex;
  }
}
