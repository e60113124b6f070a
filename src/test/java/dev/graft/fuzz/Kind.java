package dev.graft.fuzz;

import dev.graft.GraftException;
import dev.graft.data.Listing;
import dev.graft.image.ImageFileReader;
import dev.graft.network.OutputSelection;
import dev.graft.network.Weight;
import dev.graft.recipe.RecipeReader;
import dev.graft.zoo.BackboneInfo;
import dev.graft.zoo.ExternalBackbone;
import dev.graft.zoo.WeightReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/** What is damaged, and what reads it. The weight is the number of cases in a hundred. */
enum Kind {
  EXPORTED("exported files, by infer", 1) {
    @Override
    Outcome run(Seeds seeds, Path folder, Random random) throws IOException {
      Path file = folder.resolve("a.onnx");
      Files.write(file, Mutation.mutated(Files.readAllBytes(seeds.exported()), false, random));
      return infer(seeds, file);
    }
  },
  BACKBONE("own backbones, by the dry run", 4) {
    @Override
    Outcome run(Seeds seeds, Path folder, Random random) throws IOException {
      String file = backbone(seeds, folder, random).toString();
      return refusable(
          () ->
              BackboneInfo.of(
                  file,
                  new ExternalBackbone.Options(
                      12, Optional.empty(), OutputSelection.Wanted.ANY, false, false)));
    }
  },
  BACKBONE_COMMAND("own backbones, by fine-tune and infer", 1) {
    @Override
    Outcome run(Seeds seeds, Path folder, Random random) throws IOException {
      Path output = folder.resolve("output");
      Path file = backbone(seeds, folder, random);
      Outcome outcome = Outcome.ofCommand(seeds.trainingOn(file, output));
      if (outcome.end() != Outcome.End.SUCCESS) {
        return outcome;
      }
      Path model = onlyFile(output.resolve("runs"), "network.json").getParent();
      Path copy = onlyFile(model, "backbone" + (file.toString().endsWith(".pt") ? ".pt" : ".onnx"));
      if (random.nextBoolean()) {
        Files.write(copy, Mutation.mutated(Files.readAllBytes(copy), false, random));
      }
      return infer(seeds, model);
    }
  },
  IMAGE("images, by the reader", 24) {
    @Override
    Outcome run(Seeds seeds, Path folder, Random random) throws IOException {
      Path file = image(seeds, folder, random);
      int least = random.nextInt(3) * 16;
      return refusable(
          () -> {
            if (random.nextInt(4) == 0) {
              ImageFileReader.header(file);
            }
            ImageFileReader.read(file, least);
          });
    }
  },
  IMAGE_COMMAND("images, by infer", 1) {
    @Override
    Outcome run(Seeds seeds, Path folder, Random random) throws IOException {
      String file = image(seeds, folder, random).toString();
      String model = random.nextInt(8) == 0 ? "--imagenet" : "--model=" + seeds.run();
      return Outcome.ofCommand(List.of("infer", file, model, "--device=cpu"));
    }
  },
  RECIPE("recipes, by the reader", 12) {
    @Override
    Outcome run(Seeds seeds, Path folder, Random random) throws IOException {
      Path file = folder.resolve("a.yaml");
      Files.write(file, Mutation.mutated(any(seeds.recipes, random), true, random));
      return refusable(() -> RecipeReader.read(file, Map.of()));
    }
  },
  RECIPE_TOO_LARGE("recipes of megabytes, by the reader", 1, Outcome.End.SENTENCE) {
    @Override
    Outcome run(Seeds seeds, Path folder, Random random) throws IOException {
      String recipe = new String(any(seeds.recipes, random), StandardCharsets.UTF_8);
      String comments = ("# " + "x".repeat(97) + "\n").repeat(12_000 + random.nextInt(50_000));
      Path file = folder.resolve("a.yaml");
      Files.writeString(file, random.nextBoolean() ? recipe + comments : comments + recipe);
      return refusable(() -> RecipeReader.read(file, Map.of()));
    }
  },
  RECIPE_COMMAND("recipes and settings, by summary", 6) {
    @Override
    Outcome run(Seeds seeds, Path folder, Random random) throws IOException {
      byte[] recipe = any(seeds.recipes, random);
      if (random.nextBoolean()) {
        Path file = folder.resolve("a.yaml");
        Files.write(file, Mutation.mutated(recipe, true, random));
        return Outcome.ofCommand(List.of("summary", "--recipe=" + file));
      }
      List<String> lines =
          new String(recipe, StandardCharsets.UTF_8)
              .lines()
              .filter(line -> line.matches("[a-z].*: .*"))
              .map(line -> line.replaceFirst(" *#.*", "").replaceFirst(": +", "="))
              .toList();
      byte[] setting = any(lines, random).getBytes(StandardCharsets.UTF_8);
      String mutated = new String(Mutation.mutated(setting, true, random), StandardCharsets.UTF_8);
      return Outcome.ofCommand(List.of("summary", "--set", mutated));
    }
  },
  MANIFEST("manifests, by the listing", 11) {
    @Override
    Outcome run(Seeds seeds, Path folder, Random random) throws IOException {
      Path file = manifest(seeds, folder, random);
      return refusable(() -> Listing.of(file));
    }
  },
  MANIFEST_FIELD("a field of a manifest, by the listing", 3) {
    @Override
    Outcome run(Seeds seeds, Path folder, Random random) throws IOException {
      List<String> rows = new ArrayList<>(seeds.rows("a.jsonl"));
      int row = random.nextInt(rows.size());
      rows.set(row, JsonDamage.of(rows.get(row), random));
      Path file = Files.write(folder.resolve("a.jsonl"), rows);
      return refusable(() -> Listing.of(file));
    }
  },
  MANIFEST_CLIMBS("manifests that lead out of their folder", 1, Outcome.End.SENTENCE) {
    @Override
    Outcome run(Seeds seeds, Path folder, Random random) throws IOException {
      String name = any(List.copyOf(seeds.manifests.keySet()), random);
      List<String> rows = new ArrayList<>(seeds.rows(name));
      int row = 1 + random.nextInt(rows.size() - 1);
      String out = any(List.of("..", "./..", "dark/../..", "../photos/../.."), random);
      rows.set(row, rows.get(row).replaceFirst("(dark|light)/", out + "/$1/"));
      Path file = Files.createDirectory(folder.resolve("photos")).resolve(name);
      Files.write(file, rows);
      return refusable(() -> Listing.of(file));
    }
  },
  MANIFEST_COMMAND("manifests, by inspect", 5) {
    @Override
    Outcome run(Seeds seeds, Path folder, Random random) throws IOException {
      Box.copy(seeds.photos, folder.resolve("photos"));
      Path file = manifest(seeds, folder.resolve("photos"), random);
      return Outcome.ofCommand(List.of("inspect", file.toString(), output(folder)));
    }
  },
  SAFETENSORS("safetensors, by the reader", 8) {
    @Override
    Outcome run(Seeds seeds, Path folder, Random random) throws IOException {
      return weights(folder.resolve("a.safetensors"), seeds.safetensors, seeds.weights, random);
    }
  },
  SAFETENSORS_HEADER("a field of a safetensors header, by the reader", 3) {
    @Override
    Outcome run(Seeds seeds, Path folder, Random random) throws IOException {
      ByteBuffer sound = ByteBuffer.wrap(seeds.safetensors).order(ByteOrder.LITTLE_ENDIAN);
      byte[] header = new byte[(int) sound.getLong()];
      sound.get(header);
      byte[] damaged =
          JsonDamage.of(new String(header, StandardCharsets.UTF_8), random)
              .getBytes(StandardCharsets.UTF_8);
      ByteBuffer file =
          ByteBuffer.allocate(8 + damaged.length + sound.remaining())
              .order(ByteOrder.LITTLE_ENDIAN)
              .putLong(damaged.length)
              .put(damaged)
              .put(sound);
      return read(folder.resolve("a.safetensors"), file.array(), seeds.weights);
    }
  },
  KERAS("Keras's HDF5, by the reader", 8) {
    @Override
    Outcome run(Seeds seeds, Path folder, Random random) throws IOException {
      return weights(folder.resolve("a.h5"), seeds.h5, seeds.weights, random);
    }
  },
  WEIGHTS_COMMAND("weight files, by fine-tune", 1) {
    @Override
    Outcome run(Seeds seeds, Path folder, Random random) throws IOException {
      boolean h5 = random.nextInt(3) == 0;
      Path file = folder.resolve(h5 ? "a.h5" : "a.safetensors");
      Files.write(file, Mutation.mutated(h5 ? seeds.h5 : seeds.smallCnn, false, random));
      return Outcome.ofCommand(seeds.training(file, folder.resolve("output")));
    }
  },
  MODEL("model folders, by infer", 5) {
    @Override
    Outcome run(Seeds seeds, Path folder, Random random) throws IOException {
      Path run = folder.resolve("run");
      Box.copy(seeds.run(), run);
      if (random.nextBoolean()) {
        withoutHash(run); // so that DJL reads the damage
      }
      if (random.nextInt(4) == 0) {
        Path description = run.resolve("model/network.json");
        Files.writeString(description, JsonDamage.of(Files.readString(description), random));
      } else {
        damage(run.resolve("model"), random);
      }
      return infer(seeds, run);
    }
  },
  MODEL_WEIGHTS("weights that are not the model's, by infer", 1, Outcome.End.SENTENCE) {
    @Override
    Outcome run(Seeds seeds, Path folder, Random random) throws IOException {
      Path run = folder.resolve("run");
      Box.copy(seeds.run(), run);
      Path file = onlyFile(run.resolve("model"), ".params");
      byte[] bytes = Files.readAllBytes(file);
      if (random.nextBoolean()) {
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      } else {
        // As many values in another shape, in a model of a version without hashes.
        withoutHash(run);
        Seeds.reshape(bytes);
      }
      Files.write(file, bytes);
      return infer(seeds, run);
    }
  },
  RUN("run folders and latest, by evaluate", 2) {
    @Override
    Outcome run(Seeds seeds, Path folder, Random random) throws IOException {
      Path output = folder.resolve("output");
      Box.copy(seeds.output(), output);
      Path run = output.resolve("runs").resolve(seeds.run().getFileName());
      if (random.nextInt(3) == 0) {
        damage(output.resolve("latest"), random);
      } else {
        damage(run.resolve(random.nextBoolean() ? "run.json" : "recipe.yaml"), random);
      }
      List<String> arguments = new ArrayList<>(List.of("evaluate", output(folder)));
      arguments.add("--device=cpu");
      if (random.nextBoolean()) {
        arguments.add("--data=" + seeds.photos);
      }
      return Outcome.ofCommand(arguments);
    }
  },
  FEATURES("feature caches, by fine-tune", 1, Outcome.End.SUCCESS) {
    @Override
    Outcome run(Seeds seeds, Path folder, Random random) throws IOException {
      Path output = cached(seeds, folder);
      damage(output.resolve("features"), random);
      return sameFigures(seeds, output);
    }
  },
  RECORDS("what records hold, by fine-tune", 1, Outcome.End.SUCCESS) {
    @Override
    Outcome run(Seeds seeds, Path folder, Random random) throws IOException {
      Path output = cached(seeds, folder);
      for (Path file : files(output.resolve("features"))) {
        byte[] bytes = Files.readAllBytes(file);
        int entry = (bytes.length - 8192) / Seeds.PHOTOS;
        if (bytes.length != 8192 + Seeds.PHOTOS * entry) {
          throw new IllegalStateException(file + " is not a record log of " + Seeds.PHOTOS);
        }
        // The hashes and checksums stay; every record is overwritten.
        for (int start = 8192; start < bytes.length; start += entry) {
          for (int at = start + 36; at < start + entry; at++) {
            bytes[at] ^= (byte) (1 + random.nextInt(255));
          }
        }
        Files.write(file, bytes);
      }
      return sameFigures(seeds, output);
    }
  };

  /** Bytes that may be added to a TorchScript file. */
  private static final int MAX_ADDED = 400;

  final String title;
  final int ofHundred;

  /** How cases may end; each of these ends must occur, or the kind tests nothing. */
  @SuppressWarnings("ImmutableEnumChecker") // what Set.of gives is
  final Set<Outcome.End> ends;

  Kind(String title, int ofHundred) {
    this(title, ofHundred, Outcome.End.SUCCESS, Outcome.End.SENTENCE);
  }

  Kind(String title, int ofHundred, Outcome.End... ends) {
    this.title = title;
    this.ofHundred = ofHundred;
    this.ends = Set.of(ends);
  }

  /**
   * Damages something and reads it.
   *
   * @param folder an empty folder for this case
   */
  abstract Outcome run(Seeds seeds, Path folder, Random random) throws IOException;

  private interface Read {
    void run() throws IOException;
  }

  /** A reader may succeed, or refuse by the one exception that carries a sentence. */
  private static Outcome refusable(Read read) throws IOException {
    try {
      read.run();
      return Outcome.SUCCESS;
    } catch (GraftException e) {
      for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
        if (cause instanceof OutOfMemoryError) {
          return Outcome.of(e);
        }
      }
      return Outcome.ofRefusal(e.getMessage());
    }
  }

  private static <T> T any(List<T> list, Random random) {
    return list.get(random.nextInt(list.size()));
  }

  private static String output(Path folder) {
    return "--output=" + folder.resolve("output");
  }

  /** Damages a backbone, mostly in ONNX, where the file states most of what can be wrong. */
  private static Path backbone(Seeds seeds, Path folder, Random random) throws IOException {
    boolean script = random.nextInt(3) == 0;
    // A new name each time: results are cached by name, size and time of a file.
    Path file = folder.resolve(random.nextInt(1_000_000) + (script ? ".pt" : ".onnx"));
    byte[] sound = script ? Files.readAllBytes(seeds.torchScript) : seeds.onnx;
    byte[] damaged =
        switch (random.nextInt(3)) {
          case 0 -> Mutation.mutated(sound, false, random);
          case 1 ->
              script ? withDamagedEntry(seeds.torchScript, random) : OnnxDamage.of(sound, random);
          default -> {
            byte[] other = sound.clone(); // mostly in a weight, where it is not noticed
            other[random.nextInt(other.length)] ^= (byte) (1 << random.nextInt(8));
            yield other;
          }
        };
    return Files.write(file, damaged);
  }

  /** Returns a damaged ZIP file whose checksums are right. */
  private static byte[] withDamagedEntry(Path zip, Random random) throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    try (ZipFile in = new ZipFile(zip.toFile())) {
      for (ZipEntry entry : in.stream().toList()) {
        entries.put(entry.getName(), in.getInputStream(entry).readAllBytes());
      }
    }
    String which = any(List.copyOf(entries.keySet()), random);
    byte[] damaged = Mutation.mutated(entries.get(which), which.endsWith(".py"), random);
    // PyTorch's parser has no limit: thousands of open brackets in a row end the process.
    if (damaged.length < entries.get(which).length + MAX_ADDED) {
      entries.put(which, damaged);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZipOutputStream written = new ZipOutputStream(out)) {
      written.setLevel(Deflater.NO_COMPRESSION);
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        ZipEntry made = new ZipEntry(entry.getKey());
        made.setTime(0); // so that the case is always the same
        written.putNextEntry(made);
        written.write(entry.getValue());
      }
    }
    return out.toByteArray();
  }

  private static Path image(Seeds seeds, Path folder, Random random) throws IOException {
    int which = random.nextInt(seeds.images.size());
    Path file = folder.resolve(seeds.imageNames.get(which));
    return Files.write(file, Mutation.mutated(seeds.images.get(which), false, random));
  }

  private static Path manifest(Seeds seeds, Path folder, Random random) throws IOException {
    String name = any(List.copyOf(seeds.manifests.keySet()), random);
    Files.createDirectories(folder);
    return Files.write(
        folder.resolve(name), Mutation.mutated(seeds.manifests.get(name), true, random));
  }

  private static Outcome weights(Path file, byte[] sound, List<Weight> wanted, Random random)
      throws IOException {
    return read(file, Mutation.mutated(sound, false, random), wanted);
  }

  private static Outcome read(Path file, byte[] bytes, List<Weight> wanted) throws IOException {
    Files.write(file, bytes);
    return refusable(
        () -> {
          try (WeightReader reader = WeightReader.open(file, "net", wanted)) {
            wanted.forEach(reader::read);
          }
        });
  }

  /** Removes the hash, which models of earlier versions do not have. */
  private static void withoutHash(Path run) throws IOException {
    Path description = run.resolve("model/network.json");
    String sound = Files.readString(description);
    Files.writeString(description, sound.replaceFirst(",\\s*\"weightsSha256\"[^,}]*", ""));
  }

  private static Outcome infer(Seeds seeds, Path run) {
    String image = seeds.photos.resolve("dark/0.bmp").toString();
    return Outcome.ofCommand(List.of("infer", image, "--model=" + run, "--device=cpu"));
  }

  /** Returns an output folder with the features of the training, and nothing else. */
  private static Path cached(Seeds seeds, Path folder) throws IOException {
    Path output = Files.createDirectories(folder.resolve("output"));
    Box.copy(seeds.output().resolve("features"), output.resolve("features"));
    return output;
  }

  /** Trains; damage to the cache may cost a computation, but must not change a figure. */
  private static Outcome sameFigures(Seeds seeds, Path output) throws IOException {
    Outcome outcome = Outcome.ofCommand(seeds.training(seeds.smallCnnFile, output));
    if (outcome.end() != Outcome.End.SUCCESS) {
      return outcome;
    }
    String figures = Seeds.figuresOf(output);
    return figures.equals(seeds.figures())
        ? outcome
        : Outcome.violation(figures + " instead of " + seeds.figures());
  }

  private static List<Path> files(Path below) throws IOException {
    try (Stream<Path> found = Files.walk(below)) {
      return found.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private static Path onlyFile(Path folder, String suffix) throws IOException {
    return files(folder).stream()
        .filter(file -> file.toString().endsWith(suffix))
        .findFirst()
        .orElseThrow();
  }

  /** Damages one of the files below a folder, or puts something else in its place. */
  private static void damage(Path below, Random random) throws IOException {
    Path file = any(files(below), random);
    byte[] sound = Files.readAllBytes(file);
    Files.delete(file);
    switch (random.nextInt(12)) {
      case 0 -> {} // it is gone
      case 1 -> Files.createDirectory(file);
      case 2 -> Files.createSymbolicLink(file, Path.of("../../../" + Hostile.TARGET));
      case 3 -> Files.createSymbolicLink(file, Path.of("/dev/zero"));
      default -> {
        boolean text = file.toString().matches(".*(\\.(json|txt|yaml|properties)|latest)");
        Files.write(file, Mutation.mutated(sound, text, random));
      }
    }
  }
}
