package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.graft.SmallRun.Images;
import dev.graft.example.ClassifyWithOnnxRuntime;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code export}, and its files in other programs. */
@Tag("engine")
class ExportTest {
  @TempDir static Path folder;
  private static Images images;
  private static SmallRun run;

  @BeforeAll
  static void train() throws Exception {
    images =
        new Images(folder.resolve("photos"))
            .add(8, 40, 100, "dark", "train")
            .add(8, 150, 210, "light", "train")
            .add(4, 40, 100, "dark", "val")
            .add(4, 150, 210, "light", "val")
            .add(6, 40, 100, "dark", "test")
            .add(6, 150, 210, "light", "test");
    run = images.train(output());
  }

  private static Path output() {
    return folder.resolve("output");
  }

  private static CommandRun export(String... more) {
    Stream<String> all =
        Stream.concat(Stream.of("export", "--output=" + output()), Stream.of(more));
    return CommandRun.of(all.toArray(String[]::new));
  }

  /** Returns the output of the example in docs/export.md for an image file. */
  private static String exampleOutput(Path model, Path image) throws Exception {
    PrintStream before = System.out;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    try {
      ClassifyWithOnnxRuntime.main(new String[] {model.toString(), image.toString()});
    } finally {
      System.setOut(before);
    }
    return out.toString(StandardCharsets.UTF_8).strip();
  }

  private static double probability(Path model, Path image, String name) throws Exception {
    String[] output = exampleOutput(model, image).split("(?<=\\]) ", 2);
    JsonNode classes = new ObjectMapper().readTree(output[0]);
    JsonNode probabilities = new ObjectMapper().readTree(output[1]);
    int index = 0;
    while (!classes.get(index).asText().equals(name)) {
      index++;
    }
    return probabilities.get(index).asDouble();
  }

  @Test
  void theFilePredictsAsInferDoes() throws Exception {
    CommandRun exported = export();
    assertThat(exported.code()).as(exported.err()).isZero();
    Path file = output().resolve("exports").resolve(run.folder().getFileName() + ".onnx");
    assertThat(exported.out())
        .startsWith(file + ": ")
        .endsWith(" on 12 images" + System.lineSeparator());
    for (int image : List.of(0, 9, 25, 30)) {
      requireSameAnswer(file, images.file(image), 1e-4);
    }
    // Java averages areas, and Graft resamples as Pillow does: edges differ by some levels.
    requireSameAnswer(file, transparent(), 0.03);
    requireSameAnswer(file, photograph(), 0.03);
  }

  /** Compares the example in docs/export.md with {@code infer}. */
  private static void requireSameAnswer(Path model, Path image, double tolerance) throws Exception {
    JsonNode answer =
        CommandRun.of("infer", "--json", "--output=" + output(), image.toString()).json().get(0);
    for (JsonNode prediction : answer.get("predictions")) {
      assertThat(probability(model, image, prediction.get("name").asText()))
          .as(image.getFileName().toString())
          .isCloseTo(prediction.get("probability").asDouble(), within(tolerance));
    }
  }

  /** Writes a black image that is increasingly transparent, and so lighter over white. */
  private static Path transparent() throws IOException {
    BufferedImage image = new BufferedImage(40, 40, BufferedImage.TYPE_INT_ARGB);
    for (int i = 0; i < 40 * 40; i++) {
      image.setRGB(i % 40, i / 40, (3 * (39 - i % 40)) << 24);
    }
    return written(image, "transparent.png");
  }

  /** Writes a large image full of detail, of which noise would remain if pixels were skipped. */
  private static Path photograph() throws IOException {
    BufferedImage image = new BufferedImage(1500, 1000, BufferedImage.TYPE_INT_RGB);
    Random noise = new Random(3);
    for (int y = 0; y < 1000; y++) {
      for (int x = 0; x < 1500; x++) {
        int gray = Math.min(255, (noise.nextInt(4) == 0 ? 255 : 0) + x / 30);
        image.setRGB(x, y, gray << 16 | gray << 8 | gray);
      }
    }
    return written(image, "photograph.png");
  }

  private static Path written(BufferedImage image, String name) throws IOException {
    Path file = folder.resolve(name);
    ImageIO.write(image, "png", file.toFile());
    return file;
  }

  @Test
  void inferAndEvaluateTakeTheFileInPlaceOfTheModel() throws Exception {
    Path file = folder.resolve("instead.onnx");
    assertThat(export("--to=" + file).code()).isZero();
    String image = images.file(9).toString();
    JsonNode ofModel =
        CommandRun.of("infer", "--json", "--run=" + run.folder(), image).json().get(0);
    JsonNode ofFile = CommandRun.of("infer", "--json", "--run=" + file, image).json().get(0);
    assertThat(ofFile.get("model")).isEqualTo(ofModel.get("model"));
    assertThat(ofFile.at("/predictions/0/name")).isEqualTo(ofModel.at("/predictions/0/name"));
    assertThat(ofFile.at("/predictions/0/probability").asDouble())
        .isCloseTo(ofModel.at("/predictions/0/probability").asDouble(), within(1e-5));

    CommandRun evaluated =
        CommandRun.of(
            "evaluate",
            "--run=" + file,
            "--data=" + folder.resolve("photos/pictures.csv"),
            "--output=" + folder.resolve("judged"));
    assertThat(evaluated.code()).as(evaluated.err()).isZero();
    assertThat(evaluated.out()).contains("instead.onnx on pictures:");

    for (List<String> command : List.of(List.of("infer", image), List.of("evaluate"))) {
      CommandRun onGpu =
          CommandRun.of(
              Stream.concat(command.stream(), Stream.of("--run=" + file, "--device=gpu0"))
                  .toArray(String[]::new));
      assertThat(onGpu.code()).isOne();
      assertThat(onGpu.err()).contains("--device: gpu0 cannot compute this model");
    }
  }

  @Test
  void anOnnxFileOfAnotherProgramIsRefusedInASentence() throws Exception {
    Path file = folder.resolve("other.onnx");
    Files.write(file, new byte[] {1, 2, 3});
    CommandRun infer = CommandRun.of("infer", "--run=" + file, images.file(9).toString());
    assertThat(infer.code()).isOne();
    assertThat(infer.err())
        .contains(file + " is damaged, or was not written by export: ONNX Runtime can't");
  }

  @Test
  void theFileHasMetadata() throws Exception {
    Path file = folder.resolve("said.onnx");
    assertThat(export(run.folder().toString(), "--to=" + file).code()).isZero();
    try (OrtSession session = OrtEnvironment.getEnvironment().createSession(file.toString())) {
      Map<String, String> about = session.getMetadata().getCustomMetadata();
      assertThat(about)
          .containsEntry("classes", "[\"dark\",\"light\"]")
          .containsEntry("input_size", "12")
          .containsEntry(
              "framing", "whole: the whole image, resized to the input by Pillow's bicubic")
          .containsEntry("run", run.folder().getFileName().toString())
          .containsOnlyKeys("classes", "input_size", "framing", "run", "graft");
      assertThat(session.getInputNames()).containsExactly("pixels");
      assertThat(session.getOutputNames()).containsExactly("probabilities", "typicality");
    }
  }

  @Test
  void theCostOfInt8IsPrintedAsATable() throws Exception {
    Path file = folder.resolve("small.onnx");
    CommandRun exported = export("--format=int8", "--to=" + file);
    assertThat(exported.code()).as(exported.err()).isZero();
    assertThat(exported.out().lines().toList())
        .hasSize(4)
        .element(1)
        .asString()
        .matches("float32 +1\\.0000 +[0-9.]+");
    assertThat(exported.out().lines().toList().get(2)).matches("int8 +1\\.0000 +[0-9.]+");
    assertThat(probability(file, images.file(0), "dark")).isGreaterThan(0.5);
    assertThat(probability(file, images.file(9), "light")).isGreaterThan(0.5);
  }

  @Test
  void aModelWithoutItsRunIsComparedOnSyntheticImages() throws Exception {
    Path file = folder.resolve("alone.onnx");
    String model = run.folder().resolve("model").toString();
    CommandRun exported = export(model, "--to=" + file);
    assertThat(exported.code()).as(exported.err()).isZero();
    assertThat(exported.out()).contains("on 100 synthetic images");

    Path photos = images.file(0).getParent();
    Path moved = folder.resolve("photos that are away");
    Files.move(photos, moved);
    try {
      CommandRun later = export(run.folder().toString(), "--to=" + folder.resolve("later.onnx"));
      assertThat(later.code()).as(later.err()).isZero();
      assertThat(later.out()).contains("on 100 synthetic images");
    } finally {
      Files.move(moved, photos);
    }

    CommandRun int8 = export(model, "--format=int8", "--to=" + folder.resolve("none.onnx"));
    assertThat(int8.code()).isOne();
    assertThat(int8.err()).contains("recipe.yaml is not there");
    assertThat(folder.resolve("none.onnx")).doesNotExist();
  }

  @Test
  void impossibleExportsAreRefusedInASentence() throws IOException {
    CommandRun exported = export("--to=" + folder);
    assertThat(exported.code()).isOne();
    assertThat(exported.err()).contains(folder + " is a folder; name a file with --to FILE.");
    Path photo = Files.writeString(folder.resolve("photo.png"), "precious");
    CommandRun overwriting = export("--to=" + photo);
    assertThat(overwriting.code()).isOne();
    assertThat(overwriting.err())
        .contains(photo + " exists and is not a model; name another file with --to FILE.");
    assertThat(photo).hasContent("precious");
    CommandRun nothing = CommandRun.of("export", "--output=" + folder.resolve("nowhere"));
    assertThat(nothing.code()).isOne();
    assertThat(nothing.err()).contains("Found no completed run to export in ");
    assertThat(export("--format=jpeg").code()).isEqualTo(2);
    assertThat(Files.exists(folder.resolve("nowhere"))).isFalse();
  }
}
