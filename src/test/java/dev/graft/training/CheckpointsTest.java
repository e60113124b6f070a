package dev.graft.training;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.graft.evaluation.History;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("engine")
class CheckpointsTest {
  @TempDir Path temporary;
  private final List<String> warnings = new ArrayList<>();
  private Path folder;
  private NDManager manager;

  @BeforeEach
  void open() {
    folder = temporary.resolve("checkpoint");
    manager = NDManager.newBaseManager(Device.cpu());
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private Checkpoints of(String run) {
    return new Checkpoints(folder, run, warnings::add, Checkpoints.Pace.ALWAYS);
  }

  private void write(int epoch, float value) {
    List<History.Epoch> history =
        Stream.iterate(1, i -> i <= epoch, i -> i + 1)
            .map(i -> new History.Epoch(i, 1.0 / 3, 0.1, Double.NaN, 0.2, 0.001, 5.25))
            .toList();
    List<Resumable.Sums> sums = List.of(new Resumable.Sums(0.1, 7));
    List<long[]> shapes = List.of(new long[] {2, 3}, new long[] {1});
    NDList arrays =
        new NDList(
            manager.create(new float[] {value, 2, 3, 4, 5, 6}, new Shape(2, 3)),
            manager.create(new float[] {-value}));
    of("run").write(new Checkpoints.Header("run", epoch, 64, 1.5, history, sums, shapes), arrays);
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }

  @Test
  void theNewestIsReadAndTheLastTwoAreKept() throws IOException {
    for (int epoch = 1; epoch <= 4; epoch++) {
      write(epoch, epoch);
    }
    assertThat(files())
        .containsExactly(
            folder.resolve("000003-000000064.checkpoint"),
            folder.resolve("000004-000000064.checkpoint"));
    Checkpoints.Saved saved = of("run").newest(manager).orElseThrow();
    assertThat(saved.header())
        .usingRecursiveComparison()
        .isEqualTo(
            new Checkpoints.Header(
                "run",
                4,
                64,
                1.5,
                saved.header().history(),
                List.of(new Resumable.Sums(0.1, 7)),
                List.of(new long[] {2, 3}, new long[] {1})));
    assertThat(saved.header().history().get(3))
        .isEqualTo(new History.Epoch(4, 1.0 / 3, 0.1, Double.NaN, 0.2, 0.001, 5.25));
    assertThat(saved.arrays().get(0).toFloatArray()).containsExactly(4, 2, 3, 4, 5, 6);
    assertThat(saved.arrays().get(0).getShape()).isEqualTo(new Shape(2, 3));
    assertThat(saved.arrays().get(1).toFloatArray()).containsExactly(-4);
    assertThat(warnings).isEmpty();
  }

  @Test
  void aDamagedCheckpointIsReportedAndTheOneBeforeIsUsed() throws IOException {
    write(1, 1);
    write(2, 2);
    Path newest = files().get(1);
    byte[] bytes = Files.readAllBytes(newest);
    bytes[bytes.length - 20] ^= 1; // in the arrays
    Files.write(newest, bytes);
    assertThat(of("run").newest(manager).orElseThrow().header().epoch()).isEqualTo(1);
    assertThat(warnings)
        .containsExactly(newest + " is damaged, and is not used: its checksum is wrong");
    String text = Files.readString(newest, StandardCharsets.ISO_8859_1);
    Files.writeString(newest, text.replace("[2,3]", "[9e9]"), StandardCharsets.ISO_8859_1);
    assertThat(of("run").newest(manager).orElseThrow().header().epoch()).isEqualTo(1);
    assertThat(warnings).last().asString().endsWith("not used: it is too short");
    Files.write(newest, new byte[] {1, 2});
    assertThat(of("run").newest(manager).orElseThrow().header().epoch()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"null", "{}", "{\"run\": null}"})
  void aCheckpointWithoutAHeaderIsDamaged(String header) throws IOException {
    write(1, 1);
    ByteBuffer bytes = ByteBuffer.allocate(header.length() + 12).order(ByteOrder.nativeOrder());
    bytes.putInt(header.length()).put(header.getBytes(StandardCharsets.US_ASCII));
    Files.write(files().get(0), bytes.array());
    assertThat(of("run").newest(manager)).isEmpty();
    assertThat(warnings).first().asString().contains(" is damaged, and is not used: ");
  }

  @Test
  void withoutAUsableCheckpointTheTrainingStartsAgain() throws IOException {
    write(1, 1);
    Files.write(files().get(0), new byte[] {1, 2});
    assertThat(of("run").newest(manager)).isEmpty();
    assertThat(warnings)
        .containsExactly(
            files().get(0) + " is damaged, and is not used: it is too short",
            "No checkpoint is usable, so the training starts again at epoch 1, with the settings in"
                + " recipe.yaml.");
  }

  @Test
  void theNewestCheckpointNamesItsRun() throws IOException {
    assertThat(of("other").identity()).isEmpty();
    write(1, 1);
    assertThat(of("other").identity()).contains("run");
    assertThat(warnings).isEmpty();
  }

  @Test
  void aFailureToWriteIsAWarning() throws IOException {
    Files.writeString(folder, "a file where the folder should be");
    write(1, 1);
    write(2, 1);
    assertThat(warnings.stream().distinct())
        .as("the same words each time, which are printed once")
        .hasSize(1)
        .first()
        .asString()
        .startsWith("The checkpoint was not written (" + folder)
        .endsWith("it can be resumed from an earlier checkpoint only.");
  }

  @Test
  void anOldCheckpointThatCannotBeDeletedDoesNotCountAsNotWritten() throws IOException {
    Path old = folder.resolve("000000-000000000.checkpoint");
    Files.createDirectories(old.resolve("not empty"));
    write(1, 1);
    write(2, 2);
    assertThat(warnings)
        .hasSize(1)
        .first()
        .asString()
        .startsWith("An old checkpoint was not deleted (" + old);
    assertThat(of("run").newest(manager).orElseThrow().header().epoch()).isEqualTo(2);
  }

  @Test
  void checkpointsAreDeletedWhenTheRunIsComplete() throws IOException {
    write(1, 1);
    of("run").delete();
    assertThat(folder).doesNotExist();
    assertThat(of("run").newest(manager)).isEmpty();
  }
}
