/** Engines and devices: ONNX Runtime, and what DJL finds on this machine. */
package dev.graft.engine;
