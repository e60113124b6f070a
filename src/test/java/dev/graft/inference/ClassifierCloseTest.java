package dev.graft.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.inference.ModelRunner.Prepared;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ClassifierCloseTest {
  private static final List<Prepared> IMAGE = List.of(new Prepared(ByteBuffer.allocate(3 * 8 * 8)));

  @Test
  void closingWaitsForTheForwardPassInProgress() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    FakeModel model = new FakeModel(gate, "a");
    ModelRunner classifier = model.classifier();
    CompletableFuture<List<float[]>> row =
        CompletableFuture.supplyAsync(() -> classifier.probabilities(IMAGE));
    while (!model.isComputing()) {
      Thread.onSpinWait();
    }
    CompletableFuture<Void> closed = CompletableFuture.runAsync(classifier::close);
    Thread.sleep(200);
    assertThat(model.isClosed()).isFalse();
    gate.countDown();
    closed.get(10, TimeUnit.SECONDS);
    assertThat(row.get(10, TimeUnit.SECONDS).get(0)).containsExactly(1);
    assertThat(model.isClosed()).isTrue();
    assertThat(model.isMisused()).isFalse();
  }

  @Test
  void aClosedRunnerComputesNothing() {
    FakeModel model = new FakeModel("a");
    ModelRunner classifier = model.classifier();
    classifier.close();
    classifier.close();
    assertThatThrownBy(() -> classifier.probabilities(IMAGE))
        .isInstanceOf(IllegalStateException.class);
    assertThat(model.isMisused()).isFalse();
    assertThat(model.passes()).isZero();
  }
}
