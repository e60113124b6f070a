package dev.graft.network.onnx;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;

/** How a model takes pixels; from 0 to 255 in either case. */
public enum PixelType {
  /** A byte each. */
  UINT8(DataType.UINT8),
  /** Four bytes each, for programs that have them so. */
  FLOAT32(DataType.FLOAT);

  final DataType onnx;

  PixelType(DataType onnx) {
    this.onnx = onnx;
  }
}
