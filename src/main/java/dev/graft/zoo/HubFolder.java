package dev.graft.zoo;

import static java.util.stream.Collectors.joining;

import dev.graft.GraftException;
import dev.graft.util.Text;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A folder with a network, laid out as on Hugging Face's hub: ONNX files in it or in {@code onnx/},
 * and beside them, or one folder up, a model card and {@linkplain HubPreprocessing configurations}.
 */
final class HubFolder {
  /**
   * File names of the network, best first: of a model for images and text, only the image part is
   * usable.
   */
  private static final List<String> NAMES = List.of("vision_model", "model");

  /** A model card's metadata is at the top of a file that may be long. */
  private static final int MAX_CARD_LINES = 200;

  private static final int MAX_LICENSE = 100;

  /** {@code license: NAME}, {@code license: [NAME]} or one name per line after it. */
  private static final Pattern LICENSE =
      Pattern.compile("^license:([^\n]*(?:\n *- [^\n]*)*)", Pattern.MULTILINE);

  /** In Hugging Face's cache: {@code models--OWNER--NAME/snapshots/REVISION/FILE}. */
  private static final Pattern SNAPSHOT =
      Pattern.compile(".*/models--([^/]+)--([^/]+)/snapshots/([^/]+)/(.+)");

  private HubFolder() {}

  // The network's file.

  /**
   * Returns the ONNX file of a folder.
   *
   * @param variant such as {@code fp16}; empty for float32
   * @throws GraftException if there is none, or if several are equally suitable
   */
  static Path network(Path folder, Optional<String> variant) throws IOException {
    return folder.resolve(network(files(folder), variant));
  }

  /**
   * Chooses the ONNX file among the files of a repository.
   *
   * @param files paths relative to the repository, with slashes
   * @throws GraftException as for a folder
   */
  static String network(List<String> files, Optional<String> variant) {
    List<String> networks =
        files.stream().filter(file -> file.matches("(onnx/)?[^/]+\\.onnx")).sorted().toList();
    String suffix = variant.map(name -> "_" + name).orElse("") + ".onnx";
    for (String name : NAMES) {
      for (String place : List.of("onnx/", "")) {
        if (networks.contains(place + name + suffix)) {
          return place + name + suffix;
        }
      }
    }
    List<String> others =
        networks.stream().filter(file -> variant.isEmpty() || file.endsWith(suffix)).toList();
    if (others.size() == 1) {
      return others.get(0);
    }
    boolean weights =
        files.stream().anyMatch(file -> file.endsWith(".safetensors") || file.endsWith(".bin"));
    if (networks.isEmpty()) {
      throw new GraftException(
          weights
              ? "it has weights for Python, but no network in ONNX; export it with optimum-cli, or take"
                  + " one of onnx-community's."
              : "it has no .onnx file, nor has its folder onnx; name a file.");
    }
    throw new GraftException(
        variant.map(name -> "variant: no file for " + name).orElse("it has several files")
            + "; name one by variant or by its path: "
            + String.join(", ", networks)
            + ".");
  }

  private static List<String> files(Path folder) throws IOException {
    List<String> files = new ArrayList<>();
    for (Path each : List.of(folder, folder.resolve("onnx"))) {
      if (Files.isDirectory(each)) {
        try (Stream<Path> all = Files.list(each)) {
          all.filter(Files::isRegularFile)
              .map(file -> folder.relativize(file).toString().replace('\\', '/'))
              .forEach(files::add);
        }
      }
    }
    return files;
  }

  // Names.

  /** Returns a name for a network: that of its file or, if it is a usual one, of its folder. */
  static String name(Path file) {
    Matcher snapshot = snapshot(file);
    if (snapshot.matches()) {
      return snapshot.group(2);
    }
    String name = file.getFileName().toString().replaceFirst("\\.\\w+$", "");
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null && folder.endsWith("onnx")) {
      folder = folder.getParent();
    }
    boolean usual = NAMES.stream().anyMatch(known -> (name + "_").startsWith(known + "_"));
    return usual && folder != null && folder.getFileName() != null
        ? folder.getFileName().toString()
        : name;
  }

  /** Returns where a network came from: the repository, revision and file, or the file's name. */
  static String label(Path file) {
    Matcher in = snapshot(file);
    return in.matches()
        ? Text.of("hf:%s/%s@%s %s", in.group(1), in.group(2), in.group(3), in.group(4))
        : file.getFileName().toString();
  }

  private static Matcher snapshot(Path file) {
    return SNAPSHOT.matcher(file.toAbsolutePath().toString().replace('\\', '/'));
  }

  /** Returns the license that the model card beside a network, or one folder up, states. */
  static Optional<String> license(Path file) throws IOException {
    for (Path folder : folders(file)) {
      Path card = folder.resolve("README.md");
      if (Files.isRegularFile(card)) {
        return license(Files.readString(card, StandardCharsets.ISO_8859_1));
      }
    }
    return Optional.empty();
  }

  /** Reads {@code license: NAME}, or a list of names in the lines after it. */
  private static Optional<String> license(String card) {
    Matcher found = LICENSE.matcher(card.lines().limit(MAX_CARD_LINES).collect(joining("\n")));
    return found.find()
        ? Optional.of(
                found.group(1).replaceAll("\\s*\n\\s*-\\s*", ", ").replaceFirst("^[, \\[]+", ""))
            .map(text -> text.replaceAll("[\\p{Cntrl}\\]]", "").strip())
            .filter(text -> !text.isEmpty())
            .map(text -> text.length() > MAX_LICENSE ? text.substring(0, MAX_LICENSE) + "…" : text)
        : Optional.empty();
  }

  /** Returns the folder of a network, and the one that it is in. */
  static List<Path> folders(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    return Stream.of(folder, folder.getParent()).filter(each -> each != null).toList();
  }
}
