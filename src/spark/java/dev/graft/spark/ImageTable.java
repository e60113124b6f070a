package dev.graft.spark;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.graft.GraftException;
import dev.graft.data.OwnOutput;
import dev.graft.files.FileKind;
import dev.graft.files.FolderWalk;
import dev.graft.files.PathPattern;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;

/**
 * Lists images as a column {@value #PATH} that need not fit into memory: the content of folders is
 * written to a file while it is listed, and manifests are read by the cluster.
 */
final class ImageTable {
  static final String PATH = "path";

  /** Images per task: a few seconds of work, which are repeated if a task fails. */
  static final int IMAGES_PER_TASK = 4096;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final SparkSession session;
  private final Configuration configuration;

  /** Receives the paths. */
  private interface PathConsumer {
    void accept(String path) throws IOException;
  }

  ImageTable(SparkSession session) {
    this.session = session;
    configuration = session.sparkContext().hadoopConfiguration();
  }

  /**
   * A list of images.
   *
   * @param paths with one partition per task
   * @param count the number of images
   */
  record Listed(Dataset<String> paths, long count) {}

  /**
   * Lists the images of folders, files, patterns and manifests.
   *
   * @param list a file to write, which must exist as long as the table is used
   */
  Listed of(List<DataPath> sources, DataPath list) throws IOException {
    List<Dataset<String>> tables = new ArrayList<>();
    int[] listed = {0};
    try (BufferedWriter out =
        new BufferedWriter(
            new OutputStreamWriter(
                list.fileSystem(configuration).create(list.hadoop(), true),
                StandardCharsets.UTF_8))) {
      for (DataPath source : sources) {
        if (format(source).isEmpty()) {
          list(
              source,
              path -> {
                out.write(JSON.writeValueAsString(Map.of(PATH, path)) + "\n");
                listed[0]++;
              });
        } else {
          tables.add(manifest(source, format(source)));
        }
      }
    }
    if (listed[0] > 0) {
      tables.add(
          session
              .read()
              .schema(PATH + " STRING")
              .json(list.hadoop().toString())
              .as(Encoders.STRING()));
    }
    Dataset<String> all =
        tables.stream()
            .reduce(Dataset::union)
            .orElseThrow(() -> new GraftException(sources.get(0).name() + " contains no images."));
    long count = all.count();
    int tasks = tasks(session, count);
    session.conf().set("spark.sql.shuffle.partitions", tasks);
    return new Listed(all.repartition(tasks), count);
  }

  /** Returns the number of tasks for a number of images. */
  static int tasks(SparkSession session, long images) {
    int atOnce = session.sparkContext().defaultParallelism();
    return (int)
        Math.max(Math.min(images, 2L * atOnce), (images + IMAGES_PER_TASK - 1) / IMAGES_PER_TASK);
  }

  /** Returns Spark's format of a manifest; empty if the source is not a manifest. */
  private static String format(DataPath source) {
    String name = source.name().toLowerCase(Locale.ROOT);
    String suffix = name.substring(name.lastIndexOf('.') + 1);
    return switch (suffix) {
      case "csv", "parquet" -> suffix;
      case "json", "jsonl", "ndjson" -> "json";
      default -> "";
    };
  }

  private Dataset<String> manifest(DataPath manifest, String format) {
    Dataset<Row> rows =
        session
            .read()
            .options(
                Map.of("header", "true", "multiLine", "" + format.equals("csv"), "escape", "\""))
            .format(format)
            .load(manifest.hadoop().toString());
    if (!List.of(rows.columns()).contains(PATH)) {
      throw GraftException.of(
          "%s has no column %s, which must name the images.", manifest.name(), PATH);
    }
    DataPath folder = manifest.parent();
    return rows.select(functions.col(PATH))
        .filter(functions.col(PATH).isNotNull())
        .map(
            (MapFunction<Row, String>) row -> folder.resolve(row.getString(0)).name(),
            Encoders.STRING())
        .distinct();
  }

  private void list(DataPath source, PathConsumer consumer) throws IOException {
    if (source.isLocal()) {
      listLocal(source, consumer);
      return;
    }
    if (source.name().contains("**")) {
      throw new GraftException(
          source.name()
              + ": ** is only possible for files on this machine; name the folder, whose images are"
              + " found in all subfolders.");
    }
    FileSystem system = source.fileSystem(configuration);
    FileStatus[] found = system.globStatus(source.hadoop());
    if (found == null || found.length == 0) {
      throw new GraftException("There is no " + source.name() + ".");
    }
    for (FileStatus each : found) {
      listRemote(system, each, consumer);
    }
  }

  private static void listRemote(FileSystem system, FileStatus file, PathConsumer consumer)
      throws IOException {
    Path name = Path.of(file.getPath().getName());
    if (FileKind.isLitter(name)) {
      return;
    }
    if (file.isDirectory()) {
      RemoteIterator<FileStatus> inside = system.listStatusIterator(file.getPath());
      while (inside.hasNext()) {
        listRemote(system, inside.next(), consumer);
      }
    } else if (FileKind.hasImageSuffix(name)) {
      consumer.accept(file.getPath().toString());
    }
  }

  /** Lists a file, a folder, or what a pattern matches, as without a cluster. */
  private static void listLocal(DataPath source, PathConsumer consumer) throws IOException {
    Path path = source.local();
    Lister lister = new Lister(consumer);
    if (Files.isDirectory(path)) {
      lister.below(FolderWalk.Entry.folder(path));
    } else if (Files.exists(path)) {
      consumer.accept(path.toString());
    } else {
      PathPattern.of(source.name())
          .ifPresent(pattern -> pattern.find(lister::match, heic -> {}, lister::failed));
      if (!lister.matched) {
        throw new GraftException("There is no " + source.name() + ".");
      }
    }
  }

  /** Lists folders as all commands do, but including images outside of the class folders. */
  private static final class Lister implements FolderWalk.Visitor {
    private final PathConsumer consumer;
    private boolean matched;

    Lister(PathConsumer consumer) {
      this.consumer = consumer;
    }

    void below(FolderWalk.Entry folder) {
      FolderWalk.through(folder, this);
    }

    void match(FolderWalk.Entry entry) {
      matched = true;
      if (entry.isFolder()) {
        below(entry);
      } else {
        accept(entry);
      }
    }

    private void accept(FolderWalk.Entry file) {
      try {
        consumer.accept(file.path().toString());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public boolean enters(FolderWalk.Entry folder) {
      return !OwnOutput.is(folder.path());
    }

    @Override
    public void file(FolderWalk.Entry file) {
      if (file.isImage()) {
        accept(file);
      }
    }

    @Override
    public void failed(Path folder, IOException failure) {
      throw new GraftException(
          "The folder " + folder + " cannot be read: check its permissions.", failure);
    }
  }
}
