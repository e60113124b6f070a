package dev.graft.feature;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import dev.graft.Progress;
import dev.graft.io.ReadAhead;
import dev.graft.picture.PictureReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The frozen root's forward pass over pictures, a batch at a time, while the pictures of the next
 * batch are read. A picture that can't be read is passed over.
 */
public final class FeatureExtractor implements FeatureCache.Filler {
  /** The fastest on two cores; a GPU would like more, but has this done in no time either. */
  private static final int BATCH = 64;

  private final Block root;
  private final PixelSource pixels;
  private final RecordLayout layout;
  private final NDManager manager;
  private final Runnable check;
  private final Progress progress;

  /** A row, and its pixels if it could be read. */
  private record Prepared(int row, Optional<byte[]> pixels) {}

  /**
   * @param root gives a record's values
   * @param manager on the device of the root's weights; nothing is left on it
   * @param check is run after each batch, and may end it all by an exception
   */
  public FeatureExtractor(
      Block root,
      PixelSource pixels,
      RecordLayout layout,
      NDManager manager,
      Runnable check,
      Progress progress) {
    this.root = root;
    this.pixels = pixels;
    this.layout = layout;
    this.manager = manager;
    this.check = check;
    this.progress = progress;
  }

  @Override
  public void fill(List<Integer> rows, FeatureCache.Sink sink) throws IOException {
    try (ReadAhead<Prepared> prepared =
        ReadAhead.of(
            PictureReader.threads(),
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
          sink.keep(inBatch, layout.isPixels() ? batch : forward(batch, inBatch.size()));
          batch.clear();
          inBatch.clear();
          progress.stepTo(done);
          check.run();
        }
      }
      check.run();
    }
  }

  private ByteBuffer forward(ByteBuffer input, int count) {
    try (NDManager batch = manager.newSubManager()) {
      NDList out =
          root.forward(
              new ParameterStore(batch, false), pixels.toEngine(batch, input, count), false);
      ByteBuffer records = ByteBuffer.allocate(count * layout.bytes());
      int at = 0;
      for (int k = 0; k < out.size(); k++) {
        RecordLayout.Field field = layout.fields().get(k);
        ByteBuffer values = out.get(k).toType(field.type(), false).toByteBuffer();
        for (int i = 0; i < count; i++) {
          int from = values.position() + i * field.bytes();
          records.put(i * layout.bytes() + at, values, from, field.bytes());
        }
        at += field.bytes();
      }
      return records;
    }
  }
}
