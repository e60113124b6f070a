package dev.graft.data;

import dev.graft.image.ImageFileReader;
import dev.graft.image.RgbImage;
import dev.graft.util.Resource;
import dev.graft.util.Text;

/**
 * The bundled sample of CIFAR-10: contact sheets of 32x32 tiles, 100 per row, sorted by class with
 * equally many tiles each, so that a tile's position determines its class. The README beside them
 * describes how they were made.
 */
final class Cifar10Sample {
  static final String FOLDER = "cifar10-sample";
  static final int TILES_PER_ROW = 100;

  private Cifar10Sample() {}

  /**
   * @param why the reason for using the sample and not all of CIFAR-10
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
            "the bundled sample of CIFAR-10 (%s): %,d training and %,d test images",
            why, tiles(train), tiles(test)));
  }

  private static RgbImage sheet(String file) {
    String resource = FOLDER + "/" + file;
    return ImageFileReader.read(Resource.bytes(Cifar10Sample.class, resource), resource);
  }

  private static int tiles(RgbImage sheet) {
    return sheet.height() / Cifar10Images.SIDE * TILES_PER_ROW;
  }

  /** Copies a sheet's tiles into the images from {@code first} on. */
  private static void cut(RgbImage sheet, byte[] labels, byte[] pixels, int first) {
    int tileRow = Cifar10Images.SIDE * 3;
    int tiles = tiles(sheet);
    for (int tile = 0; tile < tiles; tile++) {
      labels[first + tile] = (byte) (tile * Cifar10Images.CLASSES.size() / tiles);
      int top = tile / TILES_PER_ROW * Cifar10Images.SIDE;
      int left = tile % TILES_PER_ROW * tileRow;
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
