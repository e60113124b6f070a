package dev.graft.artefact;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.modality.Classifications;
import ai.djl.modality.cv.Image;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.BlockFactory;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.repository.zoo.ZooModel;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.graft.GraftException;
import dev.graft.WholeFile;
import dev.graft.network.Graft;
import dev.graft.network.GraftedNetwork;
import dev.graft.network.ImageTranslator;
import dev.graft.network.Network;
import dev.graft.network.Preprocessing;
import dev.graft.network.Trunk;
import dev.graft.network.Weight;
import dev.graft.recipe.Recipe;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A model on disk, which plain DJL loads with {@code Criteria.optModelPath} as {@code Image} to
 * {@code Classifications}: {@code <name>-0000.params}, {@code synset.txt} with a class a line,
 * {@code network.json}, which says how to build the network and prepare pictures, and {@code
 * serving.properties}, which names the class that builds it.
 */
public final class SavedModel {
  private static final int FORMAT = 1;
  private static final String NETWORK = "network.json";
  private static final String CLASSES = "synset.txt";
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .build();

  private SavedModel() {}

  /**
   * {@code network.json}: what a {@link GraftedNetwork} is made from.
   *
   * @param format of this file
   * @param weights where the backbone's came from, for people
   */
  record Description(
      int format,
      String backbone,
      String weights,
      int inputSize,
      Preprocessing preprocessing,
      String unfreeze,
      List<String> features,
      GraftedNetwork.Scaling scaling,
      Recipe.Head head,
      int classes) {
    GraftedNetwork network() {
      Network network = Network.named(backbone);
      return GraftedNetwork.of(
          network,
          inputSize,
          preprocessing,
          unfreeze,
          features,
          scaling,
          GraftedNetwork.head(
              GraftedNetwork.featureWidth(network, inputSize, features),
              head.hidden(),
              head.inputDropout(),
              head.dropout(),
              classes));
    }
  }

  /**
   * Saves a trained model; the folder appears whole.
   *
   * @param folder is made; must not be there
   * @param name of the parameters' file
   * @param weights where the backbone's weights came from, for people
   * @param head what the head was made from
   */
  public static void save(
      Graft graft, Path folder, String name, String weights, List<String> classes, Recipe.Head head)
      throws IOException {
    GraftedNetwork design = graft.design();
    Description description =
        new Description(
            FORMAT,
            design.backbone().name(),
            weights,
            design.inputSize(),
            design.preprocessing(),
            design.unfrozen(),
            design.features(),
            design.scaling(),
            head,
            classes.size());
    WholeFile.folder(
        folder,
        unfinished -> {
          try (Model model = Model.newInstance(name)) {
            Block whole = pictureBlock(graft);
            whole.initialize(model.getNDManager(), DataType.FLOAT32, graft.inputShape());
            model.setBlock(whole);
            model.save(unfinished, name);
          }
          Files.writeString(
              unfinished.resolve(NETWORK), JSON.writeValueAsString(description) + "\n");
          Files.writeString(unfinished.resolve(CLASSES), String.join("\n", classes) + "\n");
          Files.writeString(
              unfinished.resolve("serving.properties"),
              "# Any engine of DJL's that has Graft's jar beside it\n"
                  + ("blockFactory=" + BuildsBlock.class.getName() + "\n")
                  + "# DJL's image translator is to leave the picture alone: the block prepares it\n"
                  + "toTensor=false\nbatchifier=none\napplySoftmax=true\n"
                  + ("topK=" + classes.size() + "\n")
                  + ("option.modelName=" + name + "\n"));
        });
  }

  /**
   * Loads a model with DJL.
   *
   * @throws GraftException if the folder holds no model, or a damaged one
   */
  public static ZooModel<Image, Classifications> load(Path folder, Device device) {
    if (!Files.isRegularFile(folder.resolve(NETWORK))) {
      throw new GraftException(
          "There is no model in " + folder + ": it should hold " + NETWORK + " and the rest.");
    }
    Description description = describe(folder);
    try {
      GraftedNetwork design = description.network();
      // Prepares pictures outside the block, so that they can be batched; the answers are the same.
      ImageTranslator translator =
          new ImageTranslator(
              description.preprocessing(), description.inputSize(), classes(folder, description));
      ZooModel<Image, Classifications> model =
          Criteria.builder()
              .setTypes(Image.class, Classifications.class)
              .optModelPath(folder)
              .optTranslator(translator)
              .optDevice(device)
              .build()
              .loadModel();
      try {
        checkWeights(model.getBlock(), design);
        return model;
      } catch (RuntimeException e) {
        model.close();
        throw e;
      }
    } catch (EOFException e) {
      throw failure(folder, "the file of its weights is cut short", e);
    } catch (IOException | ModelNotFoundException | MalformedModelException e) {
      throw failure(folder, e.getMessage(), e);
    } catch (RuntimeException e) {
      // What DJL makes of a damaged file may be anything.
      throw failure(folder, e.getMessage() == null ? e.toString() : e.getMessage(), e);
    }
  }

  private static GraftException failure(Path folder, String reason, Exception cause) {
    String sentence = reason.lines().findFirst().orElse("").replaceFirst("[.]+$", "");
    return new GraftException(
        "The model in " + folder + " can't be loaded: " + sentence + ".", cause);
  }

  /** DJL takes parameters of any shape, and none at all from a file that it doesn't know. */
  private static void checkWeights(Block block, GraftedNetwork design) {
    List<Shape> wanted = new ArrayList<>();
    design.backbone().weights().forEach(weight -> wanted.add(shape(weight)));
    wanted.add(new Shape(design.featureWidth())); // the scaling's mean
    wanted.add(new Shape(design.featureWidth())); // and deviation
    design.head().stream()
        .flatMap(layer -> layer.weights().stream())
        .forEach(weight -> wanted.add(shape(weight)));
    List<Shape> found =
        block.getParameters().values().stream()
            .map(each -> each.isInitialized() ? each.getArray().getShape() : new Shape(0))
            .toList();
    if (!found.equals(wanted)) {
      throw new GraftException("its weights are not those of the network in " + NETWORK + ".");
    }
  }

  private static Shape shape(Weight weight) {
    return new Shape(weight.shape().stream().mapToLong(Long::longValue).toArray());
  }

  private static Block pictureBlock(Graft graft) {
    GraftedNetwork design = graft.design();
    return new PictureBlock(design.preprocessing(), design.inputSize(), graft.whole());
  }

  private static Description describe(Path folder) {
    Path file = folder.resolve(NETWORK);
    try {
      Description description = JSON.readValue(Files.readString(file), Description.class);
      if (description == null) {
        throw new GraftException(file + " is damaged: it describes nothing.");
      }
      if (description.format() != FORMAT) {
        throw new GraftException(
            file + " has format " + description.format() + "; this Graft reads " + FORMAT + ".");
      }
      return description;
    } catch (JsonProcessingException e) {
      // In brackets Jackson tells programmers what to do about it.
      String reason = e.getOriginalMessage().lines().findFirst().orElse("unreadable");
      throw new GraftException(file + " is damaged: " + reason.replaceFirst(" \\(.*", "") + ".", e);
    } catch (IOException e) {
      throw new GraftException(file + " can't be read: " + e.getMessage() + ".", e);
    }
  }

  private static List<String> classes(Path folder, Description description) throws IOException {
    Path file = folder.resolve(CLASSES);
    if (!Files.isRegularFile(file)) {
      throw new GraftException("it lacks " + CLASSES + ", the names of its classes.");
    }
    List<String> classes = Files.readAllLines(file);
    if (classes.size() != description.classes()) {
      throw new GraftException(
          "%s names %d classes, but %s says that there are %d."
              .formatted(CLASSES, classes.size(), NETWORK, description.classes()));
    }
    return classes;
  }

  /** Builds the network of a model's folder for DJL, which then fills it. */
  public static final class BuildsBlock implements BlockFactory {
    private static final long serialVersionUID = 1L;

    @Override
    public Block newBlock(Model model, Path folder, Map<String, ?> arguments) {
      GraftedNetwork design = describe(folder).network();
      return pictureBlock(Graft.of(design, Trunk.whole(design)));
    }
  }
}
