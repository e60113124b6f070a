package dev.graft.data;

import dev.graft.image.ImageFileReader;
import dev.graft.image.RgbImage;
import dev.graft.io.Hash;
import dev.graft.io.IoSupplier;
import dev.graft.util.Messages;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Images that a program adds one by one, as files or as the contents of files. */
public final class GivenImages extends ImageColumns {
  private final List<Given> images;

  /**
   * An image and its label.
   *
   * @param name for messages
   * @param part empty if the split assigns it
   * @param content of an image file, read when it is needed
   */
  public record Given(String name, String label, Optional<Part> part, IoSupplier<byte[]> content) {
    /** Returns an image in a file, which is read whenever it is needed. */
    public static Given of(Path file, String label, Optional<Part> part) {
      return new Given(file.toString(), label, part, () -> Files.readAllBytes(file));
    }
  }

  private GivenImages(List<String> classes, List<Given> images) {
    super(classes, images.size(), 0);
    this.images = List.copyOf(images);
  }

  /**
   * Opens images. Copies of one content are moved to one part, as in {@link ImageFolder#open}.
   *
   * @param name of the data set
   * @throws dev.graft.GraftException if an image can't be read
   */
  public static DataSet open(String name, List<Given> images) throws IOException {
    List<String> labels = new ArrayList<>();
    for (Given image : images) {
      labels.add(Listing.label(image.label(), image.name()));
    }
    List<String> classes = labels.stream().distinct().sorted(Listing.BY_CODE_POINT).toList();
    Map<String, Integer> indices = new HashMap<>();
    classes.forEach(label -> indices.put(label, indices.size()));
    GivenImages set = new GivenImages(classes, images);
    for (Given image : images) {
      byte[] bytes = image.content().get();
      ImageFileReader.Header header = ImageFileReader.header(bytes, image.name());
      set.add(
          indices.get(labels.get(set.size())),
          Hash.Algorithm.SHA256.of(ByteBuffer.wrap(bytes)).hex(),
          Math.min(header.width(), header.height()));
    }
    return new DataSet(
        name,
        set,
        ImageFolder.keptApart(images.stream().map(Given::part).toList(), set::hash),
        name + ": " + images.size() + " images in " + classes.size() + " classes",
        List.of());
  }

  @Override
  public String place(int index) {
    return images.get(index).name();
  }

  @Override
  public Optional<List<RgbImage>> read(int index, int[] minSides) {
    try {
      byte[] bytes = images.get(index).content().get();
      if (!hash(index).equals(Hash.Algorithm.SHA256.of(ByteBuffer.wrap(bytes)).hex())) {
        // Its features would be cached as those of the image that it was.
        quarantine().add(index, place(index), "was changed after it was added.");
        return Optional.empty();
      }
      List<RgbImage> images = new ArrayList<>();
      for (int minSide : minSides) {
        images.add(ImageFileReader.read(bytes, place(index), minSide));
      }
      return Optional.of(images);
    } catch (IOException e) {
      quarantine().add(index, place(index), "can't be read: " + Messages.reason(e) + ".");
      return Optional.empty();
    }
  }
}
