package dev.graft.training;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import ai.djl.training.dataset.Batch;
import dev.graft.engine.OnnxSession;
import dev.graft.feature.FeatureBatches;
import dev.graft.network.Graph;
import dev.graft.network.NetworkDesign;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.network.djl.GraphBlock;
import dev.graft.network.onnx.OnnxFile;
import dev.graft.recipe.Recipe;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * A network's stages after the freeze boundary, to measure their features and to evaluate them: in
 * float32, without dropout, with the weights at the time of opening. On the CPU, ONNX Runtime
 * computes them if it computes the frozen part: several times as fast as the engine that trains.
 */
public final class TrainedStages implements AutoCloseable {
  /** Images per pass of ONNX Runtime: few, so that their activations stay in the CPU's cache. */
  private static final int ONNX_BATCH = 8;

  private final GraphBlock block;
  private final Optional<OnnxSession> session;

  private TrainedStages(GraphBlock block, Optional<OnnxSession> session) {
    this.block = block;
    this.session = session;
  }

  /**
   * Opens the stages with their current weights.
   *
   * @param fromPixels whether batches hold pixels, so that the frozen stages are computed, too;
   *     otherwise the activations at the freeze boundary
   * @param recipe chooses the engine
   */
  public static TrainedStages of(
      DjlNetwork network, boolean fromPixels, Recipe recipe, Device device) {
    GraphBlock block = network.features(fromPixels);
    NetworkDesign design = network.design();
    boolean onnx =
        design.trainsBackbone()
            && !fromPixels
            && recipe.execution().frozenPartEngine().is(Recipe.FrozenPartEngine.ONNXRUNTIME)
            && !device.isGpu();
    return new TrainedStages(block, onnx ? Optional.of(session(design, block)) : Optional.empty());
  }

  private static OnnxSession session(NetworkDesign design, GraphBlock block) {
    Graph graph = design.graph();
    String features = graph.crossing(design.featuresEnd()).get(0);
    return OnnxFile.tail(graph, design.cut(), features, block.weights()).open();
  }

  /**
   * Passes batches through the stages.
   *
   * @param manager creates the arrays
   * @param receiver receives each batch and its features {@code (N, F)}, closed afterwards
   */
  public void forEach(FeatureBatches rows, NDManager manager, BiConsumer<Batch, NDArray> receiver) {
    for (Batch batch : rows.getData(manager)) {
      try (batch) {
        receiver.accept(batch, features(batch.getManager(), batch.getData()));
      }
    }
  }

  private NDArray features(NDManager manager, NDList inputs) {
    return session.isPresent()
        ? features(session.get(), manager, inputs)
        : block.forward(new ParameterStore(manager, false), inputs, false).singletonOrThrow();
  }

  private static NDArray features(OnnxSession session, NDManager manager, NDList inputs) {
    int count = Math.toIntExact(inputs.get(0).getShape().get(0));
    FloatBuffer all = null;
    for (int from = 0; from < count; from += ONNX_BATCH) {
      int some = Math.min(ONNX_BATCH, count - from);
      NDIndex rows = new NDIndex(from + ":" + (from + some));
      try (NDList pass = new NDList(inputs.stream().map(each -> each.get(rows)).toList())) {
        FloatBuffer features =
            session.run(pass.stream().map(TrainedStages::value).toList()).get(0).floats();
        all = all == null ? FloatBuffer.allocate(features.remaining() / some * count) : all;
        all.put(features);
      }
    }
    return manager.create(all.array(), new Shape(count, all.capacity() / count));
  }

  private static OnnxSession.Value value(NDArray array) {
    FloatBuffer floats = array.toByteBuffer().order(ByteOrder.nativeOrder()).asFloatBuffer();
    return new OnnxSession.Value(array.getShape().getShape(), floats);
  }

  @Override
  public void close() {
    session.ifPresent(OnnxSession::close);
  }
}
