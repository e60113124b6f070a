package dev.graft.command;

import dev.graft.GraftException;
import dev.graft.picture.Picture;
import dev.graft.picture.PictureReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;

/** Something on the command line that an answer is owed for. */
sealed interface PictureInput {
  /** The picture that comes with Graft. */
  String BUNDLED_NAME = "car.png";

  /** What the answer calls it. */
  String name();

  /** Why there is nothing to read, where that is known without reading. */
  Optional<String> missing();

  /**
   * The picture.
   *
   * @param least a reader that saves work may reduce a large picture, but not its shorter side to
   *     fewer pixels than this
   * @throws GraftException one sentence that says why there is none
   */
  Picture read(int least);

  /** A file that was found. */
  record OfFile(Path path) implements PictureInput {
    @Override
    public String name() {
      return path.toString();
    }

    @Override
    public Optional<String> missing() {
      return Optional.empty();
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
    public Optional<String> missing() {
      return Optional.empty();
    }

    @Override
    public Picture read(int least) {
      try (InputStream stream = GraftException.class.getResourceAsStream(BUNDLED_NAME)) {
        return PictureReader.read(stream, BUNDLED_NAME);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
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
