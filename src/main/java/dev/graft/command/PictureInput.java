package dev.graft.command;

import dev.graft.GraftException;
import dev.graft.PathText;
import dev.graft.Resource;
import dev.graft.inference.Source;
import dev.graft.picture.Picture;
import dev.graft.picture.PictureReader;
import java.nio.file.Path;
import java.util.Optional;

/** An image that was named on the command line. */
sealed interface PictureInput extends Source {
  /** The name of the bundled example. */
  String BUNDLED_NAME = "car.png";

  /** Returns why the image is missing, if that is known without reading it. */
  default Optional<String> missing() {
    return Optional.empty();
  }

  /** An existing file. */
  record OfFile(Path path) implements PictureInput {
    @Override
    public String name() {
      return PathText.of(path);
    }

    @Override
    public Picture read(int minSide) {
      return PictureReader.read(path, minSide);
    }
  }

  /** The bundled example, which is used if no file has the name {@value BUNDLED_NAME}. */
  record Bundled() implements PictureInput {
    @Override
    public String name() {
      return BUNDLED_NAME;
    }

    @Override
    public Picture read(int minSide) {
      return PictureReader.read(
          Resource.bytes(Resource.class, BUNDLED_NAME), BUNDLED_NAME, minSide);
    }
  }

  /** A missing image. */
  record Nothing(String name, String why) implements PictureInput {
    @Override
    public Optional<String> missing() {
      return Optional.of(why);
    }

    @Override
    public Picture read(int minSide) {
      throw new GraftException(why);
    }
  }
}
