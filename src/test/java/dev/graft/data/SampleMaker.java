package dev.graft.data;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/**
 * Makes the sample of CIFAR-10 in {@code src/main/resources/dev/graft/data/cifar10-sample} from the
 * official binary files:
 *
 * <pre>
 * mvn -q test-compile exec:java -Dexec.classpathScope=test \
 *     -Dexec.mainClass=dev.graft.data.SampleMaker -Dexec.args=../shared/cifar-10-batches-bin
 * </pre>
 *
 * <p>It takes the first 80 images per class of each of the five training files and the first 100
 * per class of the test file. If {@code jpeg_records.txt} exists, the images that it lists are
 * skipped: they have been JPEG files before.
 */
final class SampleMaker {
  private static final int CLASSES = 10;
  private static final int SIDE = 32;
  private static final int PLANE = SIDE * SIDE;
  private static final int RECORD = 1 + 3 * PLANE;
  private static final int TILES_PER_ROW = 100;

  /** Distance in bytes to the pixel on the left, for the filters of PNG. */
  private static final int PIXEL = 3;

  private SampleMaker() {}

  public static void main(String[] args) throws IOException {
    Path from = Path.of(args[0]);
    Path to = Path.of("src/main/resources/dev/graft/data/cifar10-sample");
    Map<String, Set<Integer>> lossy = readLossyRecords(from.resolve("jpeg_records.txt"));

    List<List<byte[]>> train = new ArrayList<>();
    List<List<byte[]>> test = new ArrayList<>();
    for (int c = 0; c < CLASSES; c++) {
      train.add(new ArrayList<>());
      test.add(new ArrayList<>());
    }
    for (int batch = 1; batch <= 5; batch++) {
      String file = "data_batch_" + batch + ".bin";
      take(80, from.resolve(file), lossy.getOrDefault(file, Set.of()), train);
    }
    take(100, from.resolve("test_batch.bin"), lossy.getOrDefault("test_batch.bin", Set.of()), test);

    Files.createDirectories(to);
    writeSheet(to.resolve("train.png"), train);
    writeSheet(to.resolve("test.png"), test);
  }

  /** Lines of file name, record (from 0) and source; {@code #} begins a comment. */
  private static Map<String, Set<Integer>> readLossyRecords(Path list) throws IOException {
    Map<String, Set<Integer>> records = new HashMap<>();
    if (Files.exists(list)) {
      for (String line : Files.readAllLines(list)) {
        if (!line.isBlank() && !line.startsWith("#")) {
          String[] words = line.split(" ", 3);
          records
              .computeIfAbsent(words[0], file -> new HashSet<>())
              .add(Integer.parseInt(words[1]));
        }
      }
    }
    return records;
  }

  private static void take(int each, Path file, Set<Integer> without, List<List<byte[]>> classes)
      throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    int[] taken = new int[CLASSES];
    for (int record = 0; record < bytes.length / RECORD; record++) {
      int label = bytes[record * RECORD];
      if (taken[label] < each && !without.contains(record)) {
        classes.get(label).add(interleaved(bytes, record * RECORD + 1));
        taken[label]++;
      }
    }
  }

  /** From {@code (3, 32, 32)} to {@code (32, 32, 3)}. */
  static byte[] interleaved(byte[] planes, int start) {
    byte[] rgb = new byte[3 * PLANE];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = planes[start + i % 3 * PLANE + i / 3];
    }
    return rgb;
  }

  private static void writeSheet(Path file, List<List<byte[]>> classes) throws IOException {
    List<byte[]> tiles = classes.stream().flatMap(List::stream).toList();
    int width = TILES_PER_ROW * SIDE;
    int height = tiles.size() / TILES_PER_ROW * SIDE;
    byte[] rgb = new byte[width * height * PIXEL];
    for (int tile = 0; tile < tiles.size(); tile++) {
      int top = tile / TILES_PER_ROW * SIDE;
      int left = tile % TILES_PER_ROW * SIDE;
      for (int y = 0; y < SIDE; y++) {
        System.arraycopy(
            tiles.get(tile),
            y * SIDE * PIXEL,
            rgb,
            ((top + y) * width + left) * PIXEL,
            SIDE * PIXEL);
      }
    }
    Files.write(file, png(rgb, width, height));
    System.out.printf(
        Locale.ROOT,
        "%s: %d tiles, %dx%d pixels, %d bytes%n",
        file,
        tiles.size(),
        width,
        height,
        Files.size(file));
  }

  /**
   * Returns a file of the signature and the chunks IHDR, IDAT and IEND. The filters and the
   * compression of ImageIO are worse.
   */
  static byte[] png(byte[] rgb, int width, int height) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream png = new DataOutputStream(bytes);
    png.write(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'});
    ByteArrayOutputStream header = new ByteArrayOutputStream();
    DataOutputStream fields = new DataOutputStream(header);
    fields.writeInt(width);
    fields.writeInt(height);
    fields.write(new byte[] {8, 2, 0, 0, 0}); // 8 bits, RGB, the only compression and filter method
    writeChunk(png, "IHDR", header.toByteArray());
    writeChunk(png, "IDAT", compress(filter(rgb, width * PIXEL, height)));
    writeChunk(png, "IEND", new byte[0]);
    return bytes.toByteArray();
  }

  private static void writeChunk(DataOutputStream png, String type, byte[] data)
      throws IOException {
    png.writeInt(data.length);
    CRC32 sum = new CRC32();
    for (byte[] part : List.of(type.getBytes(StandardCharsets.US_ASCII), data)) {
      png.write(part);
      sum.update(part);
    }
    png.writeInt((int) sum.getValue());
  }

  private static byte[] compress(byte[] data) throws IOException {
    Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION);
    deflater.setStrategy(Deflater.FILTERED);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (DeflaterOutputStream deflating = new DeflaterOutputStream(out, deflater)) {
      deflating.write(data);
    }
    deflater.end();
    return out.toByteArray();
  }

  /** Applies to each row the filter with the smallest sum of differences. */
  private static byte[] filter(byte[] rows, int rowLength, int height) {
    byte[] out = new byte[(1 + rowLength) * height];
    byte[] candidate = new byte[rowLength];
    for (int y = 0; y < height; y++) {
      long best = Long.MAX_VALUE;
      for (byte filter = 0; filter <= 4; filter++) {
        long sum = 0;
        for (int x = 0; x < rowLength; x++) {
          int at = y * rowLength + x;
          int left = x < PIXEL ? 0 : rows[at - PIXEL] & 0xff;
          int above = y == 0 ? 0 : rows[at - rowLength] & 0xff;
          int corner = x < PIXEL || y == 0 ? 0 : rows[at - rowLength - PIXEL] & 0xff;
          candidate[x] = (byte) (rows[at] - predict(filter, left, above, corner));
          sum += Math.abs(candidate[x]);
        }
        if (sum < best) {
          best = sum;
          out[y * (1 + rowLength)] = filter;
          System.arraycopy(candidate, 0, out, y * (1 + rowLength) + 1, rowLength);
        }
      }
    }
    return out;
  }

  /** PNG specification, section 9: none, sub, up, average, Paeth. */
  private static int predict(byte filter, int left, int above, int corner) {
    return switch (filter) {
      case 0 -> 0;
      case 1 -> left;
      case 2 -> above;
      case 3 -> (left + above) / 2;
      default -> {
        int guess = left + above - corner;
        int toLeft = Math.abs(guess - left);
        int toAbove = Math.abs(guess - above);
        int toCorner = Math.abs(guess - corner);
        if (toLeft <= toAbove && toLeft <= toCorner) {
          yield left;
        }
        yield toAbove <= toCorner ? above : corner;
      }
    };
  }
}
