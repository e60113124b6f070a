package dev.graft.command;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.graft.inference.TopClass;
import dev.graft.io.Csv;
import dev.graft.network.Typicality;
import dev.graft.util.Messages;
import dev.graft.util.PathText;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/** Formats predictions as lines of standard output. */
sealed interface AnswerLines {
  /** A predicted class; id is ImageNet's wnid, or the name for a user's own classes. */
  record Named(int index, String id, String name, double probability) {
    static Named of(TopClass each) {
      return new Named(each.index(), each.id(), each.label(), each.probability());
    }
  }

  /** Returns the lines before the first answer. */
  default List<String> head() {
    return List.of();
  }

  /**
   * The predictions for an image.
   *
   * @param best the most probable classes, in descending order; none if the image was rejected
   * @param typicality 0 to 1; empty if the model has none
   * @param heatMap the file that shows where the best class was seen, if requested
   */
  record Ranked(List<TopClass> best, OptionalDouble typicality, Optional<Path> heatMap) {}

  /** Formats the predictions for an image. */
  List<String> answer(String image, Ranked found);

  /** Formats the error for an image. */
  List<String> failure(String image, String why);

  /** Plain text: an image's name, then one line per class. Errors go to standard error. */
  record Text() implements AnswerLines {
    @Override
    public List<String> answer(String image, Ranked found) {
      List<String> lines = new ArrayList<>(List.of(Messages.line(image)));
      if (found.best().isEmpty() && found.typicality().isPresent()) {
        lines.add("  none of these");
      }
      for (Named each : found.best().stream().map(Named::of).toList()) {
        String id = each.id().equals(each.name()) ? "" : each.id() + "  ";
        lines.add(
            String.format(
                Locale.ROOT, "  %6.2f %%  %s%s", 100 * each.probability(), id, each.name()));
      }
      if (found.typicality().orElse(1) < Typicality.UNLIKE) {
        lines.add("  unlike the training images");
      }
      found
          .heatMap()
          .ifPresent(file -> lines.add("  heat map: " + Messages.line(PathText.of(file))));
      return lines;
    }

    @Override
    public List<String> failure(String image, String why) {
      return List.of();
    }
  }

  /**
   * JSON lines: {@code image}, {@code model}, {@code predictions} and {@code typicality}, or {@code
   * error}.
   */
  record Json(String model) implements AnswerLines {
    private static final JsonMapper MAPPER = new JsonMapper();

    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Line(
        String image, String model, List<Named> predictions, Double typicality, String heatmap) {}

    private record Failed(String image, String error) {}

    @Override
    public List<String> answer(String image, Ranked found) {
      List<Named> named = found.best().stream().map(Named::of).toList();
      Double typicality = found.typicality().isPresent() ? found.typicality().getAsDouble() : null;
      String file = found.heatMap().map(PathText::of).orElse(null);
      return List.of(toJson(new Line(image, model, named, typicality, file)));
    }

    @Override
    public List<String> failure(String image, String why) {
      return List.of(toJson(new Failed(image, why)));
    }

    /** Escapes what is not printable, so that programs get names unchanged. */
    private static String toJson(Object value) {
      try {
        return MAPPER
            .writeValueAsString(value)
            .codePoints()
            .mapToObj(c -> Messages.isPrintable(c) ? Character.toString(c) : escape(c))
            .collect(Collectors.joining());
      } catch (JsonProcessingException e) {
        throw new IllegalStateException(e);
      }
    }

    private static String escape(int codePoint) {
      return Character.toString(codePoint)
          .chars()
          .mapToObj(unit -> String.format(Locale.ROOT, "\\u%04x", unit))
          .collect(Collectors.joining());
    }
  }

  /**
   * One CSV row per image (RFC 4180): {@code image,error}, then {@code id,name,probability} of each
   * class, then {@code typicality} if the model has it. All rows have all columns; missing values
   * are empty.
   *
   * @param top the number of classes
   * @param typicality whether there is that column
   */
  record Rows(int top, boolean typicality) implements AnswerLines {
    private static final List<String> COLUMNS = List.of("id", "name", "probability");

    @Override
    public List<String> head() {
      List<String> fields = new ArrayList<>(List.of("image", "error"));
      for (int i = 1; i <= top; i++) {
        for (String column : COLUMNS) {
          fields.add("top" + i + "_" + column);
        }
      }
      return List.of(row(fields, "typicality"));
    }

    @Override
    public List<String> answer(String image, Ranked found) {
      List<String> fields = new ArrayList<>(List.of(image, ""));
      for (Named each : found.best().stream().map(Named::of).toList()) {
        fields.addAll(List.of(each.id(), each.name(), Double.toString(each.probability())));
      }
      String share =
          found.typicality().isPresent() ? Double.toString(found.typicality().getAsDouble()) : "";
      return List.of(row(fields, share));
    }

    @Override
    public List<String> failure(String image, String why) {
      return List.of(row(new ArrayList<>(List.of(image, why)), ""));
    }

    private String row(List<String> fields, String last) {
      while (fields.size() < 2 + COLUMNS.size() * top) {
        fields.add("");
      }
      if (typicality) {
        fields.add(last);
      }
      return Csv.line(fields);
    }
  }
}
