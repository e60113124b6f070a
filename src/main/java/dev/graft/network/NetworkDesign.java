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
 * The design of a whole model: a backbone that is cut at the freeze boundary, and a new head. It
 * describes everything but the weights:
 *
 * <pre>
 * pixels ─► frozen stages ─┊─► trained stages ─► features ─► scaling ─► head ─► temperature ─► probabilities
 *                          ┊ freeze boundary
 * </pre>
 *
 * <p>The features are the concatenated global averages of the named stages. The stages before the
 * boundary are frozen, those after it are trained: head-only training has the boundary after the
 * last stage, training from scratch before the first.
 *
 * @param backbone the stages up to the last feature stage
 * @param inputSize side of the square input, in pixels
 * @param preprocessing turns an image into the network's input
 * @param boundary number of frozen stages, from 0 to all
 * @param features names of the stages whose averages are the features, in the network's order
 * @param scaling transforms the features before the head
 * @param head layers from the features to the logits of the classes; empty for a network that ends
 *     with its features
 * @param temperature divides the logits before the softmax; 1 during training
 */
public record NetworkDesign(
    BackboneSpec backbone,
    int inputSize,
    Preprocessing preprocessing,
    int boundary,
    List<String> features,
    Scaling scaling,
    List<Layer> head,
    double temperature) {
  /**
   * The transformation of the features before the head.
   *
   * @param power in (0, 1]; each average x becomes {@code sign(x) |x|^power}. 1 is the identity,
   *     0.5 the signed square root (power normalization, Perronnin et al. 2010)
   * @param normalize whether the features of each stage are then divided by their Euclidean norm
   * @param standardize whether each value is then standardized by the mean and standard deviation
   *     of the training images
   */
  public record Scaling(double power, boolean normalize, boolean standardize) {
    /** Leaves the features as they are. */
    public static final Scaling NONE = new Scaling(1, false);

    /** Creates a scaling without division by norms. */
    public Scaling(double power, boolean standardize) {
      this(power, false, standardize);
    }

    public Scaling {
      if (!(power > 0 && power <= 1)) {
        throw new IllegalArgumentException("feature-power: must be in (0, 1], not " + power);
      }
    }
  }

  /**
   * A row of the layer table.
   *
   * @param name the layer's name
   * @param type the kind of layer, such as {@code Conv2d}
   * @param output the output's shape, without the batch
   * @param parameters the number of weights, as Keras counts them
   * @param trained whether training changes the weights
   */
  public record Row(String name, String type, Shape output, long parameters, boolean trained) {}

  /** The name of the standardizing step, whose mean and deviation are measured. */
  public static final String SCALING = "scaling";

  /** The name of the head's last layer. */
  public static final String OUTPUT = "head_classes";

  /** The name of the last step of a network with a head. */
  public static final String PROBABILITIES = "probabilities";

  /** Stands for the first trained stage in a network without one. */
  public static final String NONE = "none";

  public NetworkDesign {
    features = List.copyOf(features);
    head = List.copyOf(head);
  }

  /**
   * Cuts a backbone after its last feature stage, and adds a head.
   *
   * @param backbone the whole backbone
   * @param inputSize side of the square input, in pixels
   * @param preprocessing turns an image into the network's input
   * @param unfreeze the first trained stage, or {@link #NONE}
   * @param features names of the feature stages; empty for the backbone's default
   * @param scaling transforms the features before the head
   * @param head layers from the features to the logits; may be empty
   * @throws GraftException if the backbone lacks a stage, the boundary is after the last feature
   *     stage, or the input is too small
   */
  public static NetworkDesign of(
      BackboneSpec backbone,
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
      throw GraftException.of(
          "unfreeze: %s is after the last feature stage, %s, so no stage would be trained; name an"
              + " earlier stage, or none.",
          unfreeze, tapped.get(tapped.size() - 1));
    }
    backbone.outputs(inputSize);
    BackboneSpec used =
        new BackboneSpec(
            backbone.name(), backbone.stages().subList(0, end), tapped, backbone.smallestInput());
    return new NetworkDesign(used, inputSize, preprocessing, boundary, tapped, scaling, head, 1);
  }

  /**
   * Returns this network with a linear head on some of its features.
   *
   * @param some names of the feature stages
   * @param other transforms these features before the head
   */
  public NetworkDesign linear(List<String> some, Scaling other) {
    List<Layer> layers = head(featureWidth(backbone, inputSize, some), 0, 0, 0, classes());
    return of(backbone, inputSize, preprocessing, NONE, some, other, layers);
  }

  /** Returns this network with another temperature. */
  public NetworkDesign at(double other) {
    return new NetworkDesign(
        backbone, inputSize, preprocessing, boundary, features, scaling, head, other);
  }

  /**
   * Returns this network with stochastic depth (Huang et al. 2016): in training, the layers of each
   * trained residual block are dropped for some images, so that only its shortcut remains. As in
   * the paper, the share of the images grows linearly with the depth.
   *
   * @param rate share of the images for which the last stage is dropped, in [0, 1)
   */
  public NetworkDesign withStochasticDepth(double rate) {
    if (rate == 0) {
      return this;
    }
    List<Stage> stages = new ArrayList<>(backbone.stages());
    for (int i = boundary; i < stages.size(); i++) {
      Stage stage = stages.get(i);
      if (stage.shortcut().isPresent()) {
        double share = rate * (i + 1) / stages.size();
        stages.set(i, stage.with(new Dropout(stage.name() + ".drop", share, true)));
      }
    }
    BackboneSpec dropping =
        new BackboneSpec(backbone.name(), stages, backbone.features(), backbone.smallestInput());
    return new NetworkDesign(
        dropping, inputSize, preprocessing, boundary, features, scaling, head, temperature);
  }

  /** Returns whether any trained stage is a residual block. */
  public boolean trainsResidualBlocks() {
    return backbone.stages().stream().skip(boundary).anyMatch(each -> each.shortcut().isPresent());
  }

  /**
   * Returns the layers of a head: dropout, a hidden layer with ReLU and dropout, and a dense layer
   * to the logits.
   *
   * @param features number of input values
   * @param hidden units of the hidden layer; 0 for no hidden layer
   * @param inputDropout the share of the features that is dropped, in [0, 1)
   * @param dropout the share of the hidden units that is dropped, in [0, 1)
   * @param classes number of logits
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
    layers.add(new Dense(OUTPUT, width, classes));
    return layers;
  }

  /**
   * Returns the number of features that a backbone's stages have.
   *
   * @param backbone the whole backbone
   * @param inputSize side of the square input, in pixels
   * @param features names of the feature stages; empty for the backbone's default
   */
  public static int featureWidth(BackboneSpec backbone, int inputSize, List<String> features) {
    List<Shape> outputs = backbone.outputs(inputSize);
    return (features.isEmpty() ? backbone.features() : features)
        .stream().distinct().mapToInt(name -> width(outputs.get(backbone.indexOf(name)))).sum();
  }

  /** Returns the length of a stage's feature vector: its channels, or its values if it is flat. */
  private static int width(Shape output) {
    return Math.toIntExact(output.get(0));
  }

  /** Returns the number of features, which are the head's input. */
  public int featureWidth() {
    return featureWidth(backbone, inputSize, features);
  }

  /** Returns the number of features of each feature stage, in the order of {@link #features}. */
  public List<Integer> stageWidths() {
    List<Shape> outputs = backbone.outputs(inputSize);
    return features.stream().map(name -> width(outputs.get(backbone.indexOf(name)))).toList();
  }

  /** Returns whether any stage of the backbone is trained. */
  public boolean trainsBackbone() {
    return boundary < backbone.stages().size();
  }

  /** Returns the number of classes. */
  public int classes() {
    return width(Layer.outputOf(head, new Shape(featureWidth())));
  }

  /** Returns the name of the first trained stage, or {@link #NONE}. */
  public String unfrozen() {
    return trainsBackbone() ? backbone.stages().get(boundary).name() : NONE;
  }

  /** Returns the whole network, from the pixels to the probabilities. */
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
    if (scaling.normalize()) {
      last = append(steps, new Layer.L2Normalize(SCALING + "_norm", stageWidths()), last);
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

  /** Returns the names of the steps that give features: averages, or outputs that are flat. */
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

  /** Returns the name of the step that gives the last stage's features. */
  public String lastFeatures() {
    List<String> taps = taps();
    return taps.get(taps.size() - 1);
  }

  /** Returns the number of the last stage's features, which are the last of all. */
  public int lastFeatureWidth() {
    return width(backbone.outputs(inputSize).get(backbone.stages().size() - 1));
  }

  private static String joined(List<String> taps) {
    return taps.size() == 1 ? taps.get(0) : "features";
  }

  /** Returns the number of frozen steps of the {@linkplain #graph graph}. */
  public int cut() {
    if (boundary == 0) {
      return 0;
    }
    return trainsBackbone()
        ? graph().indexOf(backbone.stages().get(boundary).layers().get(0).name())
        : featuresEnd();
  }

  /** Returns the number of steps up to the features. */
  public int featuresEnd() {
    return graph().indexOf(joined(taps())) + 1;
  }

  /** Returns the number of steps up to the logits. */
  public int logitsEnd() {
    return graph().size() - (head.isEmpty() ? 0 : 1);
  }

  /** Returns the number of weights, as Keras counts them. */
  public long parameters() {
    return graph().parameters();
  }

  /** Returns the number of weights that training changes, without running means and variances. */
  public long trainedParameters() {
    Graph graph = graph();
    return graph.steps().subList(cut(), graph.size()).stream()
        .flatMap(step -> step.layer().weights().stream())
        .filter(weight -> !weight.role().isMeasured())
        .mapToLong(Weight::size)
        .sum();
  }

  /** Returns the layer table, from the pixels to the probabilities. */
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
