package dev.graft.inference;

import dev.graft.image.Framing;
import dev.graft.inference.ModelRunner.Prepared;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** A fake network that predicts its first class, can be blocked by a test, and detects misuse. */
public final class FakeModel implements InferenceBackend {
  private final List<String> classes;
  private final Runnable before;
  private final AtomicInteger computing = new AtomicInteger();
  private final AtomicInteger passes = new AtomicInteger();
  private OptionalDouble typicality = OptionalDouble.empty();
  private volatile boolean closed;
  private volatile boolean misused;

  /** Answers at once. */
  public FakeModel(String... classes) {
    this(() -> {}, classes);
  }

  /** Answers once the gate is open. */
  public FakeModel(CountDownLatch gate, String... classes) {
    this(() -> pass(gate), classes);
  }

  /** Does something before each answer, such as to fail. */
  public FakeModel(Runnable before, String... classes) {
    this.before = before;
    this.classes = List.of(classes);
  }

  private static void pass(CountDownLatch gate) {
    try {
      gate.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Answers with this typicality. */
  public FakeModel withTypicality(double share) {
    typicality = OptionalDouble.of(share);
    return this;
  }

  /** Returns a classifier with this network, for images of 8 pixels. */
  public ModelRunner classifier() {
    return new ModelRunner(new LoadedModel("fake", this, Framing.WHOLE, 8, classes), null);
  }

  /** Like {@link #classifier()}, with heat maps from elsewhere. */
  public ModelRunner classifier(Supplier<GradCam> gradCam) {
    return new ModelRunner(new LoadedModel("fake", this, Framing.WHOLE, 8, classes), gradCam);
  }

  public boolean isComputing() {
    return computing.get() > 0;
  }

  public boolean isClosed() {
    return closed;
  }

  /** Returns whether it was closed while it computed, or computed after it was closed. */
  public boolean isMisused() {
    return misused;
  }

  public int passes() {
    return passes.get();
  }

  @Override
  public boolean hasTypicality() {
    return typicality.isPresent();
  }

  @Override
  public int batch() {
    return 4;
  }

  @Override
  public List<Output> outputs(List<Prepared> images) {
    computing.incrementAndGet();
    misused |= closed;
    try {
      before.run();
    } finally {
      misused |= closed;
      computing.decrementAndGet();
      passes.incrementAndGet();
    }
    float[] row = new float[classes.size()];
    row[0] = 1;
    return IntStream.range(0, images.size())
        .mapToObj(i -> new Output(row.clone(), typicality))
        .toList();
  }

  @Override
  public void close() {
    misused |= computing.get() > 0;
    closed = true;
  }
}
