package dev.graft.io;

import dev.graft.util.Text;
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
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * Records of one size on disk, each under the SHA-256 of what it was made from, mapped into memory.
 *
 * <p>A log is a folder. Each run that adds records writes a file of its own there: a header of
 * {@value #HEADER_BYTES} bytes that holds the log's key, then entries of hash, checksum and record.
 * So the records that a run finished before it was stopped are available to the next run. A
 * checksum is verified when its record is first read, not when the log is opened, which would read
 * gigabytes. A damaged record counts as missing and does not affect the others.
 */
public final class RecordLog {
  private static final int HEADER_BYTES = 8192;
  private static final int HASH_BYTES = 32;

  /** Before the record itself: the hash, and a checksum over hash and record. */
  private static final int OVERHEAD = HASH_BYTES + Integer.BYTES;

  private static final String TITLE = "graft records\n";

  /** How the names of a log's files end. */
  public static final String SUFFIX = ".records";

  /** A mapping can't be larger than 2 GB. */
  private static final long SEGMENT_BYTES = 1L << 30;

  private static final byte WHOLE = 1;
  private static final byte DAMAGED = 2;

  private final int recordBytes;
  private final List<MappedByteBuffer> segments = new ArrayList<>();

  /** Where each record lies. */
  private int[] segmentOfSlot = new int[64];

  private int[] offsetOfSlot = new int[64];

  /** The first 16 bytes of each hash, so that looking one up reads nothing from disk. */
  private long[] prefixes = new long[2 * 64];

  /** State of each record: 0 until it is read, then {@link #WHOLE} or {@link #DAMAGED}. */
  private byte[] states = {};

  private int slots;

  /** Slots by the hashes' first bits, more than half empty; equal hashes follow each other. */
  private int[] table = FirstOccurrences.emptyTable(128);

  private long bytes;

  private RecordLog(int recordBytes) {
    this.recordBytes = recordBytes;
  }

  /**
   * Opens a log as it is now; records that are added later are seen after opening it again.
   *
   * @param folder need not exist
   * @param key all that the records depend on besides what they were made from; files with a
   *     different key are skipped
   * @param recordBytes size of a record
   */
  public static RecordLog open(Path folder, String key, int recordBytes) throws IOException {
    return open(folder, key, recordBytes, SEGMENT_BYTES);
  }

  /**
   * Opens a log in mappings of limited size.
   *
   * @param segmentBytes the maximum size of one mapping
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
    log.states = new byte[log.slots];
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
        long start = HEADER_BYTES + first * entry;
        segments.add(channel.map(FileChannel.MapMode.READ_ONLY, start, (long) count * entry));
        index(channel, start, count);
      }
      bytes += size;
    }
  }

  /**
   * Indexes the entries of the newest segment. Their hashes are read one by one: through the
   * mapping the system would read ahead, and so most of the records, too.
   */
  private void index(FileChannel channel, long start, int count) throws IOException {
    ByteBuffer hash = ByteBuffer.allocateDirect(2 * Long.BYTES);
    for (int i = 0; i < count; i++) {
      int at = i * (OVERHEAD + recordBytes);
      hash.clear();
      while (hash.hasRemaining()) {
        if (channel.read(hash, start + at + hash.position()) < 0) {
          return; // cut off meanwhile
        }
      }
      if (slots == offsetOfSlot.length) {
        grow();
      }
      segmentOfSlot[slots] = segments.size() - 1;
      offsetOfSlot[slots] = at + OVERHEAD;
      prefixes[2 * slots] = hash.getLong(0);
      prefixes[2 * slots + 1] = hash.getLong(Long.BYTES);
      enter(slots++);
    }
  }

  private void enter(int slot) {
    int place = place(prefixes[2 * slot]);
    while (table[place] >= 0) {
      place = next(place);
    }
    table[place] = slot;
  }

  /** Returns the first position in the table for a hash. */
  private int place(long prefix) {
    return (int) (prefix >>> Integer.SIZE) & (table.length - 1);
  }

  private int next(int place) {
    return (place + 1) & (table.length - 1);
  }

  private void grow() {
    segmentOfSlot = Arrays.copyOf(segmentOfSlot, 2 * slots);
    offsetOfSlot = Arrays.copyOf(offsetOfSlot, 2 * slots);
    prefixes = Arrays.copyOf(prefixes, 4 * slots);
    table = FirstOccurrences.emptyTable(4 * slots);
    for (int slot = 0; slot < slots; slot++) {
      enter(slot);
    }
  }

  /** Size of all files of this key. */
  public long bytes() {
    return bytes;
  }

  /**
   * Returns where a record lies, for {@link #copy}, without reading it, so that it may turn out to
   * be damaged; -1 if there is none.
   *
   * @param sha256 of what it was made from, 64 lower-case hexadecimal digits
   */
  public int find(String sha256) {
    return find(HexFormat.of().parseHex(sha256), false);
  }

  /**
   * Returns where a whole record lies, for {@link #copy}; -1 if there is none.
   *
   * @param sha256 of what it was made from, 64 lower-case hexadecimal digits
   */
  public int slot(String sha256) {
    return find(HexFormat.of().parseHex(sha256), true);
  }

  private int find(byte[] sha256, boolean checked) {
    ByteBuffer hash = ByteBuffer.wrap(sha256);
    long first = hash.getLong(0);
    long second = hash.getLong(Long.BYTES);
    for (int place = place(first); table[place] >= 0; place = next(place)) {
      int slot = table[place];
      if (prefixes[2 * slot] == first
          && prefixes[2 * slot + 1] == second
          && states[slot] != DAMAGED
          && (!checked || isWhole(slot))) {
        return slot;
      }
    }
    return -1;
  }

  /** Returns whether a record is as it was written; its checksum is computed once. */
  public boolean isWhole(int slot) {
    if (states[slot] == 0) {
      MappedByteBuffer segment = segments.get(segmentOfSlot[slot]);
      int at = offsetOfSlot[slot];
      CRC32C checksum = new CRC32C();
      checksum.update(segment.slice(at - OVERHEAD, HASH_BYTES));
      checksum.update(segment.slice(at, recordBytes));
      boolean whole = segment.getInt(at - Integer.BYTES) == (int) checksum.getValue();
      states[slot] = whole ? WHOLE : DAMAGED; // the same, whichever thread is first
    }
    return states[slot] == WHOLE;
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

  /**
   * Returns the hash of every whole record in one of a log's files, wherever it lies.
   *
   * @param key as in {@link #open(Path, String, int)}: a file with a different one has no records
   */
  public static List<String> hashes(InputStream file, String key, int recordBytes)
      throws IOException {
    List<String> hashes = new ArrayList<>();
    if (!Arrays.equals(file.readNBytes(HEADER_BYTES), header(key).array())) {
      return hashes;
    }
    CRC32C checksum = new CRC32C();
    byte[] entry = new byte[OVERHEAD + recordBytes];
    while (file.readNBytes(entry, 0, entry.length) == entry.length) {
      checksum.reset();
      checksum.update(entry, 0, HASH_BYTES);
      checksum.update(entry, OVERHEAD, recordBytes);
      if (ByteBuffer.wrap(entry).getInt(HASH_BYTES) == (int) checksum.getValue()) {
        hashes.add(HexFormat.of().formatHex(entry, 0, HASH_BYTES));
      }
    }
    return hashes;
  }

  /** Returns the key of one of a log's files; empty for any other file. */
  public static Optional<String> key(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      String header = new String(in.readNBytes(HEADER_BYTES), StandardCharsets.UTF_8);
      return Optional.of(header.replace("\0", ""))
          .filter(text -> text.startsWith(TITLE))
          .map(text -> text.substring(TITLE.length()));
    }
  }

  /** Adds records to a log, in a file of its own that is created with the first of them. */
  public static final class Writer implements AutoCloseable {
    private final IoSupplier<WritableByteChannel> opening;
    private final String key;
    private final int recordBytes;
    private WritableByteChannel channel;

    /** A writer to a folder, which need not exist. */
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
    public Writer(IoSupplier<WritableByteChannel> opening, String key, int recordBytes) {
      this.opening = opening;
      this.key = key;
      this.recordBytes = recordBytes;
    }

    /**
     * Adds some records at once.
     *
     * @param hashes one per record
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
        channel = opening.get();
        AtomicFiles.writeFully(channel, header(key));
      }
      AtomicFiles.writeFully(channel, entries.flip());
    }

    /** Returns whether the file was created, since there were records. */
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
    byte[] text = (TITLE + key).getBytes(StandardCharsets.UTF_8);
    if (text.length > HEADER_BYTES) {
      throw new IllegalStateException("a key of " + text.length + " bytes does not fit the header");
    }
    return ByteBuffer.allocate(HEADER_BYTES).put(text).rewind();
  }
}
