package dev.graft.network.djl;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import dev.graft.network.Graph;
import dev.graft.network.NetworkDesign;
import dev.graft.network.Stage;
import dev.graft.network.Weight;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A {@link NetworkDesign} as DJL blocks: frozen part, trained stages and head. All blocks of one
 * network share their parameters.
 */
public final class DjlNetwork {
  private final NetworkDesign design;
  private final Graph graph;
  private final GraphBlock whole;

  private DjlNetwork(NetworkDesign design, Graph graph, GraphBlock whole) {
    this.design = design;
    this.graph = graph;
    this.whole = whole;
  }

  /** Creates a network whose parameters are not initialized yet. */
  public static DjlNetwork of(NetworkDesign design) {
    Graph graph = design.graph();
    return new DjlNetwork(design, graph, GraphBlock.of(graph));
  }

  /**
   * Creates a network with a new head on a backbone.
   *
   * @param backbone its parameters are shared, not copied
   */
  public static DjlNetwork of(NetworkDesign design, GraphBlock backbone) {
    Graph graph = design.graph();
    return new DjlNetwork(design, graph, backbone.sharingWeights(graph, 0, graph.size()));
  }

  /** Returns this network with another temperature; the parameters are shared. */
  public DjlNetwork withTemperature(double temperature) {
    return of(design.at(temperature), whole);
  }

  /**
   * Returns this network with {@linkplain NetworkDesign#withStochasticDepth stochastic depth}; the
   * parameters are shared.
   */
  public DjlNetwork withStochasticDepth(double rate) {
    return of(design.withStochasticDepth(rate), whole);
  }

  /** Returns the design that the blocks are built from. */
  public NetworkDesign design() {
    return design;
  }

  /**
   * Returns the frozen part: pixels {@code (N, 3, H, W)}, R, G, B from 0 to 255, float32, to the
   * activations at the freeze boundary.
   */
  public GraphBlock frozenPart() {
    return block(0, design.cut());
  }

  /**
   * Returns the trained stages, from the activations at the freeze boundary to the features {@code
   * (N, F)}; a block without steps if all stages are frozen.
   */
  public GraphBlock tail() {
    return block(design.cut(), design.featuresEnd());
  }

  /**
   * Returns the new head, from features {@code (N, F)} to logits {@code (N, classes)}: scaling,
   * followed by DJL's {@code Linear} and activation blocks with dropout between them.
   */
  public SequentialBlock head() {
    SequentialBlock head = new SequentialBlock();
    graph.steps().subList(design.featuresEnd(), design.logitsEnd()).stream()
        .map(whole::block)
        .forEach(head::add);
    return head;
  }

  /**
   * Returns the block that DJL trains: the backbone, followed by the {@linkplain #head head}.
   *
   * @param fromPixels whether the input is pixels; otherwise the activations at the freeze boundary
   * @param arithmetic computes the trained part
   */
  public SequentialBlock trainable(boolean fromPixels, Arithmetic arithmetic) {
    Block head =
        arithmetic.isFloat32()
            ? head()
            : trained(block(design.featuresEnd(), design.logitsEnd()), arithmetic);
    GraphBlock backbone = trained(block(start(fromPixels), design.featuresEnd()), arithmetic);
    return new SequentialBlock().add(backbone).add(head);
  }

  private GraphBlock trained(GraphBlock block, Arithmetic arithmetic) {
    return block.channelMajor(design.cut(), arithmetic);
  }

  /**
   * Returns the network up to its logits {@code (N, classes)}.
   *
   * @param fromPixels whether the input is pixels; otherwise the activations at the freeze boundary
   */
  public GraphBlock logits(boolean fromPixels) {
    return block(start(fromPixels), design.logitsEnd());
  }

  /**
   * Returns the steps from the features {@code (N, F)} to the probabilities {@code (N, classes)}.
   */
  public GraphBlock probabilities() {
    return trained(block(design.featuresEnd(), graph.size()), Arithmetic.ENGINE);
  }

  /**
   * Returns the steps from the features {@code (N, F)} to those that the head standardizes, so that
   * their means and standard deviations can be measured.
   */
  public GraphBlock beforeScaling() {
    return block(design.featuresEnd(), graph.indexOf(NetworkDesign.SCALING));
  }

  /**
   * Returns the network up to the features {@code (N, F)}, with its trained part computed as in
   * training, in float32.
   *
   * @param fromPixels whether the input is pixels; otherwise the activations at the freeze boundary
   */
  public GraphBlock features(boolean fromPixels) {
    return trained(block(start(fromPixels), design.featuresEnd()), Arithmetic.ENGINE);
  }

  private int start(boolean fromPixels) {
    return fromPixels ? 0 : design.cut();
  }

  /**
   * Returns consecutive steps as one block.
   *
   * @param from index of the first step
   * @param to index after the last step
   */
  public GraphBlock block(int from, int to) {
    return whole.sharingWeights(graph, from, to);
  }

  /** Initializes the parameters that have no values yet, by the initializers of their blocks. */
  public void initialize(NDManager manager) {
    logits(true).initialize(manager, DataType.FLOAT32, inputShape());
  }

  /** Returns the shape of a batch of one image: {@code (1, 3, H, W)}. */
  public Shape inputShape() {
    return new Shape(1).addAll(graph.pixels());
  }

  /**
   * Freezes the stages before the freeze boundary and unfreezes those after it and the head.
   * Measured values (moving averages of batch normalization, means and standard deviations of the
   * features) get no gradient on either side.
   */
  public void freeze() {
    frozenPart().freezeParameters(true);
    logits(false)
        .byWeight()
        .forEach((weight, parameter) -> parameter.freeze(weight.role().isMeasured()));
  }

  /**
   * Sets the values that the head standardizes features by.
   *
   * @param means one per feature
   * @param deviations standard deviations, one per feature
   */
  public void setStandardization(float[] means, float[] deviations) {
    set(Weight.Role.MEAN, means);
    set(Weight.Role.DEVIATION, deviations);
  }

  /**
   * Sets the weights of the output layer.
   *
   * @param kernel {@code (classes, inputs)}, row-major
   * @param bias one per class
   */
  public void setOutput(float[] kernel, float[] bias) {
    String name = NetworkDesign.OUTPUT;
    Weight weight =
        Weight.of(name, Weight.Role.DENSE_KERNEL, bias.length, kernel.length / bias.length);
    ParameterWriter.set(whole.byWeight().get(weight), kernel);
    ParameterWriter.set(whole.byWeight().get(Weight.of(name, Weight.Role.BIAS, bias.length)), bias);
  }

  /**
   * Returns the number of stages with weights between each parameter of the trained stages, by its
   * id, and the head: 0 in the last stage.
   */
  public Map<String, Integer> stagesToHead() {
    List<Stage> all = design.backbone().stages();
    List<Stage> trained =
        all.subList(design.boundary(), all.size()).stream()
            .filter(stage -> !stage.weights().isEmpty())
            .toList();
    Map<String, Integer> ofLayers = new HashMap<>();
    for (int i = 0; i < trained.size(); i++) {
      int stages = trained.size() - 1 - i;
      trained.get(i).weights().forEach(weight -> ofLayers.put(weight.layer(), stages));
    }
    Map<String, Integer> byId = new HashMap<>();
    tail()
        .byWeight()
        .forEach((weight, each) -> byId.put(each.getId(), ofLayers.get(weight.layer())));
    return byId;
  }

  /** Sets the weights of the output layer to zero, so that all classes are equally probable. */
  public void zeroOutput() {
    whole
        .byWeight()
        .forEach(
            (weight, parameter) -> {
              if (weight.layer().equals(NetworkDesign.OUTPUT)) {
                ParameterWriter.set(parameter, new float[weight.size()]);
              }
            });
  }

  private void set(Weight.Role role, float[] values) {
    Weight weight = Weight.of(NetworkDesign.SCALING, role, values.length);
    ParameterWriter.set(whole.byWeight().get(weight), values);
  }
}
