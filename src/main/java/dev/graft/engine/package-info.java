/** Engines and devices: ONNX Runtime sessions, DJL's engine and its devices. */
package dev.graft.engine;
