package dev.graft.data.duplicates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.graft.data.Cifar10Images;
import dev.graft.data.ImageSet;
import dev.graft.image.ImageFileReader;
import dev.graft.image.RgbImage;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.junit.jupiter.api.Test;

class DuplicatesTest {
  private static final byte[] NOISE = noise(1);

  @Test
  void imagesOfOneContentAreIdentical() {
    Duplicates duplicates =
        among(
            Arrays.asList("a", "b", "a", null, "c", "b", "a", null), Collections.nCopies(8, null));

    assertThat(duplicates.identical()).containsExactly(List.of(0, 2, 6), List.of(1, 5));
    assertThat(duplicates.near()).isEmpty();
    assertThat(duplicates.groups()).containsExactly(0, 1, 0, 2, 3, 1, 0, 4);
  }

  @Test
  void imagesUpToSevenBitsApartAreNear() {
    long sevenBytesDiffer = 0x0101010101010100L;
    long eightBytesDiffer = 0x0101010101010101L;
    long sevenBitsOfAByte = 0x7fL;
    for (long difference : List.of(0L, 1L, sevenBytesDiffer, sevenBitsOfAByte)) {
      for (int turn = 0; turn < 64; turn += 8) {
        assertThat(areNear(0x123456789abcdefL, Long.rotateLeft(difference, turn))).isTrue();
      }
    }
    assertThat(areNear(0x123456789abcdefL, eightBytesDiffer)).isFalse();
    assertThat(areNear(0x123456789abcdefL, 0xffL)).isFalse();
  }

  private static boolean areNear(long hash, long difference) {
    return near(new Fingerprint(hash, NOISE), new Fingerprint(hash ^ difference, NOISE));
  }

  @Test
  void thumbnailsDecideWhetherSimilarHashesMeanSimilarImages() {
    Fingerprint image = new Fingerprint(5, NOISE);

    assertThat(near(image, new Fingerprint(5, noise(2)))).isFalse();
    assertThat(near(image, new Fingerprint(5, changed(NOISE, v -> 255 - v)))).isFalse();
    assertThat(near(image, new Fingerprint(5, changed(NOISE, v -> v / 2 + 50)))).isTrue();
    byte[] shaded = NOISE.clone();
    for (int i = 0; i < shaded.length; i++) {
      shaded[i] = (byte) ((shaded[i] & 0xff) / 2 + 4 * (i % 16) + 3 * (i / 16));
    }
    assertThat(near(image, new Fingerprint(5, shaded))).isTrue();
  }

  @Test
  void imagesWithoutDetailAreNearToNothing() {
    byte[] flat = new byte[256];
    byte[] gradient = new byte[256];
    for (int i = 0; i < 256; i++) {
      gradient[i] = (byte) (8 * (i % 16) + 4 * (i / 16));
    }
    byte[] faint = changed(NOISE, v -> 100 + v / 32);
    for (byte[] thumbnail : List.of(flat, gradient, faint)) {
      Fingerprint plain = new Fingerprint(0, thumbnail);
      assertThat(near(plain, plain)).isFalse();
    }
  }

  @Test
  void nearnessIsTransitiveAndIncludesIdenticalImages() {
    Fingerprint a = new Fingerprint(0x0f, NOISE);
    Fingerprint b = new Fingerprint(0xff, NOISE);
    Fingerprint c = new Fingerprint(0xfff, NOISE);
    Fingerprint other = new Fingerprint(0xff, noise(2));

    // a and c are 8 bits apart, b is 4 from both
    Duplicates duplicates =
        among(
            Arrays.asList("o", "c", "a", null, "a", "x"),
            Arrays.asList(other, c, a, b, null, null));

    assertThat(duplicates.near()).containsExactly(List.of(1, 2, 3, 4));
    assertThat(duplicates.identical()).containsExactly(List.of(2, 4));
    assertThat(duplicates.groups()).containsExactly(0, 1, 1, 1, 1, 2);
    assertThat(near(a, c)).isFalse();
  }

  /** Comparing every pair would take minutes. */
  @Test
  void thousandsWithOneHashAreComparedInSeconds() {
    List<Fingerprint> fingerprints = new ArrayList<>();
    for (int i = 0; i < 40_000; i++) {
      fingerprints.add(new Fingerprint(5, noise(i)));
    }
    Duplicates duplicates =
        assertTimeoutPreemptively(
            Duration.ofSeconds(40), () -> among(Collections.nCopies(40_000, null), fingerprints));

    assertThat(duplicates.near()).isEmpty();
  }

  /** Frames of a fixed camera; comparing every pair would take minutes. */
  @Test
  void manyNearlyIdenticalImagesAreComparedInSeconds() {
    int frames = 100_000;
    Fingerprint frame = new Fingerprint(5, noise(1));
    Duplicates duplicates =
        assertTimeoutPreemptively(
            Duration.ofSeconds(10),
            () -> among(Collections.nCopies(frames, null), Collections.nCopies(frames, frame)));

    assertThat(duplicates.near()).hasSize(1);
    assertThat(duplicates.near().get(0)).hasSize(frames);
  }

  @Test
  void copiesOfPhotographsAreFoundAndOtherPhotographsAreNot() throws IOException {
    ImageSet photographs = Cifar10Images.sample().images();
    int copied = 200;
    List<Fingerprint> fingerprints = new ArrayList<>();
    for (int i = 0; i < photographs.size(); i++) {
      fingerprints.add(Fingerprint.of(photographs.read(i, 0).orElseThrow()));
    }
    assertThat(near(fingerprints).near()).hasSizeLessThan(photographs.size() / 200);

    List<List<Fingerprint>> copies =
        List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    for (int i = 0; i < copied; i++) {
      RgbImage image = photographs.read(i, 0).orElseThrow();
      copies.get(0).add(Fingerprint.of(asJpeg(image, 0.8f)));
      copies.get(1).add(Fingerprint.of(resized(image, 33, 31)));
      copies
          .get(2)
          .add(
              Fingerprint.of(
                  new RgbImage(32, 32, changed(image.rgb(), v -> Math.min(255, v * 11 / 10 + 5)))));
    }
    for (List<Fingerprint> kind : copies) {
      List<Fingerprint> all = new ArrayList<>(fingerprints);
      all.addAll(kind);
      int[] groups = near(all).groups();
      int found = 0;
      for (int i = 0; i < copied; i++) {
        found += groups[i] == groups[photographs.size() + i] ? 1 : 0;
      }
      assertThat(found).isGreaterThanOrEqualTo(copied * 98 / 100);
    }
  }

  private static Duplicates among(List<String> contents, List<Fingerprint> fingerprints) {
    return Duplicates.among(contents.size(), contents::get, fingerprints::get);
  }

  private static Duplicates near(List<Fingerprint> fingerprints) {
    return among(Collections.nCopies(fingerprints.size(), null), fingerprints);
  }

  private static boolean near(Fingerprint one, Fingerprint other) {
    return !near(List.of(one, other)).near().isEmpty();
  }

  private static byte[] noise(long seed) {
    byte[] noise = new byte[256];
    new Random(seed).nextBytes(noise);
    return noise;
  }

  private static byte[] changed(byte[] values, IntUnaryOperator change) {
    byte[] changed = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      changed[i] = (byte) change.applyAsInt(values[i] & 0xff);
    }
    return changed;
  }

  private static RgbImage asJpeg(RgbImage image, float quality) throws IOException {
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
      ImageWriteParam parameters = writer.getDefaultWriteParam();
      parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
      parameters.setCompressionQuality(quality);
      writer.setOutput(out);
      writer.write(null, new IIOImage(buffered(image), null, null), parameters);
    } finally {
      writer.dispose();
    }
    return ImageFileReader.read(bytes.toByteArray(), "copy");
  }

  private static RgbImage resized(RgbImage image, int width, int height) {
    BufferedImage resized = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = resized.createGraphics();
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
    graphics.drawImage(buffered(image), 0, 0, width, height, null);
    graphics.dispose();
    byte[] rgb = new byte[3 * width * height];
    for (int i = 0; i < rgb.length; i++) {
      int pixel = resized.getRGB(i / 3 % width, i / 3 / width);
      rgb[i] = (byte) (pixel >> (16 - 8 * (i % 3)));
    }
    return new RgbImage(width, height, rgb);
  }

  private static BufferedImage buffered(RgbImage image) {
    BufferedImage buffered =
        new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_INT_RGB);
    byte[] rgb = image.rgb();
    for (int i = 0; i < rgb.length; i += 3) {
      int pixel = (rgb[i] & 0xff) << 16 | (rgb[i + 1] & 0xff) << 8 | (rgb[i + 2] & 0xff);
      buffered.setRGB(i / 3 % image.width(), i / 3 / image.width(), pixel);
    }
    return buffered;
  }
}
