package dev.graft.network.onnx;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;

/** Type of the pixels that a model takes; the values are 0 to 255 in either type. */
public enum PixelType {
  /** One byte per value. */
  UINT8(DataType.UINT8),
  /** Four bytes per value; for programs whose pixels are float32. */
  FLOAT32(DataType.FLOAT);

  /** The type's constant in ONNX. */
  final DataType onnx;

  PixelType(DataType onnx) {
    this.onnx = onnx;
  }
}
