package dev.graft.fuzz;

import dev.graft.GraftException;
import dev.graft.data.Listing;
import dev.graft.network.Weight;
import dev.graft.picture.PictureReader;
import dev.graft.recipe.RecipeReader;
import dev.graft.zoo.WeightReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/**
 * What is damaged, and who is given it. The weight is how many of a hundred cases are of a kind.
 */
enum Kind {
  PICTURE("pictures, by the reader", 33) {
    @Override
    Outcome run(Seeds seeds, Path folder, Random random) throws IOException {
      Path file = picture(seeds, folder, random);
      int least = random.nextInt(3) * 16;
      return refusable(
          () -> {
            if (random.nextInt(4) == 0) {
              PictureReader.header(file);
            }
            PictureReader.read(file, least);
          });
    }
  },
  PICTURE_COMMAND("pictures, by infer", 1) {
    @Override
    Outcome run(Seeds seeds, Path folder, Random random) throws IOException {
      String file = picture(seeds, folder, random).toString();
      String model = random.nextInt(8) == 0 ? "--imagenet" : "--model=" + seeds.run();
      return Command.run(List.of("infer", file, model, "--device=cpu")).outcome();
    }
  },
  RECIPE("recipes, by the reader", 14) {
    @Override
    Outcome run(Seeds seeds, Path folder, Random random) throws IOException {
      Path file = folder.resolve("a.yaml");
      Files.write(file, Mutation.mutated(any(seeds.recipes, random), true, random));
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
        return Command.run(List.of("summary", "--recipe=" + file)).outcome();
      }
      List<String> lines =
          new String(recipe, StandardCharsets.UTF_8)
              .lines()
              .filter(line -> line.matches("[a-z].*: .*"))
              .map(line -> line.replaceFirst(" *#.*", "").replaceFirst(": +", "="))
              .toList();
      byte[] setting = any(lines, random).getBytes(StandardCharsets.UTF_8);
      String mutated = new String(Mutation.mutated(setting, true, random), StandardCharsets.UTF_8);
      return Command.run(List.of("summary", "--set", mutated)).outcome();
    }
  },
  MANIFEST("manifests, by the listing", 14) {
    @Override
    Outcome run(Seeds seeds, Path folder, Random random) throws IOException {
      Path file = manifest(seeds, folder, random);
      return refusable(() -> Listing.of(file));
    }
  },
  MANIFEST_COMMAND("manifests, by inspect", 5) {
    @Override
    Outcome run(Seeds seeds, Path folder, Random random) throws IOException {
      Box.copy(seeds.photos, folder.resolve("photos"));
      Path file = manifest(seeds, folder.resolve("photos"), random);
      return Command.run(List.of("inspect", file.toString(), output(folder))).outcome();
    }
  },
  SAFETENSORS("safetensors, by the reader", 9) {
    @Override
    Outcome run(Seeds seeds, Path folder, Random random) throws IOException {
      return weights(folder.resolve("a.safetensors"), seeds.safetensors, seeds.weights, random);
    }
  },
  KERAS("Keras's HDF5, by the reader", 9) {
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
      return Command.run(seeds.training(file, folder.resolve("output"))).outcome();
    }
  },
  MODEL("model folders, by infer", 5) {
    @Override
    Outcome run(Seeds seeds, Path folder, Random random) throws IOException {
      Path run = folder.resolve("run");
      Box.copy(seeds.run(), run);
      if (random.nextBoolean()) {
        // As before models had it; and so that DJL is given the damage.
        Path description = run.resolve("model/network.json");
        String sound = Files.readString(description);
        Files.writeString(description, sound.replaceFirst(",\\s*\"weightsSha256\"[^,}]*", ""));
      }
      damage(run.resolve("model"), random);
      String picture = seeds.photos.resolve("dark/0.bmp").toString();
      return Command.run(List.of("infer", picture, "--model=" + run, "--device=cpu")).outcome();
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
      return Command.run(arguments).outcome();
    }
  },
  FEATURES("feature caches, by fine-tune", 1) {
    @Override
    Outcome run(Seeds seeds, Path folder, Random random) throws IOException {
      Path output = folder.resolve("output");
      Files.createDirectories(output);
      Box.copy(seeds.output().resolve("features"), output.resolve("features"));
      damage(output.resolve("features"), random);
      Command.Result result = Command.run(seeds.training(seeds.smallCnnFile, output));
      Outcome outcome = result.outcome();
      if (outcome.end() == Outcome.End.SENTENCE) {
        return Outcome.violation("damage should cost a computation only: " + result.err());
      }
      String figures = outcome.end() == Outcome.End.SUCCESS ? Seeds.figuresOf(output) : "";
      return outcome.end() != Outcome.End.SUCCESS || figures.equals(seeds.figures())
          ? outcome
          : Outcome.violation("%s instead of %s".formatted(figures, seeds.figures()));
    }
  };

  final String title;
  final int ofHundred;

  Kind(String title, int ofHundred) {
    this.title = title;
    this.ofHundred = ofHundred;
  }

  /**
   * Damages something and lets it be read.
   *
   * @param folder an empty one, for the case alone
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

  private static Path picture(Seeds seeds, Path folder, Random random) throws IOException {
    int which = random.nextInt(seeds.pictures.size());
    Path file = folder.resolve(seeds.pictureNames.get(which));
    return Files.write(file, Mutation.mutated(seeds.pictures.get(which), false, random));
  }

  private static Path manifest(Seeds seeds, Path folder, Random random) throws IOException {
    String name = any(List.copyOf(seeds.manifests.keySet()), random);
    Files.createDirectories(folder);
    return Files.write(
        folder.resolve(name), Mutation.mutated(seeds.manifests.get(name), true, random));
  }

  private static Outcome weights(Path file, byte[] sound, List<Weight> wanted, Random random)
      throws IOException {
    Files.write(file, Mutation.mutated(sound, false, random));
    return refusable(
        () -> {
          try (WeightReader reader = WeightReader.open(file, "net", wanted)) {
            wanted.forEach(reader::read);
          }
        });
  }

  /** Damages one of the files below a folder, or puts something else in its place. */
  private static void damage(Path below, Random random) throws IOException {
    List<Path> files;
    try (Stream<Path> found = Files.walk(below)) {
      files = found.filter(Files::isRegularFile).sorted().toList();
    }
    Path file = any(files, random);
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
