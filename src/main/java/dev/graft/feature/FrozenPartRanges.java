package dev.graft.feature;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.graft.Progress;
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
 * What a frozen root makes of some images, for 8 bits to be fitted to; measured once, and kept
 * beside the features. The images are those whose contents have the least hashes: the same ones
 * whatever the seed, the files' names and their order.
 *
 * @param images to choose from
 * @param key of the root's features in float32
 */
public record FrozenPartRanges(
    NetworkDesign design, Weights weights, ImageSet images, FeatureKey key) {
  /**
   * Of CIFAR-10 at 96 and 32 pixels 64, 128, 256 and 512 images gave features that were equally
   * near to those in float32; each costs three times as much as an image's features.
   */
  private static final int IMAGES = 64;

  /**
   * Pixels at a time, about the fastest at sides of 32 and 96: for so few images, memory that is
   * new costs more than larger batches save.
   */
  private static final int PIXELS = 1 << 16;

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * The ranges, measured if need be.
   *
   * @param folder of all caches; need not be there
   * @param rows of the images that may be looked at
   */
  public Ranges on(int[] rows, Path folder, Progress.Display display) throws IOException {
    TreeMap<String, Integer> byContent = new TreeMap<>();
    for (int row : rows) {
      byContent.putIfAbsent(images.hash(row), row);
      if (byContent.size() > IMAGES) {
        byContent.pollLastEntry();
      }
    }
    List<String> contents = List.copyOf(byContent.keySet());
    String all = key.text() + String.join("\n", contents);
    Path file = folder.resolve("ranges-" + Hash.Algorithm.SHA256.of(all).hex() + ".json");
    Optional<Ranges> kept = kept(file);
    if (kept.isPresent()) {
      return kept.get();
    }
    Ranges ranges = measure(contents.stream().map(byContent::get).toList(), display);
    Files.createDirectories(folder);
    AtomicFiles.write(file, JSON.writeValueAsString(Kept.of(ranges)));
    return ranges;
  }

  /** What a file holds; the hash is of the ranges' own JSON, so that none is taken for others. */
  private record Kept(String sha256, Ranges ranges) {
    static Kept of(Ranges ranges) {
      return new Kept(Hash.Algorithm.SHA256.of(ranges.json()).hex(), ranges);
    }
  }

  /** The ranges of a file; none where it is not there, or not as it was written. */
  private static Optional<Ranges> kept(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      Kept kept = JSON.readValue(Files.readAllBytes(file), Kept.class);
      return Optional.of(kept.ranges()).filter(ranges -> kept.equals(Kept.of(ranges)));
    } catch (JsonProcessingException | RuntimeException e) {
      return Optional.empty();
    }
  }

  private Ranges measure(List<Integer> rows, Progress.Display display) {
    Graph graph = design.graph();
    PixelSource pixels = new PixelSource(images, design.preprocessing(), design.inputSize());
    int most = Math.max(4, PIXELS / (design.inputSize() * design.inputSize()));
    ByteBuffer batch = ByteBuffer.allocateDirect(most * pixels.bytes());
    try (Progress progress = display.progress("ranges", "pictures", rows.size());
        ReadAhead<Stream<byte[]>> read =
            ReadAhead.of(
                ImageFileReader.threads(),
                2 * most,
                rows.iterator(),
                row -> pixels.pixels(row).stream())) {
      Iterator<ByteBuffer> batches =
          new Iterator<>() {
            private int done;

            /** Makes the next batch; it is empty where there are no more images. */
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
