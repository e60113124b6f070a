package dev.graft.report;

import java.util.List;

/**
 * The content of the page on which labels are reviewed.
 *
 * @param data the name of the images
 * @param folder whether they are class folders, so that decisions can be carried out
 * @param images number of images that were reviewed
 * @param suspicious number of them with a reason
 * @param suspects the images on the page, the most suspicious first
 */
public record LabelPage(
    String data,
    boolean folder,
    int images,
    int suspicious,
    List<String> classes,
    List<Suspect> suspects) {
  /** Copies the lists. */
  public LabelPage {
    classes = List.copyOf(classes);
    suspects = List.copyOf(suspects);
  }

  /**
   * An image.
   *
   * @param example with the suggested class as its prediction
   * @param labelProbability the probability of its label, 0 to 1
   * @param reasons in words
   */
  public record Suspect(Example example, double labelProbability, String reasons) {}
}
