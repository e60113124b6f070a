/**
 * Networks as ONNX models, in float32 or with a frozen part in 8 bits; and what images make of
 * them.
 */
package dev.graft.network.onnx;
