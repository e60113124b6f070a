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

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ArchitectureTest {
  /**
   * Every room, and the rooms that it may know; all may know the root package. A package in a
   * package is a room of its own, by a name such as {@code network.djl}: neither knows the other
   * unless it says so here.
   */
  private static final Map<String, Set<String>> MAY_KNOW =
      Map.ofEntries(
          entry("io"),
          entry("recipe"),
          entry("picture", "io"),
          entry("evaluation", "io"),
          entry("network", "picture"),
          entry("network.djl", "network", "engine"),
          entry("network.onnx", "network", "engine"),
          entry("engine", "io"),
          entry("data", "picture", "io"),
          entry("data.duplicates", "data", "picture", "io"),
          entry("zoo", "network", "network.djl", "picture", "io"),
          entry(
              "inference",
              "recipe",
              "zoo",
              "network",
              "network.djl",
              "network.onnx",
              "engine",
              "picture",
              "io"),
          entry("serve", "inference", "picture"),
          entry("feature", "network", "network.onnx", "engine", "data", "picture", "io"),
          entry("report", "evaluation", "picture", "io"),
          entry("training", "recipe", "network", "network.djl", "zoo", "feature", "evaluation"),
          entry(
              "run",
              "recipe",
              "picture",
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
              "report",
              "io"),
          entry(
              "spark",
              "recipe",
              "picture",
              "data",
              "data.duplicates",
              "feature",
              "inference",
              "run",
              "io"),
          entry(
              "command",
              "recipe",
              "picture",
              "data",
              "data.duplicates",
              "network",
              "engine",
              "evaluation",
              "zoo",
              "feature",
              "inference",
              "training",
              "report",
              "serve",
              "run",
              "io"));

  /** In the profile of this name, and nowhere else. */
  private static final String SPARK = "spark";

  private static Map.Entry<String, Set<String>> entry(String room, String... known) {
    return Map.entry(room, Set.of(known));
  }

  private static final JavaClasses GRAFT =
      new ClassFileImporter()
          .withImportOption(location -> !location.contains("/test-classes/"))
          .importPackages("dev.graft");

  static Stream<String> rooms() {
    return MAY_KNOW.keySet().stream()
        .filter(room -> !room.equals(SPARK) || isThere("dev.graft.spark"))
        .sorted();
  }

  private static boolean isThere(String name) {
    return GRAFT.stream().anyMatch(each -> each.getPackageName().equals(name));
  }

  @Test
  void everyPackageIsARoomOfTheTableAndEveryRoomAPackage() {
    Set<String> packages =
        GRAFT.stream()
            .map(each -> each.getPackageName())
            .filter(name -> !name.equals("dev.graft"))
            .map(name -> name.substring("dev.graft.".length()))
            .collect(Collectors.toSet());

    assertThat(packages).containsExactlyInAnyOrderElementsOf(rooms().toList());
  }

  @ParameterizedTest
  @MethodSource("rooms")
  void aRoomKnowsOnlyTheRoomsThatItMay(String room) {
    String[] known =
        Stream.concat(
                Stream.of("dev.graft", "dev.graft." + room),
                MAY_KNOW.get(room).stream().map(name -> "dev.graft." + name))
            .toArray(String[]::new);

    classes()
        .that()
        .resideInAPackage("dev.graft." + room)
        .should()
        .onlyDependOnClassesThat(
            resideOutsideOfPackage("dev.graft..").or(resideInAnyPackage(known)))
        .check(GRAFT);
  }

  @Test
  void arrowsRunDownwardOnly() {
    Set<String> below = new HashSet<>();
    for (int before = -1; before < below.size(); ) {
      before = below.size();
      MAY_KNOW.forEach(
          (room, known) -> {
            if (below.containsAll(known)) {
              below.add(room);
            }
          });
    }
    assertThat(below).as("rooms that are in no circle").isEqualTo(MAY_KNOW.keySet());
  }

  /** What a room may know and does not need is what it knows tomorrow. */
  @ParameterizedTest
  @MethodSource("rooms")
  void aRoomNeedsTheRoomsThatItMayKnow(String room) {
    Set<String> needed =
        GRAFT.stream()
            .filter(each -> each.getPackageName().equals("dev.graft." + room))
            .flatMap(each -> each.getDirectDependenciesFromSelf().stream())
            .map(each -> each.getTargetClass().getBaseComponentType().getPackageName())
            .filter(name -> name.startsWith("dev.graft."))
            .map(name -> name.substring("dev.graft.".length()))
            .filter(name -> !name.equals(room))
            .collect(Collectors.toSet());

    assertThat(needed).containsAll(MAY_KNOW.get(room));
  }

  @Test
  void nobodyKnowsTheCommandsAndOnlyTheyKnowARun() {
    assertThat(roomsThatMayKnow("command")).isEmpty();
    assertThat(roomsThatMayKnow("run")).allMatch(Set.of("command", SPARK)::contains);
  }

  private static List<String> roomsThatMayKnow(String room) {
    return rooms().filter(each -> MAY_KNOW.get(each).contains(room)).toList();
  }

  @Test
  void whatAllRoomsMayKnowKnowsNone() {
    classes()
        .that()
        .resideInAPackage("dev.graft")
        .and()
        .doNotHaveFullyQualifiedName("dev.graft.Main")
        .should()
        .onlyDependOnClassesThat(
            resideOutsideOfPackage("dev.graft..").or(resideInAnyPackage("dev.graft")))
        .check(GRAFT);
  }

  @Test
  void nobodyKnowsMain() {
    classes()
        .that()
        .haveFullyQualifiedName("dev.graft.Main")
        .should()
        .onlyHaveDependentClassesThat()
        .haveFullyQualifiedName("dev.graft.Main")
        .check(GRAFT);
  }

  @Test
  void nobodyNamesAnEngine() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "ai.djl.pytorch..", "ai.djl.mxnet..", "ai.djl.onnxruntime..", "ai.djl.tensorflow..")
        .check(GRAFT);
  }

  /** A process in somebody's folder obeys what lies there, such as git's hooks. */
  @Test
  void nobodyStartsAProcess() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.lang.ProcessBuilder")
        .orShould()
        .callMethodWhere(
            target(owner(assignableTo(Runtime.class))).and(target(nameMatching("exec"))))
        .check(GRAFT);
  }

  @Test
  void onnxRuntimeIsKnownToItsRoomAloneAndSoAreOnnxsMessages() {
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
  void picturesAreListedAndReadWithoutAnEngine() {
    noClasses()
        .that()
        .resideInAnyPackage("dev.graft.data..", "dev.graft.picture..", "dev.graft.io..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("ai.djl.ndarray..", "ai.djl.engine..", "ai.djl.training..")
        .check(GRAFT);
  }

  @Test
  void whatANetworkIsTakesNothingFromDjlButShapes() {
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
