package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.basicdataset.cv.classification.Cifar10;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.repository.zoo.Criteria;
import ai.djl.training.EasyTrain;
import ai.djl.training.listener.TrainingListener;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The classes of DJL that Graft must be built from; docs/djl.md says where each is used. */
class NamedPiecesTest {
  private static final JavaClasses GRAFT =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.graft");

  static Stream<Arguments> calls() {
    return Stream.of(
        Arguments.of(Criteria.class, "builder", "dev.graft.zoo"),
        Arguments.of(Block.class, "freezeParameters", "dev.graft.network.djl"),
        Arguments.of(SequentialBlock.class, "<init>", "dev.graft.network.djl"),
        Arguments.of(Cifar10.class, "builder", "dev.graft.data"),
        Arguments.of(EasyTrain.class, "fit", "dev.graft.training"));
  }

  @ParameterizedTest
  @MethodSource("calls")
  void graftIsBuiltFrom(Class<?> piece, String method, String by) {
    assertThat(GRAFT.stream())
        .filteredOn(each -> each.getPackageName().equals(by))
        .flatExtracting(each -> each.getAccessesFromSelf())
        .extracting(JavaAccess::getTarget)
        .anyMatch(
            target -> target.getName().equals(method) && target.getOwner().isAssignableTo(piece));
  }

  @Test
  void trainingConsistsOfSeparateTrainingListeners() {
    assertThat(GRAFT.stream())
        .filteredOn(each -> each.isAssignableTo(TrainingListener.class))
        .extracting(each -> each.getSimpleName())
        .contains(
            "HistoryListener",
            "ProgressListener",
            "DivergenceListener",
            "BestWeightsListener",
            "EarlyStoppingListener");
  }
}
