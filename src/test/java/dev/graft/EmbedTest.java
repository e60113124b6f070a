package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * A program that embeds Graft, in a process of its own, without what {@code pom.xml} marks as
 * optional. {@code src/test/resources/embed/run} does the same with Maven and the jar.
 */
@Tag("engine")
class EmbedTest {
  private static final String SEPARATOR = System.getProperty("path.separator");

  @TempDir private Path folder;

  private List<Path> classPath;

  /** The tests' class path without optional libraries and the tests themselves. */
  @BeforeEach
  void leaveOutWhatIsOptional() throws Exception {
    List<String> optional = optionalArtifacts();
    assertThat(optional).contains("picocli", "javalin", "jhdf", "progressbar", "slf4j-simple");
    List<Path> all =
        Stream.of(System.getProperty("java.class.path").split(SEPARATOR))
            .map(each -> Path.of(each).toAbsolutePath())
            .toList();
    classPath =
        all.stream()
            .filter(place -> !place.endsWith("test-classes"))
            .filter(place -> optional.stream().noneMatch(name -> isJarOf(place, name)))
            .toList();
    assertThat(all.size() - classPath.size()).isGreaterThanOrEqualTo(optional.size());
  }

  private static boolean isJarOf(Path place, String artifact) {
    return place.getFileName().toString().matches("\\Q" + artifact + "\\E-[0-9].*\\.jar");
  }

  private static List<String> optionalArtifacts() throws Exception {
    NodeList dependencies =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(Path.of("pom.xml").toFile())
            .getElementsByTagName("dependency");
    List<String> optional = new ArrayList<>();
    for (int i = 0; i < dependencies.getLength(); i++) {
      Element each = (Element) dependencies.item(i);
      if (each.getElementsByTagName("optional").getLength() > 0) {
        optional.add(each.getElementsByTagName("artifactId").item(0).getTextContent());
      }
    }
    return optional;
  }

  private String joined() {
    return String.join(SEPARATOR, classPath.stream().map(Path::toString).toList());
  }

  /** The program must also exit: no thread of Graft or of the engine may keep it running. */
  @Test
  void aProgramFineTunesInMemoryPrintsOnlyItsOwnLinesAndLeavesNoFiles() throws Exception {
    Path source =
        Path.of(EmbedTest.class.getResource("/embed/src/main/java/outside").toURI())
            .resolve("FineTuneInMemory.java");
    Path classes = Files.createDirectory(folder.resolve("classes"));
    Path home = Files.createDirectory(folder.resolve("home"));
    Path temporary = Files.createDirectory(folder.resolve("temporary"));
    int compiled =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-d", classes.toString(), "-cp", joined(), source.toString());
    assertThat(compiled).isZero();

    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    Process process =
        new ProcessBuilder(
                JavaProcess.command(
                    "-Djava.io.tmpdir=" + temporary,
                    "-cp",
                    classes + SEPARATOR + joined(),
                    "outside.FineTuneInMemory"))
            .directory(home.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    try {
      assertThat(process.waitFor(3, TimeUnit.MINUTES)).as("ends by itself").isTrue();
    } finally {
      process.destroyForcibly();
    }

    assertThat(process.exitValue()).as(Files.readString(err)).isZero();
    List<String> lines = Files.readAllLines(out, StandardCharsets.UTF_8);
    assertThat(lines).hasSize(2).last().isEqualTo("Answer: bright");
    assertThat(Double.parseDouble(lines.get(0).replace("Test accuracy: ", "")))
        .isBetween(0.75, 1.0);
    assertThat(Files.readAllLines(err)).allMatch(line -> line.startsWith("SLF4J"));
    assertThat(home).isEmptyDirectory();
    try (Stream<Path> left = Files.walk(temporary)) {
      // ONNX Runtime unpacks its libraries there, and leaves the folder behind, empty.
      assertThat(left.skip(1).map(each -> each.getFileName().toString()))
          .allMatch(name -> name.startsWith("onnxruntime-java"));
    }
  }

  @Test
  void hdf5WithoutItsLibraryIsRefusedInASentence() throws Exception {
    URI weights = EmbedTest.class.getResource("/keras/vgg16-width-1-8_notop.h5").toURI();
    List<URL> urls = new ArrayList<>();
    for (Path place : classPath) {
      urls.add(place.toUri().toURL());
    }
    try (URLClassLoader alone =
        new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
      Class<?> reader = alone.loadClass("dev.graft.zoo.WeightReader");
      Method open = reader.getMethod("open", Path.class, String.class, List.class);
      assertThatExceptionOfType(InvocationTargetException.class)
          .isThrownBy(() -> open.invoke(null, Path.of(weights), "vgg16", List.of()))
          .satisfies(
              thrown ->
                  assertThat(thrown.getCause().toString())
                      .startsWith("dev.graft.GraftException: ")
                      .contains("notop.h5: HDF5 needs the library io.jhdf:jhdf"));
    }
  }
}
