package dev.graft.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.graft.GraftException;
import dev.graft.image.Framing;
import dev.graft.image.Resampling;
import dev.graft.network.Preprocessing;
import dev.graft.util.Text;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HubFolderTest {
  @TempDir Path folder;
  private Path network;

  @BeforeEach
  void write() throws IOException {
    network = Files.createDirectories(folder.resolve("dinov2-small/onnx")).resolve("model.onnx");
    Files.write(network, new byte[1]);
  }

  private HubPreprocessing configured(String name, String json) throws IOException {
    Files.writeString(folder.resolve("dinov2-small").resolve(name), json);
    return HubPreprocessing.of(network, new HubPreprocessing.Given(false, false)).orElseThrow();
  }

  @Test
  void dinov2IsResizedAtItsShortestEdgeAndCropped() throws IOException {
    HubPreprocessing found =
        configured(
            "preprocessor_config.json",
            "{\"crop_size\":{\"height\":224,\"width\":224},\"do_center_crop\":true,"
                + "\"do_rescale\":true,\"rescale_factor\":0.00392156862745098,"
                + "\"image_mean\":[0.485,0.456,0.406],\"image_std\":[0.229,0.224,0.225],"
                + "\"resample\":3,\"size\":{\"shortest_edge\":256}}");
    Preprocessing all = found.preprocessing().orElseThrow();
    assertThat(found.side()).isEqualTo(224);
    assertThat(all.framing()).isEqualTo(Framing.crop(0.875, Resampling.BICUBIC));
    assertThat(all.order()).isEqualTo(Preprocessing.ChannelOrder.RGB);
    assertThat(all.mean().get(0)).isCloseTo(123.675f, within(1e-3f));
    assertThat(all.deviation().get(2)).isCloseTo(57.375f, within(1e-3f));
    assertThat(found.notes())
        .singleElement()
        .asString()
        .startsWith("Preprocessing from " + folder)
        .contains("the shorter side resized to 256 pixels (bicubic), the center of 224x224, RGB");
  }

  @Test
  void siglipIsSquashed() throws IOException {
    HubPreprocessing found =
        configured(
            "preprocessor_config.json",
            "{\"size\":{\"height\":256,\"width\":256},\"resample\":2,\"rescale_factor\":0.5,"
                + "\"image_mean\":[0.5,0.5,0.5],\"image_std\":[0.5,0.5,0.5],"
                + "\"do_flip_channel_order\":true}");
    assertThat(found.side()).isEqualTo(256);
    assertThat(found.preprocessing().orElseThrow())
        .isEqualTo(
            new Preprocessing(
                Framing.whole(Resampling.BILINEAR),
                Preprocessing.ChannelOrder.BGR,
                List.of(1f, 1f, 1f),
                List.of(1f, 1f, 1f)));
  }

  @Test
  void aProcessorThatOnlyRescalesDividesByTheFactor() throws IOException {
    HubPreprocessing found =
        configured(
            "preprocessor_config.json",
            "{\"size\":224,\"do_normalize\":false,\"rescale_factor\":0.0078125,\"resample\":1}");
    assertThat(found.preprocessing().orElseThrow().mean()).containsExactly(0f, 0f, 0f);
    assertThat(found.preprocessing().orElseThrow().deviation()).containsExactly(128f, 128f, 128f);
    assertThat(found.notes())
        .hasSize(2)
        .contains("Its resampling filter 1 is not available; bicubic is used.");
  }

  @Test
  void convNextCropsItsShare() throws IOException {
    HubPreprocessing found =
        configured(
            "preprocessor_config.json",
            "{\"size\":{\"shortest_edge\":224},\"crop_pct\":0.875,\"resample\":3,"
                + "\"image_mean\":[0,0,0],\"image_std\":[1,1,1]}");
    assertThat(found.side()).isEqualTo(224);
    assertThat(found.preprocessing().orElseThrow().framing())
        .isEqualTo(Framing.crop(0.875, Resampling.BICUBIC));
  }

  @ParameterizedTest
  @CsvSource({
    "0.00392156862745098, false, true, 123.675, 58.395",
    "0.00392156862745098, false, , 123.675, 58.395",
    "0.00392156862745098, false, false, 123.675, 122.028",
    "0.00784313725490196, true, true, 189.3375, 29.1975"
  })
  void efficientNetDividesByItsDeviationTwiceUnlessItHasNoTop(
      double factor, boolean offset, Boolean top, float mean, float deviation) throws IOException {
    String json =
        Text.of(
            """
            {"image_processor_type":"EfficientNetImageProcessor","size":{"height":224,"width":224},
             "image_mean":[0.485,0.456,0.406],"image_std":[0.47853944,0.4732864,0.47434163],
             "rescale_factor":%s,"rescale_offset":%s%s}
            """,
            factor, offset, top == null ? "" : ",\"include_top\":" + top);
    Preprocessing read = configured("preprocessor_config.json", json).preprocessing().orElseThrow();
    assertThat(read.mean().get(0)).isCloseTo(mean, within(1e-3f));
    assertThat(read.deviation().get(0)).isCloseTo(deviation, within(1e-3f));
    // Transformers' three steps give the same input.
    double rescaled = 200 * factor - (offset ? 1 : 0);
    double once = (rescaled - 0.485) / 0.47853944;
    double expected = Boolean.FALSE.equals(top) ? once : once / 0.47853944;
    assertThat((200 - read.mean().get(0)) / read.deviation().get(0))
        .isCloseTo((float) expected, within(1e-4f));
  }

  @Test
  void withoutNormalizationEfficientNetStillDividesOnce() throws IOException {
    String json =
        """
        {"image_processor_type":"EfficientNetImageProcessor","do_normalize":false,
         "rescale_factor":0.0078125,"rescale_offset":true,"image_std":[0.5,0.5,0.5]}
        """;
    Preprocessing read = configured("preprocessor_config.json", json).preprocessing().orElseThrow();
    assertThat(read.mean()).containsExactly(128f, 128f, 128f);
    assertThat(read.deviation()).containsExactly(64f, 64f, 64f);
  }

  @Test
  void mobileVitWithoutAMeanIsNotNormalized() throws IOException {
    String json =
        """
        {"feature_extractor_type":"%sFeatureExtractor","do_center_crop":true,"crop_size":256,
         "size":288,"do_flip_channel_order":true,"resample":2}
        """;
    assertThat(configured("preprocessor_config.json", Text.of(json, "MobileViT")).preprocessing())
        .contains(
            new Preprocessing(
                Framing.crop(256 / 288.0, Resampling.BILINEAR),
                Preprocessing.ChannelOrder.BGR,
                List.of(0f, 0f, 0f),
                List.of(255f, 255f, 255f)));
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> configured("preprocessor_config.json", Text.of(json, "ViT")))
        .withMessageContaining("image_mean is missing");
  }

  @Test
  void timmsConfigurationIsRead() throws IOException {
    HubPreprocessing found =
        configured(
            "config.json",
            "{\"pretrained_cfg\":{\"input_size\":[3,256,256],\"interpolation\":\"bicubic\","
                + "\"crop_pct\":0.95,\"crop_mode\":\"center\",\"mean\":[0.5,0.5,0.5],"
                + "\"std\":[0.25,0.25,0.25]}}");
    assertThat(found.side()).isEqualTo(256);
    assertThat(found.preprocessing().orElseThrow())
        .isEqualTo(
            new Preprocessing(
                Framing.crop(256 / 269.0, Resampling.BICUBIC),
                Preprocessing.ChannelOrder.RGB,
                List.of(127.5f, 127.5f, 127.5f),
                List.of(63.75f, 63.75f, 63.75f)));
  }

  /** As timm's resolve_data_config, which ignores Pillow's own default. */
  @ParameterizedTest
  @ValueSource(strings = {"", "\"interpolation\":null,"})
  void withoutAFilterTimmUsesBicubic(String interpolation) throws IOException {
    HubPreprocessing found =
        configured(
            "config.json",
            "{\"pretrained_cfg\":{\"input_size\":[3,224,224],"
                + interpolation
                + "\"mean\":[0.5,0.5,0.5],\"std\":[0.5,0.5,0.5]}}");
    assertThat(found.preprocessing().orElseThrow().framing().resampling())
        .isEqualTo(Resampling.BICUBIC);
    assertThat(found.notes()).noneMatch(note -> note.contains("filter"));
  }

  @Test
  void aConfigurationOfAnotherKindIsIgnoredAndADamagedOneRefused() throws IOException {
    Files.writeString(folder.resolve("dinov2-small/config.json"), "{\"model_type\":\"dinov2\"}");
    HubPreprocessing other =
        HubPreprocessing.of(network, new HubPreprocessing.Given(false, false)).orElseThrow();
    assertThat(other.preprocessing()).isEmpty();
    assertThat(other.notes()).singleElement().asString().contains("it has no pretrained_cfg");
    for (String damaged : List.of("{", "{\"image_mean\":[1,2]}")) {
      assertThatExceptionOfType(GraftException.class)
          .isThrownBy(() -> configured("preprocessor_config.json", damaged))
          .withMessageContaining("preprocessor_config.json ");
    }
  }

  @Test
  void theVariantChoosesTheFile() {
    List<String> files =
        List.of("onnx/model.onnx", "onnx/model_fp16.onnx", "README.md", "onnx/model.onnx_data");
    assertThat(HubFolder.network(files, Optional.empty())).isEqualTo("onnx/model.onnx");
    assertThat(HubFolder.network(files, Optional.of("fp16"))).isEqualTo("onnx/model_fp16.onnx");
    assertThat(
            HubFolder.network(
                List.of("onnx/model.onnx", "onnx/vision_model.onnx"), Optional.empty()))
        .isEqualTo("onnx/vision_model.onnx");
    assertThat(HubFolder.network(List.of("resnet.onnx"), Optional.empty()))
        .isEqualTo("resnet.onnx");
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> HubFolder.network(files, Optional.of("int4")))
        .withMessageContaining("variant: no file for int4")
        .withMessageContaining("onnx/model.onnx, onnx/model_fp16.onnx.");
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> HubFolder.network(List.of("model.safetensors"), Optional.empty()))
        .withMessageContaining("optimum-cli");
  }

  @Test
  void namesAndLicenseComeFromTheRepository() throws IOException {
    Files.writeString(
        folder.resolve("dinov2-small/README.md"), "---\nlicense: apache-2.0\n---\n# DINOv2\n");
    assertThat(HubFolder.name(network)).isEqualTo("dinov2-small");
    assertThat(HubFolder.license(network)).contains("apache-2.0");
    assertThat(HubFolder.name(Path.of("mine.onnx"))).isEqualTo("mine");
    Path cached = Path.of("hub/models--facebook--dinov2-small/snapshots/0a1b/onnx/model.onnx");
    assertThat(HubFolder.name(cached)).isEqualTo("dinov2-small");
    assertThat(HubFolder.label(cached)).isEqualTo("hf:facebook/dinov2-small@0a1b onnx/model.onnx");
    assertThat(HubFolder.label(network)).isEqualTo("model.onnx");
  }

  private static final String USUAL =
      "\"image_mean\":[0.485,0.456,0.406],\"image_std\":[0.229,0.224,0.225],\"resample\":3";

  private Framing framing(String... keys) throws IOException {
    String json = "{" + USUAL + "," + String.join(",", keys) + "}";
    return configured("preprocessor_config.json", json).preprocessing().orElseThrow().framing();
  }

  @Test
  void heightAndWidthWithACropSquashFirst() throws IOException {
    String crop = "\"do_center_crop\":true,\"crop_size\":224";
    Framing squashed = Framing.squashedCrop(0.875, Resampling.BICUBIC);
    Framing kept = Framing.crop(0.875, Resampling.BICUBIC);
    String deit = "\"feature_extractor_type\":\"DeiTFeatureExtractor\"";
    String clip = "\"feature_extractor_type\":\"CLIPFeatureExtractor\"";
    assertThat(framing(crop, "\"size\":{\"height\":256,\"width\":256}")).isEqualTo(squashed);
    assertThat(framing(crop, "\"size\":256", deit)).isEqualTo(squashed);
    assertThat(framing(crop, "\"size\":256", clip)).isEqualTo(kept);
    assertThat(framing(crop, "\"size\":256")).isEqualTo(kept);
    assertThat(Framing.of(squashed.name())).isEqualTo(squashed);
  }

  @Test
  void levitAndPoolFormerEnlargeTheImageBeforeTheyCrop() throws IOException {
    String crop = "\"do_center_crop\":true,\"crop_size\":224";
    String levit = "\"feature_extractor_type\":\"LevitFeatureExtractor\"";
    String poolFormer = "\"image_processor_type\":\"PoolFormerImageProcessor\"";
    String shortest = "\"size\":{\"shortest_edge\":224}";
    String square = "\"size\":{\"height\":224,\"width\":224}";
    Framing from256 = Framing.crop(224 / 256.0, Resampling.BICUBIC);
    Framing from248 = Framing.crop(224 / 248.0, Resampling.BICUBIC);
    assertThat(framing(crop, levit, shortest)).isEqualTo(from256);
    assertThat(framing(crop, levit, "\"size\":224")).isEqualTo(from256);
    assertThat(framing(crop, levit, square)).isEqualTo(Framing.WHOLE);
    assertThat(framing(crop, poolFormer, shortest, "\"crop_pct\":0.9")).isEqualTo(from248);
    assertThat(framing(crop, poolFormer, square, "\"crop_pct\":0.9")).isEqualTo(from248);
    assertThat(framing(crop, poolFormer, shortest, "\"crop_pct\":null"))
        .isEqualTo(Framing.crop(1, Resampling.BICUBIC));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"size\":\"224\"",
        "\"size\":224.5",
        "\"size\":[224,224]",
        "\"size\":0",
        "\"size\":-5",
        "\"size\":1000000000",
        "\"size\":1000000000000000000",
        "\"size\":{\"height\":224,\"width\":192}",
        "\"do_center_crop\":true,\"crop_size\":{\"height\":32,\"width\":48}",
        "\"do_center_crop\":true,\"size\":32,\"crop_size\":64",
        "\"do_center_crop\":true,\"size\":256",
        "\"do_center_crop\":true,\"crop_size\":32,\"size\":32,\"crop_pct\":1.5",
        "\"size\":{\"shortest_edge\":32},\"crop_pct\":0"
      })
  void aSizeThatCannotBeReadIsRefusedUnlessTheRecipeSetsTheFraming(String keys) throws IOException {
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> framing(keys))
        .withMessageContaining("preprocessor_config.json can't be used: ")
        .withMessageMatching(".*(size|crop).*")
        .withMessageContaining("set what is right: framing=squash")
        .withMessageContaining("input-size=224");
    HubPreprocessing given =
        HubPreprocessing.of(network, new HubPreprocessing.Given(false, true)).orElseThrow();
    assertThat(given.preprocessing().orElseThrow().mean().get(0))
        .isCloseTo(123.675f, within(1e-3f));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{nope",
        "[]",
        "{\"image_mean\":[0.5,0.5,0.5],\"image_std\":[0.5,0.5,0.5],\"do_rescale\":false}",
        "{\"image_mean\":[0.5,0.5,0.5],\"image_std\":[0.5,0.5,0.5],\"rescale_factor\":1}",
        "{\"image_mean\":[123.7,116.3,103.5],\"image_std\":[58.4,57.1,57.4]}",
        "{\"image_mean\":[0.5,0.5,0.5],\"image_std\":[0,0,0]}",
        "{\"image_mean\":[0.5,0.5,0.5],\"image_std\":[0.5,0.5,0.5],\"rescale_factor\":0}"
      })
  void wrongNumbersAreRefusedUnlessTheRecipeSetsThem(String json) throws IOException {
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> configured("preprocessor_config.json", json))
        .withMessageContaining("mean=[…], deviation=[…] and order=rgb (or bgr)");
    assertThatCode(() -> HubPreprocessing.of(network, new HubPreprocessing.Given(true, false)))
        .doesNotThrowAnyException();
    assertThat(HubPreprocessing.of(network, new HubPreprocessing.Given(true, true))).isEmpty();
  }

  @Test
  void aLicenseMayBeAList() throws IOException {
    Path card = folder.resolve("dinov2-small/README.md");
    Files.writeString(card, "---\nlicense:\n- mit\n- apache-2.0\ntags:\n- x\n---\n");
    assertThat(HubFolder.license(network)).contains("mit, apache-2.0");
    Files.writeString(card, "---\nlicense: [mit]\n---\n");
    assertThat(HubFolder.license(network)).contains("mit");
  }
}
