/** Networks as ONNX models, in float32 or with a frozen part in 8 bits; made without an engine. */
package dev.graft.network.onnx;
