package dev.graft.data.duplicates;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.DataSet;
import dev.graft.data.ImageMaker;
import dev.graft.data.ImageSet;
import dev.graft.data.Split;
import dev.graft.data.SplitCsv;
import dev.graft.data.StratifiedSampler;
import dev.graft.image.RgbImage;
import dev.graft.util.Progress;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fingerprints depend on the images alone, not on how they were read first. */
class FingerprintsTest {
  @TempDir private Path temporary;

  @Test
  void theSizeOfTheFirstReadingChangesNeitherGroupsNorSplit() throws IOException {
    Path photos = temporary.resolve("photos");
    for (int pair = 0; pair < 24; pair++) {
      photographs(photos.resolve(pair % 2 == 0 ? "even" : "odd"), pair);
    }
    List<int[]> groups = new ArrayList<>();
    Set<String> splits = new HashSet<>();
    Set<String> naive = new HashSet<>();
    for (int least : new int[] {0, 64, 192, 448}) {
      try (Fingerprints fingerprints = fingerprints("first read at " + least)) {
        DataSet data = ImageMaker.open(photos);
        ImageSet gathered = fingerprints.storingFrom(data.images());
        List<Optional<Fingerprint>> asRead = new ArrayList<>();
        for (int i = 0; i < gathered.size() && least > 0; i++) {
          asRead.add(gathered.read(i, least).map(Fingerprint::of));
        }
        if (least > 0) {
          naive.add(Arrays.toString(Survey.of(data, i -> asRead.get(i).orElse(null)).groups()));
        }
        groups.add(Survey.thorough(data, fingerprints, Progress.Display.NONE).groups());
        Split split = split(data, groups.get(groups.size() - 1));
        splits.add(SplitCsv.of(data.images(), split).collect(Collectors.joining()));
      }
    }
    assertThat(groups).allSatisfy(each -> assertThat(each).isEqualTo(groups.get(0)));
    assertThat(groups.get(0)[0]).isEqualTo(groups.get(0)[1]);
    assertThat(splits).hasSize(1);
    assertThat(naive).as("groups by fingerprints of the images as read").hasSizeGreaterThan(1);
  }

  private static Split split(DataSet data, int[] groups) {
    return Split.of(
        data,
        groups,
        (candidates, fraction) ->
            StratifiedSampler.stratified(candidates, data.labels(), groups, fraction, 1),
        0.2,
        0.2,
        1);
  }

  /** Writes two images, the second of which is cut out of the first. */
  private static void photographs(Path folder, int pair) throws IOException {
    Random random = new Random(7_000 + pair);
    int side = 400;
    BufferedImage image = new BufferedImage(2 * side, 2 * side, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    for (int i = 0; i < 50; i++) {
      graphics.setColor(
          new Color(random.nextInt(256), random.nextInt(256), random.nextInt(256), 130));
      graphics.fillOval(
          random.nextInt(2 * side) - 100,
          random.nextInt(2 * side) - 100,
          20 + random.nextInt(400),
          20 + random.nextInt(300));
    }
    graphics.dispose();
    Files.createDirectories(folder);
    int cut = 8 + random.nextInt(26);
    ImageIO.write(image, "png", folder.resolve(pair + "-a.png").toFile());
    ImageIO.write(
        image.getSubimage(cut, cut / 2, 2 * side - cut, 2 * side - cut / 2),
        "png",
        folder.resolve(pair + "-b.png").toFile());
  }

  @Test
  void readingAnImageHasNoSideEffect() throws IOException {
    try (Fingerprints fingerprints = fingerprints("log")) {
      DataSet data = pets();
      assertThat(data.images().read(0, 0)).isPresent();
      assertThat(fingerprints.known(data.images().hash(0))).isEmpty();
    }
    assertThat(temporary.resolve("log")).doesNotExist();
  }

  @Test
  void storingFingerprintsWhileReadingChangesNeitherImageNorFingerprint() throws IOException {
    try (Fingerprints fingerprints = fingerprints("log")) {
      DataSet data = pets();
      ImageSet gathered = fingerprints.storingFrom(data.images());

      List<RgbImage> read = gathered.read(0, new int[] {0, 8}).orElseThrow();

      assertThat(read).isEqualTo(data.images().read(0, new int[] {0, 8}).orElseThrow());
      fingerprints.refresh();
      assertThat(fingerprints.known(data.images().hash(0)))
          .contains(Fingerprint.of(data.images().read(0, Fingerprint.MIN_SIDE).orElseThrow()));
      assertThat(gathered.place(0)).isEqualTo(data.images().place(0));
    }
  }

  @Test
  void anImageThatWasReadOnceIsNotReadAgainForItsFingerprint() throws IOException {
    List<Optional<Fingerprint>> first;
    try (Fingerprints log = fingerprints("log")) {
      first = all(log, pets());
    }
    assertThat(first).hasSize(8).doesNotContain(Optional.empty()).doesNotHaveDuplicates();

    try (Fingerprints log = fingerprints("log");
        Fingerprints none = fingerprints("none")) {
      DataSet known = pets();
      DataSet unknown = pets();
      for (int i = 0; i < 4; i++) {
        Path cat = temporary.resolve("pets/cat/0" + i + ".png");
        byte[] bytes = Files.readAllBytes(cat);
        Files.write(cat, Arrays.copyOf(bytes, bytes.length / 2)); // after its hash was taken
      }
      assertThat(all(log, known)).isEqualTo(first);
      assertThat(known.images().quarantine().size()).isZero();
      assertThat(all(none, unknown)).startsWith(Optional.empty()).endsWith(first.get(7));
      assertThat(unknown.images().quarantine().size()).isEqualTo(4);
    }
  }

  @Test
  void fingerprintsAreMadeThoughTheyCannotBeStored() throws IOException {
    Path file = Files.writeString(temporary.resolve("a file"), "in the way");
    try (Fingerprints fingerprints = new Fingerprints(file.resolve("log"))) {
      assertThat(all(fingerprints, pets())).doesNotContain(Optional.empty());
    }
    assertThat(file).hasContent("in the way");
  }

  private static List<Optional<Fingerprint>> all(Fingerprints log, DataSet data) {
    return IntStream.range(0, data.images().size())
        .mapToObj(i -> log.of(data.images(), i))
        .toList();
  }

  /** Returns four cats and four dogs. */
  private DataSet pets() throws IOException {
    Path pets = temporary.resolve("pets");
    if (!Files.exists(pets)) {
      ImageMaker.write(pets.resolve("cat"), 0, 4, 16);
      ImageMaker.write(pets.resolve("dog"), 50, 4, 16);
    }
    return ImageMaker.open(pets);
  }

  private Fingerprints fingerprints(String name) throws IOException {
    return new Fingerprints(temporary.resolve(name));
  }
}
