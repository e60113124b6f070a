package dev.graft.io;

import dev.graft.Text;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * Records of one size on disk, each under the SHA-256 of what it was made from, mapped into memory.
 *
 * <p>A log is a folder. Each run that has something to add writes a file of its own there: a header
 * of {@value #HEADER_BYTES} bytes that holds the log's key, then entries of hash, checksum and
 * record. An entry counts if its checksum is right, so that whatever a run had finished when it was
 * stopped, however that was, is there for the next one, and damage costs the damaged records alone.
 */
public final class RecordLog {
  private static final int HEADER_BYTES = 8192;
  private static final int HASH_BYTES = 32;

  /** Before the record itself: the hash, and a checksum over hash and record. */
  private static final int OVERHEAD = HASH_BYTES + Integer.BYTES;

  /** How the names of a log's files end. */
  public static final String SUFFIX = ".records";

  /** A mapping can't be larger than 2 GB. */
  private static final long SEGMENT_BYTES = 1L << 30;

  private final int recordBytes;
  private final List<MappedByteBuffer> segments = new ArrayList<>();

  /** Where each record lies; the hash before it is the only copy of it. */
  private int[] segmentOfSlot = new int[64];

  private int[] offsetOfSlot = new int[64];
  private int slots;

  /** By the hashes' first bits, more than half empty. */
  private int[] table = emptyTable(128);

  private long bytes;

  private RecordLog(int recordBytes) {
    this.recordBytes = recordBytes;
  }

  /**
   * Opens a log as it is now; what is added later is seen by who opens it later.
   *
   * @param folder need not be there
   * @param key all that the records depend on beside what they were made from; files of another key
   *     are passed over
   * @param recordBytes size of a record
   */
  public static RecordLog open(Path folder, String key, int recordBytes) throws IOException {
    return open(folder, key, recordBytes, SEGMENT_BYTES);
  }

  /**
   * As above.
   *
   * @param segmentBytes the most that one mapping holds
   */
  static RecordLog open(Path folder, String key, int recordBytes, long segmentBytes)
      throws IOException {
    RecordLog log = new RecordLog(recordBytes);
    if (Files.isDirectory(folder)) {
      try (Stream<Path> found = Files.list(folder)) {
        for (Path file : found.filter(RecordLog::isPart).sorted().toList()) {
          log.take(file, header(key), segmentBytes);
        }
      }
    }
    return log;
  }

  private static boolean isPart(Path file) {
    return file.toString().endsWith(SUFFIX) && Files.isRegularFile(file);
  }

  private void take(Path file, ByteBuffer header, long segmentBytes) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer there = ByteBuffer.allocate(HEADER_BYTES);
      while (there.hasRemaining() && channel.read(there) >= 0) {}
      if (!there.flip().equals(header)) {
        return;
      }
      long size = channel.size();
      int entry = OVERHEAD + recordBytes;
      long entries = (size - HEADER_BYTES) / entry;
      long atOnce = Math.max(1, segmentBytes / entry);
      for (long first = 0; first < entries; first += atOnce) {
        int count = (int) Math.min(atOnce, entries - first);
        segments.add(
            channel.map(
                FileChannel.MapMode.READ_ONLY, HEADER_BYTES + first * entry, (long) count * entry));
        index(count);
      }
      bytes += size;
    }
  }

  /** Takes in the entries of the newest segment. */
  private void index(int count) {
    ByteBuffer segment = segments.get(segments.size() - 1);
    byte[] hash = new byte[HASH_BYTES];
    CRC32C checksum = new CRC32C();
    for (int i = 0; i < count; i++) {
      int at = i * (OVERHEAD + recordBytes);
      segment.get(at, hash);
      checksum.reset();
      checksum.update(hash);
      checksum.update(segment.slice(at + OVERHEAD, recordBytes));
      if (segment.getInt(at + HASH_BYTES) == (int) checksum.getValue()) {
        int place = place(hash);
        if (table[place] < 0) {
          segmentOfSlot[slots] = segments.size() - 1;
          offsetOfSlot[slots] = at + OVERHEAD;
          table[place] = slots++;
          if (slots == offsetOfSlot.length) {
            grow();
          }
        }
      }
    }
  }

  private static int[] emptyTable(int size) {
    int[] table = new int[size];
    Arrays.fill(table, -1);
    return table;
  }

  /** Where in the table a hash's slot is, or would be. */
  private int place(byte[] hash) {
    int mask = table.length - 1;
    int place = ByteBuffer.wrap(hash).getInt() & mask;
    while (table[place] >= 0 && !Arrays.equals(hashOf(table[place]), hash)) {
      place = (place + 1) & mask;
    }
    return place;
  }

  private byte[] hashOf(int slot) {
    byte[] hash = new byte[HASH_BYTES];
    segments.get(segmentOfSlot[slot]).get(offsetOfSlot[slot] - OVERHEAD, hash);
    return hash;
  }

  private void grow() {
    segmentOfSlot = Arrays.copyOf(segmentOfSlot, 2 * slots);
    offsetOfSlot = Arrays.copyOf(offsetOfSlot, 2 * slots);
    table = emptyTable(4 * slots);
    for (int slot = 0; slot < slots; slot++) {
      table[place(hashOf(slot))] = slot;
    }
  }

  /** Size of all files of this key. */
  public long bytes() {
    return bytes;
  }

  /**
   * Where a record lies, for {@link #copy}; -1 if there is none.
   *
   * @param sha256 of what it was made from, 64 lower-case hexadecimal digits
   */
  public int slot(String sha256) {
    return table[place(HexFormat.of().parseHex(sha256))];
  }

  /**
   * Copies a part of a record.
   *
   * @param from first byte of the record to copy
   * @param target to which buffer, at {@code position}
   */
  public void copy(int slot, int from, ByteBuffer target, int position, int length) {
    if (from < 0 || from + length > recordBytes) {
      throw new IndexOutOfBoundsException(from + " to " + (from + length) + " of " + recordBytes);
    }
    target.put(position, segments.get(segmentOfSlot[slot]), offsetOfSlot[slot] + from, length);
  }

  /** Who is told a record's hash. */
  public interface HashTaker {
    /**
     * Is told one.
     *
     * @param sha256 64 lower-case hexadecimal digits
     */
    void take(String sha256) throws IOException;
  }

  /**
   * Goes through one of a log's files, wherever it lies, and tells of every record that counts.
   *
   * @param key as above: a file of another one has nothing to tell
   */
  public static void hashes(InputStream file, String key, int recordBytes, HashTaker taker)
      throws IOException {
    if (!Arrays.equals(file.readNBytes(HEADER_BYTES), header(key).array())) {
      return;
    }
    CRC32C checksum = new CRC32C();
    byte[] entry = new byte[OVERHEAD + recordBytes];
    while (file.readNBytes(entry, 0, entry.length) == entry.length) {
      checksum.reset();
      checksum.update(entry, 0, HASH_BYTES);
      checksum.update(entry, OVERHEAD, recordBytes);
      if (ByteBuffer.wrap(entry).getInt(HASH_BYTES) == (int) checksum.getValue()) {
        taker.take(HexFormat.of().formatHex(entry, 0, HASH_BYTES));
      }
    }
  }

  /** Makes the file that a writer writes, when the first record comes. */
  public interface Opening {
    WritableByteChannel open() throws IOException;
  }

  /** Adds records to a log, in a file of its own that is made with the first of them. */
  public static final class Writer implements AutoCloseable {
    private final Opening opening;
    private final String key;
    private final int recordBytes;
    private WritableByteChannel channel;

    /** A writer to a folder, which need not be there. */
    public Writer(Path folder, String key, int recordBytes) {
      this(
          () -> {
            Files.createDirectories(folder);
            return FileChannel.open(
                folder.resolve(UUID.randomUUID() + SUFFIX),
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.WRITE);
          },
          key,
          recordBytes);
    }

    /** A writer to a file anywhere. */
    public Writer(Opening opening, String key, int recordBytes) {
      this.opening = opening;
      this.key = key;
      this.recordBytes = recordBytes;
    }

    /**
     * Adds some records at once.
     *
     * @param hashes one a record
     * @param records one after the other
     */
    public void add(List<String> hashes, ByteBuffer records) throws IOException {
      if (records.remaining() != (long) hashes.size() * recordBytes) {
        throw new IllegalStateException(
            Text.of(
                "%d bytes for %d records of %d", records.remaining(), hashes.size(), recordBytes));
      }
      ByteBuffer entries = ByteBuffer.allocate(hashes.size() * (OVERHEAD + recordBytes));
      CRC32C checksum = new CRC32C();
      for (String each : hashes) {
        byte[] hash = HexFormat.of().parseHex(each);
        ByteBuffer record = records.slice(records.position(), recordBytes);
        records.position(records.position() + recordBytes);
        checksum.reset();
        checksum.update(hash);
        checksum.update(record.duplicate());
        entries.put(hash).putInt((int) checksum.getValue()).put(record);
      }
      if (channel == null) {
        channel = opening.open();
        WholeFile.writeFully(channel, header(key));
      }
      WholeFile.writeFully(channel, entries.flip());
    }

    /** Whether there is a file, since there were records. */
    public boolean hasWritten() {
      return channel != null;
    }

    @Override
    public void close() throws IOException {
      if (channel != null) {
        channel.close();
      }
    }
  }

  private static ByteBuffer header(String key) {
    byte[] text = ("graft records\n" + key).getBytes(StandardCharsets.UTF_8);
    if (text.length > HEADER_BYTES) {
      throw new IllegalStateException("a key of " + text.length + " bytes does not fit the header");
    }
    return ByteBuffer.allocate(HEADER_BYTES).put(text).rewind();
  }
}
