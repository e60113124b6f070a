package dev.graft.command;

import dev.graft.GraftException;
import dev.graft.Text;
import dev.graft.inference.Classifier;
import dev.graft.inference.Classifier.Prepared;
import dev.graft.inference.GradCam;
import dev.graft.inference.TopClass;
import dev.graft.picture.Framing;
import dev.graft.picture.HeatMap;
import dev.graft.report.Charts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** A PNG file a picture, of where its likeliest class was seen. */
record HeatMaps(Path folder, Classifier classifier, GradCam gradCam) implements AutoCloseable {
  /** Makes the folder, if need be. */
  static void make(Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new GraftException("The folder " + folder + " can't be made.", e);
    }
  }

  /**
   * Draws one.
   *
   * @param number of the picture among those asked for, from 1
   * @return the file
   */
  Path draw(PictureInput picture, int number, TopClass likeliest) {
    Prepared seen = classifier.prepare(picture.read(Framing.least(classifier.inputSize())));
    HeatMap map = gradCam.map(seen, likeliest.index());
    Path file = folder.resolve(number + "-" + plain(picture.name()) + ".png");
    String title = Text.of("%s, %.1f %%", likeliest.name(), 100 * likeliest.probability());
    Charts.heatMap(file, seen.picture(classifier.inputSize()), map, title);
    return file;
  }

  /** The last part of a name, of characters that every file system takes. */
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
