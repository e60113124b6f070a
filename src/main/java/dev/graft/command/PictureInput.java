package dev.graft.command;

import dev.graft.GraftException;
import dev.graft.PathText;
import dev.graft.Resource;
import dev.graft.inference.Source;
import dev.graft.picture.Picture;
import dev.graft.picture.PictureReader;
import java.nio.file.Path;
import java.util.Optional;

/** Something on the command line that an answer is owed for. */
sealed interface PictureInput extends Source {
  /** The picture that comes with Graft. */
  String BUNDLED_NAME = "car.png";

  /** Why there is nothing to read, where that is known without reading. */
  default Optional<String> missing() {
    return Optional.empty();
  }

  /** A file that was found. */
  record OfFile(Path path) implements PictureInput {
    @Override
    public String name() {
      return PathText.of(path);
    }

    @Override
    public Picture read(int least) {
      return PictureReader.read(path, least);
    }
  }

  /** {@value BUNDLED_NAME} where no file has that name. */
  record Bundled() implements PictureInput {
    @Override
    public String name() {
      return BUNDLED_NAME;
    }

    @Override
    public Picture read(int least) {
      return PictureReader.read(Resource.bytes(Resource.class, BUNDLED_NAME), BUNDLED_NAME, least);
    }
  }

  /** No picture, and why. */
  record Nothing(String name, String why) implements PictureInput {
    @Override
    public Optional<String> missing() {
      return Optional.of(why);
    }

    @Override
    public Picture read(int least) {
      throw new GraftException(why);
    }
  }
}
