package dev.graft.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import dev.graft.network.djl.ParameterWriter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** A copy of the trained weights that can be restored. */
public final class WeightSnapshot implements AutoCloseable {
  private final List<Parameter> trained;
  private final NDManager manager;
  private final Map<Parameter, NDArray> copies = new HashMap<>();

  /**
   * @param block whose unfrozen parameters are copied
   * @param manager whose device holds the copies
   */
  public WeightSnapshot(Block block, NDManager manager) {
    trained = block.getParameters().values().stream().filter(Parameter::requiresGradient).toList();
    this.manager = manager.newSubManager();
  }

  /** Copies the current weights, replacing an earlier copy. */
  public void save() {
    for (Parameter parameter : trained) {
      NDArray copy = parameter.getArray().duplicate();
      copy.attach(manager);
      NDArray before = copies.put(parameter, copy);
      if (before != null) {
        before.close();
      }
    }
  }

  /** Restores the weights of the last {@link #save}; does nothing without one. */
  public void restore() {
    copies.forEach(ParameterWriter::set);
  }

  /** Returns the parameters that are copied, in the block's order. */
  List<Parameter> trained() {
    return trained;
  }

  /** Returns the copies, in the order of {@link #trained}; empty before the first {@link #save}. */
  List<NDArray> copies() {
    return copies.isEmpty() ? List.of() : trained.stream().map(copies::get).toList();
  }

  /** Replaces the copies by arrays that {@link #copies} returned. */
  void setCopies(List<NDArray> arrays) {
    arrays.forEach(array -> array.attach(manager));
    IntStream.range(0, arrays.size()).forEach(i -> copies.put(trained.get(i), arrays.get(i)));
  }

  @Override
  public void close() {
    manager.close();
  }
}
