package dev.graft.network.onnx;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.Optional;

/**
 * A node of an external model that multiplies a value by constant weights: a convolution, or the
 * product of rows and a matrix.
 *
 * @param input name of the value
 * @param weights name of the constant
 * @param bias name of the constant that the node itself adds
 * @param norm the batch normalization that is folded into a convolution
 * @param output name of the result, after what is folded in
 */
record Product(
    NodeProto node,
    String input,
    String weights,
    Optional<String> bias,
    Optional<NodeProto> norm,
    String output) {
  boolean isConvolution() {
    return node.getOpType().equals("Conv");
  }

  boolean isGemm() {
    return node.getOpType().equals("Gemm");
  }
}
