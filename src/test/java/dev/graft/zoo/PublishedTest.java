package dev.graft.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.graft.GraftException;
import dev.graft.io.Hash;
import dev.graft.util.Progress;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PublishedTest {
  @Test
  void fileWithAKerasNameMustHaveKerasHash() {
    String name = "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5";
    URI mirror = URI.create("https://mirror.example/keras/" + name);
    Published mirrored = Published.at(mirror.toString());

    assertThat(mirrored.name()).isEqualTo(Published.VGG16_NO_TOP.name()).isEqualTo(name);
    assertThat(mirrored.download().uri()).isEqualTo(mirror);
    assertThat(mirrored.download().size()).isEqualTo(58_889_256);
    assertThat(mirrored.download().hash()).contains(md5("6d6bbae143d832006294945121d1f1fc"));
    assertThat(Published.VGG16_NO_TOP.download().uri())
        .hasToString("https://storage.googleapis.com/tensorflow/keras-applications/vgg16/" + name);
    refused(mirror + "#md5=" + "0".repeat(32))
        .withMessageContaining("6d6bbae143d832006294945121d1f1fc");
  }

  @Test
  void urlMayContainTheHash() {
    Published plain = Published.at("https://a.example/m/model.safetensors?x=1");
    assertThat(plain.download().hash()).isEmpty();
    assertThat(plain.download().size()).isEqualTo(-1);
    assertThat(plain.name()).matches("[0-9a-f]{8}-model\\.safetensors");
    assertThat(Published.at("https://b.example/m/model.safetensors").name())
        .isNotEqualTo(plain.name());

    Published hashed = Published.at("https://a.example/m.h5#sha256=" + "AB".repeat(32));
    assertThat(hashed.download().hash()).contains(new Hash(Hash.Algorithm.SHA256, "ab".repeat(32)));
    assertThat(hashed.download().uri()).hasToString("https://a.example/m.h5");
    assertThat(Published.at("https://a.example/m.h5#md5=" + "0".repeat(32)).download().hash())
        .contains(md5("0".repeat(32)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ftp://a.example/m.h5",
        "file:///etc/passwd",
        "m.h5",
        "https:///m.h5",
        "https://a.example/",
        "https://a.example",
        "https://a.example:70000/m.h5",
        "https://a.example/..",
        "https://a.example/a%2F..%5Cb",
        "https://a.example/m h5",
        "https://a.example/m.h5#md5=123",
        "https://a.example/m.h5#sha1=0000000000000000000000000000000000000000"
      })
  void invalidUrlsAreRejected(String url) {
    refused(url);
  }

  @Test
  void cacheFolderIsTakenFromThePropertyOrXdgOrHome(@TempDir Path absolute) {
    assertThat(Published.cache(Optional.of("c"), Optional.of("x"), "h"))
        .isEqualTo(Path.of("c", "weights"));
    assertThat(Published.cache(Optional.empty(), Optional.of(absolute.toString()), "h"))
        .isEqualTo(absolute.resolve(Path.of("graft", "weights")));
    assertThat(Published.cache(Optional.of(" "), Optional.of("relative"), "h"))
        .isEqualTo(Path.of("h", ".cache", "graft", "weights"));
    assertThat(Published.cache(Optional.empty(), Optional.empty(), "h"))
        .isEqualTo(Path.of("h", ".cache", "graft", "weights"));
  }

  @Test
  void failedDownloadNamesReasonAndRemedy(@TempDir Path folder) {
    Published file = Published.at("http://127.0.0.1:1/m.h5"); // nothing listens on port 1
    System.setProperty("graft.cache", folder.toString());
    try {
      assertThatExceptionOfType(GraftException.class)
          .isThrownBy(() -> file.fetch(Progress.Display.NONE))
          .withMessageStartingWith(
              "Cannot download http://127.0.0.1:1/m.h5: cannot connect to 127.0.0.1.")
          .withMessageContaining("-Dgraft.cache=FOLDER")
          .withMessageContaining("set weights to its path");
    } finally {
      System.clearProperty("graft.cache");
    }
    assertThat(folder.resolve("weights")).isEmptyDirectory();
  }

  private static ThrowableAssertAlternative<GraftException> refused(String url) {
    return assertThatExceptionOfType(GraftException.class).isThrownBy(() -> Published.at(url));
  }

  private static Hash md5(String hex) {
    return new Hash(Hash.Algorithm.MD5, hex);
  }
}
