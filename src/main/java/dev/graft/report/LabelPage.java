package dev.graft.report;

import java.util.List;

/**
 * The content of the page on which labels are reviewed.
 *
 * @param data the name of the images
 * @param applied what {@code inspect --apply} does with decisions, as a clause; empty if it can't
 * @param images number of images that were reviewed
 * @param suspicious those with another reason than being unlike all others
 * @param unlike those unlike all others
 */
public record LabelPage(
    String data,
    String applied,
    int images,
    List<String> classes,
    Section suspicious,
    Section unlike) {
  /**
   * Some images.
   *
   * @param all number of all of them
   * @param shown those on the page, the most suspicious first
   */
  public record Section(int all, List<Suspect> shown) {}

  /**
   * An image.
   *
   * @param example with the most probable other class as its prediction
   * @param labelProbability the probability of its label, 0 to 1
   * @param suggested whether that other class is probably the right one
   * @param reasons the other reasons, clauses whose subject is the image
   */
  public record Suspect(
      Example example, double labelProbability, boolean suggested, List<String> reasons) {
    /** Copies the list. */
    public Suspect {
      reasons = List.copyOf(reasons);
    }
  }
}
