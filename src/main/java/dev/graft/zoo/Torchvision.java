package dev.graft.zoo;

import dev.graft.network.Weight;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What torchvision calls the weights that it has trained too. */
final class Torchvision {
  /**
   * Numbers of the convolutions, {@code block1_conv1} to {@code block5_conv3}, in {@code
   * vgg16().features}, which counts activations and pools too.
   */
  private static final int[] VGG16 = {0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28};

  private Torchvision() {}

  /**
   * Its names for a network's weights; none where it does not have the network. A layer that its
   * {@code features} lack keeps its own name.
   */
  static Map<Weight, String> names(String network, List<Weight> weights) {
    Map<Weight, String> names = new LinkedHashMap<>();
    if (network.equals("vgg16")) {
      List<String> layers = weights.stream().map(Weight::layer).distinct().toList();
      for (Weight weight : weights) {
        int layer = layers.indexOf(weight.layer());
        String own = weight.name();
        names.put(
            weight,
            layer < VGG16.length
                ? "features." + VGG16[layer] + own.substring(weight.layer().length())
                : own);
      }
    }
    return names;
  }
}
