package dev.graft.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HashTest {
  @Test
  void hashesOfBytesTextsAndFilesAreTheKnownOnes(@TempDir Path folder) throws IOException {
    ByteBuffer abc = ByteBuffer.wrap(new byte[] {'a', 'b', 'c'});
    assertThat(Hash.Algorithm.MD5.of(abc).hex()).isEqualTo("900150983cd24fb0d6963f7d28e17f72");
    assertThat(Hash.Algorithm.SHA256.of(Files.writeString(folder.resolve("abc"), "abc")))
        .isEqualTo(Hash.Algorithm.SHA256.of(abc))
        .isEqualTo(Hash.Algorithm.SHA256.of("abc"))
        .hasToString("SHA-256 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");

    byte[] severalPieces = new byte[200_000];
    severalPieces[199_999] = 1;
    assertThat(Hash.Algorithm.MD5.of(Files.write(folder.resolve("long"), severalPieces)))
        .isEqualTo(Hash.Algorithm.MD5.of(ByteBuffer.wrap(severalPieces)));
  }
}
