package dev.graft.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordLogTest {
  private static final int RECORD = 8;
  private static final int HEADER = 8192;
  private static final int ENTRY = 32 + 4 + RECORD;
  private static final String KEY = "what records depend on\n";

  @TempDir private Path temporary;

  @Test
  void aRecordIsFoundByItsHash() throws IOException {
    write(KEY, 0, 1, 2, 3);
    write(KEY, 4);

    assertThat(found(KEY, 10)).containsExactlyInAnyOrder(0, 1, 2, 3, 4);
    assertThat(open(KEY).slot(hash(5))).isEqualTo(-1);
  }

  @Test
  void foldersAndBrokenLinksAreSkipped() throws IOException {
    write(KEY, 7);
    Path folder = onlyFile().getParent();
    Files.createDirectory(folder.resolve("0.records"));
    Files.createSymbolicLink(folder.resolve("1.records"), Path.of("nowhere"));

    assertThat(found(KEY, 10)).containsExactly(7);
  }

  @Test
  void aFileIsHeaderWithKeyAndThenHashChecksumAndRecordOfEach() throws IOException {
    write(KEY, 7, 9);

    byte[] file = Files.readAllBytes(onlyFile());
    assertThat(file).hasSize(HEADER + 2 * ENTRY);
    assertThat(new String(file, 0, HEADER, StandardCharsets.UTF_8).replace("\0", ""))
        .isEqualTo("graft records\n" + KEY);
    assertThat(HexFormat.of().formatHex(file, HEADER, HEADER + 32)).isEqualTo(hash(7));
    assertThat(HexFormat.of().formatHex(file, HEADER + ENTRY, HEADER + ENTRY + 32))
        .isEqualTo(hash(9));
    assertThat(Arrays.copyOfRange(file, HEADER + 36, HEADER + ENTRY)).isEqualTo(record(7));
    assertThat(open(KEY).bytes()).isEqualTo(file.length);
  }

  @Test
  void aFileOfAnotherKeyIsSkipped() throws IOException {
    write(KEY, 1);
    write("another\n", 2, 3);

    assertThat(found(KEY, 10)).containsExactly(1);
    assertThat(found("another\n", 10)).containsExactlyInAnyOrder(2, 3);
    assertThat(open(KEY).bytes()).isEqualTo(HEADER + ENTRY);
    assertThat(found("what records depend on", 10)).isEmpty();
    assertThat(found(KEY + "and more", 10)).isEmpty();
  }

  @Test
  void anEmptyOrMissingFolderHasNoRecords() throws IOException {
    assertThat(found(KEY, 10)).isEmpty();
    assertThat(folder()).doesNotExist();
    Files.createDirectory(folder());
    assertThat(found(KEY, 10)).isEmpty();
    assertThat(open(KEY).bytes()).isZero();
  }

  @Test
  void aWriterWithoutRecordsLeavesNoFile() throws IOException {
    write(KEY);

    assertThat(folder()).doesNotExist();
  }

  @Test
  void otherFilesAreIgnored() throws IOException {
    write(KEY, 1);
    Files.writeString(folder().resolve("notes.txt"), "graft records\n" + KEY);
    Files.writeString(folder().resolve("rubbish.records"), "rubbish");
    Files.createFile(folder().resolve("empty.records"));

    assertThat(found(KEY, 10)).containsExactly(1);
  }

  @Test
  void aFileThatWasCutOffAnywhereKeepsTheRecordsBeforeTheCut() throws IOException {
    write(KEY, 0, 1, 2);
    Path file = onlyFile();
    byte[] whole = Files.readAllBytes(file);
    for (int length = HEADER - 2; length <= whole.length; length++) {
      Files.write(file, Arrays.copyOf(whole, length));
      int complete = length < HEADER ? 0 : (length - HEADER) / ENTRY;
      assertThat(found(KEY, 3)).as("%d bytes", length).hasSize(complete);
    }
    for (int length : new int[] {0, 1, 13, 100}) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThat(found(KEY, 3)).as("%d bytes", length).isEmpty();
    }
  }

  @Test
  void aFlippedBitCostsOnlyItsOwnRecord() throws IOException {
    write(KEY, 0, 1, 2);
    Path file = onlyFile();
    byte[] whole = Files.readAllBytes(file);
    for (int bit = 8 * HEADER; bit < 8 * whole.length; bit++) {
      byte[] damaged = whole.clone();
      damaged[bit / 8] ^= (byte) (1 << bit % 8);
      Files.write(file, damaged);
      Set<Integer> expected = new HashSet<>(Set.of(0, 1, 2));
      expected.remove((bit / 8 - HEADER) / ENTRY);
      assertThat(found(KEY, 3)).as("bit %d", bit).isEqualTo(expected);
    }
  }

  @Test
  void aDamagedRecordIsNoticedWhenItIsReadAndNotWhenTheLogIsOpened() throws IOException {
    write(KEY, 0, 1);
    Path file = onlyFile();
    byte[] damaged = Files.readAllBytes(file);
    damaged[HEADER + 36] ^= 1;
    Files.write(file, damaged);

    RecordLog log = open(KEY);
    int slot = log.find(hash(0));
    assertThat(slot).isNotNegative();
    assertThat(log.isWhole(slot)).isFalse();
    assertThat(log.isWhole(log.find(hash(1)))).isTrue();
    assertThat(log.find(hash(0))).isEqualTo(-1);
    assertThat(log.slot(hash(0))).isEqualTo(-1);
    assertThat(log.find(hash(2))).isEqualTo(-1);
  }

  @Test
  void aDamagedRecordGivesWayToAWholeOneOfAnotherFile() throws IOException {
    write(KEY, 0, 1);
    Path file = onlyFile();
    byte[] damaged = Files.readAllBytes(file);
    damaged[HEADER + 36] ^= 1;
    Files.delete(file);
    write(KEY, 0);
    for (String name : new String[] {"!.records", "~.records"}) {
      Path copy = Files.write(folder().resolve(name), damaged);
      assertThat(found(KEY, 3)).containsExactlyInAnyOrder(0, 1);
      Files.delete(copy);
    }
  }

  @Test
  void theHashesOfTheWholeRecordsInAFileCanBeRead() throws IOException {
    write(KEY, 3, 1, 2);
    byte[] file = Files.readAllBytes(onlyFile());
    file[HEADER + ENTRY + 36] ^= 1;

    byte[] cut = Arrays.copyOf(file, file.length - 1);
    assertThat(hashes(file, KEY)).containsExactly(hash(3), hash(2));
    assertThat(hashes(cut, KEY)).containsExactly(hash(3));
    assertThat(hashes(file, "another\n")).isEmpty();
  }

  private static List<String> hashes(byte[] file, String key) throws IOException {
    return RecordLog.hashes(new ByteArrayInputStream(file), key, RECORD);
  }

  @Test
  void theKeyOfAFileCanBeRead() throws IOException {
    write(KEY, 1);
    assertThat(RecordLog.key(onlyFile())).contains(KEY);
    assertThat(RecordLog.key(Files.writeString(folder().resolve("x"), "else"))).isEmpty();
  }

  @Test
  void aHeaderWithAFlippedBitIsAnotherKeys() throws IOException {
    write(KEY, 0, 1, 2);
    Path file = onlyFile();
    byte[] whole = Files.readAllBytes(file);
    for (int at : new int[] {0, 13, 14, 30, HEADER - 1}) {
      byte[] damaged = whole.clone();
      damaged[at] ^= 1;
      Files.write(file, damaged);
      assertThat(found(KEY, 3)).as("byte %d", at).isEmpty();
    }
  }

  @Test
  void twoWritersAtOnceHaveFilesOfTheirOwnAndBothAreRead() throws IOException {
    try (RecordLog.Writer one = new RecordLog.Writer(folder(), KEY, RECORD);
        RecordLog.Writer other = new RecordLog.Writer(folder(), KEY, RECORD)) {
      add(one, 0);
      add(other, 1);
      add(one, 2, 3);
      add(other, 3, 4);
    }

    assertThat(files()).hasSize(2);
    assertThat(found(KEY, 10)).containsExactlyInAnyOrder(0, 1, 2, 3, 4);
    assertThat(open(KEY).bytes()).isEqualTo(2 * HEADER + 6 * ENTRY);
  }

  @Test
  void aRecordIsThereAsSoonAsItIsAdded() throws IOException {
    try (RecordLog.Writer writer = new RecordLog.Writer(folder(), KEY, RECORD)) {
      add(writer, 0, 1);
      assertThat(found(KEY, 10)).containsExactlyInAnyOrder(0, 1);
      RecordLog before = open(KEY);
      add(writer, 2);
      assertThat(before.slot(hash(2))).isEqualTo(-1);
      assertThat(found(KEY, 10)).containsExactlyInAnyOrder(0, 1, 2);
    }
  }

  @Test
  void recordsAreReadFromSeveralMappingsWhereOneHoldsTooFew() throws IOException {
    int[] many = IntStream.range(0, 200).toArray();
    write(KEY, many);
    for (long segment : new long[] {1, ENTRY, 3 * ENTRY - 1, 64 * ENTRY}) {
      assertThat(found(RecordLog.open(folder(), KEY, RECORD, segment), 201))
          .as("%d bytes", segment)
          .hasSize(200);
    }
  }

  @Test
  void aPartOfARecordCanBeCopiedAndNothingBesideIt() throws IOException {
    write(KEY, 1, 2, 3);
    RecordLog log = open(KEY);
    ByteBuffer target = ByteBuffer.allocate(10);

    log.copy(log.slot(hash(2)), 3, target, 4, 5);

    byte[] expected = new byte[10];
    System.arraycopy(record(2), 3, expected, 4, 5);
    assertThat(target.array()).isEqualTo(expected);
    for (int[] outside : new int[][] {{4, 5}, {-1, 3}, {9, 0}}) {
      assertThatExceptionOfType(IndexOutOfBoundsException.class)
          .isThrownBy(() -> log.copy(log.slot(hash(2)), outside[0], target, 0, outside[1]));
    }
  }

  @Test
  void theWrongNumberOfBytesIsAnErrorAndIsNotWritten() throws IOException {
    try (RecordLog.Writer writer = new RecordLog.Writer(folder(), KEY, RECORD)) {
      for (int wrong : new int[] {0, 15, 17, 24}) {
        assertThatIllegalStateException()
            .isThrownBy(() -> writer.add(List.of(hash(0), hash(1)), ByteBuffer.allocate(wrong)))
            .withMessage(wrong + " bytes for 2 records of 8");
      }
    }
    assertThat(folder()).doesNotExist();
  }

  @Test
  void aKeyThatDoesNotFitTheHeaderIsAnError() {
    assertThatIllegalStateException()
        .isThrownBy(() -> write("x".repeat(HEADER), 1))
        .withMessage("a key of 8206 bytes does not fit the header");
  }

  @Test
  void aFileHasTheUsersDefaultPermissions() throws IOException {
    write(KEY, 1);
    Path file = onlyFile();
    Path other = Files.createFile(folder().resolve("other"));

    assertThat(Files.getPosixFilePermissions(file)).isEqualTo(Files.getPosixFilePermissions(other));
  }

  private void write(String key, int... which) throws IOException {
    try (RecordLog.Writer writer = new RecordLog.Writer(folder(), key, RECORD)) {
      if (which.length > 0) {
        add(writer, which);
      }
    }
  }

  private static void add(RecordLog.Writer writer, int... which) throws IOException {
    ByteBuffer records = ByteBuffer.allocate(which.length * RECORD);
    List<String> hashes = new ArrayList<>();
    for (int each : which) {
      records.put(record(each));
      hashes.add(hash(each));
    }
    writer.add(hashes, records.flip());
  }

  /** Returns bytes that continue counting from one record to the next. */
  private static byte[] record(int which) {
    byte[] record = new byte[RECORD];
    for (int i = 0; i < RECORD; i++) {
      record[i] = (byte) (which * RECORD + i);
    }
    return record;
  }

  private static String hash(int which) {
    return Hash.Algorithm.SHA256.of("image " + which).hex();
  }

  private RecordLog open(String key) throws IOException {
    return RecordLog.open(folder(), key, RECORD);
  }

  private Set<Integer> found(String key, int below) throws IOException {
    return found(open(key), below);
  }

  /** Returns the numbers of the records that are found, and checks their content. */
  private static Set<Integer> found(RecordLog log, int below) {
    Set<Integer> found = new HashSet<>();
    for (int which = 0; which < below; which++) {
      int slot = log.slot(hash(which));
      if (slot >= 0) {
        ByteBuffer copy = ByteBuffer.allocate(RECORD);
        log.copy(slot, 0, copy, 0, RECORD);
        assertThat(copy.array()).isEqualTo(record(which));
        found.add(which);
      }
    }
    return found;
  }

  private Path folder() {
    return temporary.resolve("log");
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder())) {
      return files.toList();
    }
  }

  private Path onlyFile() throws IOException {
    assertThat(files()).hasSize(1);
    return files().get(0);
  }
}
