package dev.graft.data.duplicates;

import dev.graft.data.ImageSet;
import dev.graft.data.Quarantine;
import dev.graft.image.RgbImage;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** An image set that stores the fingerprint of each image it decodes. */
record FingerprintingImageSet(ImageSet images, Fingerprints fingerprints) implements ImageSet {
  @Override
  public Optional<List<RgbImage>> read(int index, int[] minSides) {
    String hash = images.hash(index);
    if (fingerprints.known(hash).isPresent()) {
      return images.read(index, minSides);
    }
    int[] more =
        IntStream.concat(IntStream.of(minSides), IntStream.of(Fingerprint.MIN_SIDE)).toArray();
    return images
        .read(index, more)
        .map(
            read -> {
              fingerprints.store(hash, Fingerprint.of(read.get(minSides.length)));
              return read.subList(0, minSides.length);
            });
  }

  @Override
  public List<String> classes() {
    return images.classes();
  }

  @Override
  public int size() {
    return images.size();
  }

  @Override
  public int label(int index) {
    return images.label(index);
  }

  @Override
  public String hash(int index) {
    return images.hash(index);
  }

  @Override
  public int shorterSide(int index) {
    return images.shorterSide(index);
  }

  @Override
  public Optional<Path> file(int index) {
    return images.file(index);
  }

  @Override
  public Quarantine quarantine() {
    return images.quarantine();
  }
}
