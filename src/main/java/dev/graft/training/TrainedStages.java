package dev.graft.training;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import ai.djl.training.dataset.Batch;
import dev.graft.engine.OnnxSession;
import dev.graft.feature.FeatureBatches;
import dev.graft.network.Graph;
import dev.graft.network.Layer;
import dev.graft.network.NetworkDesign;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.network.djl.GraphBlock;
import dev.graft.network.onnx.OnnxFile;
import dev.graft.recipe.Recipe;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;

/**
 * A network's stages after the freeze boundary, to evaluate them: in float32, without dropout. ONNX
 * Runtime computes them where it computes the frozen part, too, since on the CPU it is two to three
 * times as fast as the engine that trains. Later changes of the weights may not be seen.
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
            && recipe.execution().frozenPartEngine() == Recipe.FrozenPartEngine.ONNXRUNTIME
            && !device.isGpu()
            && design.graph().steps().stream().noneMatch(step -> isExternal(step.layer()));
    return new TrainedStages(block, onnx ? Optional.of(session(design, block)) : Optional.empty());
  }

  private static boolean isExternal(Layer layer) {
    return layer instanceof Layer.External;
  }

  private static OnnxSession session(NetworkDesign design, GraphBlock block) {
    Graph graph = design.graph();
    String features = graph.crossing(design.featuresEnd()).get(0);
    return OnnxSession.openTail(
        OnnxFile.tail(graph, design.cut(), features, block.weights()).bytes());
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
    List<float[]> values = inputs.stream().map(NDArray::toFloatArray).toList();
    FloatBuffer all = null;
    for (int from = 0; from < count; from += ONNX_BATCH) {
      int first = from;
      int some = Math.min(ONNX_BATCH, count - from);
      FloatBuffer features =
          session
              .run(
                  IntStream.range(0, values.size())
                      .mapToObj(i -> rows(values.get(i), inputs.get(i).getShape(), first, some))
                      .toList())
              .get(0)
              .floats();
      all = all == null ? FloatBuffer.allocate(features.remaining() / some * count) : all;
      all.put(features);
    }
    return manager.create(all.array(), new Shape(count, all.capacity() / count));
  }

  private static OnnxSession.Value rows(float[] values, Shape shape, int from, int count) {
    int size = values.length / Math.toIntExact(shape.get(0));
    long[] some = shape.getShape().clone();
    some[0] = count;
    return new OnnxSession.Value(some, FloatBuffer.wrap(values, from * size, count * size).slice());
  }

  @Override
  public void close() {
    session.ifPresent(OnnxSession::close);
  }
}
