package dev.graft.recipe;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.graft.GraftException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Reads recipes. Built-in values are overridden by a file, and both by single settings; every key
 * must be one that a recipe has.
 */
public final class RecipeReader {
  private static final YAMLMapper YAML =
      YAMLMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.KEBAB_CASE)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .enable(com.fasterxml.jackson.core.JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
          .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
          .build();

  /** A recipe is a page; more than this is a mistake, or an attack on the parser. */
  private static final long MOST_BYTES = 1 << 20;

  private RecipeReader() {}

  /** The built-in recipe: frozen VGG16 on CIFAR-10. */
  public static Recipe defaults() {
    return convert(builtIn(), "the built-in recipe");
  }

  /**
   * A recipe from a file and single settings.
   *
   * @param file read over the built-in values, may be null
   * @param settings by key, {@code head.hidden} for a key within another; values are YAML
   * @throws GraftException for what is no recipe, naming the key, the limit and what was given
   */
  public static Recipe read(Path file, Map<String, String> settings) {
    ObjectNode tree = builtIn();
    if (file != null) {
      override(tree, parse(file), "", file.toString());
    }
    settings.forEach((key, value) -> set(tree, key, value));
    return convert(tree, file == null ? "the settings" : file.toString());
  }

  /** A recipe as YAML, all keys. */
  public static String write(Recipe recipe) {
    try {
      return YAML.writeValueAsString(tree(recipe));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A recipe in a few lines for people, all keys. */
  public static String describe(Recipe recipe) {
    StringBuilder text = new StringBuilder();
    int column = 0;
    for (Map.Entry<String, JsonNode> entry : tree(recipe).properties()) {
      String value = entry.getValue().toString().replace("\"", "").replace(":", ": ");
      String part = entry.getKey() + ": " + value;
      if (column + part.length() > LINE) {
        text.append(",\n  ");
        column = 0;
      } else if (column > 0) {
        text.append(", ");
      }
      text.append(part);
      column += part.length() + 2;
    }
    return text.toString();
  }

  /** Characters that fit a line of the console. */
  private static final int LINE = 110;

  private static ObjectNode tree(Recipe recipe) {
    ObjectNode tree = YAML.valueToTree(recipe);
    if (recipe.inputSize() == 0) {
      tree.put("input-size", AUTO);
    }
    if (recipe.features().isEmpty()) {
      tree.put("features", AUTO);
    }
    return tree;
  }

  /** What a recipe says where the backbone decides. */
  private static final String AUTO = "auto";

  private static ObjectNode builtIn() {
    try (InputStream stream = RecipeReader.class.getResourceAsStream("fine-tune.yaml")) {
      return (ObjectNode) YAML.readTree(stream);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ObjectNode parse(Path file) {
    if (!Files.exists(file)) {
      throw new GraftException("There is no recipe " + file + "; conf/ has some to start from.");
    }
    if (!Files.isRegularFile(file)) {
      throw new GraftException(file + " is not a file; a recipe is a .yaml file.");
    }
    try {
      if (Files.size(file) > MOST_BYTES) {
        throw new GraftException(file + " is too large for a recipe.");
      }
      JsonNode tree = YAML.readTree(Files.readString(file));
      if (tree instanceof ObjectNode object) {
        return object;
      }
      if (tree == null || tree.isMissingNode() || tree.isNull()) {
        return YAML.createObjectNode();
      }
      throw new GraftException(file + " is not a recipe: it should be lines of `key: value`.");
    } catch (MalformedInputException e) {
      throw new GraftException(file + " is not text in UTF-8.", e);
    } catch (JsonProcessingException e) {
      throw new GraftException(file + " is not YAML: " + firstLine(e) + place(e), e);
    } catch (IOException e) {
      throw new GraftException(file + " can't be read: " + e.getMessage(), e);
    } catch (StackOverflowError | RuntimeException e) {
      if (e instanceof GraftException known) {
        throw known;
      }
      throw new GraftException(file + " is not YAML that a recipe could be.", e);
    }
  }

  private static String firstLine(JsonProcessingException e) {
    return e.getOriginalMessage().lines().findFirst().orElse("unreadable");
  }

  private static String place(JsonProcessingException e) {
    return e.getLocation() == null
        ? "."
        : " (line "
            + e.getLocation().getLineNr()
            + ", column "
            + e.getLocation().getColumnNr()
            + ").";
  }

  private static void override(ObjectNode tree, ObjectNode with, String within, String where) {
    with.properties()
        .forEach(
            entry -> {
              String key = within + entry.getKey();
              JsonNode known = tree.get(entry.getKey());
              if (known == null) {
                throw unknown(key, entry.getKey(), within, tree, where);
              }
              if (known instanceof ObjectNode inner) {
                if (!(entry.getValue() instanceof ObjectNode given)) {
                  throw new GraftException(
                      where + ": " + key + " has keys of its own: " + keys(inner) + ".");
                }
                override(inner, given, key + ".", where);
              } else {
                tree.set(entry.getKey(), entry.getValue());
              }
            });
  }

  private static void set(ObjectNode tree, String path, String value) {
    String[] keys = path.split("\\.", -1);
    ObjectNode inner = tree;
    String within = "";
    for (int i = 0; i < keys.length - 1; i++) {
      if (!(inner.get(keys[i]) instanceof ObjectNode next)) {
        throw unknown(path, keys[i], within, inner, "--set");
      }
      inner = next;
      within = within + keys[i] + ".";
    }
    ObjectNode setting = YAML.createObjectNode();
    try {
      setting.set(keys[keys.length - 1], YAML.readTree(value));
    } catch (JsonProcessingException e) {
      throw new GraftException("--set " + path + ": " + value + " is not a value in YAML.", e);
    }
    override(inner, setting, within, "--set");
  }

  private static GraftException unknown(
      String key, String name, String within, ObjectNode known, String where) {
    List<String> names = new ArrayList<>();
    known.fieldNames().forEachRemaining(names::add);
    String nearest =
        names.stream().min(Comparator.comparingInt(each -> distance(each, name))).orElseThrow();
    return new GraftException(
        where
            + ": there is no key "
            + key
            + "; did you mean "
            + within
            + nearest
            + "? (Keys: "
            + keys(known)
            + ".)");
  }

  private static String keys(ObjectNode tree) {
    return tree.properties().stream().map(Map.Entry::getKey).collect(Collectors.joining(", "));
  }

  /** Levenshtein's distance: letters to insert, delete or replace. */
  static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }

  private static Recipe convert(ObjectNode given, String where) {
    ObjectNode tree = given.deepCopy();
    if (tree.path("input-size").asText().equals(AUTO)) {
      tree.put("input-size", 0);
    } else if (tree.path("input-size").asInt(-1) == 0) {
      throw new GraftException("input-size: must be auto or a whole number from 8 to 1024, not 0.");
    }
    if (tree.path("features").asText().equals(AUTO)) {
      tree.putArray("features");
    }
    for (String list : List.of("features", "data-dir")) {
      if (tree.path(list).isTextual()) {
        String only = tree.get(list).asText();
        tree.putArray(list).add(only);
      }
    }
    try {
      return YAML.treeToValue(tree, Recipe.class);
    } catch (JsonMappingException e) {
      if (e.getCause() instanceof GraftException limit) {
        throw new GraftException(limit.getMessage(), e);
      }
      String key =
          e.getPath().stream()
              .map(step -> step.getFieldName() == null ? "" : step.getFieldName())
              .filter(step -> !step.isEmpty())
              .collect(Collectors.joining("."));
      throw new GraftException(
          key + ": must be " + wanted(e) + ", not " + found(tree, key) + ".", e);
    } catch (JsonProcessingException e) {
      throw new GraftException(where + " is not a recipe: " + firstLine(e) + ".", e);
    }
  }

  private static String wanted(JsonMappingException e) {
    Class<?> type =
        e instanceof MismatchedInputException mismatch ? mismatch.getTargetType() : Object.class;
    if (type != null && type.isEnum()) {
      return "one of " + names(type);
    } else if (type == int.class || type == long.class) {
      return "a whole number";
    } else if (type == double.class) {
      return "a number";
    } else if (type == boolean.class) {
      return "true or false";
    } else if (type == String.class) {
      return "text";
    }
    return "a value of another kind";
  }

  private static String names(Class<?> type) {
    List<String> names = new ArrayList<>();
    for (Object constant : type.getEnumConstants()) {
      names.add(YAML.valueToTree(constant).asText());
    }
    return String.join(", ", names);
  }

  private static String found(ObjectNode tree, String key) {
    JsonNode node = tree.at("/" + key.replace('.', '/'));
    return node.isNull() ? "empty" : node.isValueNode() ? node.asText() : node.toString();
  }
}
