package dev.graft.network.djl;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import dev.graft.network.Graph;
import dev.graft.network.NetworkDesign;
import dev.graft.network.Weight;
import java.util.HashSet;
import java.util.Set;

/** A {@link NetworkDesign} in DJL, in segments that share their weights. */
public final class DjlNetwork {
  private final NetworkDesign design;
  private final Graph graph;
  private final GraphBlock whole;

  private DjlNetwork(NetworkDesign design, Graph graph, GraphBlock whole) {
    this.design = design;
    this.graph = graph;
    this.whole = whole;
  }

  /** All of it new, the weights not yet there. */
  public static DjlNetwork of(NetworkDesign design) {
    Graph graph = design.graph();
    return new DjlNetwork(design, graph, GraphBlock.of(graph));
  }

  /** With a new head on a backbone, whose weights it shares. */
  public static DjlNetwork of(NetworkDesign design, GraphBlock backbone) {
    Graph graph = design.graph();
    return new DjlNetwork(design, graph, backbone.sharing(graph, 0, graph.size()));
  }

  /** The same network, with the same weights, at another temperature. */
  public DjlNetwork at(double temperature) {
    return of(design.at(temperature), whole);
  }

  /** What this renders. */
  public NetworkDesign design() {
    return design;
  }

  /** The frozen stages: pixels {@code (N, 3, H, W)} to what crosses the freeze boundary. */
  public GraphBlock root() {
    return segment(0, design.cut());
  }

  /** The trained stages, up to the features {@code (N, F)}; of no steps where all are frozen. */
  public GraphBlock tail() {
    return segment(design.cut(), design.featuresEnd());
  }

  /**
   * Returns the new head, from features {@code (N, F)} to logits {@code (N, classes)}: scaling, and
   * then DJL's {@code Linear} and activation blocks with dropout between them.
   */
  public SequentialBlock head() {
    SequentialBlock head = new SequentialBlock();
    graph.steps().subList(design.featuresEnd(), design.logitsEnd()).stream()
        .map(whole::block)
        .forEach(head::add);
    return head;
  }

  /**
   * Returns what DJL trains: the backbone, followed by the {@linkplain #head head}.
   *
   * @param fromPixels whether the backbone starts with its frozen part, or after it
   */
  public SequentialBlock trainable(boolean fromPixels) {
    return new SequentialBlock().add(segment(start(fromPixels), design.featuresEnd())).add(head());
  }

  /**
   * The network up to its logits {@code (N, classes)}.
   *
   * @param fromPixels from the pixels on, or from what the root gives
   */
  public GraphBlock logits(boolean fromPixels) {
    return segment(start(fromPixels), design.logitsEnd());
  }

  /** Likewise, up to the probabilities {@code (N, classes)}. */
  public GraphBlock probabilities(boolean fromPixels) {
    return segment(start(fromPixels), graph.size());
  }

  /** Likewise, up to the values {@code (N, F)} whose mean and deviation are to be measured. */
  public GraphBlock measured(boolean fromPixels) {
    return segment(start(fromPixels), graph.indexOf(NetworkDesign.SCALING));
  }

  private int start(boolean fromPixels) {
    return fromPixels ? 0 : design.cut();
  }

  /** The steps from one to before another. */
  public GraphBlock segment(int from, int to) {
    return whole.sharing(graph, from, to);
  }

  /** Creates the weights that are not there yet, by the blocks' initialisers. */
  public void initialize(NDManager manager) {
    logits(true).initialize(manager, DataType.FLOAT32, inputShape());
  }

  /** One input: {@code (1, 3, H, W)}. */
  public Shape inputShape() {
    return new Shape(1).addAll(graph.pixels());
  }

  /**
   * Freezes the stages before the freeze boundary, and thaws those after it and the head. Measured
   * values (moving averages of batch normalization, the features' mean and deviation) get no
   * gradient on either side.
   */
  public void freeze() {
    GraphBlock trained = logits(false);
    Set<Parameter> measured = new HashSet<>();
    trained
        .byWeight()
        .forEach(
            (weight, parameter) -> {
              if (weight.role().isMeasured()) {
                measured.add(parameter);
              }
            });
    root().freezeParameters(true);
    trained.freezeParameters(false);
    trained.freezeParameters(true, measured::contains);
  }

  /** Sets what features are standardised by; F values each. */
  public void standardizeBy(float[] means, float[] deviations) {
    set(Weight.Role.MEAN, means);
    set(Weight.Role.DEVIATION, deviations);
  }

  private void set(Weight.Role role, float[] values) {
    Weight weight = Weight.of(NetworkDesign.SCALING, role, values.length);
    ParameterWriter.set(whole.byWeight().get(weight), values);
  }
}
