package dev.graft.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class PageTest {
  private static final Pattern TEXT = Pattern.compile("(\\w+): '((?:[^'\\\\]|\\\\.)*)'");

  private static String resource(String name) throws IOException {
    try (InputStream in = Objects.requireNonNull(Server.class.getResourceAsStream(name))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** Returns the texts of a language, by their keys. */
  private static Map<String, String> texts(String language) throws IOException {
    Matcher object =
        Pattern.compile("\n  " + language + ": \\{\n(.*?)\n  }", Pattern.DOTALL)
            .matcher(resource("page.js"));
    assertThat(object.find()).isTrue();
    Map<String, String> texts = new TreeMap<>();
    Matcher text = TEXT.matcher(object.group(1));
    while (text.find()) {
      assertThat(texts.put(text.group(1), text.group(2))).as(text.group(1)).isNull();
    }
    return texts;
  }

  private static Set<String> all(Pattern pattern, String in) {
    Set<String> found = new TreeSet<>();
    pattern.matcher(in).results().forEach(each -> found.add(each.group(1)));
    return found;
  }

  @Test
  void bothLanguagesHaveTheSameTextsWithTheSamePlaceholders() throws IOException {
    Map<String, String> english = texts("en");
    Map<String, String> japanese = texts("ja");
    assertThat(english).hasSizeGreaterThan(10);
    assertThat(japanese.keySet()).isEqualTo(english.keySet());
    english.forEach(
        (key, text) ->
            assertThat(japanese.get(key).contains("{n}")).as(key).isEqualTo(text.contains("{n}")));
    assertThat(japanese).doesNotContainValue("");
    japanese.forEach((key, text) -> assertThat(text).as(key).isNotEqualTo(english.get(key)));
  }

  @Test
  void everyTextThatThePageUsesIsThere() throws IOException {
    Set<String> used = all(Pattern.compile("data-text=\"(\\w+)\""), resource("index.html"));
    used.addAll(all(Pattern.compile("\\b(?:text|say|spoken)\\('(\\w+)'"), resource("page.js")));
    assertThat(used).isSubsetOf(texts("en").keySet()).hasSizeGreaterThan(10);
    assertThat(texts("en").keySet()).isSubsetOf(used);
  }

  @Test
  void theEnglishInThePageIsThatOfItsScript() throws IOException {
    String html = resource("index.html");
    Matcher element = Pattern.compile("data-text=\"(\\w+)\">([^<]*)<").matcher(html);
    int count = 0;
    for (; element.find(); count++) {
      assertThat(element.group(2)).isEqualTo(texts("en").get(element.group(1)));
    }
    assertThat(count).isGreaterThan(5);
  }
}
