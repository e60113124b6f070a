package dev.graft.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import dev.graft.network.djl.ParameterWriter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A copy of the weights that are being trained, to go back to. */
public final class WeightSnapshot implements AutoCloseable {
  private final List<Parameter> trained;
  private final NDManager manager;
  private final Map<Parameter, NDArray> copies = new HashMap<>();

  /**
   * @param manager whose device holds the copies
   */
  public WeightSnapshot(Block block, NDManager manager) {
    trained = block.getParameters().values().stream().filter(Parameter::requiresGradient).toList();
    this.manager = manager.newSubManager();
  }

  /** Keeps the weights as they are now, instead of what was kept before. */
  public void keep() {
    for (Parameter parameter : trained) {
      NDArray copy = parameter.getArray().duplicate();
      copy.attach(manager);
      NDArray before = copies.put(parameter, copy);
      if (before != null) {
        before.close();
      }
    }
  }

  /** Goes back to what was kept. */
  public void restore() {
    copies.forEach(ParameterWriter::set);
  }

  @Override
  public void close() {
    manager.close();
  }
}
