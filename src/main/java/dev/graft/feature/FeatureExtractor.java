package dev.graft.feature;

import dev.graft.image.ImageFileReader;
import dev.graft.io.ReadAhead;
import dev.graft.util.Progress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The forward pass of the frozen part over images, in batches; the images of the next batch are
 * read meanwhile. Images that can't be read, or that the network can't compute, are skipped.
 *
 * @param check runs after each batch and may end the pass by an exception
 */
public record FeatureExtractor(
    FrozenPart frozenPart,
    PixelSource pixels,
    RecordLayout layout,
    Runnable check,
    Progress progress)
    implements FeatureCache.Filler {
  /** Why an image is unusable whose features are not finite, as words that follow its path. */
  public static final String NOT_FINITE =
      "can't be used: the network computes NaN or infinity for it"
          + " (above 65504 counts as infinity unless cache-type is float32).";

  /**
   * Images per batch: the fastest number on two cores; on a GPU, reading the images takes longer.
   */
  private static final int MAX_BATCH = 64;

  /** A row with its pixels; empty if the image can't be read. */
  private record Prepared(int row, Optional<byte[]> pixels) {}

  @Override
  public void fill(List<Integer> rows, FeatureCache.Sink sink) throws IOException {
    try (ReadAhead<Integer, Prepared> prepared =
        new ReadAhead<>(
            ImageFileReader.threads(),
            2 * MAX_BATCH,
            rows.iterator(),
            row -> new Prepared(row, pixels.pixels(row)))) {
      int batchSize =
          Math.min(MAX_BATCH, Integer.MAX_VALUE / Math.max(pixels.bytes(), layout.bytes()));
      ByteBuffer batch = ByteBuffer.allocate(batchSize * pixels.bytes());
      List<Integer> inBatch = new ArrayList<>();
      int done = 0;
      while (prepared.hasNext()) {
        Prepared next = prepared.next();
        done++;
        if (next.pixels().isPresent()) {
          batch.put(next.pixels().get());
          inBatch.add(next.row());
        }
        if (inBatch.size() == batchSize || (!prepared.hasNext() && !inBatch.isEmpty())) {
          batch.flip();
          store(inBatch, frozenPart.forward(batch, inBatch.size()), sink);
          batch.clear();
          inBatch.clear();
          progress.stepTo(done);
          check.run();
        }
      }
      check.run();
    }
  }

  /** Stores records; an image whose features are not finite is unusable. */
  private void store(List<Integer> rows, ByteBuffer records, FeatureCache.Sink sink)
      throws IOException {
    List<Integer> usable = layout.keepFinite(records, rows.size()).stream().map(rows::get).toList();
    rows.stream().filter(row -> !usable.contains(row)).forEach(pixels::refuse);
    sink.store(usable, records);
  }
}
