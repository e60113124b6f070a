package dev.graft.fuzz;

import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.graft.CommandRun;
import dev.graft.network.Graph;
import dev.graft.network.Layer;
import dev.graft.network.SmallCnn;
import dev.graft.network.Step;
import dev.graft.network.Weight;
import dev.graft.network.onnx.OnnxFile;
import dev.graft.network.onnx.PixelType;
import dev.graft.network.onnx.Precision;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/**
 * The valid files that cases damage: images of the tests, the recipes of {@code conf}, and small
 * files that are created here in a few seconds, always the same: manifests, weight files, a trained
 * model with its features.
 */
final class Seeds {
  private static final Path RESOURCES = Path.of("src/test/resources");
  static final List<String> CLASSES = List.of("dark", "light");
  private static final int PER_CLASS = 12;

  /** The number of images in {@link #photos}, which are all different. */
  static final int PHOTOS = 2 * PER_CLASS;

  final List<byte[]> images;
  final List<String> imageNames;
  final List<byte[]> recipes;
  final Map<String, byte[]> manifests;

  /** The content of {@link #safetensors} and {@link #h5}. */
  final List<Weight> weights =
      List.of(
          Weight.of("conv", Weight.Role.KERNEL, 2, 3, 3, 3),
          Weight.of("conv", Weight.Role.BIAS, 2));

  /** A network with two outputs for images of 12 pixels, whose file states its preprocessing. */
  final byte[] onnx = onnx();

  /** A network in TorchScript with two outputs, whose file does not state its preprocessing. */
  final Path torchScript = RESOURCES.resolve("dev/graft/foreign/tiny.pt");

  final byte[] safetensors = safetensors(weights);
  final byte[] h5 = Files.readAllBytes(RESOURCES.resolve("keras/small-with-top.h5"));

  /** Weights of {@code small-cnn}. */
  final byte[] smallCnn = safetensors(SmallCnn.network().weights());

  final Path smallCnnFile;

  /** Two classes of twelve small images each. */
  final Path photos;

  /** The output folder of a training on them; null until {@link #train}. */
  private Path output;

  private Path run;
  private Path exported;
  private String figures;

  Seeds(Path folder) throws IOException {
    List<Path> files;
    try (Stream<Path> found = Files.list(RESOURCES.resolve("dev/graft/image/files"))) {
      files =
          found
              .filter(file -> file.toString().matches(".*\\.(png|jpg|gif|bmp|tiff|webp)"))
              .sorted()
              .toList();
    }
    imageNames = files.stream().map(file -> file.getFileName().toString()).toList();
    images = contents(files);
    try (Stream<Path> found = Files.list(Path.of("conf"))) {
      recipes = contents(found.filter(file -> file.toString().endsWith(".yaml")).sorted().toList());
    }
    photos = Files.createDirectory(folder.resolve("photos"));
    smallCnnFile = Files.write(folder.resolve("small-cnn.safetensors"), smallCnn);
    StringBuilder csv = new StringBuilder("path,label,split\n");
    StringBuilder json = new StringBuilder();
    Random random = new Random(7);
    for (String name : CLASSES) {
      Path ofClass = Files.createDirectory(photos.resolve(name));
      for (int i = 0; i < PER_CLASS; i++) {
        Files.write(ofClass.resolve(i + ".bmp"), bmp(name.equals("dark") ? 40 : 180, random));
        String split = i == 0 ? "test" : i == 1 ? "val" : "train";
        csv.append(name + "/" + i + ".bmp," + name + "," + split + "\n");
        json.append(
            String.format(
                Locale.ROOT,
                "{\"path\": \"%s/%d.bmp\", \"label\": \"%s\", \"split\": \"%s\"}\n",
                name,
                i,
                name,
                split));
      }
    }
    manifests = new LinkedHashMap<>();
    manifests.put("a.csv", csv.toString().getBytes(StandardCharsets.UTF_8));
    manifests.put("a.jsonl", json.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static List<byte[]> contents(List<Path> files) throws IOException {
    List<byte[]> contents = new ArrayList<>();
    for (Path file : files) {
      contents.add(Files.readAllBytes(file));
    }
    return contents;
  }

  /** An image of 12 x 12 pixels, bottom row first, blue first; rows of 36 bytes need no padding. */
  private static byte[] bmp(int brightness, Random random) {
    int side = 12;
    ByteBuffer bmp = ByteBuffer.allocate(54 + 3 * side * side).order(ByteOrder.LITTLE_ENDIAN);
    bmp.put((byte) 'B').put((byte) 'M').putInt(bmp.capacity()).putInt(0).putInt(54);
    bmp.putInt(40).putInt(side).putInt(side).putShort((short) 1).putShort((short) 24);
    bmp.position(54);
    while (bmp.hasRemaining()) {
      bmp.put((byte) (brightness + random.nextInt(36)));
    }
    return bmp.array();
  }

  /** Returns the lines of a manifest. */
  List<String> rows(String manifest) {
    return new String(manifests.get(manifest), StandardCharsets.UTF_8).lines().toList();
  }

  /** Turns the first kernel of {@code small-cnn}'s weights, as DJL saves them, on its side. */
  static void reshape(byte[] params) {
    long[] shape = {32, 3, 3, 3};
    long[] other = {3, 32, 3, 3};
    ByteBuffer bytes = ByteBuffer.wrap(params);
    for (int at = 0; at + Long.BYTES * shape.length <= params.length; at++) {
      long[] found = new long[shape.length];
      bytes.position(at).asLongBuffer().get(found);
      if (Arrays.equals(found, shape)) {
        bytes.position(at).asLongBuffer().put(other);
        return;
      }
    }
    throw new IllegalStateException("no kernel of " + Arrays.toString(shape));
  }

  private static byte[] onnx() {
    Graph graph =
        new Graph(
            new Shape(3, 12, 12),
            List.of(
                new Step(
                    new Layer.Conv2d("conv", 3, 4, 3, 2, Layer.Padding.SAME, 1, true),
                    List.of(Graph.PIXELS)),
                new Step(new Layer.Relu("relu"), List.of("conv")),
                new Step(new Layer.MaxPool("pool", 2, 2, Layer.Padding.VALID), List.of("relu")),
                new Step(new Layer.GlobalAveragePool("average"), List.of("pool"))));
    Random random = new Random(9);
    return OnnxFile.of(
            graph,
            List.of("relu", "average"),
            weight -> {
              float[] values = new float[weight.size()];
              for (int i = 0; i < values.length; i++) {
                values[i] = (float) random.nextGaussian();
              }
              return values;
            },
            new Precision.Float32(),
            PixelType.FLOAT32,
            Map.of("mean", "127, 127, 127", "deviation", "64, 64, 64"))
        .bytes();
  }

  private static byte[] safetensors(List<Weight> weights) {
    StringBuilder header = new StringBuilder("{\"__metadata__\":{\"format\":\"graft\"}");
    int size = 0;
    for (Weight weight : weights) {
      int end = size + Float.BYTES * weight.size();
      header.append(
          String.format(
              Locale.ROOT,
              ",\"%s\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":[%d,%d]}",
              weight.name(),
              weight.shape(),
              size,
              end));
      size = end;
    }
    byte[] json = header.append("}").toString().getBytes(StandardCharsets.UTF_8);
    ByteBuffer file =
        ByteBuffer.allocate(8 + json.length + size)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(json.length)
            .put(json);
    Random random = new Random(5);
    while (file.hasRemaining()) {
      file.putFloat((float) (0.1 * random.nextGaussian()));
    }
    return file.array();
  }

  /** Returns the arguments of {@link #training} with a backbone from a file. */
  List<String> trainingOn(Path backbone, Path target) {
    List<String> arguments = new ArrayList<>(training(Path.of("pretrained"), target));
    arguments.set(1, "--backbone=" + backbone);
    arguments.add("--set=mean=[127,127,127]");
    arguments.add("--set=deviation=[64,64,64]");
    return arguments;
  }

  /** Returns the arguments of a training that takes half a second. */
  List<String> training(Path weightFile, Path target) {
    return List.of(
        "fine-tune",
        "--backbone=small-cnn",
        "--weights=" + weightFile,
        "--data=" + photos,
        "--output=" + target,
        "--epochs=1",
        "--device=cpu",
        "--set=input-size=12",
        "--set=head.hidden=0",
        "--set=min-steps=1",
        "--set=batch-size=4");
  }

  /** Trains the model at the first call, and removes what depends on the clock. */
  private void train() {
    if (output != null) {
      return;
    }
    Path target = photos.resolveSibling("trained");
    CommandRun result = CommandRun.of(training(smallCnnFile, target).toArray(String[]::new));
    if (result.code() != 0) {
      throw new IllegalStateException(result.err());
    }
    try {
      figures = figuresOf(target);
      Path latest = target.resolve("latest");
      Path made = target.resolve("runs").resolve(Files.readString(latest).strip());
      run = Files.move(made, made.resolveSibling("20260101-000000-small-cnn-photos"));
      Files.writeString(latest, run.getFileName() + "\n");
      Path record = run.resolve("run.json");
      String timeless = Files.readString(record).replaceAll("[0-9]\\.[0-9]{3,}", "0.125");
      Files.writeString(record, timeless);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    output = target;
    exported = photos.resolveSibling("exported.onnx");
    CommandRun export = CommandRun.of("export", "--output=" + target, "--to=" + exported);
    if (export.code() != 0) {
      throw new IllegalStateException(export.err());
    }
  }

  /** Returns the output folder of the training. */
  Path output() {
    train();
    return output;
  }

  /** Returns the run in {@link #output}. */
  Path run() {
    train();
    return run;
  }

  /** Returns the run as an ONNX file. */
  Path exported() {
    train();
    return exported;
  }

  /** Returns {@link #figuresOf} the training. */
  String figures() {
    train();
    return figures;
  }

  /** Returns the test figures of the latest run of an output folder. */
  static String figuresOf(Path output) throws IOException {
    String name = Files.readString(output.resolve("latest")).strip();
    var test =
        new ObjectMapper()
            .readTree(output.resolve("runs").resolve(name).resolve("run.json").toFile())
            .path("test");
    return String.format(
        Locale.ROOT,
        "accuracy %.4f, loss %.3f",
        test.path("accuracy").asDouble(),
        test.path("loss").asDouble());
  }
}
