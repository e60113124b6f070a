package dev.graft.data;

import ai.djl.repository.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** Records in CIFAR-10's format as a DJL repository, for tests in other packages. */
public final class RecordsRepository {
  private static final int RECORD = 3073; // bytes

  private RecordsRepository() {}

  /** Writes records of class 0, which are dark, and of class 1, which are bright, in turn. */
  public static Repository darkAndBright(Path folder, int records) throws IOException {
    Random random = new Random(1);
    byte[] bytes = new byte[records * RECORD];
    for (int record = 0; record < records; record++) {
      int label = record % 2;
      bytes[record * RECORD] = (byte) label;
      for (int i = 1; i < RECORD; i++) {
        bytes[record * RECORD + i] = (byte) (random.nextInt(60) + 190 * label);
      }
    }
    Path file = Files.write(folder.resolve("records.bin"), bytes);
    return new Cifar10Repository(file, 0, bytes.length);
  }
}
