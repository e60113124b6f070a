package dev.graft.spark;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.graft.GraftException;
import dev.graft.data.OwnOutput;
import dev.graft.picture.FileKind;
import dev.graft.picture.FolderWalk;
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
 * The names of pictures, as a column {@value #PATH} of any length: what folders hold is written to
 * a file as it is listed, and a manifest is read by the cluster.
 */
final class PictureTable {
  static final String PATH = "path";

  /** Pictures that one task works on, more or less: some seconds' work, which a fault costs. */
  static final int TASK = 4096;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final SparkSession session;
  private final Configuration configuration;

  /** Takes the list. */
  private interface Taker {
    void take(String path) throws IOException;
  }

  PictureTable(SparkSession session) {
    this.session = session;
    configuration = session.sparkContext().hadoopConfiguration();
  }

  /** Names of pictures, in as many parts as there are to be tasks. */
  record Listed(Dataset<String> paths, long count) {}

  /**
   * The pictures of folders, files, patterns and manifests.
   *
   * @param list is written, and is to be deleted when the table is of no use any more
   */
  Listed of(List<Place> sources, Place list) throws IOException {
    List<Dataset<String>> tables = new ArrayList<>();
    int[] listed = {0};
    try (BufferedWriter out =
        new BufferedWriter(
            new OutputStreamWriter(
                list.system(configuration).create(list.hadoop(), true), StandardCharsets.UTF_8))) {
      for (Place source : sources) {
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
            .orElseThrow(() -> new GraftException(sources.get(0).name() + " holds no pictures."));
    long count = all.count();
    int tasks = tasks(session, count);
    session.conf().set("spark.sql.shuffle.partitions", tasks);
    return new Listed(all.repartition(tasks), count);
  }

  /** How many tasks some pictures are work for. */
  static int tasks(SparkSession session, long pictures) {
    int atOnce = session.sparkContext().defaultParallelism();
    return (int) Math.max(Math.min(pictures, 2L * atOnce), (pictures + TASK - 1) / TASK);
  }

  /** How a manifest is read; empty for what is none. */
  private static String format(Place source) {
    String name = source.name().toLowerCase(Locale.ROOT);
    String suffix = name.substring(name.lastIndexOf('.') + 1);
    return switch (suffix) {
      case "csv", "parquet" -> suffix;
      case "json", "jsonl", "ndjson" -> "json";
      default -> "";
    };
  }

  private Dataset<String> manifest(Place manifest, String format) {
    Dataset<Row> rows =
        session
            .read()
            .options(
                Map.of("header", "true", "multiLine", "" + format.equals("csv"), "escape", "\""))
            .format(format)
            .load(manifest.hadoop().toString());
    if (!List.of(rows.columns()).contains(PATH)) {
      throw GraftException.of(
          "%s has no column %s: every picture needs one.", manifest.name(), PATH);
    }
    Place folder = manifest.parent();
    return rows.select(functions.col(PATH))
        .filter(functions.col(PATH).isNotNull())
        .map(
            (MapFunction<Row, String>) row -> folder.resolve(row.getString(0)).name(),
            Encoders.STRING())
        .distinct();
  }

  private void list(Place source, Taker taker) throws IOException {
    if (source.isLocal() && Files.exists(source.local())) {
      listLocal(source.local(), taker);
      return;
    }
    FileSystem system = source.system(configuration);
    FileStatus[] found = system.globStatus(source.hadoop());
    if (found == null || found.length == 0) {
      throw new GraftException("There is no " + source.name() + ".");
    }
    for (FileStatus each : found) {
      listRemote(system, each, source.isLocal(), taker);
    }
  }

  private static void listRemote(FileSystem system, FileStatus file, boolean local, Taker taker)
      throws IOException {
    Path name = Path.of(file.getPath().getName());
    if (FileKind.isLitter(name)) {
      return;
    }
    if (file.isDirectory()) {
      RemoteIterator<FileStatus> inside = system.listStatusIterator(file.getPath());
      while (inside.hasNext()) {
        listRemote(system, inside.next(), local, taker);
      }
    } else if (FileKind.hasPictureSuffix(name)) {
      taker.take(local ? file.getPath().toUri().getPath() : file.getPath().toString());
    }
  }

  /** As everybody lists a folder, but for what lies beside the classes: it is listed, too. */
  private static void listLocal(Path source, Taker taker) throws IOException {
    if (!Files.isDirectory(source)) {
      taker.take(source.toString());
      return;
    }
    FolderWalk.through(
        FolderWalk.Entry.folder(source),
        new FolderWalk.Visitor() {
          @Override
          public boolean enters(FolderWalk.Entry folder) {
            return !OwnOutput.is(folder.path());
          }

          @Override
          public void file(FolderWalk.Entry file) {
            if (file.isPicture()) {
              try {
                taker.take(file.path().toString());
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            }
          }

          @Override
          public void failed(Path folder, IOException failure) {
            throw new GraftException(
                "The folder " + folder + " cannot be read: check its permissions.", failure);
          }
        });
  }
}
