package dev.graft.studio;

import dev.graft.GraftException;
import dev.graft.output.OutputFolder;
import dev.graft.run.Exporter;
import dev.graft.tuning.RunEvents;
import io.javalin.http.BadRequestResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** The files of a run that the page offers as downloads. */
final class TakeHome {
  private final OutputFolder output;

  /** A file to send. */
  record Parcel(String name, String type, Content content) {}

  /** Writes a file's content. */
  interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  TakeHome(OutputFolder output) {
    this.output = output;
  }

  /**
   * Returns a file of a run; exports are made once and checked as by {@code graft export}.
   *
   * @param format {@code onnx}, {@code int8}, {@code model} or {@code report}
   * @throws BadRequestResponse for another format
   */
  Parcel of(Path run, String format) throws IOException {
    String name = String.valueOf(run.getFileName());
    return switch (format == null ? "" : format) {
      case "onnx" -> export(run, Exporter.Format.ONNX, name + ".onnx");
      case "int8" -> export(run, Exporter.Format.INT8, name + ".int8.onnx");
      case "model" ->
          new Parcel(name + ".zip", "application/zip", out -> zip(run.resolve("model"), out));
      case "report" -> file(run.resolve("report.html"), name + ".html", "text/html; charset=utf-8");
      default -> throw new BadRequestResponse("format must be onnx, int8, model or report.");
    };
  }

  private synchronized Parcel export(Path run, Exporter.Format format, String name)
      throws IOException {
    Path file = output.exports().resolve(name);
    if (!Files.isRegularFile(file)) {
      new Exporter(run, output, new RunEvents() {})
          .export(format, Optional.of(file), TakeHome::requireAccuracy);
    }
    return file(file, name, "application/octet-stream");
  }

  private static void requireAccuracy(Exporter.Int8Cost cost) {
    if (cost.isTooMuch()) {
      throw new GraftException(cost.refusal() + ".");
    }
  }

  private static Parcel file(Path file, String name, String type) {
    return new Parcel(name, type, out -> Files.copy(file, out));
  }

  /** Writes a folder's files, under the folder's name. */
  private static void zip(Path folder, OutputStream out) throws IOException {
    ZipOutputStream zip = new ZipOutputStream(out);
    try (Stream<Path> files = Files.walk(folder)) {
      List<Path> all = files.filter(Files::isRegularFile).sorted().toList();
      for (Path each : all) {
        String name = folder.getParent().relativize(each).toString().replace('\\', '/');
        zip.putNextEntry(new ZipEntry(name));
        Files.copy(each, zip);
      }
    }
    zip.finish(); // the stream belongs to the caller
  }
}
