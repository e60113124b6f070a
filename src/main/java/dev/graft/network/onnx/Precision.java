package dev.graft.network.onnx;

/** In what numbers a model computes. */
public sealed interface Precision {
  /** As the network is described. */
  record Float32() implements Precision {}
}
