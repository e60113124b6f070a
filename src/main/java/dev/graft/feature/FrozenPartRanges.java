package dev.graft.feature;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.graft.data.ImageSet;
import dev.graft.image.ImageFileReader;
import dev.graft.io.AtomicFiles;
import dev.graft.io.Hash;
import dev.graft.io.ReadAhead;
import dev.graft.network.Graph;
import dev.graft.network.NetworkDesign;
import dev.graft.network.Weights;
import dev.graft.network.onnx.RangeCalibrator;
import dev.graft.network.onnx.Ranges;
import dev.graft.util.Progress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Int8 calibration of a frozen part: the ranges of its values over some images, measured once and
 * cached beside the features. The images are those with the smallest hashes, so that the choice
 * does not depend on the seed, nor on names and order of the files.
 *
 * @param images to calibrate on
 * @param key of the frozen part's features in float32
 */
public record FrozenPartRanges(
    NetworkDesign design, Weights weights, ImageSet images, FeatureKey key) {
  /**
   * Number of images. On CIFAR-10 at 96 and 32 pixels, 64, 128, 256 and 512 images gave int8
   * features equally close to float32; calibration takes three times as long per image as features.
   */
  private static final int MAX_IMAGES = 64;

  /**
   * Pixels per batch, about the fastest at input sizes of 32 and 96: for few images, allocating
   * memory costs more than larger batches save.
   */
  private static final int BATCH_PIXELS = 1 << 16;

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Returns the cached ranges, or measures and caches them.
   *
   * @param rows of the images that may be used
   * @param folder of all caches; need not exist
   */
  public Ranges readOrMeasure(int[] rows, Path folder, Progress.Display display)
      throws IOException {
    TreeMap<String, Integer> byHash = new TreeMap<>();
    for (int row : rows) {
      byHash.putIfAbsent(images.hash(row), row);
      if (byHash.size() > MAX_IMAGES) {
        byHash.pollLastEntry();
      }
    }
    List<String> hashes = List.copyOf(byHash.keySet());
    String all = key.text() + String.join("\n", hashes);
    Path file = folder.resolve("ranges-" + Hash.Algorithm.SHA256.of(all).hex() + ".json");
    Optional<Ranges> cached = read(file);
    if (cached.isPresent()) {
      return cached.get();
    }
    Ranges ranges = measure(hashes.stream().map(byHash::get).toList(), display);
    Files.createDirectories(folder);
    AtomicFiles.write(file, JSON.writeValueAsString(Stored.of(ranges)));
    return ranges;
  }

  /** The content of a file. The hash is that of the ranges in JSON, to detect damage. */
  private record Stored(String sha256, Ranges ranges) {
    static Stored of(Ranges ranges) {
      return new Stored(Hash.Algorithm.SHA256.of(ranges.json()).hex(), ranges);
    }
  }

  /** Reads the ranges of a file; empty if the file is missing or damaged. */
  private static Optional<Ranges> read(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      Stored stored = JSON.readValue(Files.readAllBytes(file), Stored.class);
      return Optional.of(stored.ranges()).filter(ranges -> stored.equals(Stored.of(ranges)));
    } catch (JsonProcessingException | RuntimeException e) {
      return Optional.empty();
    }
  }

  private Ranges measure(List<Integer> rows, Progress.Display display) {
    Graph graph = design.graph();
    PixelSource pixels = new PixelSource(images, design.preprocessing(), design.inputSize());
    int batchSize = Math.max(4, BATCH_PIXELS / (design.inputSize() * design.inputSize()));
    ByteBuffer batch = ByteBuffer.allocateDirect(batchSize * pixels.bytes());
    try (Progress progress = display.progress("ranges", "images", rows.size());
        ReadAhead<Integer, Stream<byte[]>> read =
            new ReadAhead<>(
                ImageFileReader.threads(),
                2 * batchSize,
                rows.iterator(),
                row -> pixels.pixels(row).stream())) {
      Iterator<ByteBuffer> batches =
          new Iterator<>() {
            private int done;

            /** Fills the next batch, which is empty after the last image. */
            @Override
            public boolean hasNext() {
              batch.clear();
              for (; batch.hasRemaining() && read.hasNext(); done++) {
                read.next().forEach(batch::put);
              }
              images.quarantine().check();
              progress.stepTo(done);
              return batch.flip().hasRemaining();
            }

            @Override
            public ByteBuffer next() {
              return batch;
            }
          };
      return RangeCalibrator.ranges(
          graph, graph.crossing(design.cut()), weights, design.cut(), batches);
    }
  }
}
