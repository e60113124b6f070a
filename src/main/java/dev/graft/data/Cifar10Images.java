package dev.graft.data;

import dev.graft.image.RgbImage;
import dev.graft.io.Hash;
import dev.graft.io.IoSupplier;
import dev.graft.util.Progress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Images of CIFAR-10 (Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009),
 * 32x32 pixels in ten classes, all in memory: 3 KB per image, 184 MB for the 60,000.
 */
public final class Cifar10Images extends ImageColumns {
  /** Name of the folder in the official archive, {@code cifar-10-binary.tar.gz}. */
  static final String FOLDER = "cifar-10-batches-bin";

  /** Name of the data set as a whole. */
  public static final String NAME = "cifar10";

  /** Name of the bundled sample of it. */
  public static final String SAMPLE = "cifar10-sample";

  /** Returns whether the name of a data set is that of CIFAR-10, or of its sample. */
  public static boolean isNamed(String data) {
    return data.equals(NAME) || data.equals(SAMPLE);
  }

  static final int SIDE = 32;
  static final int IMAGE_BYTES = SIDE * SIDE * 3;

  /** The class names of {@code batches.meta.txt}. */
  static final List<String> CLASSES =
      List.of(
          "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");

  private final byte[] pixels;

  /**
   * @param labels one per image
   * @param pixels RGB, {@code (N, 32, 32, 3)}; not copied
   */
  Cifar10Images(List<String> classes, byte[] labels, byte[] pixels) {
    super(classes, labels.length, 0); // damage in these files is an error
    if (pixels.length != (long) labels.length * IMAGE_BYTES) {
      throw new IllegalArgumentException(
          labels.length + " labels, but " + pixels.length + " bytes of pixels");
    }
    this.pixels = pixels;
    for (int i = 0; i < labels.length; i++) {
      ByteBuffer image = ByteBuffer.wrap(pixels, i * IMAGE_BYTES, IMAGE_BYTES);
      add(labels[i], Hash.Algorithm.SHA256.of(image).hex(), SIDE);
    }
  }

  /**
   * Returns the best available copy of CIFAR-10: the official binary files in one of the folders;
   * else the copy in DJL's cache, which is downloaded if necessary; else the bundled sample of
   * 4,000 training and 1,000 test images.
   *
   * @param folders that may contain, or be, a folder {@code cifar-10-batches-bin}
   * @throws dev.graft.GraftException if a folder is damaged: the sample replaces missing data,
   *     never damaged data
   */
  public static DataSet find(List<Path> folders, Progress.Display display) {
    return find(folders, () -> Cifar10Download.fetch(display));
  }

  /** Returns the bundled sample. */
  public static DataSet sample() {
    return Cifar10Sample.read("requested by name");
  }

  /**
   * Returns the first folder with the official binary files: one of these, or its subfolder {@value
   * #FOLDER}.
   */
  public static Optional<Path> locate(List<Path> folders) {
    return folders.stream()
        .flatMap(folder -> Stream.of(folder.resolve(FOLDER), folder))
        .filter(Cifar10Files::areIn)
        .findFirst();
  }

  static DataSet find(List<Path> folders, IoSupplier<Path> download) {
    Optional<Path> official = locate(folders);
    if (official.isPresent()) {
      return Cifar10Files.read(official.get());
    }
    String notFound =
        folders.isEmpty()
            ? "no folder was given"
            : folders.stream()
                .map(Path::toString)
                .collect(Collectors.joining(", ", "no " + FOLDER + " in ", ""));
    Path downloaded;
    try {
      downloaded = download.get();
    } catch (IOException e) {
      return Cifar10Sample.read(notFound + ", and no download: " + e.getMessage());
    }
    return Cifar10Files.readMerged(downloaded, notFound);
  }

  @Override
  public Optional<List<RgbImage>> read(int index, int[] minSides) {
    return Optional.of(Collections.nCopies(minSides.length, image(index)));
  }

  /** Returns a copy of an image. */
  RgbImage image(int index) {
    int start = Math.multiplyExact(Objects.checkIndex(index, size()), IMAGE_BYTES);
    return new RgbImage(SIDE, SIDE, Arrays.copyOfRange(pixels, start, start + IMAGE_BYTES));
  }
}
