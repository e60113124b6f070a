package dev.graft.zoo;

import ai.djl.Model;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.BlockFactory;
import dev.graft.network.BackboneSpec;
import dev.graft.network.Layer;
import dev.graft.network.NetworkDesign;
import dev.graft.network.Preprocessing;
import dev.graft.network.Weight;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.network.djl.GraphBlock;
import dev.graft.util.Progress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Builds a backbone's block and loads its weights. DJL creates the factory by its class name, which
 * the zoo's entry contains, and passes the arguments of the {@code Criteria}. All of them are
 * optional: by default DJL gets the pretrained weights without a classifier, for the input size of
 * CIFAR-10. The origin of the weights is recorded in the model's properties.
 */
public final class BackboneFactory implements BlockFactory {
  private static final long serialVersionUID = 1L;

  /** Argument that the zoo's entry sets: the backbone's id. */
  static final String BACKBONE = "backbone";

  /** Argument: the weights as in a recipe; by default {@link WeightSource#PRETRAINED}. */
  static final String WEIGHTS = "weights";

  /** Argument: side of the square input, in pixels. */
  static final String INPUT_SIZE = "inputSize";

  /** Argument: whether the classifier of ImageNet's 1000 classes follows; by default false. */
  static final String CLASSIFIER = "classifier";

  /** Argument: a {@link Progress.Display} for downloads. */
  static final String DISPLAY = "display";

  /** Classes of the classifier that a backbone was trained with, ImageNet's. */
  private static final int CLASSES = 1000;

  // Properties of the model; their names differ from the arguments, which DJL copies there.
  private static final String SOURCE = "weights-source";
  private static final String SHA256 = "weights-sha256";
  private static final String PRETRAINED = "weights-pretrained";
  private static final String CONVENTION = "weights-convention";

  @Override
  public Block newBlock(Model model, Path modelPath, Map<String, ?> arguments) {
    BackboneInfo entry = BackboneInfo.of((String) arguments.get(BACKBONE));
    int side = argument(arguments, INPUT_SIZE, entry.inputSize().small());
    try {
      GraphBlock block =
          DjlNetwork.of(design(entry, side, argument(arguments, CLASSIFIER, false))).logits(true);
      block.initialize(model.getNDManager(), DataType.FLOAT32, new Shape(1, 3, side, side));
      load(
          WeightSource.of(argument(arguments, WEIGHTS, WeightSource.PRETRAINED), entry),
          argument(arguments, DISPLAY, Progress.Display.NONE),
          block,
          model);
      return block;
    } catch (RuntimeException e) {
      model.close(); // DJL does not close the model if the factory fails
      throw e;
    }
  }

  @SuppressWarnings("unchecked") // an argument of another type is a programming error
  private static <T> T argument(Map<String, ?> arguments, String name, T otherwise) {
    return arguments.containsKey(name) ? (T) arguments.get(name) : otherwise;
  }

  /** Returns all stages, the global average of the last one and, if wanted, the classifier. */
  static NetworkDesign design(BackboneInfo entry, int inputSize, boolean classifier) {
    BackboneSpec network = classifier ? entry.classifying() : entry.network();
    List<String> last = List.of(network.stages().get(network.stages().size() - 1).name());
    int width = NetworkDesign.featureWidth(network, inputSize, last);
    return NetworkDesign.of(
        network,
        inputSize,
        entry.preprocessing(),
        NetworkDesign.NONE,
        last,
        NetworkDesign.Scaling.NONE,
        classifier ? List.of(new Layer.Dense("classifier", width, CLASSES)) : List.of());
  }

  private static void load(
      WeightSource source, Progress.Display display, GraphBlock block, Model model) {
    model.setProperty(SOURCE, source.label());
    model.setProperty(PRETRAINED, Boolean.toString(source.pretrained()));
    if (source instanceof WeightSource.Random) {
      return;
    }
    List<Weight> wanted = List.copyOf(block.byWeight().keySet());
    WeightSource.Opened opened = source.open(wanted, display);
    try (WeightReader reader = opened.reader()) {
      block.setWeights(reader.weights());
      model.setProperty(SHA256, opened.sha256().hex());
      model.setProperty(CONVENTION, reader.convention().name());
    }
  }

  /** Returns the origin of a loaded model's weights. */
  static LoadedBackbone.Provenance provenance(Model model) {
    return new LoadedBackbone.Provenance(
        model.getProperty(SOURCE),
        model.getProperty(SHA256, ""),
        Boolean.parseBoolean(model.getProperty(PRETRAINED)));
  }

  /** Returns the preprocessing that belongs to a loaded model's weights. */
  static Preprocessing preprocessing(Model model, BackboneInfo entry) {
    String convention = model.getProperty(CONVENTION, WeightReader.Convention.GRAFT.name());
    return WeightSource.preprocessing(entry, WeightReader.Convention.valueOf(convention));
  }
}
