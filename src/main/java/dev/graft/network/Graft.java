package dev.graft.network;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.SequentialBlock;

/**
 * A {@link GraftedNetwork} in DJL, in its parts, which share their weights with the {@linkplain
 * #whole whole}.
 *
 * @param design what this renders
 * @param root the frozen stages
 * @param tail the trained stages; an identity where there are none
 * @param scaling of the features
 * @param head from scaled features to logits
 */
public record Graft(
    GraftedNetwork design, Trunk root, Trunk tail, FeatureScaling scaling, SequentialBlock head) {
  /** Cuts a backbone's trunk at the freeze boundary and puts a new head on it. */
  public static Graft of(GraftedNetwork design, Trunk backbone) {
    int stages = design.backbone().stages().size();
    return new Graft(
        design,
        backbone.cut(design, 0, design.boundary()),
        backbone.cut(design, design.boundary(), stages),
        new FeatureScaling(design.scaling(), design.featureWidth()),
        Blocks.sequential(design.head()));
  }

  /** Pixels {@code (N, 3, H, W)} to logits {@code (N, classes)}: the model as it is saved. */
  public SequentialBlock whole() {
    return new SequentialBlock().add(root).add(tail).add(scaling).add(head);
  }

  /** What the root gives to logits {@code (N, classes)}: all that is trained. */
  public SequentialBlock trained() {
    return new SequentialBlock().add(tail).add(scaling).add(head);
  }

  /** Creates the weights that are not there yet, by the blocks' initialisers. */
  public void initialize(NDManager manager) {
    whole().initialize(manager, DataType.FLOAT32, inputShape());
  }

  /** One input: {@code (1, 3, H, W)}. */
  public Shape inputShape() {
    return new Shape(1, 3, design.inputSize(), design.inputSize());
  }

  /** Freezes the root, and it alone (the scaling's values are no gradient's business either). */
  public void freeze() {
    root.freezeParameters(true);
    tail.freezeParameters(false);
    head.freezeParameters(false);
  }
}
