package dev.graft.studio;

import dev.graft.GraftException;
import dev.graft.output.OutputFolder;
import dev.graft.run.Exporter;
import dev.graft.tuning.RunEvents;
import io.javalin.http.BadRequestResponse;
import io.javalin.http.Context;
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

  TakeHome(OutputFolder output) {
    this.output = output;
  }

  /**
   * Answers with a file of a run; exports are made once and checked as by {@code graft export}.
   *
   * @param context has the {@code format}: {@code onnx}, {@code int8}, {@code model} or {@code
   *     report}
   * @throws BadRequestResponse for another format
   */
  void send(Context context, Path run) throws IOException {
    String name = String.valueOf(run.getFileName());
    switch (String.valueOf(context.queryParam("format"))) {
      case "onnx" -> sendExport(context, export(run, Exporter.Format.ONNX, name + ".onnx"));
      case "int8" -> sendExport(context, export(run, Exporter.Format.INT8, name + ".int8.onnx"));
      case "model" -> zip(run.resolve("model"), out(context, name + ".zip", "application/zip"));
      case "report" ->
          Files.copy(
              run.resolve("report.html"), out(context, name + ".html", "text/html; charset=utf-8"));
      default -> throw new BadRequestResponse("format must be onnx, int8, model or report.");
    }
  }

  private synchronized Path export(Path run, Exporter.Format format, String name)
      throws IOException {
    Path file = output.exports().resolve(name);
    if (!Files.isRegularFile(file)) {
      new Exporter(run, output, new RunEvents() {})
          .export(format, Optional.of(file), TakeHome::requireAccuracy);
    }
    return file;
  }

  private static void requireAccuracy(Exporter.Int8Cost cost) {
    if (cost.isTooMuch()) {
      throw new GraftException(cost.refusal() + ".");
    }
  }

  private static void sendExport(Context context, Path export) throws IOException {
    String name = export.getFileName().toString();
    Files.copy(export, out(context, name, "application/octet-stream"));
  }

  /** Returns the body of an answer that the browser stores as a file. */
  private static OutputStream out(Context context, String name, String type) {
    String safe = name.replaceAll("[^\\x20-\\x7e]|[\"\\\\]", "_");
    return context
        .header("Content-Disposition", "attachment; filename=\"" + safe + "\"")
        .contentType(type)
        .outputStream();
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
