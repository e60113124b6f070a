package dev.graft.studio;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The files of the page: texts, scripts, and the description of the interface. */
class StudioPageTest {
  private static final Path FILES = Path.of("src/main/resources/dev/graft/studio");

  private static Map<String, String> texts(String language) throws IOException {
    Matcher object =
        Pattern.compile("\n  " + language + ": \\{\n(.*?)\n  }", Pattern.DOTALL)
            .matcher(Files.readString(FILES.resolve("texts.js")));
    assertThat(object.find()).isTrue();
    Map<String, String> texts = new TreeMap<>();
    Matcher text = Pattern.compile("(\\w+): '((?:[^'\\\\]|\\\\.)*)'").matcher(object.group(1));
    while (text.find()) {
      assertThat(texts.put(text.group(1), text.group(2))).as(text.group(1)).isNull();
    }
    return texts;
  }

  private static Set<String> found(String pattern, String in) {
    Set<String> found = new TreeSet<>();
    Pattern.compile(pattern).matcher(in).results().forEach(each -> found.add(each.group(1)));
    return found;
  }

  private static String scripts() throws IOException {
    StringBuilder all = new StringBuilder();
    try (Stream<Path> files = Files.list(FILES)) {
      for (Path each : files.filter(file -> file.toString().endsWith(".js")).sorted().toList()) {
        all.append(Files.readString(each));
      }
    }
    return all.toString();
  }

  @Test
  void bothLanguagesHaveAllTextsWithTheSamePlaceholders() throws IOException {
    Map<String, String> english = texts("en");
    Map<String, String> japanese = texts("ja");
    assertThat(english).hasSizeGreaterThan(80);
    // The studio sends refusals, tasks and errors in English.
    for (Refusal.Reason each : Refusal.Reason.values()) {
      english.put(each.name(), each.sentence().replace("%s", "{0}"));
    }
    found("\\b(task[a-z]+): '", scripts()).forEach(key -> english.put(key, ""));
    found("\\b(status\\d+): '", scripts()).forEach(key -> english.put(key, "{0}"));
    assertThat(japanese.keySet()).isEqualTo(english.keySet());
    english.forEach(
        (key, text) -> {
          assertThat(found("(\\{\\d})", japanese.get(key)))
              .as(key)
              .isEqualTo(found("(\\{\\d})", text));
          assertThat(japanese.get(key)).as(key).isNotBlank().isNotEqualTo(text);
        });
  }

  @Test
  void everyTextThatIsUsedIsThereAndNoOther() throws IOException {
    String html = Files.readString(FILES.resolve("index.html"));
    Set<String> used = found("data-(?:text|label)=\"(\\w+)\"", html);
    String scripts = scripts();
    used.addAll(found("\\b(?:text|act|action|snippet)\\('(\\w+)'", scripts));
    used.addAll(found("'(key[A-Z]\\w+)'", scripts));
    used.addAll(found("key: '(\\w+)'", scripts));
    used.addAll(List.of("mistake", "suspect")); // the arguments of a call
    for (String kind :
        List.of("Add", "Move", "Delete", "Keep", "Class", "Rename", "Merge", "DeleteClass")) {
      used.add("change" + kind);
    }
    assertThat(texts("en").keySet()).isEqualTo(used);
  }

  /** The Japanese page must never show an English message of the studio. */
  @Test
  void refusalsOfThePageHaveAReason() throws IOException {
    Set<String> others = new TreeSet<>();
    try (Stream<Path> files = Files.list(Path.of("src/main/java/dev/graft/studio"))) {
      for (Path each : files.toList()) {
        others.addAll(
            found(
                "new (?:\\w+Response|HttpResponseException)\\(\\s*([^;]*?)\\)?;",
                Files.readString(each)));
      }
    }
    // Messages for requests that the page never sends, but another program may.
    assertThat(others)
        .containsExactlyInAnyOrder(
            "\"The body must be JSON.\"",
            "\"The body must have \\\"\" + key + \"\\\", a text.\"",
            "name + \" must be a whole number, 0 or more.\"",
            "\"This is not the path of an image.\"",
            "\"The path of an image is its class and its name.\"",
            "\"The path of an image has no hidden names.\"",
            "\"Links are not followed.\"",
            "\"A class can't be merged with itself.\"",
            "\"format must be onnx, int8, model or report.\"");
  }

  @Test
  void theEnglishInThePageIsThatOfItsScript() throws IOException {
    Matcher element =
        Pattern.compile("data-text=\"(\\w+)\"[^>]*>([^<]+)<")
            .matcher(Files.readString(FILES.resolve("index.html")));
    int count = 0;
    for (; element.find(); count++) {
      assertThat(element.group(2)).isEqualTo(texts("en").get(element.group(1)));
    }
    assertThat(count).isGreaterThan(20);
  }

  @Test
  void nothingInlineAndNothingFromElsewhere() throws IOException {
    String html = Files.readString(FILES.resolve("index.html"));
    assertThat(html).doesNotContainPattern("<script[^>]*>[^<]").doesNotContainPattern("\\son\\w+=");
    assertThat(html).doesNotContain("style=", "http:", "https:", "data:");
    assertThat(scripts().replace("http://www.w3.org/2000/svg", ""))
        .doesNotContain("http:", "https:");
    assertThat(scripts())
        .doesNotContain("innerHTML", "insertAdjacentHTML", "document.write", "eval(");
  }

  @Test
  void theDescriptionHasEveryAddressOfTheScripts() throws IOException {
    var api = new ObjectMapper().readTree(Files.readString(FILES.resolve("openapi.json")));
    Set<String> described = new TreeSet<>();
    api.path("paths").fieldNames().forEachRemaining(described::add);
    Set<String> used =
        found("['\"`](/api/[a-z/]+)", scripts() + Files.readString(FILES.resolve("index.html")));
    used.remove("/api/classes/"); // followed by a name
    assertThat(described).containsAll(used).contains("/api/classes/{name}/images");
  }
}
