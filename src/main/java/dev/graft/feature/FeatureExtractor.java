package dev.graft.feature;

import dev.graft.Progress;
import dev.graft.image.ImageFileReader;
import dev.graft.io.ReadAhead;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The frozen root's forward pass over images, a batch at a time, while the images of the next batch
 * are read. An image that can't be read is passed over.
 */
public final class FeatureExtractor implements FeatureCache.Filler {
  /** The fastest on two cores; a GPU would like more, but has this done in no time either. */
  private static final int BATCH = 64;

  private final FrozenPart root;
  private final PixelSource pixels;
  private final RecordLayout layout;
  private final Runnable check;
  private final Progress progress;

  /** A row, and its pixels if it could be read. */
  private record Prepared(int row, Optional<byte[]> pixels) {}

  /**
   * @param check is run after each batch, and may end it all by an exception
   */
  public FeatureExtractor(
      FrozenPart root, PixelSource pixels, RecordLayout layout, Runnable check, Progress progress) {
    this.root = root;
    this.pixels = pixels;
    this.layout = layout;
    this.check = check;
    this.progress = progress;
  }

  @Override
  public void fill(List<Integer> rows, FeatureCache.Sink sink) throws IOException {
    try (ReadAhead<Prepared> prepared =
        ReadAhead.of(
            ImageFileReader.threads(),
            2 * BATCH,
            rows.iterator(),
            row -> new Prepared(row, pixels.pixels(row)))) {
      int most = Math.min(BATCH, Integer.MAX_VALUE / Math.max(pixels.bytes(), layout.bytes()));
      ByteBuffer batch = ByteBuffer.allocate(most * pixels.bytes());
      List<Integer> inBatch = new ArrayList<>();
      int done = 0;
      while (prepared.hasNext()) {
        Prepared next = prepared.next();
        done++;
        if (next.pixels().isPresent()) {
          batch.put(next.pixels().get());
          inBatch.add(next.row());
        }
        if (inBatch.size() == most || (!prepared.hasNext() && !inBatch.isEmpty())) {
          batch.flip();
          sink.keep(inBatch, root.forward(batch, inBatch.size()));
          batch.clear();
          inBatch.clear();
          progress.stepTo(done);
          check.run();
        }
      }
      check.run();
    }
  }
}
