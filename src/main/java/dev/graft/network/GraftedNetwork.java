package dev.graft.network;

import ai.djl.ndarray.types.Shape;
import dev.graft.GraftException;
import dev.graft.network.Layer.Dense;
import dev.graft.network.Layer.Dropout;
import dev.graft.network.Layer.Relu;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A backbone, cut at the freeze boundary, with a new head grafted on it. Everything that a model
 * is, but for its weights:
 *
 * <pre>
 * pixels ─► frozen stages ─┊─► trained stages ─► features ─► scaling ─► head ─► temperature ─► probabilities
 *                          ┊ freeze boundary
 * </pre>
 *
 * <p>The features are the global averages of the named stages, side by side. A stage before the
 * boundary gives frozen features, a stage after it trained ones; head-only training is the case
 * where the boundary comes last, training from scratch the one where it comes first.
 *
 * @param backbone the stages up to the last one that is a feature
 * @param inputSize side of the square input, in pixels
 * @param preprocessing what is done to a picture first
 * @param boundary number of frozen stages, from 0 to all
 * @param features names of the stages whose averages are the features, in the network's order
 * @param scaling what is done to the features before the head
 * @param head layers from the features to the classes' logits; of none where the network is to end
 *     with its features
 * @param temperature what the logits are divided by before the softmax; 1 while training
 */
public record GraftedNetwork(
    Network backbone,
    int inputSize,
    Preprocessing preprocessing,
    int boundary,
    List<String> features,
    Scaling scaling,
    List<Layer> head,
    double temperature) {
  /**
   * What is done to the features before the head.
   *
   * @param power each average x becomes {@code sign(x) |x|^power}: 1 leaves it, 0.5 is the signed
   *     square root (power normalisation, Perronnin et al. 2010)
   * @param standardize whether each value is then standardised by the training pictures' mean and
   *     deviation
   */
  public record Scaling(double power, boolean standardize) {
    public static final Scaling NONE = new Scaling(1, false);

    public Scaling {
      if (!(power > 0 && power <= 1)) {
        throw new IllegalArgumentException("feature-power is in (0, 1], not " + power);
      }
    }
  }

  /** A row of the summary: what a layer is called, gives out, holds, and whether it is trained. */
  public record Row(String name, String type, Shape output, long parameters, boolean trained) {}

  /** The step whose mean and deviation are measured. */
  public static final String SCALING = "scaling";

  /** The step that comes last in a network with a head. */
  public static final String PROBABILITIES = "probabilities";

  /** Name of the first stage to be trained where none is. */
  public static final String NONE = "none";

  public GraftedNetwork {
    features = List.copyOf(features);
    head = List.copyOf(head);
  }

  /**
   * Cuts a backbone.
   *
   * @param unfreeze the first stage to be trained, or {@link #NONE}
   * @param features the stages that are features; empty for the backbone's own
   * @throws GraftException for a stage that the backbone does not have, for a boundary after the
   *     last feature, and for an input that is too small
   */
  public static GraftedNetwork of(
      Network backbone,
      int inputSize,
      Preprocessing preprocessing,
      String unfreeze,
      List<String> features,
      Scaling scaling,
      List<Layer> head) {
    List<String> tapped =
        (features.isEmpty() ? backbone.features() : features)
            .stream()
                .distinct()
                .sorted((a, b) -> backbone.indexOf(a) - backbone.indexOf(b))
                .toList();
    int end = backbone.indexOf(tapped.get(tapped.size() - 1)) + 1;
    int boundary = unfreeze.equals(NONE) ? end : backbone.indexOf(unfreeze);
    if (!unfreeze.equals(NONE) && boundary >= end) {
      throw new GraftException(
          "unfreeze: "
              + unfreeze
              + " comes after "
              + tapped.get(tapped.size() - 1)
              + ", the last of the features, so that nothing of the backbone would be trained;"
              + " name an earlier stage, or none.");
    }
    backbone.outputs(inputSize);
    Network used =
        new Network(
            backbone.name(), backbone.stages().subList(0, end), tapped, backbone.smallestInput());
    return new GraftedNetwork(used, inputSize, preprocessing, boundary, tapped, scaling, head, 1);
  }

  /** The same network with its logits divided by another number. */
  public GraftedNetwork at(double other) {
    return new GraftedNetwork(
        backbone, inputSize, preprocessing, boundary, features, scaling, head, other);
  }

  /**
   * The layers of a head: dropout, a hidden layer with ReLU and dropout (left out where {@code
   * hidden} is 0), and one value a class.
   */
  public static List<Layer> head(
      int features, int hidden, double inputDropout, double dropout, int classes) {
    List<Layer> layers = new ArrayList<>();
    if (inputDropout > 0) {
      layers.add(new Dropout("head_input_dropout", inputDropout));
    }
    int width = features;
    if (hidden > 0) {
      layers.add(new Dense("head_hidden", features, hidden));
      layers.add(new Relu("head_relu"));
      if (dropout > 0) {
        layers.add(new Dropout("head_dropout", dropout));
      }
      width = hidden;
    }
    layers.add(new Dense("head_classes", width, classes));
    return layers;
  }

  /** Number of values that a backbone's stages give as features, for an input of the given side. */
  public static int featureWidth(Network backbone, int inputSize, List<String> features) {
    List<Shape> outputs = backbone.outputs(inputSize);
    return (features.isEmpty() ? backbone.features() : features)
        .stream().distinct().mapToInt(name -> width(outputs.get(backbone.indexOf(name)))).sum();
  }

  /** A global average has a value a channel; what is flat already stays as it is. */
  private static int width(Shape output) {
    return Math.toIntExact(output.get(0));
  }

  /** Number of features that the head sees. */
  public int featureWidth() {
    return featureWidth(backbone, inputSize, features);
  }

  /** Whether any stage of the backbone is trained. */
  public boolean trainsBackbone() {
    return boundary < backbone.stages().size();
  }

  public int classes() {
    return width(Layer.outputOf(head, new Shape(featureWidth())));
  }

  /** The first stage that is trained, or {@link #NONE}. */
  public String unfrozen() {
    return trainsBackbone() ? backbone.stages().get(boundary).name() : NONE;
  }

  /** The network, step by step. */
  public Graph graph() {
    List<Step> steps = new ArrayList<>();
    String last = append(steps, preprocessing.normalization(), Graph.PIXELS);
    List<String> taps = taps();
    for (Stage stage : backbone.stages()) {
      steps.addAll(stage.steps(last));
      last = stage.output();
      if (taps.contains(average(stage.name()))) {
        append(steps, new Layer.GlobalAveragePool(average(stage.name())), last);
      }
    }
    if (taps.size() > 1) {
      steps.add(new Step(new Layer.Concatenate(joined(taps)), taps));
    }
    last = joined(taps);
    if (scaling.power() != 1) {
      last = append(steps, new Layer.Power(SCALING + "_power", scaling.power()), last);
    }
    if (scaling.standardize()) {
      last = append(steps, new Layer.Standardize(SCALING, featureWidth()), last);
    }
    for (Layer layer : head) {
      last = append(steps, layer, last);
    }
    if (temperature != 1) {
      last = append(steps, new Layer.Temperature("temperature", temperature), last);
    }
    if (!head.isEmpty()) {
      append(steps, new Layer.Softmax(PROBABILITIES), last);
    }
    return new Graph(new Shape(3, inputSize, inputSize), steps);
  }

  private static String append(List<Step> steps, Layer layer, String input) {
    steps.add(Step.of(layer, input));
    return layer.name();
  }

  /** The steps that are features: averages, or the stage's output where that is flat already. */
  private List<String> taps() {
    List<Shape> outputs = backbone.outputs(inputSize);
    return features.stream()
        .map(backbone::indexOf)
        .map(backbone.stages()::get)
        .map(
            stage ->
                outputs.get(backbone.indexOf(stage.name())).dimension() == 1
                    ? stage.output()
                    : average(stage.name()))
        .toList();
  }

  private static String average(String stage) {
    return stage + "_average";
  }

  private static String joined(List<String> taps) {
    return taps.size() == 1 ? taps.get(0) : "features";
  }

  /** Where the freeze boundary cuts the {@linkplain #graph graph}: the number of frozen steps. */
  public int cut() {
    if (boundary == 0) {
      return 0;
    }
    return trainsBackbone()
        ? graph().indexOf(backbone.stages().get(boundary).layers().get(0).name())
        : featuresEnd();
  }

  /** The number of steps up to the features. */
  public int featuresEnd() {
    return graph().indexOf(joined(taps())) + 1;
  }

  /** The number of steps up to the logits. */
  public int logitsEnd() {
    return graph().size() - (head.isEmpty() ? 0 : 1);
  }

  public long parameters() {
    return graph().parameters();
  }

  public long trainedParameters() {
    return rows().stream().filter(Row::trained).mapToLong(Row::parameters).sum();
  }

  /** The layer table, from the pixels to the probabilities. */
  public List<Row> rows() {
    Graph graph = graph();
    Map<String, Shape> shapes = graph.shapes();
    List<Row> rows = new ArrayList<>();
    rows.add(new Row(Graph.PIXELS, "Input", graph.pixels(), 0, false));
    int frozen = cut();
    for (Step step : graph.steps()) {
      long parameters = step.layer().parameters();
      boolean trained = rows.size() > frozen && parameters > 0;
      rows.add(
          new Row(step.name(), step.layer().type(), shapes.get(step.name()), parameters, trained));
    }
    return rows;
  }
}
