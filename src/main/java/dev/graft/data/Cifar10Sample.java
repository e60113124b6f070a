package dev.graft.data;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * The sample of CIFAR-10 that Graft brings along: contact sheets of 32x32 tiles, 100 a row, classes
 * one after the other and as many of each, so that a tile's place tells its class. How they were
 * made is told in the README beside them.
 */
final class Cifar10Sample {
  static final String FOLDER = "cifar10-sample";
  static final int TILES_A_ROW = 100;

  private Cifar10Sample() {}

  /**
   * Reads it.
   *
   * @param why it is the sample and not all of CIFAR-10
   */
  static DataSet read(String why) {
    Cifar10 train = readSheet("train.png");
    Cifar10 test = readSheet("test.png");
    return new DataSet(
        Cifar10.SAMPLE,
        train,
        test,
        "the bundled sample of CIFAR-10 (%s): %d training and %d test pictures"
            .formatted(why, train.size(), test.size()));
  }

  private static Cifar10 readSheet(String file) {
    String resource = FOLDER + "/" + file;
    try (InputStream in = Cifar10Sample.class.getResourceAsStream(resource)) {
      return cut(PictureReader.read(in, resource));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Cifar10 cut(Picture sheet) {
    int tileRow = Cifar10.SIDE * 3;
    int tiles = sheet.height() / Cifar10.SIDE * TILES_A_ROW;
    byte[] labels = new byte[tiles];
    byte[] pixels = new byte[tiles * Cifar10.PICTURE_BYTES];
    for (int tile = 0; tile < tiles; tile++) {
      labels[tile] = (byte) (tile * Cifar10.CLASSES.size() / tiles);
      int top = tile / TILES_A_ROW * Cifar10.SIDE;
      int left = tile % TILES_A_ROW * tileRow;
      for (int y = 0; y < Cifar10.SIDE; y++) {
        System.arraycopy(
            sheet.rgb(),
            (top + y) * sheet.width() * 3 + left,
            pixels,
            tile * Cifar10.PICTURE_BYTES + y * tileRow,
            tileRow);
      }
    }
    return new Cifar10(Cifar10.SAMPLE, Cifar10.CLASSES, labels, pixels);
  }
}
