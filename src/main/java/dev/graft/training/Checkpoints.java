package dev.graft.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.graft.evaluation.History;
import dev.graft.io.AtomicFiles;
import dev.graft.util.Messages;
import dev.graft.util.Text;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * The folder of a training's checkpoints, in which the two newest stay. A file, {@code
 * <epoch>-<batch>.checkpoint}, is the length of its header in 4 bytes, the header in JSON, the
 * arrays of the training in float32, and a CRC-32C of all that in 8 bytes. The byte order is the
 * machine's.
 */
public final class Checkpoints {
  /** Writes nothing, and has nothing to resume. */
  public static final Checkpoints NONE = new Checkpoints(null, "", warning -> {}, Pace.DEFAULT);

  private static final String SUFFIX = ".checkpoint";

  private static final int KEPT = 2;

  /** Maximum size of a header in bytes; one epoch of the history takes about 250. */
  private static final int MAX_HEADER = 64 << 20;

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .build();

  private final Path folder;
  private final String run;
  private final Consumer<String> warnings;
  private final Pace pace;

  /**
   * How often checkpoints are written.
   *
   * @param interval minimum time between those within an epoch
   * @param maxShare of the time since the last checkpoint that the next one may take after an
   *     epoch; otherwise it waits for the next epoch
   */
  public record Pace(Duration interval, double maxShare) {
    /** Every two minutes, and after every epoch, but no more than a twentieth of the time. */
    public static final Pace DEFAULT = new Pace(Duration.ofMinutes(2), 0.05);

    /** As often as possible. */
    public static final Pace ALWAYS = new Pace(Duration.ZERO, Double.POSITIVE_INFINITY);
  }

  /**
   * The part of a checkpoint besides its arrays.
   *
   * @param run identifies the run
   * @param epoch number of finished epochs
   * @param batch number of finished batches of the next epoch
   * @param epochSeconds that the next epoch took so far
   * @param history the finished epochs
   * @param sums of loss and accuracy over the next epoch so far
   * @param shapes of the arrays
   */
  record Header(
      String run,
      int epoch,
      int batch,
      double epochSeconds,
      List<History.Epoch> history,
      List<Resumable.Sums> sums,
      List<long[]> shapes) {}

  /** A checkpoint that was read. */
  record Saved(Header header, NDList arrays) {}

  /**
   * @param folder need not exist
   * @param run identifies the run in the checkpoints that are written
   * @param warnings receives a sentence if a checkpoint can't be written or read
   */
  public Checkpoints(Path folder, String run, Consumer<String> warnings, Pace pace) {
    this.folder = folder;
    this.run = run;
    this.warnings = warnings;
    this.pace = pace;
  }

  String run() {
    return run;
  }

  Pace pace() {
    return pace;
  }

  boolean isOff() {
    return folder == null;
  }

  /**
   * Writes a checkpoint, and deletes all but the last two. If it can't be written, the training
   * goes on, with a warning.
   *
   * @param arrays in float32
   */
  void write(Header header, NDList arrays) {
    Path file = folder.resolve(Text.of("%06d-%09d%s", header.epoch(), header.batch(), SUFFIX));
    try {
      Files.createDirectories(folder);
      AtomicFiles.write(file, channel -> write(header, arrays, channel));
    } catch (IOException e) {
      warnings.accept(
          Text.of(
              "The checkpoint was not written (%s: %s). The training goes on; free some space, or it"
                  + " can be resumed from an earlier checkpoint only.",
              folder, Messages.reason(e))); // the same for every checkpoint
      return;
    }
    deleteOld();
  }

  private void deleteOld() {
    try {
      List<Path> all = newestFirst();
      for (Path old : all.subList(Math.min(KEPT, all.size()), all.size())) {
        Files.delete(old);
      }
    } catch (IOException e) {
      warnings.accept(
          Text.of(
              "An old checkpoint was not deleted (%s). The training goes on; the checkpoints take"
                  + " more space until it can be deleted.",
              Messages.of(e)));
    }
  }

  private static void write(Header header, NDList arrays, WritableByteChannel channel)
      throws IOException {
    CRC32C checksum = new CRC32C();
    byte[] json = JSON.writeValueAsBytes(header);
    write(channel, buffer(Integer.BYTES).putInt(json.length).flip(), checksum);
    write(channel, ByteBuffer.wrap(json), checksum);
    for (NDArray array : arrays) {
      write(channel, array.toByteBuffer(), checksum);
    }
    AtomicFiles.writeFully(channel, buffer(Long.BYTES).putLong(checksum.getValue()).flip());
  }

  private static void write(WritableByteChannel channel, ByteBuffer bytes, CRC32C checksum)
      throws IOException {
    checksum.update(bytes.duplicate());
    AtomicFiles.writeFully(channel, bytes);
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder());
  }

  /**
   * Returns the text that identifies the run of the newest checkpoint that is not damaged; empty
   * without one.
   */
  public Optional<String> identity() throws IOException {
    try (NDManager manager = NDManager.newBaseManager()) {
      return newest(manager).map(saved -> saved.header().run());
    }
  }

  /**
   * Reads the newest checkpoint that is not damaged.
   *
   * @param manager creates its arrays
   */
  Optional<Saved> newest(NDManager manager) throws IOException {
    if (isOff() || !Files.isDirectory(folder)) {
      return Optional.empty();
    }
    AtomicFiles.deleteUnfinished(folder);
    List<Path> files = newestFirst();
    for (Path file : files) {
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
        return Optional.of(read(channel, manager));
      } catch (IOException | IllegalArgumentException e) {
        warnings.accept(Text.of("%s is damaged, and is not used: %s", file, e.getMessage()));
      }
    }
    if (!files.isEmpty()) {
      warnings.accept(
          "No checkpoint is usable, so the training starts again at epoch 1, with the settings in"
              + " recipe.yaml.");
    }
    return Optional.empty();
  }

  private static Saved read(FileChannel channel, NDManager manager) throws IOException {
    CRC32C checksum = new CRC32C();
    int length = read(channel, Integer.BYTES, checksum).getInt();
    if (length < 0 || length > MAX_HEADER) {
      throw new IOException("the length of its header is " + length);
    }
    Header header = JSON.readValue(read(channel, length, checksum).array(), Header.class);
    if (header == null) {
      throw new IOException("its header is empty");
    }
    NDList arrays = new NDList();
    for (long[] dimensions : header.shapes()) {
      Shape shape = new Shape(dimensions);
      ByteBuffer values = read(channel, shape.size() * Float.BYTES, checksum);
      arrays.add(manager.create(values.asFloatBuffer(), shape, DataType.FLOAT32));
    }
    if (read(channel, Long.BYTES, new CRC32C()).getLong() != checksum.getValue()) {
      throw new IOException("its checksum is wrong");
    }
    return new Saved(header, arrays);
  }

  private static ByteBuffer read(FileChannel channel, long bytes, CRC32C checksum)
      throws IOException {
    if (bytes < 0 || bytes > channel.size() - channel.position()) {
      throw new IOException("it is too short");
    }
    ByteBuffer buffer = buffer(Math.toIntExact(bytes));
    while (buffer.hasRemaining() && channel.read(buffer) >= 0) {}
    checksum.update(buffer.flip());
    return buffer.rewind();
  }

  private List<Path> newestFirst() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.getFileName().toString().endsWith(SUFFIX))
          .sorted(Comparator.reverseOrder())
          .toList();
    }
  }

  /** Deletes all checkpoints, because the run is complete. */
  public void delete() throws IOException {
    if (!isOff() && Files.isDirectory(folder)) {
      AtomicFiles.delete(folder);
    }
  }
}
