package dev.graft;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ArchitectureTest {
  /**
   * The packages that each package may depend on; all may depend on the {@link #BASE base types}. A
   * nested package is a package of its own, with a name such as {@code network.djl}.
   */
  private static final Map<String, Set<String>> MAY_KNOW =
      Map.ofEntries(
          entry("util"),
          entry("io", "util"),
          entry("recipe", "util"),
          entry("files"),
          entry("image", "io", "util"),
          entry("evaluation", "io", "util"),
          entry("network", "image"),
          entry("engine", "recipe", "io", "util"),
          entry("network.djl", "network", "network.onnx", "engine", "util"),
          entry("network.onnx", "network", "engine", "util"),
          entry("data", "files", "image", "io", "util"),
          entry("data.duplicates", "data", "image", "io", "util"),
          entry("zoo", "network", "network.djl", "network.onnx", "image", "io", "util"),
          entry(
              "inference",
              "recipe",
              "zoo",
              "network",
              "network.djl",
              "network.onnx",
              "engine",
              "image",
              "io",
              "util"),
          entry("feature", "network", "network.onnx", "engine", "data", "image", "io", "util"),
          entry(
              "training",
              "recipe",
              "network",
              "network.djl",
              "network.onnx",
              "engine",
              "zoo",
              "feature",
              "evaluation",
              "io",
              "util"),
          entry(
              "tuning",
              "recipe",
              "data",
              "data.duplicates",
              "network",
              "network.djl",
              "network.onnx",
              "engine",
              "zoo",
              "feature",
              "evaluation",
              "inference",
              "training",
              "image",
              "io",
              "util"),
          entry("report", "evaluation", "image", "io", "util"),
          entry("web", "image", "util"),
          entry("serve", "web", "inference", "image"),
          entry(
              "studio",
              "web",
              "run",
              "report",
              "recipe",
              "tuning",
              "training",
              "evaluation",
              "inference",
              "data",
              "data.duplicates",
              "files",
              "image",
              "labels",
              "output",
              "io",
              "util"),
          entry(
              "output",
              "recipe",
              "files",
              "data",
              "data.duplicates",
              "evaluation",
              "feature",
              "tuning",
              "io",
              "util"),
          entry("labels", "data", "tuning", "report", "output", "io", "util"),
          entry(
              "run",
              "recipe",
              "image",
              "data",
              "data.duplicates",
              "network",
              "network.djl",
              "network.onnx",
              "engine",
              "zoo",
              "feature",
              "evaluation",
              "inference",
              "training",
              "tuning",
              "report",
              "labels",
              "output",
              "io",
              "util"),
          entry(
              "bench",
              "recipe",
              "network.onnx",
              "evaluation",
              "image",
              "data",
              "network",
              "network.djl",
              "engine",
              "zoo",
              "feature",
              "inference",
              "training",
              "tuning",
              "serve",
              "util"),
          entry(
              "spark",
              "recipe",
              "files",
              "image",
              "data",
              "data.duplicates",
              "feature",
              "inference",
              "run",
              "io",
              "util"),
          entry(
              "command",
              "recipe",
              "files",
              "image",
              "data",
              "data.duplicates",
              "network",
              "engine",
              "evaluation",
              "zoo",
              "feature",
              "inference",
              "training",
              "tuning",
              "report",
              "serve",
              "studio",
              "run",
              "bench",
              "labels",
              "output",
              "io",
              "util"));

  /** The types of the API that the packages below it use. */
  private static final String[] BASE = {"dev.graft.GraftException", "dev.graft.Interruption"};

  /** The packages of the program; neither the library nor the API may depend on them. */
  private static final Set<String> PROGRAM =
      Set.of(
          "report", "web", "serve", "studio", "output", "labels", "run", "bench", "command",
          "spark");

  /** Exists only in the Maven profile of this name. */
  private static final String SPARK = "spark";

  private static Map.Entry<String, Set<String>> entry(String name, String... known) {
    return Map.entry(name, Set.of(known));
  }

  private static final JavaClasses GRAFT =
      new ClassFileImporter()
          .withImportOption(location -> !location.contains("/test-classes/"))
          .importPackages("dev.graft");

  static Stream<String> packages() {
    return MAY_KNOW.keySet().stream()
        .filter(name -> !name.equals(SPARK) || exists("dev.graft.spark"))
        .sorted();
  }

  private static boolean exists(String name) {
    return GRAFT.stream().anyMatch(each -> each.getPackageName().equals(name));
  }

  @Test
  void theTableHasEveryPackageAndNoOther() {
    Set<String> found =
        GRAFT.stream()
            .map(each -> each.getPackageName())
            .filter(name -> !name.equals("dev.graft"))
            .map(name -> name.substring("dev.graft.".length()))
            .collect(Collectors.toSet());

    assertThat(found).containsExactlyInAnyOrderElementsOf(packages().toList());
  }

  @Test
  void architectureMdHasTheSameTable() throws IOException {
    Map<String, Set<String>> documented = new HashMap<>();
    for (String line : Files.readAllLines(Path.of("ARCHITECTURE.md"))) {
      String[] cells = line.split("\\s*\\|\\s*", -1);
      if (cells.length == 5 && cells[1].startsWith("`")) {
        documented.put(names(cells[1]).iterator().next(), names(cells[3]));
      }
    }
    assertThat(documented).isEqualTo(MAY_KNOW);
  }

  /** Returns the words in backticks. */
  private static Set<String> names(String cell) {
    return Pattern.compile("`([a-z.]+)`")
        .matcher(cell)
        .results()
        .map(found -> found.group(1))
        .collect(Collectors.toSet());
  }

  @ParameterizedTest
  @MethodSource("packages")
  void aPackageDependsOnlyOnThoseOfTheTable(String home) {
    String[] known =
        Stream.concat(Stream.of(home), MAY_KNOW.get(home).stream())
            .map(name -> "dev.graft." + name)
            .toArray(String[]::new);

    classes()
        .that()
        .resideInAPackage("dev.graft." + home)
        .should()
        .onlyDependOnClassesThat(
            resideOutsideOfPackage("dev.graft..").or(resideInAnyPackage(known)).or(baseTypes()))
        .check(GRAFT);
  }

  private static DescribedPredicate<JavaClass> baseTypes() {
    return DescribedPredicate.describe(
        "are base types",
        each -> Stream.of(BASE).anyMatch(name -> each.getName().matches(name + "(\\$.*)?")));
  }

  @Test
  void arrowsRunDownwardOnly() {
    Set<String> below = new HashSet<>();
    for (int before = -1; before < below.size(); ) {
      before = below.size();
      MAY_KNOW.forEach(
          (name, known) -> {
            if (below.containsAll(known)) {
              below.add(name);
            }
          });
    }
    assertThat(below).as("packages outside of dependency cycles").isEqualTo(MAY_KNOW.keySet());
  }

  /** A dependency that is allowed but not needed would soon be used. */
  @ParameterizedTest
  @MethodSource("packages")
  void everyDependencyOfTheTableIsNeeded(String home) {
    Set<String> needed =
        GRAFT.stream()
            .filter(each -> each.getPackageName().equals("dev.graft." + home))
            .flatMap(each -> each.getDirectDependenciesFromSelf().stream())
            .map(each -> each.getTargetClass().getBaseComponentType().getPackageName())
            .filter(name -> name.startsWith("dev.graft."))
            .map(name -> name.substring("dev.graft.".length()))
            .filter(name -> !name.equals(home))
            .collect(Collectors.toSet());

    assertThat(needed).containsAll(MAY_KNOW.get(home));
  }

  @Test
  void theLibraryDoesNotDependOnTheProgram() {
    MAY_KNOW.forEach(
        (name, known) -> {
          if (!PROGRAM.contains(name)) {
            assertThat(known).as(name).doesNotContainAnyElementsOf(PROGRAM);
          }
        });
    noClasses()
        .that()
        .resideInAPackage("dev.graft")
        .and()
        .doNotHaveFullyQualifiedName("dev.graft.Main")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            PROGRAM.stream().map(name -> "dev.graft." + name).toArray(String[]::new))
        .check(GRAFT);
  }

  @Test
  void baseTypesDependOnNoPackage() {
    for (String name : BASE) {
      assertThat(GRAFT.get(name).getDirectDependenciesFromSelf())
          .extracting(each -> each.getTargetClass().getBaseComponentType().getPackageName())
          .filteredOn(each -> each.startsWith("dev.graft."))
          .as(name)
          .allMatch("dev.graft.util"::equals);
    }
  }

  /** A program that embeds Graft uses only the API and the metrics. */
  @Test
  void publicSignaturesOfTheApiNameNoInternalType() {
    Set<String> exported = Set.of("dev.graft", "dev.graft.evaluation");
    List<String> leaks = new ArrayList<>();
    for (JavaClass each : GRAFT) {
      if (!exported.contains(each.getPackageName())
          || !each.getModifiers().contains(JavaModifier.PUBLIC)
          || each.getName().equals("dev.graft.Main")) {
        continue;
      }
      for (JavaCodeUnit unit : each.getCodeUnits()) {
        if (unit.getModifiers().contains(JavaModifier.PUBLIC)) {
          Stream.concat(unit.getAllInvolvedRawTypes().stream(), unit.getExceptionTypes().stream())
              .map(JavaClass::getBaseComponentType)
              .filter(type -> type.getPackageName().startsWith("dev.graft"))
              .filter(type -> !exported.contains(type.getPackageName()))
              .forEach(type -> leaks.add(unit.getFullName() + ": " + type.getName()));
        }
      }
    }
    assertThat(leaks).isEmpty();
  }

  @Test
  void nothingDependsOnMain() {
    classes()
        .that()
        .haveFullyQualifiedName("dev.graft.Main")
        .should()
        .onlyHaveDependentClassesThat()
        .haveFullyQualifiedName("dev.graft.Main")
        .check(GRAFT);
  }

  @Test
  void noClassDependsOnAParticularEngine() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "ai.djl.pytorch..", "ai.djl.mxnet..", "ai.djl.onnxruntime..", "ai.djl.tensorflow..")
        .check(GRAFT);
  }

  /**
   * A process that runs in a user's folder follows what lies there, such as git hooks. Only studio
   * starts one: the system's command that opens the browser.
   */
  @Test
  void onlyStudioStartsAProcess() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("dev.graft.command.StudioCommand")
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.lang.ProcessBuilder")
        .orShould()
        .callMethodWhere(
            target(owner(assignableTo(Runtime.class))).and(target(nameMatching("exec"))))
        .check(GRAFT);
  }

  @Test
  void onlyEngineUsesOnnxRuntimeAndOnlyNetworkOnnxItsMessages() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.graft.engine")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("ai.onnxruntime..")
        .check(GRAFT);
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.graft.network.onnx")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("ai.onnx..", "com.google.protobuf..")
        .check(GRAFT);
  }

  @Test
  void imagesAreListedAndReadWithoutAnEngine() {
    noClasses()
        .that()
        .resideInAnyPackage("dev.graft.data..", "dev.graft.image..", "dev.graft.io..")
        .and()
        .haveSimpleNameNotContaining("Cifar10") // read by DJL
        .and()
        .doNotHaveSimpleName("QuietManager")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("ai.djl.ndarray..", "ai.djl.engine..", "ai.djl.training..")
        .check(GRAFT);
  }

  @Test
  void networkUsesNothingOfDjlButShapes() {
    noClasses()
        .that()
        .resideInAPackage("dev.graft.network")
        .should()
        .dependOnClassesThat(
            resideInAnyPackage("ai.djl..").and(not(resideInAnyPackage("ai.djl.ndarray.types"))))
        .check(GRAFT);
  }

  @Test
  void onlyMainEndsTheProgram() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("dev.graft.Main")
        .should()
        .callMethod(System.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "halt", int.class)
        .check(GRAFT);
    assertThat(GRAFT.get("dev.graft.Main").getMethodCallsFromSelf())
        .anyMatch(call -> call.getTarget().getFullName().equals("java.lang.System.exit(int)"));
  }
}
