package dev.graft.inference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.inference.ModelRunner.Prepared;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class MirrorAverageTest {
  /** Predicts the brightness of the left and of the right column of an image of 2x2 pixels. */
  private static final class Columns implements InferenceBackend {
    boolean closed;

    @Override
    public int batch() {
      return 7;
    }

    @Override
    public boolean hasTypicality() {
      return true;
    }

    @Override
    public List<Output> outputs(List<Prepared> images) {
      return images.stream().map(image -> output(image.pixels())).toList();
    }

    private static Output output(ByteBuffer pixels) {
      float[] columns = new float[2];
      for (int i = 0; i < pixels.remaining(); i++) {
        columns[i % 2] += pixels.get(pixels.position() + i) / 128f;
      }
      return Output.of(columns, columns[0]);
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  private final Columns single = new Columns();

  private static Prepared image(int left, int right) {
    ByteBuffer pixels = ByteBuffer.allocate(1 + 3 * 4).put((byte) 99);
    for (int i = 0; i < 6; i++) {
      pixels.put((byte) left).put((byte) right);
    }
    return new Prepared(pixels.flip().position(1)); // not from the start of its buffer
  }

  @Test
  void predictionsAreMeansOfBothViewsAndTypicalityIsTheImages() {
    List<Output> outputs =
        new MirrorAverage(single, 2).outputs(List.of(image(10, 5), image(0, 15)));

    assertThat(outputs).hasSize(2);
    assertThat(outputs.get(0).probabilities()).containsExactly(45 / 128f, 45 / 128f);
    assertThat(outputs.get(0).typicality()).hasValue(0.46875);
    assertThat(outputs.get(1).probabilities()).containsExactly(45 / 128f, 45 / 128f);
    assertThat(outputs.get(1).typicality()).hasValue(0);
  }

  @Test
  void theRestIsTheSinglesAndIsClosedWithIt() {
    try (MirrorAverage average = new MirrorAverage(single, 2)) {
      assertThat(average.batch()).isEqualTo(7);
      assertThat(average.hasTypicality()).isTrue();
    }
    assertThat(single.closed).isTrue();
  }
}
