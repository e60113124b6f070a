package dev.graft.zoo;

import dev.graft.GraftException;
import dev.graft.Progress;
import dev.graft.io.Hash;
import dev.graft.network.Preprocessing;
import dev.graft.network.Weight;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Where a recipe's {@code weights} come from. */
public sealed interface WeightSource {
  /** Name of the bundled weights in a recipe. */
  String PRETRAINED = "pretrained";

  /** The word for no weights in a recipe. */
  String RANDOM = "random";

  /** The word for the file that Keras publishes in a recipe. */
  String KERAS = "keras";

  /** The words that are not a file or a URL. */
  List<String> NAMES = List.of(PRETRAINED, RANDOM, KERAS);

  /** How the weights are called in a run's record and on its charts. */
  String label();

  /** Whether these weights were trained on ImageNet. */
  default boolean pretrained() {
    return true;
  }

  /** Opened weights, with what identifies them. */
  record Opened(WeightReader reader, Hash sha256) {}

  /**
   * Opens the weights, downloading them first if need be.
   *
   * @param wanted what the network takes from them
   * @throws GraftException if they can't be had or don't fit the network
   */
  Opened open(List<Weight> wanted, Progress.Display display);

  /**
   * Understands a recipe's {@code weights}: {@code pretrained}, {@code random}, {@code keras}, a
   * URL or a file.
   *
   * @throws GraftException for weights that the backbone does not have and for a file that is not
   *     there
   */
  static WeightSource of(String weights, BackboneEntry backbone) {
    return switch (weights) {
      case RANDOM -> new Random();
      case PRETRAINED ->
          backbone
              .resource()
              .map(file -> new Bundled(backbone.id(), file))
              .orElseThrow(
                  () ->
                      backbone.published().isPresent()
                          ? GraftException.of(
                              "%s's weights are not bundled; --weights keras downloads Keras's"
                                  + " file, and --weights FILE.h5 takes one that is here.",
                              backbone.id())
                          : GraftException.of(
                              "%s has no pretrained weights: it is trained from scratch, with"
                                  + " --weights random and all of it unfrozen, as"
                                  + " conf/baseline-cnn.yaml does.",
                              backbone.id()));
      case KERAS ->
          backbone
              .published()
              .map(file -> new Remote(backbone.id(), file))
              .orElseThrow(
                  () ->
                      GraftException.of(
                          "Keras publishes no weights for %s; use --weights pretrained.",
                          backbone.id()));
      default -> {
        if (weights.startsWith("http://") || weights.startsWith("https://")) {
          yield new Remote(backbone.id(), Published.at(weights));
        }
        Path file = Path.of(weights);
        if (!Files.isRegularFile(file)) {
          throw GraftException.of(
              "weights: there is no file %s; give a .safetensors or .h5 file, a URL, or one of"
                  + " pretrained, keras, random.",
              weights);
        }
        yield new Local(backbone.id(), file);
      }
    };
  }

  /**
   * Weights with the classifier of ImageNet's classes that they were trained with.
   *
   * @param weights as in a recipe; empty for those that go with the backbone
   * @throws GraftException where there are none
   */
  static WeightSource withClassifier(Optional<String> weights, BackboneEntry backbone) {
    Optional<Published> published = backbone.publishedWithClassifier();
    if (published.isPresent() && weights.orElse(KERAS).equals(KERAS)) {
      return new Remote(backbone.id(), published.get());
    }
    if (weights.isEmpty() && !backbone.equals(BackboneEntry.EFFICIENTNET_LITE0)) {
      throw GraftException.of(
          "backbone: %s does not come with a classifier of ImageNet's classes;"
              + " efficientnet-lite0, vgg16 and xception do.",
          backbone.id());
    }
    WeightSource source = of(weights.orElse(PRETRAINED), backbone);
    if (source instanceof Random) {
      throw new GraftException("weights: random ones know no classes.");
    }
    return source;
  }

  /** What was done to the pictures that these weights were trained on. */
  static Preprocessing preprocessing(BackboneEntry backbone, WeightReader.Convention convention) {
    return convention == WeightReader.Convention.TORCHVISION
        ? Preprocessing.TORCHVISION
        : backbone.preprocessing();
  }

  /** In the class path. */
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
              "The bundled weights " + resource + " are missing from this build of Graft.");
        }
        ByteBuffer bytes = ByteBuffer.wrap(stream.readAllBytes());
        Hash sha256 = Hash.Algorithm.SHA256.of(bytes.duplicate());
        return new Opened(Safetensors.of(resource, bytes, backbone, wanted), sha256);
      } catch (IOException e) {
        throw new GraftException("The bundled weights can't be read: " + e.getMessage(), e);
      }
    }
  }

  /** None: every weight is drawn from the seed. */
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
      throw new IllegalStateException("random weights are not read from anywhere");
    }
  }

  /** A file of the user's. */
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
        throw new GraftException(file + " can't be read: " + e.getMessage(), e);
      }
    }
  }

  /** A published file, kept in the user's cache. */
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
