package dev.graft.command;

import dev.graft.GraftException;
import dev.graft.inference.Classifier;
import dev.graft.inference.Classifier.Prepared;
import dev.graft.inference.GradCam;
import dev.graft.inference.TopClass;
import dev.graft.picture.Framing;
import dev.graft.report.Charts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * A PNG file a picture, of where its likeliest class was seen.
 *
 * @param folder is made if need be
 */
record HeatMaps(Path folder, Classifier classifier, GradCam gradCam) implements AutoCloseable {
  HeatMaps {
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
    GradCam.HeatMap map = gradCam.map(seen, likeliest.index());
    Path file = folder.resolve(number + "-" + plain(picture.name()) + ".png");
    String title =
        String.format(Locale.ROOT, "%s, %.1f %%", likeliest.name(), 100 * likeliest.probability());
    Charts.heatMap(
        file, seen.picture(classifier.inputSize()), map.width(), map.height(), map.values(), title);
    return file;
  }

  /** The last part of a name, of characters that every file system takes. */
  private static String plain(String name) {
    String last = name.replaceFirst(".*[/\\\\]", "").replaceFirst("\\.[^.]*$", "");
    String plain = last.replaceAll("[^\\p{L}\\p{N}._-]", "_");
    return plain.substring(0, Math.min(60, plain.length()));
  }

  @Override
  public void close() {
    gradCam.close();
  }
}
