package dev.graft.bench;

import dev.graft.image.ImageFileReader;
import dev.graft.image.RgbImage;
import dev.graft.inference.Source;

/** The bytes of an image file. */
@SuppressWarnings("ArrayRecordComponent") // never compared
record InMemory(String name, byte[] bytes) implements Source {
  @Override
  public RgbImage read(int minSide) {
    return ImageFileReader.read(bytes, name, minSide);
  }
}
