package dev.graft.network;

import ai.djl.ndarray.types.Shape;
import dev.graft.GraftException;
import dev.graft.network.Layer.Dense;
import dev.graft.network.Layer.Dropout;
import dev.graft.network.Layer.Relu;
import java.util.ArrayList;
import java.util.List;

/**
 * A backbone, cut at the freeze boundary, with a new head grafted on it. Everything that a model
 * is, but for its weights:
 *
 * <pre>
 * pixels ─► frozen stages ─┊─► trained stages ─► features ─► scaling ─► head ─► logits
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
 * @param head layers from the features to the classes' logits
 */
public record GraftedNetwork(
    Network backbone,
    int inputSize,
    Preprocessing preprocessing,
    int boundary,
    List<String> features,
    Scaling scaling,
    List<Layer> head) {
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
    return new GraftedNetwork(used, inputSize, preprocessing, boundary, tapped, scaling, head);
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

  /** Number of features that come from frozen stages, first in the features' order. */
  public int frozenFeatureWidth() {
    List<Shape> outputs = backbone.outputs(inputSize);
    return features.stream()
        .mapToInt(backbone::indexOf)
        .filter(stage -> stage < boundary)
        .map(stage -> width(outputs.get(stage)))
        .sum();
  }

  /** Whether any stage of the backbone is trained. */
  public boolean trainsBackbone() {
    return boundary < backbone.stages().size();
  }

  /**
   * What crosses the freeze boundary, without the batch: {@code (C, H, W)}, the pixels themselves
   * where everything is trained.
   */
  public Shape boundaryShape() {
    return boundary == 0
        ? new Shape(3, inputSize, inputSize)
        : backbone.outputs(inputSize).get(boundary - 1);
  }

  public int classes() {
    return Math.toIntExact(Layer.outputOf(head, new Shape(featureWidth())).get(0));
  }

  /** The first stage that is trained, or {@link #NONE}. */
  public String unfrozen() {
    return trainsBackbone() ? backbone.stages().get(boundary).name() : NONE;
  }

  public long parameters() {
    return backbone.parameters() + head.stream().mapToLong(Layer::parameters).sum();
  }

  public long trainedParameters() {
    return rows().stream().filter(Row::trained).mapToLong(Row::parameters).sum();
  }

  /** The layer table, from the pixels to the logits. */
  public List<Row> rows() {
    List<Row> rows = new ArrayList<>();
    Shape shape = new Shape(3, inputSize, inputSize);
    rows.add(new Row("pixels", "Input", shape, 0, false));
    for (int i = 0; i < backbone.stages().size(); i++) {
      for (Layer layer : backbone.stages().get(i).layers()) {
        shape = layer.output(shape);
        rows.add(row(layer, shape, i >= boundary));
      }
    }
    List<Shape> outputs = backbone.outputs(inputSize);
    for (String feature : features) {
      Shape output = outputs.get(backbone.indexOf(feature));
      String type = output.dimension() == 1 ? "Identity" : "GlobalAveragePool";
      rows.add(new Row(feature + "_average", type, new Shape(output.get(0)), 0, false));
    }
    shape = new Shape(featureWidth());
    if (features.size() > 1) {
      rows.add(new Row("features", "Concatenate", shape, 0, false));
    }
    if (!scaling.equals(Scaling.NONE)) {
      String power = scaling.power() == 1 ? "" : "power " + scaling.power();
      String standard = scaling.standardize() ? "standardised" : "";
      String both = power.isEmpty() || standard.isEmpty() ? "" : ", ";
      rows.add(new Row("scaling", power + both + standard, shape, 0, false));
    }
    for (Layer layer : head) {
      shape = layer.output(shape);
      rows.add(row(layer, shape, true));
    }
    return rows;
  }

  private static Row row(Layer layer, Shape output, boolean inTrainedPart) {
    return new Row(
        layer.name(),
        layer.type(),
        output,
        layer.parameters(),
        inTrainedPart && layer.parameters() > 0);
  }
}
