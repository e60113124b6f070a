package dev.graft.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A run of a backbone's stages in DJL, with some of them tapped: the frozen root is one, the
 * trained tail another, and both are cut from the trunk that holds all stages ({@link #cut}),
 * sharing its weights.
 *
 * <p>In: what the run before gave; for the first run the pixels, {@code (N, 3, H, W)}, R, G, B from
 * 0 to 255. Out, as far as there is such: what crosses to the next run, {@code (N, C, H, W)}, then
 * the averages tapped so far, side by side, {@code (N, F)}. A run of no stages hands on what it
 * gets.
 */
public final class Trunk extends AbstractBlock {
  private final GraftedNetwork graft;
  private final int from;
  private final int to;
  private final List<Chain> stages;

  private Trunk(GraftedNetwork graft, int from, int to, List<Chain> stages) {
    this.graft = graft;
    this.from = from;
    this.to = to;
    this.stages = stages;
    for (int i = from; i < to; i++) {
      addChildBlock(graft.backbone().stages().get(i).name(), stages.get(i));
    }
  }

  /** All stages of a backbone, their weights not yet there. */
  public static Trunk whole(GraftedNetwork graft) {
    List<Chain> stages = new ArrayList<>();
    graft.backbone().stages().forEach(stage -> stages.add(new Chain(stage.layers(), false)));
    return new Trunk(graft, 0, stages.size(), stages);
  }

  /**
   * The stages {@code from} (from 0) up to but without {@code to}, sharing this trunk's weights.
   *
   * @param other how the network is tapped, which may differ from this trunk's own way; stages
   *     after its last one are left out
   */
  public Trunk cut(GraftedNetwork other, int from, int to) {
    return new Trunk(other, from, to, stages);
  }

  /** The parameter that each weight of these stages fills, by the weight's name. */
  public Map<String, Parameter> parametersByWeight() {
    Map<String, Parameter> byName = new HashMap<>();
    for (int i = from; i < to; i++) {
      stages
          .get(i)
          .forEachWeighted(
              (layer, block) -> {
                List<Parameter> parameters = block.getDirectParameters().values();
                for (int k = 0; k < parameters.size(); k++) {
                  byName.put(layer.weights().get(k).name(), parameters.get(k));
                }
              });
    }
    return byName;
  }

  private boolean isLast() {
    return to == graft.backbone().stages().size();
  }

  @Override
  protected NDList forwardInternal(
      ParameterStore parameters,
      NDList inputs,
      boolean training,
      PairList<String, Object> arguments) {
    if (from == to) {
      return inputs;
    }
    List<NDArray> averages = new ArrayList<>();
    if (inputs.size() > 1) {
      averages.add(inputs.get(1));
    }
    NDList current = new NDList(inputs.get(0));
    if (from == 0) {
      current = new NDList(graft.preprocessing().normalize(inputs.get(0)));
    }
    for (int i = from; i < to; i++) {
      NDList next = stages.get(i).forward(parameters, current, training);
      Chain.release(current, inputs, next);
      current = next;
      if (graft.features().contains(graft.backbone().stages().get(i).name())) {
        averages.add(average(current.singletonOrThrow()));
      }
    }
    NDList out = new NDList();
    if (!isLast()) {
      out.add(current.singletonOrThrow());
    } else {
      NDList kept = new NDList();
      kept.addAll(averages);
      Chain.release(current, inputs, kept);
    }
    if (averages.size() == 1) {
      out.add(averages.get(0));
    } else if (!averages.isEmpty()) {
      NDList parts = new NDList();
      parts.addAll(averages);
      out.add(NDArrays.concat(parts, 1));
    }
    return out;
  }

  /** {@code (N, C, H, W)} to its global average {@code (N, C)}; what is flat stays as it is. */
  private static NDArray average(NDArray x) {
    Shape shape = x.getShape();
    return shape.dimension() == 4
        ? x.reshape(shape.get(0), shape.get(1), -1).mean(new int[] {2})
        : x;
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    if (from == to) {
      return inputShapes;
    }
    long batch = inputShapes[0].get(0);
    Shape shape = inputShapes[0].slice(1);
    long width = inputShapes.length > 1 ? inputShapes[1].get(1) : 0;
    for (int i = from; i < to; i++) {
      Stage stage = graft.backbone().stages().get(i);
      shape = stage.output(shape);
      if (graft.features().contains(stage.name())) {
        width += shape.get(0);
      }
    }
    List<Shape> shapes = new ArrayList<>();
    if (!isLast()) {
      shapes.add(new Shape(batch).addAll(shape));
    }
    if (width > 0) {
      shapes.add(new Shape(batch, width));
    }
    return shapes.toArray(Shape[]::new);
  }

  @Override
  protected void initializeChildBlocks(NDManager manager, DataType dataType, Shape... inputShapes) {
    Shape[] shapes = {inputShapes[0]};
    for (int i = from; i < to; i++) {
      stages.get(i).initialize(manager, dataType, shapes);
      shapes = stages.get(i).getOutputShapes(shapes);
    }
  }
}
