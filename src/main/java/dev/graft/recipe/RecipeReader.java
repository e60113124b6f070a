package dev.graft.recipe;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import com.fasterxml.jackson.dataformat.yaml.util.StringQuotingChecker;
import dev.graft.GraftException;
import dev.graft.util.Messages;
import dev.graft.util.Misspelling;
import dev.graft.util.Text;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.RecordComponent;
import java.net.URISyntaxException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Reads and writes recipes. A file overrides the built-in values, and single settings override
 * both; unknown keys are errors.
 */
public final class RecipeReader {
  private static final YAMLMapper YAML =
      YAMLMapper.builder(YAMLFactory.builder().stringQuotingChecker(new PlainNames()).build())
          .propertyNamingStrategy(PropertyNamingStrategies.KEBAB_CASE)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
          .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
          .build();

  /** A small number at the end of a line, as Jackson writes it: {@code 5.0E-4}. */
  private static final Pattern SMALL = Pattern.compile("(?m)(?<=: )-?\\d\\.\\d+E-\\d+$");

  /**
   * Maximum size of a recipe file in bytes, far above the page that a recipe takes; it protects the
   * parser.
   */
  private static final long MAX_BYTES = 1_000_000;

  /** The number of characters of a wrong value that a message quotes. */
  private static final int MAX_QUOTED = 60;

  /** Jackson's message for {@code .nan} and {@code .inf}. */
  private static final Pattern NOT_FINITE =
      Pattern.compile("^Malformed numeric value '([-+]?\\.\\w+)'");

  private RecipeReader() {}

  /** Quotes all text except plain names and paths, which YAML reads as text in every version. */
  private static final class PlainNames extends StringQuotingChecker.Default {
    private static final long serialVersionUID = 1L;

    @Override
    public boolean needToQuoteValue(String value) {
      return super.needToQuoteValue(value)
          || !value.matches("(\\.{0,2}/)?[A-Za-z][A-Za-z0-9_./-]*");
    }
  }

  /**
   * Returns the built-in recipe, {@code conf/fine-tune.yaml}: a new head on a frozen backbone, for
   * CIFAR-10.
   */
  public static Recipe defaults() {
    return convert(builtIn());
  }

  /**
   * Reads a recipe from a file and single settings.
   *
   * @param file overrides the built-in values; may be null
   * @param settings override the file; nested keys as in {@code head.hidden}, values in YAML
   * @throws GraftException if it is invalid; the message names the key, its limits and the value
   */
  public static Recipe read(Path file, Map<String, String> settings) {
    return file == null ? with(builtIn(), settings) : read(file, parse(file), settings);
  }

  /**
   * Reads the recipe of a run.
   *
   * @return empty if the file does not name the run's data, which every run writes into it
   * @throws GraftException if it is invalid
   */
  public static Optional<Recipe> readOfRun(Path file) {
    ObjectNode given = parse(file);
    return given.has("data") ? Optional.of(read(file, given, Map.of())) : Optional.empty();
  }

  private static Recipe read(Path file, ObjectNode given, Map<String, String> settings) {
    ObjectNode tree = builtIn();
    override(tree, given, "", file.toString());
    try {
      return with(tree.deepCopy(), settings);
    } catch (GraftException e) {
      boolean isOfFile = problem(tree).filter(e.getMessage()::equals).isPresent();
      throw isOfFile ? new GraftException(file + ": " + e.getMessage(), e) : e;
    }
  }

  /** Returns what is wrong with a recipe. */
  private static Optional<String> problem(ObjectNode tree) {
    try {
      with(tree, Map.of());
      return Optional.empty();
    } catch (GraftException e) {
      return Optional.of(e.getMessage());
    }
  }

  /** Quotes any text as a YAML value for {@link #read}. */
  public static String text(String value) {
    return "'" + value.replace("'", "''") + "'";
  }

  /** Returns a recipe with some of its keys changed, as in {@link #read}. */
  public static Recipe with(Recipe recipe, Map<String, String> settings) {
    return with(tree(recipe), settings);
  }

  private static Recipe with(ObjectNode tree, Map<String, String> settings) {
    settings.forEach((key, value) -> set(tree, key, value));
    return convert(tree);
  }

  /** Returns a recipe as YAML, with all keys. */
  public static String write(Recipe recipe) {
    try {
      return SMALL
          .matcher(YAML.writeValueAsString(tree(recipe)))
          .replaceAll(number -> Text.number(Double.parseDouble(number.group())));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Returns the recipe that {@link #write(Recipe)} wrote. */
  public static Recipe parse(String yaml) {
    try {
      return convert((ObjectNode) YAML.readTree(yaml));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** Returns each key whose value differs, such as {@code epochs was 6 and is 20}. */
  public static List<String> differences(Recipe before, Recipe now) {
    Map<String, String> values = settings(before);
    return changes(before, now).entrySet().stream()
        .map(
            each ->
                each.getKey() + " was " + values.get(each.getKey()) + " and is " + each.getValue())
        .toList();
  }

  /** Returns the values that differ, by their keys, as {@link #settings} does; modifiable. */
  public static Map<String, String> changes(Recipe before, Recipe now) {
    Map<String, JsonNode> values = flat(tree(before), "");
    Map<String, String> changes = new LinkedHashMap<>();
    flat(tree(now), "")
        .forEach(
            (key, value) -> {
              if (!value.equals(values.get(key))) {
                changes.put(key, inline(value));
              }
            });
    return changes;
  }

  /** Returns all values of a recipe by their keys, such as {@code head.hidden}. */
  public static Map<String, String> settings(Recipe recipe) {
    Map<String, String> settings = new LinkedHashMap<>();
    flat(tree(recipe), "").forEach((key, value) -> settings.put(key, inline(value)));
    return settings;
  }

  private static Map<String, JsonNode> flat(ObjectNode tree, String within) {
    Map<String, JsonNode> values = new LinkedHashMap<>();
    tree.properties()
        .forEach(
            entry -> {
              String key = within + entry.getKey();
              if (entry.getValue() instanceof ObjectNode inner) {
                values.putAll(flat(inner, key + "."));
              } else {
                values.put(key, entry.getValue());
              }
            });
    return values;
  }

  /**
   * Returns a recipe as YAML, with all keys; those that Graft decided have the comment {@code
   * auto}.
   *
   * @param recipe the effective recipe
   * @param asked the recipe as the user gave it
   */
  public static String write(Recipe recipe, Recipe asked) {
    ObjectNode before = tree(asked);
    return write(recipe)
        .lines()
        .map(
            line -> {
              int colon = Math.max(0, line.indexOf(':'));
              boolean isAuto = before.path(line.substring(0, colon)).asText().equals(Recipe.AUTO);
              return isAuto && !line.endsWith(Recipe.AUTO) ? line + "  # auto" : line;
            })
        .collect(Collectors.joining("\n", "", "\n"));
  }

  /** A value in YAML's flow style, without the quotes that only YAML needs. */
  private static String inline(JsonNode value) {
    if (value.isArray()) {
      return StreamSupport.stream(value.spliterator(), false)
          .map(RecipeReader::inline)
          .collect(Collectors.joining(",", "[", "]"));
    }
    return value.isDouble() ? Text.number(value.doubleValue()) : value.asText();
  }

  /** The keys of each group that stand at the top of the file. */
  private static final Map<String, List<String>> GROUPS =
      Stream.of(Recipe.class.getRecordComponents())
          .filter(group -> Recipe.KeysAtTop.class.isAssignableFrom(group.getType()))
          .collect(Collectors.toMap(RecordComponent::getName, group -> keys(group.getType())));

  private static List<String> keys(Class<?> group) {
    return properties(group).map(BeanPropertyDefinition::getName).toList();
  }

  private static Stream<BeanPropertyDefinition> properties(Class<?> group) {
    return YAML
        .getSerializationConfig()
        .introspect(YAML.constructType(group))
        .findProperties()
        .stream();
  }

  /** Returns all keys in the order of the built-in recipe. */
  private static ObjectNode tree(Recipe recipe) {
    ObjectNode grouped = YAML.valueToTree(recipe);
    ObjectNode flat = grouped.deepCopy();
    GROUPS.keySet().forEach(flat::remove);
    GROUPS.keySet().forEach(group -> flat.setAll((ObjectNode) grouped.get(group)));
    ObjectNode tree = YAML.createObjectNode();
    builtIn().fieldNames().forEachRemaining(key -> tree.set(key, flat.get(key)));
    return tree;
  }

  private static ObjectNode grouped(ObjectNode tree) {
    ObjectNode grouped = tree.deepCopy();
    GROUPS.forEach(
        (group, keys) -> {
          ObjectNode inner = YAML.createObjectNode();
          keys.forEach(key -> inner.set(key, tree.get(key)));
          grouped.remove(keys);
          grouped.set(group, inner);
        });
    return grouped;
  }

  private static ObjectNode builtIn() {
    try (InputStream stream = RecipeReader.class.getResourceAsStream("fine-tune.yaml")) {
      return (ObjectNode) YAML.readTree(stream);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ObjectNode parse(Path file) {
    if (!Files.exists(file)) {
      throw new GraftException(
          "The recipe "
              + file
              + " does not exist"
              + (file.isAbsolute() ? "" : " in " + Path.of("").toAbsolutePath())
              + "; "
              + ofProject(file)
                  .map(own -> "Graft's own is " + own + ".")
                  .orElse("Graft's own are in the folder conf of its project."));
    }
    if (!Files.isRegularFile(file)) {
      throw new GraftException(file + " is not a file; give a .yaml file as recipe.");
    }
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new GraftException(file + " is too large for a recipe: the limit is 1 MB.");
      }
      String text = Files.readString(file);
      refuseMisread(file.toString(), text, RecipeReader::place);
      JsonNode tree = YAML.readTree(text);
      if (tree instanceof ObjectNode object) {
        return object;
      }
      if (tree == null || tree.isMissingNode() || tree.isNull() || tree.toString().equals("\"\"")) {
        return YAML.createObjectNode();
      }
      throw new GraftException(file + " is not a recipe: it must consist of lines `key: value`.");
    } catch (MalformedInputException e) {
      throw new GraftException(file + " is not UTF-8 text.", e);
    } catch (MismatchedInputException e) {
      throw new GraftException(file + " has more than one YAML document; give a single one.", e);
    } catch (JsonProcessingException e) {
      throw new GraftException(file + " is not YAML: " + problem(e) + place(e.getLocation()), e);
    } catch (IOException e) {
      throw new GraftException(file + " cannot be read: " + Messages.of(e, "unreadable") + ".", e);
    } catch (StackOverflowError | RuntimeException e) {
      if (e instanceof GraftException known) {
        throw known;
      }
      throw new GraftException(
          file + " is not a recipe: it is too deeply nested, or malformed.", e);
    }
  }

  /** Returns the recipe with a file's name in {@code conf/} of the project that was built. */
  private static Optional<Path> ofProject(Path file) {
    try {
      Path built =
          Path.of(RecipeReader.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      Path conf = built.resolveSibling("../conf").normalize();
      return Optional.of(conf.resolve(file.getFileName())).filter(Files::isRegularFile);
    } catch (URISyntaxException | RuntimeException e) {
      return Optional.empty(); // not a file: another class loader, or a jar elsewhere
    }
  }

  /**
   * Rejects {@code .nan} and {@code .inf}, and what Jackson would take for something else: {@code
   * *a} for the text {@code a}, {@code 010} for 8, and {@code 1e-400} for 0.
   *
   * @param where the beginning of the message
   * @param places describes a place in the text; ends the first sentence
   */
  private static void refuseMisread(
      String where, String text, Function<JsonLocation, String> places) throws IOException {
    try (YAMLParser parser = YAML.getFactory().createParser(text)) {
      while (parser.nextToken() != null) {
        String value = parser.getText();
        String place = places.apply(parser.currentLocation());
        if (parser.isCurrentAlias()) {
          throw GraftException.of(
              "%s has an alias, *%s%s Recipes do not support aliases; write the value itself.",
              where, value, place);
        } else if (parser.currentToken() == JsonToken.VALUE_NUMBER_INT
            && value.matches("[-+]?0[0-9_]+")) {
          throw GraftException.of(
              "%s has the number %s%s Write it without the 0 at its start; a name is written in"
                  + " quotes.",
              where, value, place);
        } else if (parser.currentToken() == JsonToken.VALUE_NUMBER_FLOAT
            && parser.getDoubleValue() == 0
            && value.matches("[^eE]*[1-9].*")) {
          throw GraftException.of(
              "%s has the number %s%s It is too close to 0; write 0.", where, value, place);
        }
      }
    } catch (JsonParseException e) {
      Matcher number = NOT_FINITE.matcher(e.getOriginalMessage());
      if (number.find()) {
        throw new GraftException(
            where
                + " has the number "
                + number.group(1)
                + places.apply(e.getLocation())
                + " Write a finite number.",
            e);
      }
      throw e;
    }
  }

  /** Returns SnakeYAML's problem without its context and the lines that it quotes. */
  private static String problem(JsonProcessingException e) {
    String problem =
        e.getOriginalMessage()
            .lines()
            .filter(line -> !line.isBlank() && !line.startsWith(" ") && !line.startsWith("while "))
            .findFirst()
            .orElse("");
    return Messages.of(problem, "a key or a value has the wrong type");
  }

  private static String place(JsonLocation at) {
    return at == null ? "." : " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ").";
  }

  private static void override(ObjectNode tree, ObjectNode with, String within, String where) {
    with.properties()
        .forEach(
            entry -> {
              String key = within + entry.getKey();
              JsonNode known = tree.get(entry.getKey());
              if (known == null) {
                throw unknown(key, tree, where);
              }
              if (known instanceof ObjectNode inner) {
                if (!(entry.getValue() instanceof ObjectNode given)) {
                  throw new GraftException(
                      where + ": " + key + " is a group; set its keys: " + keys(inner) + ".");
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
        throw unknown(path, inner, "recipe");
      }
      inner = next;
      within = within + keys[i] + ".";
    }
    ObjectNode setting = YAML.createObjectNode();
    try {
      refuseMisread(path, value, at -> ".");
      setting.set(keys[keys.length - 1], YAML.readTree(value));
    } catch (IOException e) {
      throw new GraftException(
          path + ": " + value + " is not a YAML value; write text in quotes.", e);
    }
    override(inner, setting, within, "recipe");
  }

  /**
   * Returns an exception that suggests the most similar key, if one is similar.
   *
   * @param known the valid keys at this level
   */
  private static GraftException unknown(String key, ObjectNode known, String where) {
    List<String> all = paths(builtIn(), "");
    if (all.contains(key)) { // a dot, where a file has a group
      return new GraftException(
          where + ": write " + key + " in its group, " + key.replace(".", ": {") + ": VALUE}.");
    }
    return new GraftException(
        where
            + ": unknown key "
            + key
            + Misspelling.nearest(key, all)
                .map(name -> "; did you mean " + name + "?")
                .orElseGet(() -> ". (Keys: " + keys(known) + ".)"));
  }

  /** Returns all keys, including groups: {@code head} and {@code head.hidden}. */
  private static List<String> paths(ObjectNode tree, String within) {
    List<String> paths = new ArrayList<>();
    tree.properties()
        .forEach(
            entry -> {
              paths.add(within + entry.getKey());
              if (entry.getValue() instanceof ObjectNode inner) {
                paths.addAll(paths(inner, within + entry.getKey() + "."));
              }
            });
    return paths;
  }

  private static String keys(ObjectNode tree) {
    return tree.properties().stream().map(Map.Entry::getKey).collect(Collectors.joining(", "));
  }

  private static Recipe convert(ObjectNode given) {
    ObjectNode tree = given.deepCopy();
    for (String list : List.of("features", "data-dir")) {
      JsonNode only = tree.path(list);
      if (only.isTextual() && !(list.equals("features") && only.asText().equals(Recipe.AUTO))) {
        tree.putArray(list).add(only);
      }
    }
    flat(tree, "")
        .forEach(
            (key, value) -> {
              if (value.isNull()) {
                throw new GraftException(key + ": must not be empty.");
              }
            });
    try {
      return YAML.treeToValue(grouped(tree), Recipe.class);
    } catch (JsonMappingException e) {
      if (e.getCause() instanceof GraftException limit) {
        throw new GraftException(limit.getMessage(), e);
      }
      String key =
          e.getPath().stream()
              .map(step -> step.getFieldName() == null ? "" : step.getFieldName())
              .filter(step -> !step.isEmpty())
              .skip(isInGroup(e) ? 1 : 0)
              .collect(Collectors.joining("."));
      throw new GraftException(
          key + ": must be " + expected(e) + ", not " + found(tree, key) + ".", e);
    } catch (JsonProcessingException e) {
      throw new GraftException("The settings are not a recipe: " + problem(e) + ".", e);
    }
  }

  private static boolean isInGroup(JsonMappingException e) {
    return !e.getPath().isEmpty() && GROUPS.containsKey(e.getPath().get(0).getFieldName());
  }

  private static String expected(JsonMappingException e) {
    JavaType type = declared(e);
    boolean isAuto = type.getRawClass() == Auto.class;
    JavaType given = isAuto ? type.containedType(0) : type;
    if (given.isEnumType()) {
      return "one of " + (isAuto ? Recipe.AUTO + ", " : "") + names(given.getRawClass());
    }
    if (e.getCause() instanceof InputCoercionException) {
      return "a whole number closer to 0";
    }
    String kind = kind(given);
    return (isAuto ? Recipe.AUTO + (kind.contains(" or ") ? ", " : " or ") : "") + kind;
  }

  /** Returns the type of the key with the error. */
  private static JavaType declared(JsonMappingException e) {
    List<JsonMappingException.Reference> path = e.getPath();
    JsonMappingException.Reference at =
        path.stream()
            .filter(step -> step.getFieldName() != null)
            .reduce((before, last) -> last)
            .orElseThrow();
    return properties((Class<?>) at.getFrom())
        .filter(key -> key.getName().equals(at.getFieldName()))
        .map(BeanPropertyDefinition::getPrimaryType)
        .findFirst()
        .orElseThrow();
  }

  private static String kind(JavaType type) {
    Class<?> raw = type.getRawClass();
    if (List.of(int.class, long.class, Integer.class).contains(raw)) {
      return "a whole number";
    } else if (raw == double.class || raw == Double.class) {
      return "a number";
    } else if (raw == boolean.class) {
      return "true or false";
    } else if (type.isCollectionLikeType()) {
      boolean isText = type.getContentType().hasRawClass(String.class);
      return isText ? "text or a list of texts" : "a list of numbers";
    }
    return "text";
  }

  private static String names(Class<?> type) {
    List<String> names = new ArrayList<>();
    for (Object constant : type.getEnumConstants()) {
      names.add(YAML.valueToTree(constant).asText());
    }
    return String.join(", ", names);
  }

  /** Returns the given value as JSON, which distinguishes the text "3" from the number 3. */
  private static String found(ObjectNode tree, String key) {
    JsonNode node = tree.at("/" + key.replace('.', '/'));
    if (node.isNull() || node.isMissingNode() || node.toString().equals("\"\"")) {
      return "empty";
    }
    String text = node.toString();
    return text.length() <= MAX_QUOTED ? text : text.substring(0, MAX_QUOTED) + "…";
  }
}
