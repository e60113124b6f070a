package dev.graft.zoo;

import ai.djl.Model;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.BlockFactory;
import ai.djl.nn.Parameter;
import dev.graft.Progress;
import dev.graft.network.EfficientNetLite0;
import dev.graft.network.Graft;
import dev.graft.network.GraftedNetwork;
import dev.graft.network.Layer;
import dev.graft.network.Network;
import dev.graft.network.Preprocessing;
import dev.graft.network.Trunk;
import dev.graft.network.Weight;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Builds a backbone's block and fills it, on DJL's behalf: DJL creates it by name, from the zoo's
 * entry, and hands over the arguments of the {@code Criteria}.
 */
public final class BackboneFactory implements BlockFactory {
  private static final long serialVersionUID = 1L;

  /** Argument: the weights as in a recipe; the bundled ones unless given. */
  static final String WEIGHTS = "weights";

  /** Argument: side of the input in pixels. */
  static final String INPUT_SIZE = "input-size";

  /** Argument: {@code true} for the network with its ImageNet classifier. */
  static final String CLASSIFIER = "classifier";

  /** Argument: the {@link Progress.Display} that shows downloads; they are silent unless given. */
  static final String CONSOLE = "console";

  /** Argument that the zoo's entry sets: the backbone's id. */
  static final String BACKBONE = "backbone";

  private static final String SHA256 = "weights.sha256";
  private static final String SOURCE = "weights.source";
  private static final String PRETRAINED = "weights.pretrained";
  private static final String CONVENTION = "weights.convention";

  @Override
  public Block newBlock(Model model, Path modelPath, Map<String, ?> arguments) {
    try {
      return newBlock(model, arguments);
    } catch (RuntimeException e) {
      model.close(); // DJL forgets the model where its block can't be had
      throw e;
    }
  }

  private static Block newBlock(Model model, Map<String, ?> arguments) {
    BackboneEntry entry = BackboneEntry.of((String) arguments.get(BACKBONE));
    Network network = entry.network();
    int inputSize =
        arguments.containsKey(INPUT_SIZE)
            ? Integer.parseInt((String) arguments.get(INPUT_SIZE))
            : entry.inputSize();
    boolean withClassifier = "true".equals(arguments.get(CLASSIFIER));
    List<Layer> classifier =
        withClassifier
            ? List.of(new Layer.Dense("classifier", EfficientNetLite0.FEATURES, 1000))
            : List.of();
    GraftedNetwork design =
        GraftedNetwork.of(
            network,
            inputSize,
            entry.preprocessing(),
            GraftedNetwork.NONE,
            List.of(network.stages().get(network.stages().size() - 1).name()),
            GraftedNetwork.Scaling.NONE,
            classifier);
    Trunk trunk = Trunk.whole(design);
    Block block = withClassifier ? Graft.of(design, trunk).whole() : trunk;
    block.initialize(model.getNDManager(), DataType.FLOAT32, new Shape(1, 3, inputSize, inputSize));

    List<Weight> wanted = new ArrayList<>(network.weights());
    Map<String, Parameter> parameters = new HashMap<>(trunk.parametersByWeight());
    for (Layer layer : classifier) {
      // The head comes last, and with it its parameters.
      List<Parameter> all = block.getParameters().values();
      List<Parameter> own = all.subList(all.size() - layer.weights().size(), all.size());
      for (int i = 0; i < own.size(); i++) {
        wanted.add(layer.weights().get(i));
        parameters.put(layer.weights().get(i).name(), own.get(i));
      }
    }
    Object weights = arguments.get(WEIGHTS);
    fill(
        WeightSource.of(weights == null ? WeightSource.PRETRAINED : (String) weights, entry),
        wanted,
        parameters,
        model,
        arguments.get(CONSOLE) instanceof Progress.Display display
            ? display
            : Progress.Display.NONE);
    return block;
  }

  /** Copies weights into the blocks' parameters one by one, so that only one is held twice. */
  private static void fill(
      WeightSource source,
      List<Weight> wanted,
      Map<String, Parameter> parameters,
      Model model,
      Progress.Display display) {
    model.setProperty(SOURCE, source.label());
    model.setProperty(PRETRAINED, Boolean.toString(source.pretrained()));
    if (source instanceof WeightSource.Random) {
      return;
    }
    WeightSource.Opened opened = source.open(wanted, display);
    try (WeightReader reader = opened.reader()) {
      for (Weight weight : wanted) {
        parameters.get(weight.name()).getArray().set(reader.read(weight));
      }
      model.setProperty(SHA256, opened.sha256().hex());
      model.setProperty(CONVENTION, reader.convention().name());
    }
  }

  static Backbone.Provenance provenance(Model model) {
    String sha256 = model.getProperty(SHA256);
    return new Backbone.Provenance(
        model.getProperty(SOURCE),
        sha256 == null ? "" : sha256.toLowerCase(Locale.ROOT),
        Boolean.parseBoolean(model.getProperty(PRETRAINED)));
  }

  static Preprocessing preprocessing(Model model, BackboneEntry entry) {
    String convention = model.getProperty(CONVENTION);
    return convention == null
        ? entry.preprocessing()
        : WeightSource.preprocessing(entry, WeightReader.Convention.valueOf(convention));
  }
}
