package dev.graft.feature;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.image.Augmentation;
import dev.graft.image.Framing;
import dev.graft.network.NetworkDesign;
import dev.graft.network.NetworkDesign.Scaling;
import dev.graft.network.Preprocessing;
import dev.graft.network.Preprocessing.ChannelOrder;
import dev.graft.network.Vgg16;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FeatureKeyTest {
  private static final FeatureKey KEY =
      new FeatureKey(
          "vgg16",
          "aaaa",
          List.of("block1_conv1", "block1_pool"),
          List.of("block1_pool"),
          32,
          "caffe",
          1,
          "averages",
          "PyTorch 2");

  /** Keys with one changed field, by the name of the field. */
  private static final Map<String, FeatureKey> CHANGED =
      Map.of(
          "backbone",
          key("vgg19", "aaaa", "block1_conv1", "block1_pool", 32, "caffe", 1, "averages", "2"),
          "weights",
          key("vgg16", "aaab", "block1_conv1", "block1_pool", 32, "caffe", 1, "averages", "2"),
          "frozen",
          key("vgg16", "aaaa", "block1_conv2", "block1_pool", 32, "caffe", 1, "averages", "2"),
          "features",
          key("vgg16", "aaaa", "block1_conv1", "block1_conv1", 32, "caffe", 1, "averages", "2"),
          "inputSize",
          key("vgg16", "aaaa", "block1_conv1", "block1_pool", 96, "caffe", 1, "averages", "2"),
          "preprocessing",
          key("vgg16", "aaaa", "block1_conv1", "block1_pool", 32, "torch", 1, "averages", "2"),
          "reader",
          key("vgg16", "aaaa", "block1_conv1", "block1_pool", 32, "caffe", 2, "averages", "2"),
          "layout",
          key("vgg16", "aaaa", "block1_conv1", "block1_pool", 32, "caffe", 1, "crossing", "2"),
          "engine",
          key("vgg16", "aaaa", "block1_conv1", "block1_pool", 32, "caffe", 1, "averages", "3"));

  private static FeatureKey key(
      String backbone,
      String weights,
      String first,
      String feature,
      int inputSize,
      String preprocessing,
      int reader,
      String layout,
      String version) {
    return new FeatureKey(
        backbone,
        weights,
        List.of(first, "block1_pool"),
        List.of(feature),
        inputSize,
        preprocessing,
        reader,
        layout,
        "PyTorch " + version);
  }

  @Test
  void theHashIsSha256OfOneLinePerField() {
    assertThat(KEY.text())
        .isEqualTo(
            """
            format 2
            backbone vgg16
            weights aaaa
            frozen block1_conv1 block1_pool
            features block1_pool
            input-size 32
            preprocessing caffe
            reader 1
            layout averages
            engine PyTorch 2
            """);
    assertThat(KEY.hash())
        .isEqualTo("ba7cf81d4251e7054ac8a5caff6248f0f9e6021fff17c45734cf065a2208bc24");
    assertThat(KEY.folderName()).isEqualTo("vgg16-ba7cf81d4251e7054ac8a5ca");
  }

  @Test
  void everyFieldChangesTheHash() {
    assertThat(CHANGED.keySet())
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(FeatureKey.class.getRecordComponents())
                .map(RecordComponent::getName)
                .toList());
    List<String> hashes = new ArrayList<>();
    hashes.add(KEY.hash());
    CHANGED.values().forEach(changed -> hashes.add(changed.hash()));

    assertThat(hashes).hasSize(10).doesNotHaveDuplicates();
  }

  @Test
  void theOrderOfStagesChangesTheHash() {
    FeatureKey swapped =
        new FeatureKey(
            "vgg16",
            "aaaa",
            List.of("block1_pool", "block1_conv1"),
            List.of("block1_pool"),
            32,
            "caffe",
            1,
            "averages",
            "PyTorch 2");

    assertThat(swapped.hash()).isNotEqualTo(KEY.hash());
  }

  @Test
  void trainedStagesDoNotChangeTheHash() {
    FeatureKey small = of(design("none", Preprocessing.CAFFE, 10), "aaaa", "PyTorch 2");
    FeatureKey large = of(design("none", Preprocessing.CAFFE, 1024), "aaaa", "PyTorch 2");

    assertThat(small.hash()).isEqualTo(large.hash());
  }

  @Test
  void onlyFrozenStagesAndTheirFeaturesChangeTheHash() {
    FeatureKey key = of(design("block5_conv1", Preprocessing.CAFFE, 10), "aaaa", "PyTorch 2");

    assertThat(key.frozen()).hasSize(14).endsWith("block4_pool");
    assertThat(key.features()).containsExactly("block3_pool", "block4_pool");
  }

  @Test
  void boundaryPreprocessingWeightsAndEngineChangeTheHash() {
    assertThat(
            List.of(
                of(design("none", Preprocessing.CAFFE, 10), "aaaa", "PyTorch 2").hash(),
                of(design("block5_conv1", Preprocessing.CAFFE, 10), "aaaa", "PyTorch 2").hash(),
                of(design("block5_conv2", Preprocessing.CAFFE, 10), "aaaa", "PyTorch 2").hash(),
                of(design("none", Preprocessing.ZERO_ONE, 10), "aaaa", "PyTorch 2").hash(),
                of(design("none", Preprocessing.CAFFE, 10), "aaab", "PyTorch 2").hash(),
                of(design("none", Preprocessing.CAFFE, 10), "aaaa", "PyTorch 3").hash()))
        .doesNotHaveDuplicates();
  }

  @Test
  void halfPrecisionChangesTheHashIfActivationsAreStored() {
    NetworkDesign design = design("block5_conv1", Preprocessing.CAFFE, 10);
    FeatureKey half = FeatureKey.of(design, RecordLayout.of(design, true), "aaaa", "PyTorch 2");
    FeatureKey single = FeatureKey.of(design, RecordLayout.of(design, false), "aaaa", "PyTorch 2");

    assertThat(half.hash()).isNotEqualTo(single.hash());
  }

  @Test
  void everyViewHasAKeyOfItsOwn() {
    assertThat(KEY.of(View.IMAGE)).isEqualTo(KEY);
    assertThat(KEY.of(View.MIRROR_IMAGE).text()).contains("preprocessing caffe, mirrored\n");
    assertThat(KEY.of(new View(1, false)).text()).contains("preprocessing caffe, random crop 1\n");
    assertThat(KEY.of(new View(2, true)).text())
        .contains("preprocessing caffe, random crop 2, mirrored\n");
    assertThat(KEY.of(new View(2, true, new Augmentation(9, 0, List.of(1, 2, 3)))).text())
        .contains("preprocessing caffe, random crop 2, mirrored, rand-augment 9\n");
    assertThat(KEY.of(new View(1, false, new Augmentation(9, 0.5, List.of(1, 2, 3)))).text())
        .contains("preprocessing caffe, random crop 1, rand-augment 9, cutout 0.5 in 1 2 3\n");
  }

  @Test
  void theKeyOfPixelsDependsOnlyOnTheFraming() {
    Preprocessing centered =
        new Preprocessing(
            Framing.CENTER,
            ChannelOrder.BGR,
            Preprocessing.CAFFE.mean(),
            Preprocessing.CAFFE.deviation());
    FeatureKey key = of(design("block1_conv1", Preprocessing.CAFFE, 10), "aaaa", "PyTorch 2");

    assertThat(of(design("block1_conv1", Preprocessing.ZERO_ONE, 10), "aaab", "PyTorch 3").hash())
        .isEqualTo(key.hash());
    assertThat(of(design("block1_conv1", centered, 10), "aaaa", "PyTorch 2").hash())
        .isNotEqualTo(key.hash());
  }

  private static NetworkDesign design(String unfreeze, Preprocessing preprocessing, int hidden) {
    return NetworkDesign.of(
        Vgg16.network(),
        32,
        preprocessing,
        unfreeze,
        List.of(),
        Scaling.NONE,
        NetworkDesign.head(1280, hidden, 0, 0, 10));
  }

  private static FeatureKey of(NetworkDesign design, String weights, String engine) {
    return FeatureKey.of(design, RecordLayout.of(design, true), weights, engine);
  }
}
