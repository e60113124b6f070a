package dev.graft.network.onnx;

import ai.djl.ndarray.types.Shape;
import dev.graft.network.Graph;
import dev.graft.network.Layer;
import dev.graft.network.Step;
import dev.graft.network.Weights;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** A network as an ONNX model's file, which any number of pictures at a time may be given to. */
public final class OnnxFile {
  private OnnxFile() {}

  /**
   * Writes what of a network its outputs need.
   *
   * <p>The input is {@code pixels}, {@code (N, 3, H, W)}, R, G, B from 0 to 255.
   *
   * @param outputs names of the steps whose values are wanted, float32: such as what {@linkplain
   *     Graph#crossing crosses} a cut
   * @param metadata what the file is to say of itself
   */
  public static byte[] of(
      Graph graph,
      List<String> outputs,
      Weights weights,
      Precision precision,
      PixelType pixels,
      Map<String, String> metadata) {
    Folded folded = Folded.of(graph, weights, Set.copyOf(outputs));
    Map<String, Shape> shapes = folded.graph().shapes();
    Set<String> frozen = names(graph.steps().subList(0, precision.steps()));
    Map<String, Quantizing.Scale> scales = new HashMap<>();
    OnnxGraph onnx = new OnnxGraph();
    onnx.input(Graph.PIXELS, pixels.onnx, graph.pixels().getShape());
    outputs.forEach(name -> onnx.output(name, shapes.get(name).getShape()));
    for (Step step : needed(folded.graph(), outputs)) {
      OnnxRendering at =
          new OnnxRendering(onnx, folded.weights(), pixels, shapes, step.inputs(), step.name());
      boolean passing =
          !outputs.contains(step.name()) && isClippedNext(folded.graph(), step.name(), frozen);
      step.layer()
          .accept(frozen.contains(step.name()) ? precision.rendering(at, passing, scales) : at);
    }
    return onnx.model(metadata);
  }

  private static Set<String> names(List<Step> steps) {
    return steps.stream().map(Step::name).collect(Collectors.toSet());
  }

  private static boolean isClippedNext(Graph graph, String name, Set<String> frozen) {
    List<Step> readers =
        graph.steps().stream().filter(step -> step.inputs().contains(name)).toList();
    return readers.size() == 1
        && frozen.contains(readers.get(0).name())
        && (readers.get(0).layer() instanceof Layer.Relu
            || readers.get(0).layer() instanceof Layer.Relu6);
  }

  /** The steps that outputs depend on, in their order. */
  private static List<Step> needed(Graph graph, List<String> outputs) {
    Set<String> names = new HashSet<>(outputs);
    for (int i = graph.size() - 1; i >= 0; i--) {
      Step step = graph.steps().get(i);
      if (names.contains(step.name())) {
        names.addAll(step.inputs());
      }
    }
    return graph.steps().stream().filter(step -> names.contains(step.name())).toList();
  }
}
