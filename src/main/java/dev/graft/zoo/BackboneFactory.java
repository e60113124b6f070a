package dev.graft.zoo;

import ai.djl.Model;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.BlockFactory;
import ai.djl.nn.Parameter;
import dev.graft.Progress;
import dev.graft.network.GraftedNetwork;
import dev.graft.network.Layer;
import dev.graft.network.Network;
import dev.graft.network.Preprocessing;
import dev.graft.network.Weight;
import dev.graft.network.djl.Graft;
import dev.graft.network.djl.Segment;
import dev.graft.network.djl.Values;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Builds a backbone's block and fills it, on DJL's behalf: DJL creates it by name, from the zoo's
 * entry, and hands over the arguments of the {@code Criteria}.
 */
public final class BackboneFactory implements BlockFactory {
  private static final long serialVersionUID = 1L;

  /** Argument: a {@link Request}; without one it is the bundled weights, and no classifier. */
  static final String REQUEST = "request";

  /** Argument that the zoo's entry sets: the backbone's id. */
  static final String BACKBONE = "backbone";

  /** Classes of the classifier that a backbone was trained with, ImageNet's. */
  private static final int CLASSES = 1000;

  /**
   * What is wanted of a backbone.
   *
   * @param weights as in a recipe
   * @param inputSize side of the input in pixels
   * @param classifier whether it goes on to the logits of ImageNet's classes
   * @param display shows downloads
   * @param filled is told where the weights came from
   */
  record Request(
      String weights,
      int inputSize,
      boolean classifier,
      Progress.Display display,
      Consumer<Filled> filled) {
    /** The bundled weights, and nothing told of them. */
    static Request bundled(int inputSize, boolean classifier) {
      return new Request(
          WeightSource.PRETRAINED, inputSize, classifier, Progress.Display.NONE, filled -> {});
    }
  }

  /** What weights bring with them. */
  record Filled(Preprocessing preprocessing, Backbone.Provenance provenance) {}

  @Override
  public Block newBlock(Model model, Path modelPath, Map<String, ?> arguments) {
    BackboneEntry entry = BackboneEntry.of((String) arguments.get(BACKBONE));
    Request request =
        arguments.get(REQUEST) instanceof Request given
            ? given
            : Request.bundled(entry.inputSize(), false);
    try {
      int side = request.inputSize();
      Segment block = Graft.of(design(entry, side, request.classifier())).logits(true);
      block.initialize(model.getNDManager(), DataType.FLOAT32, new Shape(1, 3, side, side));
      request.filled().accept(fill(block, entry, request));
      return block;
    } catch (RuntimeException e) {
      model.close(); // DJL forgets the model where its block can't be had
      throw e;
    }
  }

  /** All stages up to the average of the last one, and the classifier behind it if it is wanted. */
  static GraftedNetwork design(BackboneEntry entry, int inputSize, boolean classifier) {
    Network network = classifier ? entry.classifying() : entry.network();
    List<String> last = List.of(network.stages().get(network.stages().size() - 1).name());
    int width = GraftedNetwork.featureWidth(network, inputSize, last);
    return GraftedNetwork.of(
        network,
        inputSize,
        entry.preprocessing(),
        GraftedNetwork.NONE,
        last,
        GraftedNetwork.Scaling.NONE,
        classifier ? List.of(new Layer.Dense("classifier", width, CLASSES)) : List.of());
  }

  /** Copies weights into the blocks' parameters one by one, so that only one is held twice. */
  private static Filled fill(Segment block, BackboneEntry entry, Request request) {
    WeightSource source = WeightSource.of(request.weights(), entry);
    if (source instanceof WeightSource.Random) {
      return new Filled(
          entry.preprocessing(), new Backbone.Provenance(source.label(), "", source.pretrained()));
    }
    Map<Weight, Parameter> wanted = block.byWeight();
    WeightSource.Opened opened = source.open(List.copyOf(wanted.keySet()), request.display());
    try (WeightReader reader = opened.reader()) {
      wanted.forEach((weight, parameter) -> Values.set(parameter, weight, reader.weights()));
      return new Filled(
          WeightSource.preprocessing(entry, reader.convention()),
          new Backbone.Provenance(source.label(), opened.sha256().hex(), source.pretrained()));
    }
  }
}
