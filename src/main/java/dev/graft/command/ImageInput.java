package dev.graft.command;

import dev.graft.GraftException;
import dev.graft.image.ImageFileReader;
import dev.graft.image.RgbImage;
import dev.graft.inference.Source;
import dev.graft.util.PathText;
import dev.graft.util.Resource;
import java.nio.file.Path;
import java.util.Optional;

/** An image that was named on the command line. */
sealed interface ImageInput extends Source {
  /** The name of the bundled example. */
  String BUNDLED_NAME = "car.png";

  /** Returns why the image is missing, if that is known without reading it. */
  default Optional<String> missing() {
    return Optional.empty();
  }

  /** An existing file. */
  record OfFile(Path path) implements ImageInput {
    @Override
    public String name() {
      return PathText.of(path);
    }

    @Override
    public RgbImage read(int minSide) {
      return ImageFileReader.read(path, minSide);
    }
  }

  /** The bundled example, which is used if no file has the name {@value BUNDLED_NAME}. */
  record Bundled() implements ImageInput {
    @Override
    public String name() {
      return BUNDLED_NAME;
    }

    @Override
    public RgbImage read(int minSide) {
      return ImageFileReader.read(
          Resource.bytes(GraftException.class, BUNDLED_NAME), BUNDLED_NAME, minSide);
    }
  }

  /** A missing image. */
  record Nothing(String name, String why) implements ImageInput {
    @Override
    public Optional<String> missing() {
      return Optional.of(why);
    }

    @Override
    public RgbImage read(int minSide) {
      throw new GraftException(why);
    }
  }
}
