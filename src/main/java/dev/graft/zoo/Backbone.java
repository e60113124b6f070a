package dev.graft.zoo;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.NDList;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.repository.zoo.ZooModel;
import dev.graft.GraftException;
import dev.graft.Progress;
import dev.graft.Resource;
import dev.graft.network.GraftedNetwork;
import dev.graft.network.Layer;
import dev.graft.network.Network;
import dev.graft.network.Preprocessing;
import dev.graft.network.Weight;
import dev.graft.network.djl.Graft;
import dev.graft.network.djl.Segment;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A backbone that was loaded through DJL's {@code Criteria}, with its weights. Closing it frees
 * them, also for whatever was cut from its trunk.
 *
 * @param network its description
 * @param trunk its stages in DJL, up to the average of the last one
 * @param preprocessing what belongs to its weights
 * @param weights where they came from
 */
public record Backbone(
    Network network, Segment trunk, Preprocessing preprocessing, Provenance weights, Model model)
    implements AutoCloseable {
  /**
   * Where weights came from.
   *
   * @param source {@code pretrained}, {@code random}, or the file's name
   * @param sha256 of the file in hexadecimal digits, empty for random weights
   * @param pretrained whether they were trained on ImageNet
   */
  public record Provenance(String source, String sha256, boolean pretrained) {
    /** Whether they came from a file, and were not drawn. */
    public boolean isLoaded() {
      return !sha256.isEmpty();
    }

    /** As in a chart's title: nobody may take random weights for pretrained ones. */
    public String title() {
      return pretrained
          ? source.equals(WeightSource.PRETRAINED) ? source + " weights" : "weights of " + source
          : isLoaded() ? "the network of " + source : "RANDOM weights";
    }
  }

  /**
   * Loads a backbone without its classifier.
   *
   * @param weights as in a recipe, see {@link WeightSource#of}
   * @throws GraftException if the weights can't be had or don't fit
   */
  public static Backbone load(
      BackboneEntry entry, String weights, int inputSize, Device device, Progress.Display display) {
    if (entry.network().foreign().isPresent()) {
      return foreign(entry, inputSize, device);
    }
    AtomicReference<BackboneFactory.Filled> filled = new AtomicReference<>();
    var request = new BackboneFactory.Request(weights, inputSize, false, display, filled::set);
    ZooModel<NDList, NDList> model = load(entry, request, device);
    return new Backbone(
        entry.network(),
        (Segment) model.getBlock(),
        filled.get().preprocessing(),
        filled.get().provenance(),
        model);
  }

  private static Backbone foreign(BackboneEntry entry, int inputSize, Device device) {
    Layer.Foreign layer = entry.network().foreign().orElseThrow();
    Segment trunk = Graft.of(BackboneFactory.design(entry, inputSize, false)).logits(true);
    String file = layer.file().getFileName().toString();
    return new Backbone(
        entry.network(),
        trunk,
        entry.preprocessing(),
        new Provenance(file, layer.sha256(), false),
        Model.newInstance(entry.id(), device));
  }

  /**
   * A backbone with the classifier that it was trained with, in DJL: pixels {@code (N, 3,
   * inputSize, inputSize)}, R, G, B from 0 to 255, float32, to logits {@code (N, 1000)}, in the
   * order of {@link #imageNetClasses}. Closing it frees it.
   */
  public static ZooModel<NDList, NDList> imageNet(
      BackboneEntry entry, int inputSize, Device device) {
    return load(entry, BackboneFactory.Request.bundled(inputSize, true), device);
  }

  /** Likewise, as a description. */
  public static GraftedNetwork imageNetDesign(BackboneEntry entry, int inputSize) {
    return BackboneFactory.design(entry, inputSize, true);
  }

  /** The bundled weights of a backbone, for whoever needs no DJL. */
  public static WeightReader pretrained(BackboneEntry entry, List<Weight> wanted) {
    return WeightSource.of(WeightSource.PRETRAINED, entry)
        .open(wanted, Progress.Display.NONE)
        .reader();
  }

  static ZooModel<NDList, NDList> load(
      BackboneEntry entry, BackboneFactory.Request request, Device device) {
    Criteria<NDList, NDList> criteria =
        Criteria.builder()
            .setTypes(NDList.class, NDList.class)
            .optGroupId(GraftModelZoo.GROUP_ID)
            .optArtifactId(entry.id())
            .optArgument(BackboneFactory.REQUEST, request)
            .optDevice(device)
            .build();
    try {
      return criteria.loadModel();
    } catch (IOException | ModelNotFoundException | MalformedModelException e) {
      throw new GraftException("The network could not be loaded: " + e.getMessage(), e);
    }
  }

  /**
   * ImageNet's classes in order, each {@code <wnid> <names>}, such as {@code n01440764 tench, Tinca
   * tinca}.
   */
  public static List<String> imageNetClasses() {
    byte[] text = Resource.bytes(Backbone.class, "imagenet-labels.txt");
    return new String(text, StandardCharsets.UTF_8).lines().toList();
  }

  @Override
  public void close() {
    model.close();
  }
}
