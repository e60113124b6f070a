package dev.graft.zoo;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.NDList;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.repository.zoo.ZooModel;
import dev.graft.GraftException;
import dev.graft.network.BackboneSpec;
import dev.graft.network.Layer;
import dev.graft.network.NetworkDesign;
import dev.graft.network.Preprocessing;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.network.djl.GraphBlock;
import dev.graft.util.Progress;
import dev.graft.util.Resource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A backbone with its weights, loaded through DJL's {@code Criteria}. Closing it frees the weights,
 * including those of blocks that were made from parts of its trunk.
 *
 * @param network its description
 * @param trunk its stages as a DJL block, up to the global average of the last one
 * @param preprocessing that belongs to its weights
 * @param weights the origin of the weights
 * @param model DJL's model, which owns the memory
 */
public record LoadedBackbone(
    BackboneSpec network,
    GraphBlock trunk,
    Preprocessing preprocessing,
    Provenance weights,
    Model model)
    implements AutoCloseable {
  /**
   * The origin of weights.
   *
   * @param source {@code pretrained}, {@code random}, or the file's name
   * @param sha256 of the file in hexadecimal digits; empty for random weights
   * @param pretrained whether they were trained on ImageNet
   */
  public record Provenance(String source, String sha256, boolean pretrained) {
    /** Returns whether the weights came from a file; otherwise they are random. */
    public boolean isLoaded() {
      return !sha256.isEmpty();
    }

    /** Returns the weights' name for a chart's title, which emphasizes random weights. */
    public String title() {
      return pretrained
          ? source.equals(WeightSource.PRETRAINED) ? source + " weights" : "weights of " + source
          : isLoaded() ? "the network of " + source : "RANDOM weights";
    }
  }

  /**
   * Loads a backbone without its classifier.
   *
   * @param entry the backbone
   * @param weights as in a recipe, see {@link WeightSource#of}
   * @param inputSize side of the square input, in pixels
   * @param device that computes
   * @param display shows the progress of a download
   * @throws GraftException if the weights are unavailable or do not fit the network
   */
  public static LoadedBackbone load(
      BackboneInfo entry, String weights, int inputSize, Device device, Progress.Display display) {
    if (entry.network().external().isPresent()) {
      return external(entry, inputSize, device);
    }
    Criteria<NDList, NDList> criteria =
        Criteria.builder()
            .setTypes(NDList.class, NDList.class)
            .optGroupId(GraftModelZoo.GROUP_ID)
            .optArtifactId(entry.id())
            .optArgument(BackboneFactory.WEIGHTS, weights)
            .optArgument(BackboneFactory.INPUT_SIZE, inputSize)
            .optArgument(BackboneFactory.DISPLAY, display)
            .optDevice(device)
            .build();
    try {
      ZooModel<NDList, NDList> model = criteria.loadModel();
      return new LoadedBackbone(
          entry.network(),
          (GraphBlock) model.getBlock(),
          BackboneFactory.preprocessing(model, entry),
          BackboneFactory.provenance(model),
          model);
    } catch (IOException | ModelNotFoundException | MalformedModelException e) {
      throw new GraftException("The backbone cannot be loaded: " + e.getMessage(), e);
    }
  }

  private static LoadedBackbone external(BackboneInfo entry, int inputSize, Device device) {
    Layer.External layer = entry.network().external().orElseThrow();
    GraphBlock trunk = DjlNetwork.of(BackboneFactory.design(entry, inputSize, false)).logits(true);
    return new LoadedBackbone(
        entry.network(),
        trunk,
        entry.preprocessing(),
        new Provenance(HubFolder.label(layer.file()), layer.sha256(), false),
        Model.newInstance(entry.id(), device));
  }

  /** Returns the design of a backbone with the classifier of ImageNet's 1000 classes. */
  public static NetworkDesign imageNetDesign(BackboneInfo entry, int inputSize) {
    return BackboneFactory.design(entry, inputSize, true);
  }

  /**
   * Returns ImageNet's 1000 classes in the order of the logits, each {@code <wnid> <names>}, such
   * as {@code n01440764 tench, Tinca tinca}.
   */
  public static List<String> imageNetClasses() {
    byte[] text = Resource.bytes(LoadedBackbone.class, "imagenet-labels.txt");
    return new String(text, StandardCharsets.UTF_8).lines().toList();
  }

  @Override
  public void close() {
    model.close();
  }
}
