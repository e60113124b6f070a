package dev.graft.data;

import dev.graft.image.ImageFileReader;
import dev.graft.image.RgbImage;
import dev.graft.util.Resource;
import dev.graft.util.Text;

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
   * All of it.
   *
   * @param why it is the sample and not all of CIFAR-10
   */
  static DataSet read(String why) {
    RgbImage train = sheet("train.png");
    RgbImage test = sheet("test.png");
    byte[] labels = new byte[tiles(train) + tiles(test)];
    byte[] pixels = new byte[labels.length * Cifar10Images.IMAGE_BYTES];
    cut(train, labels, pixels, 0);
    cut(test, labels, pixels, tiles(train));
    return DataSet.trainThenTest(
        Cifar10Images.SAMPLE,
        new Cifar10Images(Cifar10Images.CLASSES, labels, pixels),
        tiles(train),
        Text.of(
            "the bundled sample of CIFAR-10 (%s): %d training and %d test images",
            why, tiles(train), tiles(test)));
  }

  private static RgbImage sheet(String file) {
    String resource = FOLDER + "/" + file;
    return ImageFileReader.read(Resource.bytes(Cifar10Sample.class, resource), resource);
  }

  private static int tiles(RgbImage sheet) {
    return sheet.height() / Cifar10Images.SIDE * TILES_A_ROW;
  }

  /** Puts a sheet's tiles from the {@code first}th image on. */
  private static void cut(RgbImage sheet, byte[] labels, byte[] pixels, int first) {
    int tileRow = Cifar10Images.SIDE * 3;
    int tiles = tiles(sheet);
    for (int tile = 0; tile < tiles; tile++) {
      labels[first + tile] = (byte) (tile * Cifar10Images.CLASSES.size() / tiles);
      int top = tile / TILES_A_ROW * Cifar10Images.SIDE;
      int left = tile % TILES_A_ROW * tileRow;
      for (int y = 0; y < Cifar10Images.SIDE; y++) {
        System.arraycopy(
            sheet.rgb(),
            (top + y) * sheet.width() * 3 + left,
            pixels,
            (first + tile) * Cifar10Images.IMAGE_BYTES + y * tileRow,
            tileRow);
      }
    }
  }
}
