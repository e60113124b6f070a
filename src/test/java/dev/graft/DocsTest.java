package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.command.GraftCommand;
import dev.graft.recipe.RecipeReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** README and docs: links lead somewhere, and every command, option, key and file exists. */
class DocsTest {
  private static final Path README = Path.of("README.md");
  private static final Path RECIPES = Path.of("docs/recipes.md");
  private static final long MAX_IMAGE_BYTES = 300_000;

  /** Pages that name types of Graft without their packages. */
  private static final Set<Path> CODE_PAGES =
      Set.of(Path.of("ARCHITECTURE.md"), Path.of("CONTRIBUTING.md"));

  /** Types of Java and of DJL that those pages name. */
  private static final Set<String> FOREIGN_TYPES = Set.of("Locale", "Criteria", "TrainingListener");

  private static final List<String> TYPES = types();

  /** Options that every command has, documented once. */
  private static final Set<String> COMMON = Set.of("--help", "--version", "--debug");

  private static final CommandLine COMMAND_LINE =
      new CommandLine(GraftCommand.class).setCaseInsensitiveEnumValuesAllowed(true);

  private static final Pattern BLOCK = Pattern.compile("(?ms)^ *```(\\w*)\n(.*?)^ *```");
  private static final Pattern SPAN = Pattern.compile("`([^`\n]+)`");
  private static final Pattern LINK = Pattern.compile("(!?)\\[([^\\]]*)\\]\\(([^)\\s]+)\\)");
  private static final Pattern HEADING = Pattern.compile("(?m)^(#+) +(.+)$");
  private static final Pattern OPTION = Pattern.compile("--[a-z][a-z-]*");

  static Stream<Path> pages() throws IOException {
    try (Stream<Path> docs = Files.walk(Path.of("docs"))) {
      List<Path> pages = docs.filter(file -> file.toString().endsWith(".md")).sorted().toList();
      return Stream.concat(
          Stream.of("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")
              .map(Path::of),
          pages.stream());
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void everythingThatAPageNamesExists(Path page) throws IOException {
    assertThat(problems(page, Files.readString(page))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[a page](docs/nowhere.md)",
        "[a heading](docs/recipes.md#nowhere)",
        "[a heading](#nowhere)",
        "![](docs/images/report.png)",
        "```\ngraft fine-tuna\n```",
        "```\ngraft fine-tune --epoch 3\n```",
        "```\nbin/graft infer\n```",
        "```\nmvn -q exec:java -Dexec.args=\"fine-tune --epochs three\"\n```",
        "```\nmvn -q exec:java -Dexec.args=\"infer --jsn car.png\"\n```",
        "```\ngraft fine-tune \\\n    --set epoch=3\n```",
        "```\nmvn -q exec:java -Dexec.mainClass=dev.graft.Nowhere -Dexec.args=\"1\"\n```",
        "```\nmvn -q -Pnowhere compile\n```",
        "```yaml\nepoch: 3\n```",
        "```java\nint nowhere = 3;\n```",
        "`fine-tune --folders 5`",
        "`--folders`",
        "`--set epoch=3`",
        "`conf/nowhere.yaml`",
        "`zoo/Nowhere`",
        "`dev.graft.Nowhere`",
        "`network/FineTuner`",
        "`src/test/java/dev/graft/Nowhere.java`"
      })
  void aWrongNameIsFound(String text) throws IOException {
    assertThat(problems(README, text)).hasSize(1);
  }

  @Test
  void readmeIsTwoScreensAndShowsTheCommandsThatArePromised() throws IOException {
    String readme = Files.readString(README);
    assertThat(readme.lines().count()).isLessThanOrEqualTo(160);
    assertThat(readme.split("\\s+")).hasSizeLessThanOrEqualTo(1200);
    assertThat(readme)
        .contains(
            "mvn -q compile exec:java -Dexec.args=\"fine-tune\"",
            "mvn -B test",
            "mvn -q exec:java -Dexec.args=\"infer car.png\"",
            "fine-tune --data photos/",
            "-Pmxnet");
  }

  @Test
  void imagesAreSmallAndAllOfThemAreShown() throws IOException {
    StringBuilder all = new StringBuilder();
    for (Path page : pages().toList()) {
      all.append(Files.readString(page));
    }
    try (Stream<Path> images = Files.list(Path.of("docs/images"))) {
      assertThat(images.filter(file -> file.toString().matches(".*\\.(png|jpg)")))
          .isNotEmpty()
          .allSatisfy(
              file -> {
                assertThat(Files.size(file)).isLessThan(MAX_IMAGE_BYTES);
                assertThat(all).contains("images/" + file.getFileName() + ")");
              });
    }
  }

  @Test
  void everyRecipeKeyIsDocumentedWithItsDefault() throws IOException {
    String page = section(Files.readString(RECIPES), "Recipe keys");
    Map<String, String> documented = new LinkedHashMap<>();
    matches("(?m)^\\| `([a-z.-]+)` \\| `([^`]+)` \\|", page)
        .forEach(row -> documented.put(row.group(1), row.group(2)));
    assertThat(documented).containsExactlyInAnyOrderEntriesOf(builtIn());
  }

  /** Keys and values of the built-in recipe, as they are written there. */
  private static Map<String, String> builtIn() throws IOException {
    Map<String, String> values = new LinkedHashMap<>();
    String group = "";
    for (MatchResult line :
        matches(
                "(?m)^( *)([a-z-]+):[ ]*(.*?)(?: +#.*)?$",
                Files.readString(Path.of("conf/fine-tune.yaml")))
            .toList()) {
      group = line.group(1).isEmpty() ? "" : group;
      if (line.group(3).isEmpty()) {
        group = line.group(2) + ".";
      } else {
        values.put(group + line.group(2), line.group(3));
      }
    }
    return values;
  }

  static Stream<String> commands() {
    return COMMAND_LINE.getSubcommands().keySet().stream().sorted();
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyOptionOfACommandIsDocumented(String command) throws IOException {
    String page = Files.readString(RECIPES);
    String section = section(page, command);
    Set<String> documented = documentedOptions(section);
    if (section.contains("takes the options of `fine-tune`")) {
      documented.addAll(documentedOptions(section(page, "fine-tune")));
      matches("except (`--[a-z-]+`(, | and )?)+", section)
          .flatMap(each -> matches("--[a-z-]+", each.group()))
          .forEach(each -> documented.remove(each.group()));
    }
    Set<String> known = new TreeSet<>(options(command));
    known.removeAll(COMMON);
    assertThat(documented).isEqualTo(known);
  }

  private static Set<String> documentedOptions(String section) {
    return matches("(?m)^\\| (`--.*?) \\|", section)
        .flatMap(row -> OPTION.matcher(row.group(1)).results())
        .map(MatchResult::group)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** A page's text under a heading, up to the next one of the same level. */
  private static String section(String page, String heading) {
    int start = page.indexOf("\n## " + heading + "\n");
    assertThat(start).as("heading " + heading).isNotNegative();
    int end = page.indexOf("\n## ", start + 1);
    return page.substring(start, end < 0 ? page.length() : end);
  }

  private static Stream<MatchResult> matches(String pattern, String text) {
    return Pattern.compile(pattern).matcher(text).results();
  }

  // What a page names.

  private static List<String> problems(Path page, String text) throws IOException {
    List<String> problems = new ArrayList<>();
    String prose = BLOCK.matcher(text).replaceAll("");
    LINK.matcher(prose).results().forEach(link -> checkLink(page, text, link, problems));
    for (MatchResult block : BLOCK.matcher(text).results().toList()) {
      switch (block.group(1)) {
        case "" -> commandLines(block.group(2)).forEach(line -> checkShell(line, problems));
        case "yaml" -> checkRecipe(block.group(2), problems);
        case "java" -> checkJava(page, block.group(2), problems);
        default -> {}
      }
    }
    SPAN.matcher(prose).results().forEach(span -> checkSpan(span.group(1), problems));
    SPAN.matcher(prose).results().forEach(span -> checkType(page, span.group(1), problems));
    matches("\\b(?:conf/[\\w-]+\\.yaml|src/[\\w/.-]+\\.\\w+)", text)
        .filter(path -> !Files.exists(Path.of(path.group())))
        .forEach(path -> problems.add("no file " + path.group()));
    return problems;
  }

  private static void checkLink(Path page, String text, MatchResult link, List<String> problems) {
    if (!link.group(1).isEmpty() && link.group(2).isBlank()) {
      problems.add("no alternative text: " + link.group());
    }
    String target = link.group(3);
    if (target.matches("https?:.*")) {
      return;
    }
    String[] parts = target.split("#", 2);
    Path file = parts[0].isEmpty() ? page : page.resolveSibling(parts[0]).normalize();
    if (!Files.exists(file)) {
      problems.add("no file: " + target);
    } else if (parts.length == 2
        && !anchors(parts[0].isEmpty() ? text : read(file)).contains(parts[1])) {
      problems.add("no heading: " + target);
    }
  }

  /** The anchors that GitHub gives to headings. */
  private static Set<String> anchors(String text) {
    return HEADING
        .matcher(BLOCK.matcher(text).replaceAll(""))
        .results()
        .map(heading -> heading.group(2).toLowerCase(Locale.ROOT))
        .map(heading -> heading.replaceAll("[^\\p{L}\\p{M}\\p{N}_ -]", "").replace(' ', '-'))
        .collect(Collectors.toSet());
  }

  /** Whole command lines: continued lines joined, comments and redirections removed. */
  private static Stream<String> commandLines(String block) {
    return block
        .replaceAll("\\\\\n\\s*", "")
        .lines()
        .map(line -> line.replaceFirst("(^| +)#( .*)?$", ""))
        .flatMap(line -> Stream.of(line.split(" && ")))
        .map(line -> line.replaceFirst(" [>|] .*$", "").strip())
        .filter(line -> !line.isEmpty());
  }

  private static void checkShell(String line, List<String> problems) {
    matches(" -P([\\w-]+(?:,[\\w-]+)*)", line)
        .flatMap(each -> Stream.of(each.group(1).split(",")))
        .filter(profile -> !read(Path.of("pom.xml")).contains("<id>" + profile + "</id>"))
        .forEach(profile -> problems.add("no profile " + profile));
    List<MatchResult> main = matches("-Dexec\\.mainClass=([\\w.]+)", line).toList();
    if (!main.isEmpty()) {
      checkClass(main.get(0).group(1), problems);
      return;
    }
    matches("-Dexec\\.args=\"([^\"]*)\"|(?:^(?:bin/)?graft|graft\\.jar) +([^\"].*)$", line)
        .map(found -> found.group(1) == null ? found.group(2) : found.group(1))
        .forEach(arguments -> checkCommand(arguments, problems));
  }

  private static void checkClass(String name, List<String> problems) {
    try {
      Class.forName(name, false, DocsTest.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      problems.add("no class " + name);
    }
  }

  private static void checkCommand(String arguments, List<String> problems) {
    String[] words =
        matches("\"([^\"]*)\"|(\\S+)", arguments)
            .flatMap(
                word -> word.group(1) != null ? Stream.of(word.group(1)) : expanded(word.group(2)))
            .toArray(String[]::new);
    try {
      COMMAND_LINE.parseArgs(words);
      checkSettings(arguments, problems);
    } catch (CommandLine.ParameterException e) {
      problems.add(arguments + ": " + e.getMessage());
    }
  }

  /** Expands a word as a shell does, as if two files matched a pattern. */
  private static Stream<String> expanded(String word) {
    return word.contains("*")
        ? Stream.of("1", "2").map(each -> word.replaceFirst("\\*+", each))
        : Stream.of(word);
  }

  /** Values of recipe keys, by {@code --set} or by options of their own; not placeholders. */
  private static void checkSettings(String arguments, List<String> problems) {
    matches(
            "--(?:set ([a-z.-]+)=|(epochs|folds|learning-rate|batch-size|seed|device) )([^\\s`]+)",
            arguments)
        .filter(setting -> !setting.group(3).matches("[A-Z]+"))
        .forEach(
            setting -> {
              String key = setting.group(1) == null ? setting.group(2) : setting.group(1);
              try {
                RecipeReader.read(null, Map.of(key, setting.group(3)));
              } catch (GraftException e) {
                problems.add(arguments + ": " + e.getMessage());
              }
            });
  }

  private static void checkRecipe(String yaml, List<String> problems) {
    try {
      Path file = Files.createTempFile("docs", ".yaml");
      try {
        Files.writeString(file, yaml);
        // A part of a recipe may rely on the rest of it, such as another optimizer's weight decay.
        RecipeReader.read(file, Map.of("weight-decay", "0"));
      } catch (GraftException e) {
        problems.add(e.getMessage());
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Every example must be part of a class that a test runs, except those of CONTRIBUTING.md. */
  private static void checkJava(Path page, String example, List<String> problems)
      throws IOException {
    try (Stream<Path> examples = Files.list(Path.of("src/test/java/dev/graft/example"))) {
      if (!page.equals(Path.of("CONTRIBUTING.md"))
          && examples.noneMatch(file -> stripped(read(file)).contains(stripped(example)))) {
        problems.add("not part of any example in the tests: " + example);
      }
    }
  }

  private static String stripped(String java) {
    return java.lines().map(String::strip).collect(Collectors.joining("\n"));
  }

  private static void checkSpan(String span, List<String> problems) {
    String command = span.split(" ", 2)[0];
    boolean named = COMMAND_LINE.getSubcommands().containsKey(command);
    if (named || command.startsWith("--")) {
      Set<String> known = named ? options(command) : allOptions();
      OPTION
          .matcher(span)
          .results()
          .map(MatchResult::group)
          .filter(option -> !known.contains(option))
          .forEach(option -> problems.add(span + ": no option " + option));
      checkSettings(span, problems);
    }
  }

  /**
   * Checks that types exist: with their packages, {@code zoo/Safetensors} or {@code
   * dev.graft.FineTuner}, and in the pages on Graft's code also without, {@code Graph.crossing}.
   */
  private static void checkType(Path page, String span, List<String> problems) {
    matches(
            "^(?!src/)((?:[a-z]+/)+|dev\\.graft\\.(?:[a-z]+\\.)*|)([A-Z]\\w*[a-z]\\w*)(?:\\.\\w+)*$",
            span)
        .filter(
            type ->
                !type.group(1).isEmpty()
                    || (CODE_PAGES.contains(page) && !FOREIGN_TYPES.contains(type.group(2))))
        .map(type -> type.group(1).replace('.', '/') + type.group(2))
        .filter(type -> TYPES.stream().noneMatch(each -> each.endsWith("/" + type)))
        .forEach(type -> problems.add("no type " + span));
  }

  private static List<String> types() {
    try (Stream<Path> files = Files.walk(Path.of("src"))) {
      return files
          .map(file -> file.toString().replace('\\', '/'))
          .filter(file -> file.endsWith(".java"))
          .map(file -> file.substring(0, file.length() - ".java".length()))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // The command line.

  private static Set<String> options(String command) {
    CommandSpec spec = COMMAND_LINE.getSubcommands().get(command).getCommandSpec();
    return spec.options().stream()
        .map(OptionSpec::names)
        .flatMap(Stream::of)
        .filter(name -> name.startsWith("--"))
        .collect(Collectors.toSet());
  }

  private static Set<String> allOptions() {
    return commands().flatMap(each -> options(each).stream()).collect(Collectors.toSet());
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
