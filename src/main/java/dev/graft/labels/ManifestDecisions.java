package dev.graft.labels;

import dev.graft.GraftException;
import dev.graft.data.ImageFile;
import dev.graft.data.Listing;
import dev.graft.data.Part;
import dev.graft.data.ReadingRules;
import dev.graft.io.AtomicFiles;
import dev.graft.io.Csv;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Carries out decisions about the labels of a manifest: writes a corrected manifest beside it, with
 * the columns path, label and split, and without the dropped images. Moves no file.
 */
public final class ManifestDecisions {
  private static final String KEEP = "keep";

  private ManifestDecisions() {}

  /**
   * What was done.
   *
   * @param relabeled number of images with another label
   * @param dropped number of images that are left out
   */
  public record Applied(int relabeled, int dropped, Path corrected) {}

  /** Returns the path of a manifest's corrected version. */
  public static Path corrected(Path manifest) {
    String name = manifest.getFileName().toString().replaceFirst("\\.[^.]*$", "");
    return manifest.resolveSibling(name + "-corrected.csv");
  }

  /**
   * Writes the corrected manifest.
   *
   * @param rules how the manifest is read
   * @param file the decisions
   * @throws GraftException if a row can't be carried out, or the corrected manifest exists; nothing
   *     is written then
   */
  public static Applied apply(Path manifest, ReadingRules rules, Path file) throws IOException {
    Path corrected = corrected(manifest);
    if (Files.exists(corrected)) {
      throw new GraftException(
          corrected + " exists, and is not overwritten: move it elsewhere, or delete it.");
    }
    Listing listing = Listing.of(manifest, rules);
    Path folder = LabelFiles.folder(manifest);
    Set<String> paths =
        listing.files().stream()
            .map(each -> LabelFiles.path(each.path(), folder))
            .collect(Collectors.toSet());
    List<List<String>> rows = LabelDecisions.read(file);
    if (!rows.get(0).equals(LabelDecisions.DECIDED)) {
      throw new GraftException(
          file + ": the first row must be path,decision,to; to undo, use the manifest itself.");
    }
    Map<String, List<String>> decisions = new HashMap<>();
    Set<String> decided = new HashSet<>();
    for (int i = 1; i < rows.size(); i++) {
      List<String> row = rows.get(i);
      String where = file + ", row " + (i + 1) + ": ";
      LabelDecisions.checkDecision(row, where);
      if (!decided.add(row.get(0))) {
        throw new GraftException(where + row.get(0) + " is in the list twice.");
      }
      if (row.get(1).equals(KEEP)) {
        continue;
      }
      if (!paths.contains(row.get(0))) {
        throw new GraftException(
            where + row.get(0) + " is not in " + manifest + "; inspect the images again.");
      }
      if (row.get(1).equals("move") && !listing.classes().contains(row.get(2))) {
        throw new GraftException(
            where + "the class " + row.get(2) + " is missing in " + manifest + ".");
      }
      decisions.put(row.get(0), row);
    }
    if (decisions.isEmpty()) {
      throw new GraftException(file + " moves and drops no image.");
    }
    return write(corrected, listing.files(), folder, decisions);
  }

  /**
   * @param decisions the row of each image that is not kept, by its path
   */
  private static Applied write(
      Path corrected, List<ImageFile> files, Path folder, Map<String, List<String>> decisions)
      throws IOException {
    Set<String> lines = new LinkedHashSet<>(); // an image may have had two labels
    lines.add(Csv.row(List.of("path", "label", "split")));
    for (ImageFile each : files) {
      String path = LabelFiles.path(each.path(), folder);
      List<String> row = decisions.getOrDefault(path, List.of(path, KEEP, each.label()));
      if (!row.get(1).equals("drop")) {
        String split = each.part().map(Part::word).orElse("");
        String label = row.get(1).equals(KEEP) ? each.label() : row.get(2);
        lines.add(Csv.row(List.of(path, label, split)));
      }
    }
    AtomicFiles.write(corrected, lines.stream());
    int dropped = (int) decisions.values().stream().filter(r -> r.get(1).equals("drop")).count();
    return new Applied(decisions.size() - dropped, dropped, corrected);
  }
}
