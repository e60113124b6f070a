package dev.graft.command;

import dev.graft.GraftException;
import dev.graft.image.Framing;
import dev.graft.image.HeatMap;
import dev.graft.inference.GradCam;
import dev.graft.inference.ModelRunner;
import dev.graft.inference.ModelRunner.Prepared;
import dev.graft.inference.TopClass;
import dev.graft.io.AtomicFiles;
import dev.graft.report.Charts;
import dev.graft.util.Messages;
import dev.graft.util.Text;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;

/**
 * Draws heat maps of the most probable class, one PNG file per image.
 *
 * @param folder of the files
 * @param classifier that classified the images
 * @param gradCam computes the maps
 */
record HeatMaps(Path folder, ModelRunner classifier, GradCam gradCam) implements AutoCloseable {
  /**
   * Creates the folder, if necessary.
   *
   * @throws WrongUsage if a heat map would replace a file of the user
   */
  static void prepare(Path folder, List<ImageInput> images) {
    for (int i = 0; i < images.size() && Files.isDirectory(folder); i++) {
      Path file = file(folder, i + 1, images.get(i));
      if (Files.exists(file, LinkOption.NOFOLLOW_LINKS) && !Charts.isOwn(file)) {
        throw new WrongUsage(
            "--heatmap: " + file + " exists and is not a heat map; choose another folder.");
      }
    }
    try {
      AtomicFiles.createFolders(folder);
    } catch (IOException e) {
      throw new GraftException(
          "The folder " + folder + " cannot be created: " + Messages.of(e) + ".", e);
    }
  }

  /**
   * Draws the heat map of an image.
   *
   * @param number of the image in the command line's order, from 1
   * @return the file
   */
  Path draw(ImageInput image, int number, TopClass mostProbable) {
    Prepared input = classifier.prepare(image.read(Framing.minSide(classifier.inputSize())));
    HeatMap map = gradCam.map(input, mostProbable.index());
    Path file = file(folder, number, image);
    String title = Text.of("%s, %.1f %%", mostProbable.name(), 100 * mostProbable.probability());
    Charts.heatMap(file, input.image(classifier.inputSize()), map, title);
    return file;
  }

  private static Path file(Path folder, int number, ImageInput image) {
    return folder.resolve(number + "-" + plain(image.name()) + ".png");
  }

  /** Returns the last part of a name, with only characters that all file systems allow. */
  private static String plain(String name) {
    String last = name.replaceFirst(".*[/\\\\]", "").replaceFirst("\\.[^.]*$", "");
    String plain = last.replaceAll("[^\\p{L}\\p{N}._-]", "_");
    String start = plain.substring(0, Math.min(60, plain.length()));
    try {
      return Path.of(start).toString();
    } catch (InvalidPathException e) { // not in the locale's encoding
      return start.replaceAll("[^\\p{ASCII}]", "_");
    }
  }

  @Override
  public void close() {
    gradCam.close();
  }
}
