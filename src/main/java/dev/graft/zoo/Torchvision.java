package dev.graft.zoo;

import dev.graft.network.Weight;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** torchvision's names of weights. */
final class Torchvision {
  /**
   * Indexes of the convolutions, {@code block1_conv1} to {@code block5_conv3}, in {@code
   * torchvision.models.vgg16().features}, which also counts activations and poolings.
   */
  private static final int[] VGG16 = {0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28};

  private Torchvision() {}

  /**
   * Returns torchvision's names of a network's weights; empty if torchvision lacks the network. A
   * layer that is not part of {@code features} keeps Graft's name.
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
