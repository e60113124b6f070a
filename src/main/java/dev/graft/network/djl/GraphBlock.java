package dev.graft.network.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.graft.network.Graph;
import dev.graft.network.Layer;
import dev.graft.network.Step;
import dev.graft.network.Weight;
import dev.graft.network.Weights;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Consecutive steps of a network as a DJL block. Inputs are the values that {@linkplain
 * Graph#crossing cross} its start, in that order, each {@code (N, …)}; outputs are the values that
 * cross its end. A block without steps returns its inputs.
 *
 * <p>A value is closed as soon as no later step needs it. DJL's own blocks hold all values until
 * the batch is closed, which for VGG16 and 128 images of 32x32 is 300 MB that the system has to
 * allocate again for every batch. (While gradients are recorded, the engine holds what it needs
 * itself, and only DJL's handles are closed here.)
 */
public final class GraphBlock extends AbstractBlock {
  private static final LayerBlocks RENDERING = new LayerBlocks();

  private final Graph graph;
  private final int from;
  private final int to;

  /** The block of each layer; one map for all blocks that share their weights. */
  private final Map<Layer, Block> blocks;

  /** Names of the values at each cut, from before the first step to after the last. */
  private final List<List<String>> crossing;

  /** Computes the steps in their fastest layouts; empty for {@code (N, C, H, W)}. */
  private final Optional<ChannelMajor> channelMajor;

  private GraphBlock(
      Graph graph,
      int from,
      int to,
      Map<Layer, Block> blocks,
      Optional<ChannelMajor> channelMajor) {
    this.channelMajor = channelMajor;
    this.graph = graph;
    this.from = from;
    this.to = to;
    this.blocks = blocks;
    crossing = IntStream.rangeClosed(from, to).mapToObj(graph::crossing).toList();
    steps().forEach(step -> addChildBlock(step.name(), block(step)));
  }

  /** Creates a block of a whole network; its parameters are not initialized yet. */
  public static GraphBlock of(Graph graph) {
    return new GraphBlock(graph, 0, graph.size(), new HashMap<>(), Optional.empty());
  }

  /**
   * Creates a block that shares the parameters of the layers that both blocks have, also of those
   * that are initialized later.
   *
   * @param other the network, which may differ from the one of this block
   * @param from index of the first step
   * @param to index after the last step
   */
  public GraphBlock sharingWeights(Graph other, int from, int to) {
    return new GraphBlock(other, from, to, blocks, Optional.empty());
  }

  /**
   * Returns this block with its trained steps computed as matrix products where that is faster; the
   * parameters are shared, and inputs and outputs have the same shapes.
   *
   * @param firstTrained index of the first trained step of the network
   */
  GraphBlock channelMajor(int firstTrained, Arithmetic arithmetic) {
    ChannelMajor layouts = new ChannelMajor(graph, Math.max(from, firstTrained), to, arithmetic);
    return new GraphBlock(graph, from, to, blocks, Optional.of(layouts));
  }

  private List<Step> steps() {
    return graph.steps().subList(from, to);
  }

  /** Returns the block of a step, shared by all blocks with its layer. */
  Block block(Step step) {
    return blocks.computeIfAbsent(step.layer(), layer -> layer.accept(RENDERING));
  }

  /** Returns the parameter of each weight, in the order of the steps. */
  public Map<Weight, Parameter> byWeight() {
    Map<Weight, Parameter> byWeight = new LinkedHashMap<>();
    for (Step step : steps()) {
      List<Parameter> parameters = block(step).getDirectParameters().values();
      List<Weight> weights = step.layer().weights();
      for (int i = 0; i < weights.size(); i++) {
        byWeight.put(weights.get(i), parameters.get(i));
      }
    }
    return byWeight;
  }

  /** Returns the weights; each read returns the current values. */
  public Weights weights() {
    Map<Weight, Parameter> byWeight = byWeight();
    return weight -> byWeight.get(weight).getArray().toFloatArray();
  }

  /** Sets the values of all weights, one by one to bound the memory. */
  public void setWeights(Weights weights) {
    byWeight().forEach((weight, parameter) -> ParameterWriter.set(parameter, weight, weights));
  }

  @Override
  protected NDList forwardInternal(
      ParameterStore parameters,
      NDList inputs,
      boolean training,
      PairList<String, Object> arguments) {
    Map<String, NDArray> values = new HashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      values.put(crossing.get(0).get(i), inputs.get(i));
    }
    for (int i = 0; i < steps().size(); i++) {
      Step step = steps().get(i);
      values.put(step.name(), output(step, parameters, list(step.inputs(), values), training));
      release(values, crossing.get(i + 1), inputs);
    }
    List<String> outputs = crossing.get(to - from);
    channelMajor.ifPresent(
        layouts ->
            outputs.forEach(
                name -> values.computeIfPresent(name, (n, v) -> layouts.laidOut(v, n, false))));
    return list(outputs, values);
  }

  private NDArray output(Step step, ParameterStore parameters, NDList inputs, boolean training) {
    return channelMajor.isPresent()
        ? channelMajor.get().forward(step, this::block, parameters, inputs, training)
        : block(step).forward(parameters, inputs, training).singletonOrThrow();
  }

  private static NDList list(List<String> names, Map<String, NDArray> values) {
    return new NDList(names.stream().map(values::get).toList());
  }

  /** Closes the values that no later step needs, except the inputs of this block. */
  private static void release(Map<String, NDArray> values, List<String> needed, NDList inputs) {
    Set<NDArray> open = Collections.newSetFromMap(new IdentityHashMap<>());
    open.addAll(inputs);
    needed.forEach(name -> open.add(values.get(name)));
    values.values().stream().filter(array -> !open.contains(array)).forEach(NDArray::close);
    values.keySet().retainAll(needed);
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return batched(crossing.get(to - from), inputShapes[0].get(0));
  }

  private Shape[] batched(List<String> names, long batch) {
    Map<String, Shape> shapes = graph.shapes();
    return names.stream()
        .map(name -> new Shape(batch).addAll(shapes.get(name)))
        .toArray(Shape[]::new);
  }

  @Override
  protected void initializeChildBlocks(NDManager manager, DataType dataType, Shape... inputShapes) {
    long batch = inputShapes[0].get(0);
    steps()
        .forEach(step -> block(step).initialize(manager, dataType, batched(step.inputs(), batch)));
  }
}
