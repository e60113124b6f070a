package dev.graft.zoo;

import dev.graft.GraftException;
import dev.graft.io.Hash;
import dev.graft.network.Preprocessing;
import dev.graft.network.Weight;
import dev.graft.util.Messages;
import dev.graft.util.Progress;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The source of a backbone's weights, as given by the recipe's key {@code weights}. */
public sealed interface WeightSource {
  /** The recipe's value for the bundled weights. */
  String PRETRAINED = "pretrained";

  /** The recipe's value for random weights. */
  String RANDOM = "random";

  /** The recipe's value for the file that Keras publishes. */
  String KERAS = "keras";

  /** The names that are not a file or a URL. */
  List<String> NAMES = List.of(PRETRAINED, RANDOM, KERAS);

  /** Returns the name of the weights in a run's record and on its charts. */
  String label();

  /** Returns whether the weights were trained on ImageNet. */
  default boolean pretrained() {
    return true;
  }

  /**
   * An opened weight file.
   *
   * @param reader to be closed by the caller
   * @param sha256 of the file
   */
  record Opened(WeightReader reader, Hash sha256) {}

  /**
   * Opens the weights, and downloads them first if necessary.
   *
   * @param wanted the weights of the network, in its order
   * @param display shows the progress of a download
   * @throws GraftException if they are unavailable or do not fit the network
   */
  Opened open(List<Weight> wanted, Progress.Display display);

  /**
   * Parses a recipe's {@code weights}: {@code pretrained}, {@code random}, {@code keras}, a URL or
   * a path.
   *
   * @throws GraftException if the backbone lacks such weights, or the file does not exist
   */
  static WeightSource of(String weights, BackboneInfo backbone) {
    return switch (weights) {
      case RANDOM -> new Random();
      case PRETRAINED ->
          backbone
              .pretrained()
              .bundled()
              .map(file -> new Bundled(backbone.id(), file))
              .orElseThrow(
                  () ->
                      backbone.pretrained().keras().isPresent()
                          ? GraftException.of(
                              "weights: those of %s are not bundled; set keras to download"
                                  + " Keras's file, or the path of a .h5 file.",
                              backbone.id())
                          : GraftException.of(
                              "weights: %s has no pretrained ones; train it from scratch with"
                                  + " weights random and the first stage as unfreeze, as in"
                                  + " conf/baseline-cnn.yaml.",
                              backbone.id()));
      case KERAS ->
          backbone
              .pretrained()
              .keras()
              .map(file -> new Remote(backbone.id(), file))
              .orElseThrow(
                  () ->
                      GraftException.of(
                          "weights: Keras publishes none for %s; set pretrained.", backbone.id()));
      default -> {
        if (weights.startsWith("http://") || weights.startsWith("https://")) {
          yield new Remote(backbone.id(), Published.at(weights));
        }
        Path file = Path.of(weights);
        if (!Files.isRegularFile(file)) {
          throw GraftException.of(
              "weights: the file %s does not exist; give a .safetensors or .h5 file, a URL, or one of"
                  + " pretrained, keras, random.",
              weights);
        }
        yield new Local(backbone.id(), file);
      }
    };
  }

  /**
   * Returns weights that include the classifier of ImageNet's classes.
   *
   * @param weights as in a recipe; empty for the backbone's default
   * @throws GraftException if the backbone has no such weights
   */
  static WeightSource withClassifier(Optional<String> weights, BackboneInfo backbone) {
    Optional<Published> published = backbone.pretrained().kerasWithClassifier();
    if (published.isPresent() && weights.orElse(KERAS).equals(KERAS)) {
      return new Remote(backbone.id(), published.get());
    }
    if (weights.isEmpty() && !backbone.bundlesClassifier()) {
      throw GraftException.of(
          "backbone: %s has no classifier of ImageNet's classes; give efficientnet-lite0, vgg16 or"
              + " xception.",
          backbone.id());
    }
    WeightSource source = of(weights.orElse(PRETRAINED), backbone);
    if (source instanceof Random) {
      throw new GraftException("weights: random weights cannot classify; give a file.");
    }
    return source;
  }

  /** Returns the preprocessing of the images that weights of a convention were trained on. */
  static Preprocessing preprocessing(BackboneInfo backbone, WeightReader.Convention convention) {
    return convention == WeightReader.Convention.TORCHVISION
        ? Preprocessing.TORCHVISION
        : backbone.preprocessing();
  }

  /**
   * Weights that are bundled with Graft.
   *
   * @param backbone its id
   * @param resource file name in this package
   */
  record Bundled(String backbone, String resource) implements WeightSource {
    @Override
    public String label() {
      return PRETRAINED;
    }

    @Override
    public Opened open(List<Weight> wanted, Progress.Display display) {
      try (InputStream stream = WeightSource.class.getResourceAsStream(resource)) {
        if (stream == null) {
          throw new GraftException(
              "weights: the bundled file " + resource + " is missing from this build of Graft.");
        }
        ByteBuffer bytes = ByteBuffer.wrap(stream.readAllBytes());
        Hash sha256 = Hash.Algorithm.SHA256.of(bytes.duplicate());
        return new Opened(Safetensors.of(resource, bytes, backbone, wanted), sha256);
      } catch (IOException e) {
        throw new GraftException("weights: cannot read " + resource + ": " + e.getMessage(), e);
      }
    }
  }

  /** Random weights, initialized from the seed. */
  record Random() implements WeightSource {
    @Override
    public String label() {
      return "random";
    }

    @Override
    public boolean pretrained() {
      return false;
    }

    @Override
    public Opened open(List<Weight> wanted, Progress.Display display) {
      throw new IllegalStateException("random weights have no file");
    }
  }

  /**
   * Weights in a local file.
   *
   * @param backbone its id
   * @param file a safetensors or Keras HDF5 file
   */
  record Local(String backbone, Path file) implements WeightSource {
    @Override
    public String label() {
      return file.getFileName().toString();
    }

    @Override
    public Opened open(List<Weight> wanted, Progress.Display display) {
      WeightReader reader = WeightReader.open(file, backbone, wanted);
      try {
        return new Opened(reader, Hash.Algorithm.SHA256.of(file));
      } catch (IOException e) {
        reader.close();
        throw new GraftException(file + " cannot be read: " + Messages.reason(e) + ".", e);
      }
    }
  }

  /**
   * Weights on a server, downloaded to the user's cache.
   *
   * @param backbone its id
   * @param file on the server
   */
  record Remote(String backbone, Published file) implements WeightSource {
    @Override
    public String label() {
      return file.name();
    }

    @Override
    public Opened open(List<Weight> wanted, Progress.Display display) {
      return new Local(backbone, file.fetch(display)).open(wanted, display);
    }
  }
}
