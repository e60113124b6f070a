package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** Compares NOTICE with the dependencies of all profiles. */
class NoticeTest {
  @Test
  void noticeNamesEveryDistributedLibrary() throws Exception {
    Set<String> named = new HashSet<>(List.of(Files.readString(Path.of("NOTICE")).split("\\s+")));
    Set<String> distributed = distributed();

    assertThat(distributed)
        .hasSizeGreaterThan(20)
        .contains("ai.djl:api", "ai.djl.mxnet:mxnet-engine");
    assertThat(named).containsAll(distributed);
  }

  @Test
  void theJarHasNoticeAndLicense() throws Exception {
    Path classes = Path.of(Main.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    for (String file : List.of("NOTICE", "LICENSE")) {
      assertThat(classes.resolve("META-INF").resolve(file)).hasSameTextualContentAs(Path.of(file));
    }
  }

  /** Returns {@code group:artifact} of the dependencies outside of the scopes test and provided. */
  private static Set<String> distributed() throws Exception {
    NodeList dependencies =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(Files.newInputStream(Path.of("pom.xml")))
            .getElementsByTagName("dependency");
    Set<String> distributed = new HashSet<>();
    for (int i = 0; i < dependencies.getLength(); i++) {
      Element each = (Element) dependencies.item(i);
      boolean plugins = each.getParentNode().getParentNode().getNodeName().equals("plugin");
      boolean imported = text(each, "type").equals("pom");
      if (!plugins && !imported && !Set.of("test", "provided").contains(text(each, "scope"))) {
        distributed.add(text(each, "groupId") + ":" + text(each, "artifactId"));
      }
    }
    return distributed;
  }

  private static String text(Element of, String name) {
    NodeList found = of.getElementsByTagName(name);
    return found.getLength() == 0 ? "" : found.item(0).getTextContent().strip();
  }
}
