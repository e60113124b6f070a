package dev.graft.io;

import dev.graft.GraftException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
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
 * A cryptographic hash of bytes.
 *
 * @param algorithm the hash function
 * @param hex the value in hexadecimal digits, stored in lower case
 */
public record Hash(Algorithm algorithm, String hex) {
  /** A hash function. */
  public enum Algorithm {
    /** Published by Keras for its weight files. */
    MD5("MD5", 32),
    /** Used for everything that Graft records. */
    SHA256("SHA-256", 64);

    private final String javaName;
    private final int digits;

    Algorithm(String javaName, int digits) {
      this.javaName = javaName;
      this.digits = digits;
    }

    /** Returns the hash of a file's content, which is read in chunks. */
    public Hash of(Path file) throws IOException {
      MessageDigest digest = digest();
      try (InputStream in = Files.newInputStream(file)) {
        in.transferTo(new DigestOutputStream(OutputStream.nullOutputStream(), digest));
      }
      return of(digest);
    }

    /** Returns the hash of what is written to a channel. */
    public Hash of(AtomicFiles.Content content) throws IOException {
      MessageDigest digest = digest();
      content.writeTo(
          Channels.newChannel(new DigestOutputStream(OutputStream.nullOutputStream(), digest)));
      return of(digest);
    }

    /** Returns the hash of the bytes between position and limit, which stay unchanged. */
    public Hash of(ByteBuffer bytes) {
      MessageDigest digest = digest();
      digest.update(bytes.duplicate());
      return of(digest);
    }

    /** Returns the hash of a text in UTF-8. */
    public Hash of(String text) {
      return of(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** Returns the hash of the concatenated pieces in UTF-8. */
    public Hash of(Stream<String> pieces) {
      MessageDigest digest = digest();
      pieces.forEachOrdered(piece -> digest.update(piece.getBytes(StandardCharsets.UTF_8)));
      return of(digest);
    }

    /** Completes a digest of this algorithm. */
    Hash of(MessageDigest digest) {
      return new Hash(this, HexFormat.of().formatHex(digest.digest()));
    }

    /** Returns a new digest for data that arrives in pieces. */
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

  /**
   * Converts the digits to lower case, and checks their number.
   *
   * @throws GraftException if they are not a value of the algorithm
   */
  public Hash {
    hex = hex.toLowerCase(Locale.ROOT);
    if (hex.length() != algorithm.digits || !HEX.matcher(hex).matches()) {
      throw new GraftException(
          hex
              + " is not "
              + algorithm
              + ": it must have "
              + algorithm.digits
              + " hexadecimal digits");
    }
  }

  @Override
  public String toString() {
    return algorithm + " " + hex;
  }
}
