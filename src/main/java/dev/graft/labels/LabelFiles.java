package dev.graft.labels;

import dev.graft.data.DataSet;
import dev.graft.io.AtomicFiles;
import dev.graft.io.Csv;
import dev.graft.report.Example;
import dev.graft.report.LabelPage;
import dev.graft.report.Pages;
import dev.graft.report.RunFiles;
import dev.graft.tuning.LabelReview;
import dev.graft.util.PathText;
import dev.graft.util.Text;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Writes the review of labels: a table of suspicious images, and a page to decide on them. */
public final class LabelFiles {
  /** The name of the table. */
  public static final String CSV = "labels.csv";

  private static final String PAGE = ".html";

  static final String HEADER = Csv.line(RunFiles.LABELS);

  /** Maximum number of images in a section of the page. */
  private static final int MAX_SHOWN = 300;

  private LabelFiles() {}

  /**
   * Returns why a table can't be written to a path, before its content is computed; empty if it
   * can.
   *
   * @param data the folder or the manifest
   */
  public static Optional<String> refusal(String table, Path data) {
    if (table.toLowerCase(Locale.ROOT).endsWith(PAGE)) {
      return Optional.of(table + " is the name of the page; end the table's name in .csv.");
    }
    if (Files.isDirectory(Path.of(table))) {
      return Optional.of(table + " is a folder; name a table in it, such as " + CSV + ".");
    }
    if (PathText.absolute(Path.of(table)).equals(PathText.absolute(data))) {
      return Optional.of(table + " is the manifest itself; choose another name.");
    }
    if (Files.exists(Path.of(table))) {
      return isOwn(Path.of(table))
          ? Optional.empty()
          : Optional.of(table + " exists and is not a table of labels; choose another name.");
    }
    Path page = page(Path.of(table));
    return Files.exists(page)
        ? Optional.of(page + ", the name of its page, exists; choose another name.")
        : Optional.empty();
  }

  /** Returns the page beside a table. */
  private static Path page(Path table) {
    return table.resolveSibling(
        table.getFileName().toString().replaceFirst("\\.[^.]*$", "") + PAGE);
  }

  private static boolean isOwn(Path table) {
    try (Stream<String> lines = Files.lines(table)) {
      return lines.findFirst().map(HEADER::equals).orElse(true);
    } catch (IOException | UncheckedIOException e) {
      return false; // not text, or unreadable
    }
  }

  /**
   * Writes the table, and the page beside it, whose name ends in {@code .html} instead. Creates
   * their folder.
   *
   * @param data the folder or the manifest; paths in the table are relative to the folder
   * @return the page
   */
  public static Path write(LabelReview review, Path data, Path table) throws IOException {
    AtomicFiles.createParent(table);
    AtomicFiles.write(table, csv(review, folder(data)));
    Path page = page(table);
    Pages.write(page, page(review, data));
    return page;
  }

  /** Returns the folder that paths are relative to. */
  public static Path folder(Path data) {
    Path absolute = PathText.absolute(data);
    return Files.isDirectory(absolute) ? absolute : absolute.getParent();
  }

  public static String csv(LabelReview review, Path folder) {
    StringBuilder csv = new StringBuilder(HEADER + "\n");
    List<String> classes = review.data().classes();
    for (LabelReview.Entry entry : review.entries()) {
      csv.append(
          Csv.row(
              List.of(
                  path(review.data(), folder, entry.image()),
                  classes.get(entry.issue().label()),
                  classes.get(entry.issue().suggested()),
                  Text.of("%.6f", entry.issue().labelProbability()),
                  Text.of("%.6f", entry.issue().suggestedProbability()),
                  reasons(entry))));
    }
    return csv.toString();
  }

  private static String reasons(LabelReview.Entry entry) {
    return entry.reasons().stream()
        .map(reason -> reason.name().toLowerCase(Locale.ROOT).replace('_', '-'))
        .collect(Collectors.joining(" "));
  }

  private static String path(DataSet data, Path folder, int image) {
    return data.images()
        .file(image)
        .map(file -> path(file, folder))
        .orElseGet(() -> data.images().place(image));
  }

  /** Returns the path of an image relative to a folder, or absolute if it is elsewhere. */
  public static String path(Path file, Path folder) {
    Path path = PathText.absolute(file);
    return PathText.of(path.startsWith(folder) ? folder.relativize(path) : path)
        .replace(File.separatorChar, '/');
  }

  private static LabelPage page(LabelReview review, Path data) {
    Map<Boolean, List<LabelReview.Entry>> unlike =
        review.suspicious().stream()
            .collect(
                Collectors.partitioningBy(
                    entry -> entry.reasons().contains(LabelReview.Reason.UNLIKE_OTHERS)));
    return new LabelPage(
        review.data().name(),
        applied(data),
        review.entries().size(),
        review.data().classes(),
        section(unlike.get(false), review.data(), folder(data)),
        section(unlike.get(true), review.data(), folder(data)));
  }

  private static String applied(Path data) {
    if (Files.isDirectory(data)) {
      return "moves the images";
    }
    return Files.exists(data)
        ? "writes " + ManifestDecisions.corrected(data).getFileName() + " beside the manifest"
        : ""; // CIFAR-10
  }

  private static LabelPage.Section section(
      List<LabelReview.Entry> entries, DataSet data, Path folder) {
    return new LabelPage.Section(
        entries.size(),
        entries.stream()
            .limit(MAX_SHOWN)
            .flatMap(
                entry ->
                    data
                        .images()
                        .read(entry.image(), Example.MAX_SIDE)
                        .map(
                            image ->
                                new LabelPage.Suspect(
                                    new Example(
                                        image,
                                        path(data, folder, entry.image()),
                                        data.classes().get(entry.issue().label()),
                                        data.classes().get(entry.issue().suggested()),
                                        (float) entry.issue().suggestedProbability()),
                                    entry.issue().labelProbability(),
                                    entry.reasons().contains(LabelReview.Reason.LABEL),
                                    entry.reasons().stream()
                                        .filter(each -> each != LabelReview.Reason.LABEL)
                                        .map(LabelReview.Reason::words)
                                        .toList()))
                        .stream())
            .toList());
  }
}
