/**
 * Networks as ONNX files, in float32 or with an int8 frozen part, and the calibration of int8
 * ranges.
 */
package dev.graft.network.onnx;
