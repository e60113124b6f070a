package dev.graft.network;

import dev.graft.GraftException;
import dev.graft.network.Adapter.Pooling;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The choice of an external network's outputs that become features.
 *
 * @param outputs the selected outputs, with their pooling
 * @param notes sentences about the selected and the ignored outputs
 */
public record OutputSelection(List<Adapter.Output> outputs, List<String> notes) {
  /** Outputs that hold the features of a whole image, in Hugging Face's exports, best first. */
  private static final List<String> WHOLE_IMAGE = List.of("image_embeds", "pooler_output");

  /** The final tokens in Hugging Face's exports. */
  private static final String FINAL_TOKENS = "last_hidden_state";

  /**
   * Numbers of tokens before those of the patches, the most common first: none (SigLIP), CLS (ViT),
   * CLS and 4 registers (DINOv2 with registers, DINOv3), CLS and a distillation token (DeiT).
   */
  private static final int[] PREFIXES = {0, 1, 5, 2};

  /**
   * The choices that a recipe makes.
   *
   * @param tokens {@link Pooling#CLS}, {@link Pooling#MEAN} or {@link Pooling#CLS_MEAN}; empty to
   *     choose
   * @param output name of the only output; empty to choose
   */
  public record Wanted(Optional<Pooling> tokens, Optional<String> output) {
    /** Leaves both choices open. */
    public static final Wanted ANY = new Wanted(Optional.empty(), Optional.empty());
  }

  /**
   * An output that a dry run found.
   *
   * @param index position among the outputs, from 0
   * @param shape without the batch; empty if it can't be used
   * @param problem why it can't be used; empty if it can
   */
  public record Candidate(int index, String name, List<Long> shape, String problem) {
    /** Returns the name without line breaks and the like. */
    private String shown() {
      return name.replaceAll("\\p{Cntrl}", " ");
    }

    private boolean isUsable() {
      return problem.isEmpty();
    }

    private boolean isTokens() {
      return isUsable() && shape.size() == 2;
    }

    private boolean isVector() {
      return isUsable() && shape.size() == 1;
    }
  }

  /**
   * Chooses outputs.
   *
   * @param side of the input in pixels, from which the number of patches follows
   * @throws GraftException if no output fits
   */
  public static OutputSelection of(List<Candidate> found, int side, Wanted wanted) {
    List<Candidate> chosen = chosen(found, wanted);
    List<Adapter.Output> outputs = new ArrayList<>();
    List<String> used = new ArrayList<>();
    for (Candidate each : chosen) {
      Adapter.Output output = output(each, side, wanted.tokens());
      outputs.add(output);
      used.add(each.shown() + " " + described(output));
    }
    List<String> notes = new ArrayList<>();
    notes.add("Features: " + String.join(", ", used) + ".");
    for (Candidate each : found) {
      if (!each.isUsable()) {
        notes.add("Output " + each.shown() + " is left out: " + each.problem() + ".");
      }
    }
    String others =
        found.stream()
            .filter(each -> each.isUsable() && !chosen.contains(each))
            .map(Candidate::shown)
            .collect(Collectors.joining(", "));
    if (!others.isEmpty()) {
      notes.add("Outputs that are not used: " + others + " (recipe key output).");
    }
    return new OutputSelection(outputs, notes);
  }

  private static List<Candidate> chosen(List<Candidate> found, Wanted wanted) {
    if (wanted.output().isPresent()) {
      return List.of(named(found, wanted.output().get(), wanted));
    }
    List<Candidate> usable = found.stream().filter(Candidate::isUsable).toList();
    if (found.isEmpty()) {
      throw new GraftException(
          "it has no outputs, so none of its outputs can serve as features; export it again.");
    }
    if (usable.isEmpty()) {
      throw new GraftException(
          found.stream()
              .map(each -> each.shown() + ": " + each.problem())
              .collect(
                  Collectors.joining(
                      "; ", "none of its outputs can serve as features (", "); export it again.")));
    }
    List<Candidate> tokens = usable.stream().filter(Candidate::isTokens).toList();
    if (wanted.tokens().isPresent()) {
      if (tokens.isEmpty()) {
        throw new GraftException("it has no output of tokens, (N, T, C); set tokens to auto.");
      }
      return List.of(lastTokens(tokens));
    }
    for (String name : WHOLE_IMAGE) {
      List<Candidate> known = usable.stream().filter(each -> each.name().equals(name)).toList();
      if (!known.isEmpty() && !known.get(0).isTokens()) {
        return known;
      }
    }
    if (tokens.isEmpty()) {
      return usable;
    }
    List<Candidate> vectors = usable.stream().filter(Candidate::isVector).toList();
    return vectors.isEmpty() ? List.of(lastTokens(tokens)) : vectors;
  }

  private static Candidate named(List<Candidate> found, String name, Wanted wanted) {
    Candidate output =
        found.stream()
            .filter(each -> each.name().equals(name))
            .findFirst()
            .orElseThrow(
                () ->
                    new GraftException(
                        found.stream()
                            .map(Candidate::shown)
                            .collect(
                                Collectors.joining(
                                    ", ",
                                    "output: it has no output " + name + "; choose one of ",
                                    "."))));
    if (wanted.tokens().isPresent() && output.isUsable() && !output.isTokens()) {
      throw new GraftException(
          "tokens: the output " + name + " has none, (N, T, C); set tokens to auto.");
    }
    if (!output.isUsable()) {
      throw new GraftException(
          "output: " + name + " can't serve as features: " + output.problem() + ".");
    }
    return output;
  }

  private static Candidate lastTokens(List<Candidate> tokens) {
    return tokens.stream()
        .filter(each -> each.name().equals(FINAL_TOKENS))
        .findFirst()
        .orElse(tokens.get(tokens.size() - 1));
  }

  private static Adapter.Output output(Candidate from, int side, Optional<Pooling> tokens) {
    List<Long> shape = from.shape();
    if (shape.size() == 2) {
      int prefix = prefix(shape.get(0), side);
      Pooling pooling = tokens.orElse(prefix > 0 ? Pooling.CLS : Pooling.MEAN);
      return new Adapter.Output(from.index(), shape, pooling, prefix);
    }
    Pooling pooling = shape.size() == 1 ? Pooling.NONE : map(shape);
    return new Adapter.Output(from.index(), shape, pooling, 0);
  }

  /** Returns the layout of a feature map, which has as many rows as columns. */
  private static Pooling map(List<Long> shape) {
    boolean last = shape.get(0).equals(shape.get(1)) && !shape.get(1).equals(shape.get(2));
    return last ? Pooling.MAP_CHANNELS_LAST : Pooling.MAP;
  }

  /** Returns the number of tokens before those of the patches, which form a square. */
  static int prefix(long tokens, int side) {
    for (boolean exact : new boolean[] {true, false}) {
      for (int prefix : PREFIXES) {
        long row = Math.round(Math.sqrt((double) (tokens - prefix)));
        if (row > 0 && row * row == tokens - prefix && (!exact || side % row == 0)) {
          return prefix;
        }
      }
    }
    return 0;
  }

  private static String described(Adapter.Output output) {
    String what =
        switch (output.pooling()) {
          case NONE -> "";
          case MAP, MAP_CHANNELS_LAST -> ", averaged over the pixels";
          case CLS -> ", its first token (CLS)";
          case MEAN -> ", the mean of its " + patches(output) + " patch tokens";
          case CLS_MEAN ->
              ", its first token (CLS) and the mean of its " + patches(output) + " patch tokens";
        };
    return "(" + output.width() + " values" + what + ")";
  }

  private static long patches(Adapter.Output output) {
    return output.shape().get(0) - output.prefix();
  }
}
