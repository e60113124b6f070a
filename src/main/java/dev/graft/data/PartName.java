package dev.graft.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A folder name that may mean a part of a data set: {@code Training}, {@code test_set}, {@code
 * seg_train}, {@code valImages}, {@code test1}.
 *
 * <p>A name is split at everything but letters, and at camel case. It means a part if exactly one
 * of its words does, in singular or plural; words such as {@code set} or {@code images} are
 * ignored, and the rest is the affix, which siblings must share.
 *
 * @param word the word that means the part, in lower case and singular
 * @param affix the other words
 */
record PartName(String word, List<String> affix) {
  /**
   * Words for the test part or, if a sibling means the test part, for the validation part: test in
   * {@code train, dev, eval}; validation in {@code train, eval, test}.
   */
  private static final Set<String> EVALUATION = Set.of("eval", "evaluation");

  /** The folder in which Graft writes evaluations; not a plural. */
  private static final String OWN_EVALUATIONS = "evaluations";

  /** Training and validation in one folder, as in Pascal VOC; also {@code train_val}. */
  private static final String TRAINVAL = "trainval";

  private static final Map<String, Part> PARTS =
      Map.ofEntries(
          Map.entry("train", Part.TRAIN),
          Map.entry("training", Part.TRAIN),
          Map.entry("trn", Part.TRAIN),
          Map.entry(TRAINVAL, Part.TRAIN),
          Map.entry("val", Part.VALIDATION),
          Map.entry("valid", Part.VALIDATION),
          Map.entry("validate", Part.VALIDATION),
          Map.entry("validation", Part.VALIDATION),
          Map.entry("dev", Part.VALIDATION),
          Map.entry("devel", Part.VALIDATION),
          Map.entry("development", Part.VALIDATION),
          Map.entry("test", Part.TEST),
          Map.entry("testing", Part.TEST),
          Map.entry("tst", Part.TEST),
          Map.entry("holdout", Part.TEST));

  private static final Set<String> GENERIC =
      Set.of(
          "set",
          "sets",
          "subset",
          "data",
          "dataset",
          "datasets",
          "image",
          "images",
          "img",
          "imgs",
          "photo",
          "photos",
          "picture",
          "pictures",
          "pic",
          "pics",
          "sample",
          "samples",
          "example",
          "examples",
          "split",
          "part",
          "folder",
          "dir",
          "file",
          "files",
          "class",
          "classes");

  /** Reads a folder's name; empty if it does not mean a part. */
  static Optional<PartName> of(String folder) {
    List<String> words = new ArrayList<>();
    List<String> affix = new ArrayList<>();
    for (String token : tokens(folder)) {
      Optional<String> word = partWord(token);
      word.ifPresent(words::add);
      if (word.isEmpty() && !GENERIC.contains(token)) {
        affix.add(token);
      }
    }
    if (words.stream().map(PARTS::get).toList().equals(List.of(Part.TRAIN, Part.VALIDATION))) {
      words = List.of(TRAINVAL);
    }
    return words.size() == 1 ? Optional.of(new PartName(words.get(0), affix)) : Optional.empty();
  }

  /** Returns the part that a word of a manifest means. */
  static Optional<Part> part(String word) {
    return Optional.ofNullable(PARTS.get(word.toLowerCase(Locale.ROOT)));
  }

  /** Returns whether a name has only generic words: {@code images}, {@code set1}. */
  static boolean isGeneric(String folder) {
    List<String> tokens = tokens(folder);
    return !tokens.isEmpty() && GENERIC.containsAll(tokens);
  }

  Part part(boolean besideTest) {
    return EVALUATION.contains(word) ? besideTest ? Part.VALIDATION : Part.TEST : PARTS.get(word);
  }

  boolean isTest() {
    return PARTS.get(word) == Part.TEST;
  }

  private static List<String> tokens(String name) {
    return Arrays.stream(
            name.replaceAll("(\\p{Ll})(\\p{Lu})", "$1 $2")
                .toLowerCase(Locale.ROOT)
                .split("[^\\p{L}\\p{M}]+"))
        .filter(token -> !token.isEmpty())
        .toList();
  }

  /**
   * Returns the word that means a part, be it the whole token, its singular, or a piece as in
   * {@code testset}.
   */
  private static Optional<String> partWord(String token) {
    if (isPartWord(token)) {
      return Optional.of(token);
    }
    return Stream.concat(Stream.of("s"), GENERIC.stream())
        .filter(ending -> token.endsWith(ending) && !token.equals(OWN_EVALUATIONS))
        .map(ending -> token.substring(0, token.length() - ending.length()))
        .filter(PartName::isPartWord)
        .findFirst();
  }

  private static boolean isPartWord(String token) {
    return PARTS.containsKey(token) || EVALUATION.contains(token);
  }
}
