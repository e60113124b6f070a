package dev.graft.inference;

import dev.graft.image.Framing;
import dev.graft.inference.ModelRunner.Prepared;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Predicts the mean of the probabilities of each image and of its mirror image, in twice the time.
 * The typicality is that of the image.
 *
 * @param single predicts each image alone; closed with this backend
 * @param side of the input in pixels
 */
record MirrorAverage(InferenceBackend single, int side) implements InferenceBackend {
  @Override
  public int batch() {
    return single.batch();
  }

  @Override
  public boolean hasTypicality() {
    return single.hasTypicality();
  }

  @Override
  public List<Output> outputs(List<Prepared> images) {
    List<Output> plain = single.outputs(images);
    List<Output> mirrored = single.outputs(images.stream().map(this::mirrored).toList());
    List<Output> means = new ArrayList<>();
    for (int i = 0; i < images.size(); i++) {
      float[] mean = plain.get(i).probabilities().clone();
      float[] other = mirrored.get(i).probabilities();
      for (int c = 0; c < mean.length; c++) {
        mean[c] = (mean[c] + other[c]) / 2;
      }
      means.add(new Output(mean, plain.get(i).typicality()));
    }
    return means;
  }

  private Prepared mirrored(Prepared image) {
    return new Prepared(ByteBuffer.wrap(Framing.mirrored(image.pixels(), side)));
  }

  @Override
  public void close() {
    single.close();
  }
}
