package dev.graft.data.duplicates;

import dev.graft.data.ImageSet;
import dev.graft.data.PictureFile;
import dev.graft.data.Quarantine;
import dev.graft.picture.Picture;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** An image set that stores the fingerprint of each image it decodes. */
record Gathering(ImageSet pictures, Fingerprints fingerprints) implements ImageSet {
  @Override
  public Optional<List<Picture>> read(int index, int[] leasts) {
    String hash = pictures.hash(index);
    if (fingerprints.known(hash).isPresent()) {
      return pictures.read(index, leasts);
    }
    int[] more =
        IntStream.concat(IntStream.of(leasts), IntStream.of(Fingerprint.MIN_SIDE)).toArray();
    return pictures
        .read(index, more)
        .map(
            read -> {
              fingerprints.keep(hash, Fingerprint.of(read.get(leasts.length)));
              return read.subList(0, leasts.length);
            });
  }

  @Override
  public List<String> classes() {
    return pictures.classes();
  }

  @Override
  public int size() {
    return pictures.size();
  }

  @Override
  public int label(int index) {
    return pictures.label(index);
  }

  @Override
  public String hash(int index) {
    return pictures.hash(index);
  }

  @Override
  public int shorterSide(int index) {
    return pictures.shorterSide(index);
  }

  @Override
  public Optional<PictureFile> file(int index) {
    return pictures.file(index);
  }

  @Override
  public Quarantine quarantine() {
    return pictures.quarantine();
  }
}
