package dev.graft;

import dev.graft.data.Cifar10Images;
import dev.graft.data.DataSet;
import dev.graft.data.GivenImages;
import dev.graft.data.ImageFolder;
import dev.graft.data.Part;
import dev.graft.data.Quarantine;
import dev.graft.data.ReadingRules;
import dev.graft.util.Progress;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Images with class names, for training and evaluation. Graft never writes to the files. */
public final class LabeledImages {
  /** The share of unreadable files that {@link #at} accepts, as the recipe's {@code max-bad}. */
  private static final double MAX_UNREADABLE = 0.1;

  /** The share of unreadable files that {@link #toEvaluate} accepts, as {@code evaluate}. */
  private static final double MAX_UNREADABLE_IN_EVALUATION = 0.999;

  private final DataSet data;

  private LabeledImages(DataSet data) {
    this.data = data;
  }

  /**
   * Opens images on disk: a folder of class folders, optionally within {@code train}, {@code
   * validation} and {@code test} folders (without {@code test}, {@code validation} is the test), or
   * a manifest, a CSV or JSON lines file of {@code path,label[,split]}. Up to a tenth of the files
   * may be unreadable; these are skipped, see {@link #unreadable}.
   *
   * @throws GraftException if the data does not exist or is malformed, has fewer than two classes
   *     or a class without training images, or if too many files are unreadable
   */
  public static LabeledImages at(Path data) {
    return at(data, MAX_UNREADABLE);
  }

  /**
   * Opens images on disk, as {@link #at(Path)}.
   *
   * @param maxUnreadable the share of the files that may be unreadable, from 0 to below 1
   * @throws GraftException if the data does not exist or is malformed, has fewer than two classes
   *     or a class without training images, or if too many files are unreadable
   */
  public static LabeledImages at(Path data, double maxUnreadable) {
    Objects.requireNonNull(data, "data");
    if (!(maxUnreadable >= 0 && maxUnreadable < 1)) {
      throw new GraftException(
          "maxUnreadable must be from 0 to below 1, not " + maxUnreadable + ".");
    }
    return new LabeledImages(
        ImageFolder.open(data, maxUnreadable, ReadingRules.DEFAULT, Progress.Display.NONE));
  }

  /**
   * Opens images on disk, as {@link #at(Path)}, for {@link Classifier#evaluate}: one class is
   * enough, no image needs to be left for training, and any number of files but all may be
   * unreadable.
   *
   * @throws GraftException if there are no images, or if none of them is readable
   */
  public static LabeledImages toEvaluate(Path data) {
    Objects.requireNonNull(data, "data");
    return new LabeledImages(
        ImageFolder.open(
            data,
            MAX_UNREADABLE_IN_EVALUATION,
            ReadingRules.DEFAULT.forEvaluation(),
            Progress.Display.NONE));
  }

  /** Returns the bundled sample of CIFAR-10: 4,000 training and 1,000 test images. */
  public static LabeledImages cifar10Sample() {
    return new LabeledImages(Cifar10Images.sample());
  }

  /**
   * Returns CIFAR-10: from a folder that is or holds {@code cifar-10-batches-bin}, else from DJL's
   * repository, 170 MB that are downloaded once, else the bundled sample. {@link #size} tells them
   * apart: 60,000 or 5,000 images.
   *
   * @throws GraftException if a file of CIFAR-10 is damaged
   */
  public static LabeledImages cifar10(Path... folders) {
    return new LabeledImages(Cifar10Images.find(List.of(folders), Progress.Display.NONE));
  }

  /** Returns a builder, to which images are added one by one. */
  public static Builder builder() {
    return new Builder();
  }

  /** A part of the images. */
  public enum SplitPart {
    /** Images that weights are fitted to. */
    TRAIN,
    /** Images that decide when training stops. */
    VALIDATION,
    /** Images that the finished model is evaluated on, once. */
    TEST;

    private Part internal() {
      return Part.valueOf(name());
    }
  }

  /**
   * Collects images one by one. Images without a part are for training; if no image has the part
   * validation, or test, {@link FineTuner#fit} samples that part from the images for training.
   */
  public static final class Builder {
    private final List<GivenImages.Given> images = new ArrayList<>();

    private Builder() {}

    /** Adds an image file, which is read whenever it is needed. */
    public Builder add(Path file, String label) {
      return add(file, label, Optional.empty());
    }

    /** Adds an image file, which is read whenever it is needed, to a part. */
    public Builder add(Path file, String label, SplitPart part) {
      return add(file, label, Optional.of(Objects.requireNonNull(part, "part")));
    }

    private Builder add(Path file, String label, Optional<SplitPart> part) {
      Objects.requireNonNull(file, "file");
      Objects.requireNonNull(label, "label");
      images.add(GivenImages.Given.of(file, label, part.map(SplitPart::internal)));
      return this;
    }

    /**
     * Adds an image that a stream contains as a file. The content stays in memory.
     *
     * @param name the image's name in error messages
     * @throws IOException if the stream can't be read
     */
    public Builder add(InputStream image, String name, String label) throws IOException {
      return add(image, name, label, Optional.empty());
    }

    /**
     * Adds an image that a stream contains as a file to a part. The content stays in memory.
     *
     * @param name the image's name in error messages
     * @throws IOException if the stream can't be read
     */
    public Builder add(InputStream image, String name, String label, SplitPart part)
        throws IOException {
      return add(image, name, label, Optional.of(Objects.requireNonNull(part, "part")));
    }

    private Builder add(InputStream image, String name, String label, Optional<SplitPart> part)
        throws IOException {
      Objects.requireNonNull(image, "image");
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(label, "label");
      byte[] bytes = image.readAllBytes();
      images.add(new GivenImages.Given(name, label, part.map(SplitPart::internal), () -> bytes));
      return this;
    }

    /**
     * Reads and hashes every image file, and checks its header. Damage behind the header is a
     * {@link GraftException} of {@link FineTuner#fit} or {@link Classifier#evaluate}.
     *
     * @throws GraftException if no image was added, or if one can't be read
     * @throws IOException if a file can't be opened
     */
    public LabeledImages build() throws IOException {
      if (images.isEmpty()) {
        throw new GraftException("No images were added: call add before build.");
      }
      return new LabeledImages(GivenImages.open("images", images));
    }
  }

  /** Returns the class names, in the order of their indices. */
  public List<String> classes() {
    return data.classes();
  }

  /**
   * Returns one sentence, with path and reason, per image that could not be read so far. Such
   * images are in no part of the split.
   */
  public List<String> unreadable() {
    return data.images().quarantine().entries().stream().map(Quarantine.Entry::sentence).toList();
  }

  /** Returns the number of images, unreadable ones included. */
  public int size() {
    return data.images().size();
  }

  DataSet data() {
    return data;
  }
}
